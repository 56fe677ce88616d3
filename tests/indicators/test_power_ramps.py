# SPDX-License-Identifier: Apache-2.0
"""Ramps against closed forms and against a plain loop over windows."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powermodel.indicators import IndicatorError, NotAssessedError, ramp

DT_S = 1e-3


def test_straight_ramp_up_then_down():
    # 0 to 100 MW in 2 s, hold 3 s, back in 0.5 s.
    power_w = np.interp(np.arange(8000) * DT_S, [1, 3, 6, 6.5], [0, 100e6, 100e6, 0])
    found = ramp(power_w, DT_S, 1.0)
    assert found.up_w == pytest.approx(50e6, rel=1e-9)
    assert found.down_w == pytest.approx(-100e6, rel=1e-9)
    assert 1.0 <= found.up_at_s <= 2.0
    assert 5.5 <= found.down_at_s <= 6.0
    assert found.largest_w == pytest.approx(100e6, rel=1e-9)
    assert found.largest_at_s == found.down_at_s
    assert ramp(power_w, DT_S, 0.02).up_w == pytest.approx(1e6, rel=1e-9)


def test_definitions_differ_on_a_spike():
    power_w = np.full(4000, 10.0)
    power_w[1500:1505] = 110.0
    assert ramp(power_w, DT_S, 1.0, "endpoint").up_w == 100.0
    assert ramp(power_w, DT_S, 1.0, "peak-to-peak").up_w == 100.0
    assert ramp(power_w, DT_S, 1.0, "block-mean").up_w == pytest.approx(0.5, rel=1e-12)


def test_endpoint_does_not_see_what_returns_but_peak_to_peak_does():
    # A square wave with the period of the window: the end points never differ.
    power_w = np.tile(np.repeat([0.0, 1.0], 500), 6)
    assert ramp(power_w, DT_S, 1.0, "endpoint").largest_w == 0.0
    found = ramp(power_w, DT_S, 1.0, "peak-to-peak")
    assert (found.up_w, found.down_w) == (1.0, -1.0)


def test_sine_within_a_window():
    # The largest P(t + w) - P(t) of a sine is 2 A |sin(pi f w)|.
    t_s = np.arange(20_000) * DT_S
    power_w = 5.0 * np.sin(2 * np.pi * 0.35 * t_s)
    for window_s in (0.02, 0.5, 1.0):
        expected = 2 * 5.0 * abs(np.sin(np.pi * 0.35 * window_s))
        assert ramp(power_w, DT_S, window_s).up_w == pytest.approx(expected, rel=1e-5)
        assert ramp(power_w, DT_S, window_s).down_w == pytest.approx(-expected, rel=1e-5)


def test_block_means_of_a_straight_line():
    found = ramp(np.arange(100.0), 1.0, 10.0, "block-mean")
    assert (found.up_w, found.up_at_s, found.down_w) == (10.0, 0.0, 10.0)


def naive(power_w, k, definition):
    """Largest and smallest change with their first sample, by looking at each window."""
    if definition == "endpoint":
        changes = [(power_w[i + k] - power_w[i], i) for i in range(len(power_w) - k)]
    elif definition == "peak-to-peak":
        windows = [power_w[i : i + k + 1] for i in range(len(power_w) - k)]
        changes = [(max(w) - min(w), i) for i, w in enumerate(windows)]
    else:
        means = [np.mean(power_w[i : i + k]) for i in range(0, len(power_w) - k + 1, k)]
        changes = [(b - a, i * k) for i, (a, b) in enumerate(itertools.pairwise(means))]
    up = max(changes, key=lambda pair: (pair[0], -pair[1]))
    down = min(changes, key=lambda pair: (pair[0], pair[1]))
    return up, down


@given(
    st.lists(st.integers(-1000, 1000).map(float), min_size=15, max_size=80),
    st.integers(2, 7),
    st.sampled_from(["endpoint", "peak-to-peak", "block-mean"]),
)
@settings(max_examples=200, deadline=None)
def test_against_a_loop(values, k, definition):
    found = ramp(np.array(values), 1.0, float(k), definition)
    up, down = naive(values, k, definition)
    assert found.up_w == pytest.approx(up[0], abs=1e-9)
    if definition == "peak-to-peak":
        assert found.down_w == -found.up_w
        assert found.down_at_s == found.up_at_s == up[1]
    else:
        assert found.down_w == pytest.approx(down[0], abs=1e-9)
    if definition == "endpoint":
        assert (found.up_at_s, found.down_at_s) == (up[1], down[1])


@pytest.mark.parametrize("definition", ["endpoint", "peak-to-peak", "block-mean"])
def test_record_shorter_than_the_window(definition):
    with pytest.raises(NotAssessedError, match=r"record of 0\.9 s does not hold"):
        ramp(np.zeros(900), DT_S, 1.0, definition)


def test_record_of_exactly_one_window_has_end_points():
    assert ramp(np.arange(1001.0), DT_S, 1.0).up_w == 1000.0
    with pytest.raises(NotAssessedError, match="does not hold one window"):
        ramp(np.arange(1000.0), DT_S, 1.0)
    with pytest.raises(NotAssessedError, match="does not hold two windows"):
        ramp(np.arange(1999.0), DT_S, 1.0, "block-mean")


def test_step_too_coarse_for_the_window():
    with pytest.raises(NotAssessedError, match=r"needs a step of at most 0\.01 s, got 0\.05 s"):
        ramp(np.zeros(100), 0.05, 0.02)


def test_window_that_is_not_a_whole_number_of_steps():
    with pytest.raises(NotAssessedError, match=r"not a whole number of steps of 0\.003 s"):
        ramp(np.zeros(100), 0.003, 0.02)


@pytest.mark.parametrize("window_s", [0.0, -1.0, float("nan"), float("inf")])
def test_window_that_makes_no_sense(window_s):
    with pytest.raises(IndicatorError, match="expected a window above 0 s"):
        ramp(np.zeros(100), DT_S, window_s)


def test_unknown_definition_lists_the_known():
    with pytest.raises(IndicatorError, match="endpoint, peak-to-peak, block-mean"):
        ramp(np.zeros(100), DT_S, 0.02, "slope")
