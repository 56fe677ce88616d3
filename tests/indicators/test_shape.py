# SPDX-License-Identifier: Apache-2.0
"""Shape of a load: oscillation by band, streamed == whole, and all of it on a labelled run."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from powermodel.indicators import IndicatorError, NotAssessedError, stream
from powermodel.indicators.cycling import cycling_statistic
from powermodel.indicators.labelled_shape import shape
from powermodel.indicators.line_track import track_statistic
from powermodel.indicators.load_shape import (
    coincidence_factor,
    coincidence_of_blocks,
    load_factor_statistic,
)
from powermodel.indicators.oscillation import oscillation, oscillation_statistic

DT_S = 2e-3
SAMPLES = 400


def sine(hz, duration_s, amplitude=100.0, mean=1000.0):
    time_s = np.arange(round(duration_s / DT_S)) * DT_S
    return mean + amplitude * np.sin(2 * np.pi * hz * time_s)


def labelled(power, **more):
    time = xr.DataArray(np.arange(power.size) * DT_S, dims="time", attrs={"units": "s"})
    series = xr.DataArray(power, dims="time", coords={"time": time}, attrs={"units": "W"})
    nodes = {"/": xr.Dataset(), "/poi": xr.Dataset({"power": series})}
    return xr.DataTree.from_dict({**nodes, **more})


def pieces(power_w, lengths):
    edges = np.cumsum(lengths)
    return np.split(power_w, edges[edges < power_w.size])


@given(
    st.lists(st.integers(-40, 40), min_size=SAMPLES, max_size=SAMPLES).map(np.array),
    st.lists(st.integers(1, 90), min_size=1, max_size=90),
)
@settings(max_examples=15, deadline=None)
def test_streamed_in_any_blocks_equals_whole_to_the_bit(steps, lengths):
    power_w = np.cumsum(steps) * 0.37 + 1e3
    statistics = {
        "cycles": cycling_statistic(0.1, 25.0),
        "factor": load_factor_statistic(SAMPLES, 0.1, 3.0),
        "track": track_statistic(SAMPLES, 0.1, 4.0, hop_s=1.5),
        "gaps": track_statistic(SAMPLES, 0.1, 3.0, hop_s=7.0),
        "oscillation": oscillation_statistic(SAMPLES, 0.1, 0.5, 2.0),
    }
    states = stream(statistics, pieces(power_w, lengths))
    for name, statistic in statistics.items():
        streamed = statistic.finish(states[name])
        whole = statistic.finish(statistic.of(power_w))
        if name in ("track", "gaps"):
            for a, b in zip(streamed, whole, strict=True):
                np.testing.assert_array_equal(a, b)
        elif name == "cycles":
            np.testing.assert_array_equal(streamed.swings_w, whole.swings_w)
            np.testing.assert_array_equal(streamed.at_s, whole.at_s)
        else:
            assert streamed == whole, name


@given(st.lists(st.integers(1, 40), min_size=1, max_size=40))
@settings(max_examples=15, deadline=None)
def test_coincidence_streamed_equals_whole_to_the_bit(lengths):
    parts = np.random.default_rng(4).uniform(0.1, 1.0, (13, 200)) * 1e8 / 3
    edges = np.cumsum(lengths)
    blocks = np.split(parts, edges[edges < 200], axis=1)
    assert coincidence_of_blocks(blocks) == coincidence_factor(list(parts))


def test_oscillation_of_a_sine_is_its_root_mean_square():
    found = oscillation(sine(1.6, 60.0), DT_S, 1.0, 2.5)
    sections = signal.butter(2, (1.0, 2.5), "bandpass", fs=1 / DT_S, output="sos")
    gain = abs(signal.sosfreqz(sections, [1.6], fs=1 / DT_S)[1][0])
    assert found.rms_w == pytest.approx(gain * 100 / np.sqrt(2), rel=2e-3)
    assert found.largest_w == pytest.approx(found.rms_w, rel=5e-3)
    windows = (60.0 - 2.0) // 6.0
    assert found.energy_w2_s == pytest.approx(found.rms_w**2 * 6.0 * windows, rel=1e-12)
    # Second order: a third of the edge is a tenth.
    assert oscillation(sine(1.6, 60.0), DT_S, 5.0, 55.0).rms_w == pytest.approx(7.2, rel=0.2)


def test_a_burst_is_told_from_what_is_kept_up():
    time_s = np.arange(30_000) * DT_S
    burst = sine(1.6, 60.0)
    burst[(time_s < 26) | (time_s >= 32)] = 1000.0
    found = oscillation(burst, DT_S, 1.0, 2.5)
    assert found.at_s == 26.0
    assert found.largest_w > 2.5 * found.rms_w


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (
            lambda: oscillation(sine(1.0, 7.0), DT_S, 1.0, 2.5),
            NotAssessedError,
            "an oscillation from 1 Hz on needs 8 s, got 7 s",
        ),
        (
            lambda: oscillation(sine(1.0, 20.0), DT_S, 5.0, 300.0),
            NotAssessedError,
            "a filter up to 300 Hz needs a step below",
        ),
        (
            lambda: oscillation(sine(1.0, 20.0), DT_S, 0.0, 0.1),
            IndicatorError,
            "a band above 0 Hz, got 0 Hz",
        ),
    ],
)
def test_refusals(call, error, says):
    with pytest.raises(error, match=says):
        call()


def test_the_shape_of_a_run_with_halls():
    power = sine(0.8, 120.0, 200.0)
    halls = np.stack((power * 0.6, np.roll(power, 300) * 0.4), axis=1)
    time = np.arange(power.size) * DT_S
    hall = xr.Dataset(
        {"power": (("time", "hall"), halls, {"units": "W"})}, {"time": time, "hall": ["a", "b"]}
    )
    found = shape(labelled(power, **{"/hall": hall}), intervals=("30 s", "5 min"))
    by_name = {item.name: item for item in found.indicators}
    # The mean of a demand interval of whole periods is that of the record.
    assert by_name["load_factor[30 s]"].value == pytest.approx(1.0)
    assert by_name["load_factor[5 min]"].value is None
    assert "120 s does not hold one interval of 300 s" in by_name["load_factor[5 min]"].reason
    assert by_name["cycles[25 % of the peak]"].value == pytest.approx(0.8 * 120, abs=1)
    assert by_name["cycles[25 % of the peak]"].parameters["threshold_w"] == pytest.approx(300)
    assert by_name["tracked_line"].value == pytest.approx(0.8, abs=1e-3)
    assert by_name["oscillation[0.1-1 Hz]"].value == pytest.approx(200 / np.sqrt(2), rel=0.15)
    assert by_name["coincidence[halls]"].value == pytest.approx(
        coincidence_factor([halls[:, 0], halls[:, 1]])
    )
    assert found.track is not None
    assert found.track.middle_s.tolist() == [10.0 * k for k in range(1, 12)]
    # Nothing without a definition, and no value without its reason.
    assert all(item.definition for item in found.indicators)
    assert all(item.reason for item in found.indicators if item.value is None)


def test_the_shape_of_a_constant_and_of_a_short_record():
    flat = {item.name: item for item in shape(labelled(np.full(60_000, 5.0))).indicators}
    assert flat["tracked_line"].reason == "the power does not vary"
    assert flat["cycles[5 % of the peak]"].value == 0
    assert flat["oscillation[5-55 Hz]"].value == pytest.approx(0.0, abs=1e-9)
    assert "coincidence[halls]" not in flat
    short = shape(labelled(np.linspace(1.0, 2.0, 500)))
    assert short.track is None
    reasons = [item.reason for item in short.indicators if item.value is None]
    assert all(reasons)
    assert any("shorter than a segment of 20 s" in reason for reason in reasons)


def test_blocks_do_not_overlap():
    # What a plain walk over the pieces would count twice is counted once.
    power = np.tile([0.0, 10.0], 50)
    parts = [power[a:b] for a, b in itertools.pairwise(range(0, 101, 5))]
    statistic = cycling_statistic(1.0, 5.0)
    found = statistic.finish(stream({"c": statistic}, parts)["c"])
    assert found.swings_w.size == 99
