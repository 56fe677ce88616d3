# SPDX-License-Identifier: Apache-2.0
"""Cycling, load factor, coincidence and line tracking against closed forms and a plain loop."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from powermodel.indicators import IndicatorError, NotAssessedError
from powermodel.indicators.cycling import cycling
from powermodel.indicators.line_track import track_line
from powermodel.indicators.load_shape import coincidence_factor, load_factor

DT_S = 1e-3


def test_cycles_of_a_square_wave_with_ripple():
    time_s = np.arange(20_000) * DT_S
    power = np.where(time_s % 2 < 1, 700.0, 300.0) + 20 * np.sin(2 * np.pi * 11 * time_s)
    found = cycling(power, DT_S, 100.0)
    assert found.swings_w.size == 19
    assert found.cycles_per_hour == pytest.approx(9.5 * 180)
    assert np.abs(found.swings_w) == pytest.approx(440, abs=1)
    assert cycling(power, DT_S, 500.0).cycles == 0
    assert cycling(power, DT_S, 30.0).cycles > 200


def test_cycles_of_a_sine_and_of_a_straight_line():
    power = 5 * np.sin(2 * np.pi * 0.5 * np.arange(10_001) * DT_S)
    found = cycling(power, DT_S, 9.9)
    assert found.swings_w == pytest.approx([-10, 10] * 4 + [-10], abs=1e-3)
    assert found.at_s[0] == pytest.approx(0.5)
    assert cycling(np.arange(100.0), 1.0, 10.0).swings_w == pytest.approx([99.0])
    assert cycling(np.ones(10), 1.0, 1.0).cycles == 0


def plain(values, threshold):
    """Follow the power sample by sample; a swing turns when it has come back by the threshold."""
    turns, direction = [], 0
    low = high = 0
    for place, value in enumerate(values):
        if direction >= 0 and value > values[high]:
            high = place
        if direction <= 0 and value < values[low]:
            low = place
        if direction == 0:
            if value - values[low] >= threshold:
                turns, direction, high = [low], 1, place
            elif values[high] - value >= threshold:
                turns, direction, low = [high], -1, place
        elif direction == 1 and values[high] - value >= threshold:
            turns, direction, low = [*turns, high], -1, place
        elif direction == -1 and value - values[low] >= threshold:
            turns, direction, high = [*turns, low], 1, place
    if direction:
        turns.append(high if direction == 1 else low)
    return [values[b] - values[a] for a, b in itertools.pairwise(turns)]


@given(st.lists(st.integers(0, 30), min_size=2, max_size=60), st.integers(1, 12))
def test_swings_are_those_of_a_plain_walk(values, threshold):
    found = cycling(np.array(values, dtype=float), 1.0, threshold)
    assert found.swings_w.tolist() == plain(values, threshold)


def test_load_factor_of_demand():
    power = np.repeat([100.0, 300.0, 200.0], 60)
    assert load_factor(power, 1.0, 60.0) == pytest.approx(200 / 300)
    assert load_factor(power[:-1], 1.0, 60.0) == pytest.approx(200 / 300)


def test_coincidence_of_shifted_pulses():
    first = np.array([1.0, 3.0, 1.0, 1.0])
    assert coincidence_factor([first, first]) == 1.0
    assert coincidence_factor([first, np.roll(first, 1)]) == pytest.approx(4 / 6)


def test_line_is_followed_through_a_chirp():
    time_s = np.arange(60_000) * DT_S
    hz = 0.5 + 0.01 * time_s
    power = 1e9 + 3e6 * np.sin(2 * np.pi * np.cumsum(hz) * DT_S)
    found = track_line(power, DT_S, 10.0, hop_s=5.0)
    assert found.middle_s.tolist() == [5.0 * k for k in range(1, 12)]
    np.testing.assert_allclose(found.frequency_hz, 0.5 + 0.01 * found.middle_s, atol=0.01)
    np.testing.assert_allclose(found.amplitude_w, 3e6, rtol=0.05)
    assert np.isnan(track_line(np.ones(100), 1.0, 20.0).frequency_hz).all()


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: cycling([1.0, 2.0], 1.0, 0.0), IndicatorError, "threshold above 0 W, got 0 W"),
        (lambda: load_factor(np.ones(10), 1.0, 60.0), NotAssessedError, "one interval of 60 s"),
        (lambda: load_factor(np.zeros(60), 1.0, 30.0), NotAssessedError, "demand above 0 W"),
        (lambda: coincidence_factor([]), IndicatorError, "at least one"),
        (lambda: coincidence_factor([[1.0], [1.0, 2.0]]), IndicatorError, "the same length"),
        (lambda: coincidence_factor([[0.0]]), NotAssessedError, "peaks above 0 W"),
        (lambda: track_line(np.ones(9), 1.0, 10.0), NotAssessedError, "shorter than a segment"),
        (lambda: track_line(np.ones(9), 1.0, 1e4), IndicatorError, "segment up to 600 s"),
    ],
)
def test_refusals(call, error, says):
    with pytest.raises(error, match=says):
        call()
