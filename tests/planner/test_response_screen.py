# SPDX-License-Identifier: Apache-2.0
"""The two-area screen in frequency and in time, scores, marks, the table, the feeder."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import powermodel_datasets as facts
from powermodel.exporters import series_of_run
from powermodel.indicators.voltage import Grid, ShortCircuit, poi_voltage
from powermodel.response import (
    COLUMNS,
    NetworkCase,
    TwoAreaPlay,
    feeder,
    feeder_table,
    marks,
    network,
    network_response,
    play_into_feeder,
    response_table,
    score,
    two_area_response,
)
from powermodel.response.network import means_around
from powermodel.response.play import play_into_case, play_into_two_areas
from tests.planner.made_series import BASIS, labelled, sine

DT_S = 1e-2
NAMES = facts.names("two-area")


def amplitude(values, hz, dt_s):
    """Complex amplitude of a sine in whole periods."""
    time_s = np.arange(values.size) * dt_s
    return 2j * np.mean(values * np.exp(-2j * np.pi * hz * time_s))


@pytest.mark.parametrize("area", [1, 2])
@pytest.mark.parametrize("name", NAMES)
def test_the_screen_settles_at_droop(name, area):
    """At rest both areas stand at -1/sum(S (1/R + D)), by the record's own numbers."""
    record = facts.load("two-area", name)
    stiff = 0.0
    for i in (1, 2):
        droop, damping = record[f"droop_{i}"].value, record[f"load_damping_{i}"].value
        stiff += record[f"base_{i}"].value * (1 / droop + damping)
    play = TwoAreaPlay(0.0, 0.02, name, area)
    found = play.block(np.full(60_000, 1e6))
    for output in ("area 1", "area 2", "center of inertia"):
        expected = -1e6 * record["frequency"].value / stiff
        assert found[output][-1] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("hz", [0.1, 0.6, 2.0])
def test_played_in_a_sine_has_the_gain_of_the_frequency_response(hz):
    response = two_area_response("kundur", 1)
    drive_w = 2e6
    series = sine(500e6, drive_w, hz, 140.0, DT_S)
    found = TwoAreaPlay(500e6, DT_S).block(series)
    # A sample is held until the next and answered at its end: half a step late in all.
    late, shift = slice(round(100 / DT_S), None), np.exp(2j * np.pi * hz * DT_S / 2)
    start = 100.0
    gains = [
        amplitude(found[name][late], hz, DT_S) * np.exp(-2j * np.pi * hz * start) / drive_w / shift
        for name in ("area 1", "area 2")
    ]
    expected = response.at(np.array([hz]))[:, 0]
    assert np.abs(np.array(gains) - expected).max() < 0.02 * np.abs(expected).max()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 3000), min_size=1, max_size=5), st.integers(0, 2**32 - 1))
def test_any_cut_into_blocks_gives_the_same_bits(cuts, seed):
    power_w = 400e6 + 50e6 * np.random.default_rng(seed).standard_normal(3000)
    whole = TwoAreaPlay(400e6, DT_S).block(power_w)
    edges = [0, *sorted(cuts), 3000]
    parts, state = [], None
    for first, last in pairwise(edges):
        # A new object from the saved state, as a resumed run has it.
        play = TwoAreaPlay(400e6, DT_S)
        if state is not None:
            play.state = state
        parts.append(play.block(power_w[first:last]))
        state = play.state.copy()
    for name, values in whole.items():
        np.testing.assert_array_equal(np.concatenate([part[name] for part in parts]), values)


def test_a_sine_scores_its_amplitude_times_the_gain():
    response = two_area_response()
    run = labelled(sine(500e6, 5e6, 0.3, 200.0, DT_S), DT_S)
    found = score(run, response)
    gain = np.abs(response.at(np.array([0.3]))[:, 0])
    assert found.rms_hz == pytest.approx(5e6 / math.sqrt(2) * gain.max(), rel=0.01)
    assert found.machine == response.machines[int(gain.argmax())]
    (line, *_) = found.lines
    assert line.frequency_hz == pytest.approx(0.3, abs=1e-4)
    assert line.deviation_hz == pytest.approx(5e6 * gain.max(), rel=0.01)
    assert found.mean_w == pytest.approx(500e6)


def test_the_score_of_noise_is_what_playing_it_in_gives():
    """Two ways to one number: spectrum times gain, and the rms of the play once it has settled."""
    rng = np.random.default_rng(5)
    time_s = np.arange(60_000) * DT_S
    tones = np.zeros(time_s.size)
    for hz, drive_w, turn in zip(
        rng.uniform(0.1, 3, 30), rng.uniform(1e5, 3e6, 30), rng.uniform(0, 6, 30), strict=True
    ):
        tones += drive_w * np.sin(2 * np.pi * hz * time_s + turn)
    run = labelled(300e6 + tones, DT_S)
    response = two_area_response("kundur", 2)
    found = score(run, response)
    outputs = TwoAreaPlay(300e6, DT_S, "kundur", 2).block(run.values)
    settled = slice(round(100 / DT_S), None)
    timed = max(float(outputs[name][settled].std()) for name in response.machines)
    assert found.rms_hz == pytest.approx(timed, rel=0.05)


def test_a_play_says_which_area_moves_most_and_when():
    run = labelled(np.where(np.arange(6000) >= 3000, 520e6, 480e6), DT_S)
    found = play_into_two_areas(run)
    whole = TwoAreaPlay(500e6, DT_S).block(run.values)
    first = found.rows[0]
    assert first.name in ("area 1", "area 2")
    assert first.lowest == whole[first.name].min()
    assert first.lowest_at_s == pytest.approx(whole[first.name].argmin() * DT_S)
    assert first.highest == whole[first.name].max()
    assert found.lowest_hz.min() == first.lowest
    assert [row.name for row in found.rows[2:]] == ["center of inertia", "tie power"]
    assert found.rows[3].unit == "W"


def test_every_screen_says_that_it_is_one():
    response = two_area_response()
    assert response.screen
    assert "screen" in response.label
    assert all(row["screen"] for row in response_table(labelled(sine(1e8, 1e6, 1, 40, DT_S), DT_S)))


def test_the_table_has_band_lines_modes_and_gains():
    rows = response_table(labelled(sine(1e8, 1e6, 0.8, 60, DT_S), DT_S))
    assert all(tuple(row) == COLUMNS for row in rows)
    assert [row["row"] for row in rows if row["row"] != "mode"] == (
        ["band"] + ["line"] + ["gain"] * 7
    )
    gain = next(row for row in rows if row["frequency_hz"] == 0.5)
    expected = np.abs(two_area_response().at(np.array([0.5]))).max()
    assert gain["gain_mhz_per_mw"] == pytest.approx(expected * 1e9)
    assert all(row["definition"] for row in rows)


def test_marks_have_the_published_figures_and_their_source():
    found = marks()
    assert all(mark.source and mark.date and mark.confidence in "HMLK" for mark in found)
    torsional = {mark.low_hz for mark in marks("torsional")}
    assert {15.71, 20.21, 25.55, 32.28, 47.46} <= torsional
    assert {14.9, 25.0, 38.1, 67.1} <= torsional
    inter = {(mark.low_hz, mark.damping) for mark in marks("inter-area")}
    assert {(0.647, 0.034), (0.639, 0.188), (0.658, 0.044), (1.316, 0.009)} <= inter
    assert [(mark.low_hz, mark.high_hz) for mark in marks("band")][:2] == [(0.0, 0.1), (0.1, 1.0)]
    assert {mark.low_hz for mark in marks("event")} == {14.7, 23.0}
    assert found[0].to_dict()["sort"] == "band"


@given(st.integers(1, 9), st.integers(2, 60))
def test_means_around_a_step_are_without_delay(each, size):
    ramp = np.arange(float(size))
    found = means_around(ramp, each)
    for k, value in enumerate(found):
        around = ramp[max(k * each - each // 2, 0) : k * each - each // 2 + each]
        assert value == pytest.approx(around.mean())
    if each == 1:
        np.testing.assert_allclose(found, ramp)


def test_gains_of_a_case_are_brought_from_per_unit_to_hz_per_watt(monkeypatch):
    def answered(_python, request, limit_s=None):
        assert request["files"] == ["kundur/kundur_full.xlsx"]
        assert request["reactive_ratio"] == pytest.approx(math.tan(math.acos(0.95)))
        n = len(request["frequency_hz"])
        known = {"version": "2.0.0", "mains_hz": 60.0, "base_va": 100e6, "case_load_w": 2.7e9}
        arrays = {
            "gain": np.stack([np.full(n, -0.002 + 0j), np.full(n, 0.001j)]),
            "eigenvalues": np.array([-0.1 + 4j, -1 + 30j, -5 + 3j, -0.2 + 300j]),
            "speed_part": np.array([0.45, 0.3, 0.01, 0.4]),
        }
        return known | {"machines": ["a", "b"], "inertia_s": [1.0, 3.0]}, arrays

    monkeypatch.setattr(network, "ask", answered)
    monkeypatch.setattr(network, "andes_python", lambda given: given)
    found = network_response(NetworkCase("kundur", "7", power_factor=0.95), 100e6)
    assert found.largest_hz_w[0] == pytest.approx(0.002 * 60 / 100e6)
    assert found.center_hz_w[0] == pytest.approx((-0.002 + 3 * 0.001j) / 4 * 60 / 100e6)
    assert [round(mode.frequency_hz, 3) for mode in found.modes] == [0.637, 4.775]
    assert found.modes[0].damping == pytest.approx(0.1 / abs(-0.1 + 4j))
    assert not found.screen
    assert found.label == "kundur at bus 7"


def test_a_play_into_a_case_is_in_hz_and_at_its_own_step(monkeypatch):
    seen = {}

    def answered(_python, request, series, limit_s=None):
        seen.update(request, series=series, limit_s=limit_s)
        known = {"version": "2.0.0", "mains_hz": 60.0, "base_va": 100e6, "case_load_w": 2.7e9}
        steps = series.size
        speed = np.stack([np.linspace(0, -1e-3, steps), np.linspace(0, 2e-3, steps)], axis=1)
        arrays = {
            "time_s": np.arange(steps) * request["step_s"],
            "speed": speed,
            "voltage": np.ones(steps),
            "done": np.array(False),
        }
        return known | {"machines": ["a", "b"], "inertia_s": [3.0, 1.0]}, arrays

    monkeypatch.setattr(network, "ask", answered)
    monkeypatch.setattr(network, "andes_python", lambda given: given)
    run = labelled(sine(100e6, 2e6, 0.5, 20.0, 1e-3), 1e-3)
    found = play_into_case(run, NetworkCase("kundur", "7"), step_s=0.01, limit_s=9.0)
    assert (seen["what"], seen["step_s"], seen["limit_s"]) == ("play", pytest.approx(0.01), 9.0)
    assert seen["series"].size == 2000
    np.testing.assert_allclose(seen["series"], means_around(run.values, 10))
    assert seen["mean_w"] == pytest.approx(100e6)
    assert [row.name for row in found.rows] == ["b", "a", "center of inertia"]
    assert found.rows[0].highest == pytest.approx(0.12)
    assert found.rows[0].highest_at_s == pytest.approx(19.99)
    assert found.rows[2].lowest == pytest.approx(0.25 * (0.12 - 3 * 0.06))
    assert found.label == "kundur at bus 7"
    assert not found.whole


@pytest.fixture(scope="module")
def campus():
    rng = np.random.default_rng(3)
    time_s = np.arange(3000) * 1e-3
    wave = np.where((time_s % 2.0) < 1.6, 700e6, 320e6) + rng.normal(0, 1e6, time_s.size)
    return series_of_run(labelled(wave), BASIS)


def test_the_feeder_draws_the_series_and_its_head_is_the_thevenin_voltage(campus, monkeypatch):
    head = ShortCircuit(12e9, 15.0)
    found = play_into_feeder(campus, head)
    assert np.abs(found.power_w - campus.power_w).max() < 0.05e6
    expected = poi_voltage(campus.power_w, Grid(12e9, 15.0, 0.98))
    np.testing.assert_allclose(found.voltage, expected, atol=1e-6)
    monkeypatch.setattr(feeder, "_PART", 1100)
    np.testing.assert_allclose(play_into_feeder(campus, head).voltage, found.voltage, atol=1e-6)
    rows = {row["quantity"]: row["value"] for row in feeder_table(found)}
    assert rows["lowest voltage"] == found.voltage.min()
    volts = found.voltage
    spread = max(np.ptp(volts[k : k + 1001]) for k in range(0, volts.size - 1000, 50))
    assert rows["largest swing"] >= spread
    assert rows["error of the power"] < 0.05e6
