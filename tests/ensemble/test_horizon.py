# SPDX-License-Identifier: Apache-2.0
"""Events and counts of long runs: those of the whole series, bit for bit, however it was cut."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powermodel.ensemble import Study, StudyError, exceedance, open_study, plain, run_study
from powermodel.ensemble.events import Events, EventStream
from powermodel.ensemble.runs import Run
from powermodel.errors import PowermodelError
from powermodel.indicators.distribution import counted
from powermodel.report.exceedance_plot import plot_exceedance
from powermodel.scenario import Scenario
from powermodel.simulation import simulate
from powermodel.simulation.fleets import crash_times
from tests.ensemble.small_study import SCENARIO, every_file, study_data

RULES = [
    {"of": "ramp", "window": "100 ms", "largest": 3, "around": "1 s"},
    {"of": "crash", "largest": 4, "around": "2 s"},
]


def scenario_data(mtbf="64 s"):
    """Return the small site for 40 s, on which a job crashes every few seconds."""
    job = SCENARIO["jobs"][0]
    restart = [{"name": "down", "duration": "800 ms", "power": "idle"}]
    program = job["program"] | {"restart": restart}
    return SCENARIO | {
        "jobs": [job | {"program": program, "failures": {"mtbf": mtbf, "scheduled": ["11 s"]}}],
        "time": SCENARIO["time"] | {"duration": "40 s"},
    }


def study(**keep):
    return Study.from_dict(
        study_data(
            scenario=scenario_data(),
            axes={"storage.units": [0, 1]},
            seeds=1,
            keep={"overview": ["1s"], "events": RULES, "exceedance": True} | keep,
        )
    )


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    path = tmp_path_factory.mktemp("horizon") / "out.zarr"
    run_study(study(), path, workers=1)
    return path


@pytest.fixture(scope="module")
def alone():
    return simulate(Scenario.from_dict(scenario_data()))["poi/power"][0].to_numpy()


def test_windows_are_cut_from_the_whole_series(store, alone):
    found = open_study(store)["events/ramp_100ms"].sel(units=1, seed=3)
    change = np.abs(alone[20:] - alone[:-20])
    change[:600] = -1.0  # what is passed over
    best = sorted(
        (-change[k : k + 400].max(), k + int(change[k : k + 400].argmax()))
        for k in range(0, len(change), 400)
    )[:3]
    np.testing.assert_array_equal(found["at"], [sample * 0.005 for _, sample in best])
    np.testing.assert_array_equal(np.abs(found["change"]), [-value for value, _ in best])
    for place, (_, sample) in enumerate(best):
        expected = np.full(401, np.nan)
        part = alone[max(0, sample - 200) : sample + 201]
        first = max(0, 200 - sample)
        expected[first : first + len(part)] = part
        np.testing.assert_array_equal(found["power"][place], expected)
    np.testing.assert_allclose(found["offset"], np.arange(-200, 201) * 0.005)
    assert "the largest magnitudes of P(t + 100 ms) - P(t)" in found["power"].attrs["rule"]


def test_crashes_are_ranked_by_what_they_change(store, alone):
    found = open_study(store)["events/crash"].sel(units=1, seed=3)
    ticks = crash_times(Scenario.from_dict(scenario_data()))
    assert len(ticks) > 4
    assert 11_000_000_000 in ticks
    samples = [-(-tick // 5_000_000) for tick in ticks]
    jumps = {
        s: alone[s : s + 400].mean() - alone[max(0, s - 400) : s].mean()
        for s in samples
        if s >= 600
    }
    best = sorted(jumps, key=lambda s: -abs(jumps[s]))[:4]
    np.testing.assert_array_equal(found["at"], [s * 0.005 for s in best])
    np.testing.assert_allclose(found["change"], [jumps[s] for s in best], rtol=1e-9)
    np.testing.assert_array_equal(found["power"][0][400], alone[best[0]])


def test_counts_are_those_of_the_whole_series(store, alone):
    runs = open_study(store)
    part = alone[600:]
    one = exceedance(runs.sel(units=[1]), "power")
    np.testing.assert_array_equal(one.counts, counted(part))
    ramp = exceedance(runs.sel(units=[1]), "ramp[1 s]")
    np.testing.assert_array_equal(ramp.counts, counted(np.abs(part[200:] - part[:-200])))
    both = exceedance(runs)
    assert both.total == 2 * len(part)
    exact = np.quantile(part, 0.99, method="inverted_cdf")
    assert one.quantile(0.99) == pytest.approx(exact, rel=1e-3)


@pytest.mark.parametrize("cut", [1, 3])
def test_a_run_that_is_cut_goes_on_to_the_same_bytes(store, tmp_path, monkeypatch, cut):
    path = tmp_path / "cut.zarr"
    asked = study(state="10 s")
    whole = Run.take
    left = [cut]

    def cut_off(self, *given):
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        whole(self, *given)

    with monkeypatch.context() as patch:
        patch.setattr(Run, "take", cut_off)
        with pytest.raises(KeyboardInterrupt):
            run_study(asked, path, workers=1)
    run_study(asked, path, workers=1, resume=True)
    run_study(asked, tmp_path / "whole.zarr", workers=1)
    assert every_file(path) == every_file(tmp_path / "whole.zarr")


@settings(max_examples=30, deadline=None)
@given(cuts=st.lists(st.integers(0, 700), max_size=8), size=st.integers(3, 700))
def test_no_partition_changes_what_is_kept(cuts, size):
    scenario = Scenario.from_dict(scenario_data())
    series = np.random.default_rng(size).normal(size=size)
    for rule in RULES:
        rule = Events.model_validate(rule | {"around": "200 ms"})
        whole, parts = (EventStream(scenario, rule, 0.05) for _ in range(2))
        whole.add(series)
        edges = [0, *sorted(cut for cut in cuts if cut < size), size]
        for first, last in itertools.pairwise(edges):
            parts.add(series[first:last])
            state = plain.of_bytes(plain.to_bytes(parts.state()))
            parts = EventStream(scenario, rule, 0.05)
            parts.restore(state)
        for name, values in whole.finish().items():
            np.testing.assert_array_equal(parts.finish()[name], values)


def test_the_picture_of_exceedance_is_the_same_twice(store, tmp_path):
    runs = open_study(store)
    first = plot_exceedance(runs, tmp_path / "a.svg").read_bytes()
    assert plot_exceedance(runs, tmp_path / "b.svg").read_bytes() == first
    assert b"ramp[1 s]" in first


def test_what_does_not_go_is_said_in_words(store, small_store):
    with pytest.raises(StudyError, match="the samples were not counted"):
        exceedance(open_study(small_store))
    with pytest.raises(StudyError, match=r"'ramp\[2 s\]' was not counted"):
        exceedance(open_study(store), "ramp[2 s]")
    for events, words in (
        ([RULES[0], RULES[0]], "expected every rule once"),
        ([{"of": "crash", "window": "1 s"}], "expected a window for ramp and none for crash"),
        ([{"of": "ramp", "window": "1 min"}], "expected at most the reach of 30 s"),
    ):
        with pytest.raises(PowermodelError, match=words):
            study(events=events)
    with pytest.raises(StudyError, match="samples in all windows"):
        rule = Events.model_validate({"of": "crash", "largest": 1000, "around": "1 h"})
        rule.reach(0.001)
