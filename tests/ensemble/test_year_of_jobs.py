# SPDX-License-Identifier: Apache-2.0
"""The shipped year of jobs, shortened to two days: run as it is, against its jobs and its tiles."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from powermodel.cli.app import main
from powermodel.ensemble import Study, open_study, run_study
from powermodel.ensemble.runs import Run
from powermodel.exporters.basis import Basis
from powermodel.exporters.horizon import series_of_horizon
from powermodel.indicators.jobs import job_indicators
from powermodel.planning import plan
from powermodel.simulation.blocks import Site
from powermodel.simulation.fleets import crash_times
from powermodel.simulation.handed import RackWindow
from tests.ensemble.small_study import every_file


@pytest.fixture(scope="module")
def short():
    """Two days in which three jobs of a few hours come for every place."""
    given = Study.load("year-of-jobs").to_dict()
    given["set"] = {
        "time.duration": "48 h",
        "jobs.0.arrivals.every": "4 h",
        "jobs.0.arrivals.length.mean": "7 h",
        "jobs.0.failures.mtbf": "5000 h",
    }
    return Study.from_dict(given)


@pytest.fixture(scope="module")
def scenario(short):
    return short.base_scenario()


@pytest.fixture(scope="module")
def store(short, tmp_path_factory):
    path = tmp_path_factory.mktemp("year") / "out.zarr"
    run_study(short, path, workers=1)
    return path


def test_power_follows_the_jobs_that_run(store, scenario):
    runs = open_study(store)
    mean_w = runs["overview/1min/poi_power"].sel(statistic="mean").to_numpy().reshape(-1)
    end_ns = (np.arange(mean_w.size) + 1) * 60 * 10**9
    begun = [(run.began, run.ended) for run in scenario.job_runs[0]]
    running = sum(((end_ns - 60e9 >= a) & (end_ns <= b)).astype(int) for a, b in begun)
    touched = sum(((end_ns > a) & (end_ns - 60e9 < b)).astype(int) for a, b in begun)
    whole = running == touched
    levels_w = [np.unique(mean_w[whole & (running == k)].round()).max() for k in range(3)]
    idle_w = mean_w[whole & (running == 0)]
    assert np.ptp(idle_w[1:]) < 1.0  # nothing runs, nothing changes
    each_w = levels_w[1] - levels_w[0]
    assert levels_w[2] - levels_w[1] == pytest.approx(each_w, rel=0.01)
    # 576 accelerators from idle to 0.87 TDP, through the rest of the rack and the overhead.
    spec = scenario.accelerator_of(scenario.jobs[0])
    assert each_w > 576 * (0.87 * spec.tdp_w - spec.idle_w)
    for one in job_indicators(scenario):
        assert float(runs[one.name].squeeze()) == pytest.approx(one.value)


def test_crashes_happen_while_jobs_run_and_are_kept(store, scenario):
    crashes = crash_times(scenario)
    spans = [span for one in scenario.standing for span in one.spans]
    assert crashes
    assert all(any(a < crash < b for a, b in spans) for crash in crashes)
    kept = open_study(store)["events/crash"]["at"].to_numpy().ravel()
    kept = kept[~np.isnan(kept)]
    assert set(kept) <= {-(-crash // 10**9) for crash in crashes}
    assert kept.size == min(10, len(crashes))


def test_energy_of_its_quarter_hours_is_that_of_its_samples(store):
    runs = open_study(store)
    series = series_of_horizon(runs, Basis())
    energy_j = float(np.sum(series.power_w)) * 60.0
    assert energy_j == pytest.approx(float(runs["energy"].squeeze()), rel=1e-12)


def test_steady_tiles_have_the_bits_of_tiles_that_are_computed(scenario):
    planned, count = plan(scenario), 4 * 3600
    whole = Site(planned, 1).block(0, count)["poi/power"]
    site = Site(planned, 2)
    # A tile at a time, so that none goes on as another.
    computed = [site.block(at, at + 10)["poi/power"] for at in range(0, count, 10)]
    np.testing.assert_array_equal(whole, np.concatenate(computed))
    assert np.unique(whole).size > 10


def test_windows_have_the_bits_of_the_whole(scenario):
    planned = plan(scenario)
    whole = RackWindow(planned).block(0, 7200)
    late = RackWindow(planned).block(3610, 7200)
    np.testing.assert_array_equal(whole[:, :, 3610:], late)
    tiles = RackWindow(planned)
    few = [tiles.block(first, first + 10) for first in range(3000, 3600, 10)]
    np.testing.assert_array_equal(whole[:, :, 3000:3600], np.concatenate(few, axis=2))


def test_an_interrupted_year_goes_on_to_the_same_bytes(short, store, tmp_path, monkeypatch):
    path = tmp_path / "cut.zarr"
    whole, left = Run.take, [1]

    def cut_off(self, *given):
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        whole(self, *given)

    with monkeypatch.context() as patch:
        patch.setattr(Run, "take", cut_off)
        with pytest.raises(KeyboardInterrupt):
            run_study(short, path, workers=1)
    run_study(short, path, workers=1, resume=True)
    assert every_file(path) == every_file(store)


def test_a_sweep_ends_well_where_the_step_has_no_value_of_its_indicator(
    short, store, tmp_path, capsys
):
    file, again = tmp_path / "short.yaml", tmp_path / "again.zarr"
    shutil.copytree(store, again)
    file.write_text(short.to_yaml(), encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["sweep", str(file), str(again), "--resume"])
    assert ended.value.code == 0
    assert "no run has a value of 'swing[1 s]'" in capsys.readouterr().err
