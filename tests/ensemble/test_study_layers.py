# SPDX-License-Identifier: Apache-2.0
"""A study runs all that a run alone runs: smoothing, rack stores, storage, island, grid."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from powermodel.ensemble import Study, open_study, run_study
from powermodel.ensemble.grid import Grid
from powermodel.ensemble.runs import Run
from powermodel.indicators.island import island
from powermodel.indicators.shed import unserved
from powermodel.simulation import simulate
from tests.ensemble.small_study import every_file, small_study, study_data
from tests.simulation.small import buffered_scenario
from tests.simulation.test_island_run import ISLAND

KEPT = (
    "poi/power", "load/power", "storage/soc", "supply/frequency", "supply/machines",
    "forming/power", "rack_store/power", "smoothing/burnt",
)  # fmt: skip


def layered(**changes: Any) -> Study:
    """Return two runs of 25 s with every layer, on an island that loses a machine."""
    scenario = buffered_scenario().to_dict() | {"supply": {"island": ISLAND}}
    data = {
        "study": 1,
        "name": "layered",
        "scenario": scenario,
        "axes": {"droop": {"path": "supply.island.forming.0.droop", "values": [0.02, 0.05]}},
        "measure": {"after": "1 s", "windows": ["20 ms", "1 s"]},
        "keep": {"overview": ["1s"], "series": list(KEPT), "state": "10 s"},
    }
    return Study.from_dict(data | changes)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    path = tmp_path_factory.mktemp("layered") / "study.zarr"
    run_study(layered(), path, workers=1)
    return path


@pytest.fixture(scope="module")
def alone():
    return simulate(Grid.of(layered()).scenario_at((1, 0)))


@pytest.mark.parametrize("path", KEPT)
def test_every_series_is_that_of_the_run_alone_bit_for_bit(store, alone, path):
    kept = open_study(store, check=False)[path].sel(droop=0.05).isel(seed=0)
    np.testing.assert_array_equal(kept, alone[path][0])
    assert np.ptp(kept.to_numpy()) > 0.0


def test_the_island_is_measured_after_the_settling(store, alone):
    runs = open_study(store, check=False)
    expected = {one.name: one for one in island(alone.isel(time=slice(1000, None)), 60.0)}
    for name in ("nadir", "frequency_peak", "rocof", "voltage_lowest", "shed", "machines_lost"):
        found = runs[name].sel(droop=0.05).isel(seed=0)
        assert float(found) == expected[name].value
        assert found.attrs["units"] == expected[name].unit
    assert runs["machines_lost"].to_numpy().tolist() == [[1.0], [1.0]]
    # A load of its own would make the two differ before the supply.
    loads = runs["load/power"].to_numpy()
    np.testing.assert_array_equal(loads[0], loads[1])
    assert (runs["nadir"][0] != runs["nadir"][1]).all()


def test_shed_load_is_counted_as_in_a_run_alone(tmp_path):
    """Half the load goes for good once the frequency has been low for 100 ms."""
    stage = {"below": "59.99 Hz", "delay": "100 ms", "share": 0.5}
    study = layered(
        axes={}, set={"supply.island.shedding": [stage], "time.duration": "5 s"},
        keep={"series": ["supply/shed"]},
    )  # fmt: skip
    run_study(study, tmp_path / "shed.zarr", workers=1)
    runs = open_study(tmp_path / "shed.zarr")
    scenario = Grid.of(study).scenario_at((0,))
    expected = unserved(simulate(scenario).isel(time=slice(1000, None)), scenario)
    assert [one.value for one in expected] == [float(runs[one.name].item()) for one in expected]
    found = {one.name: one.value for one in expected}
    accelerators = sum(job.all_accelerators for job in scenario.jobs)
    assert found["shed_time"] == pytest.approx(
        4.0
    )  # from 210 ms on; the first second does not count
    assert found["shed_work"] == pytest.approx(0.5 * found["shed_time"] * accelerators, rel=1e-6)
    assert found["shed_racks"] == pytest.approx(0.5 * scenario.site.racks, rel=1e-6)


@pytest.mark.parametrize("cut", [1, 2, 4])
def test_a_run_that_is_cut_goes_on_from_its_state(store, tmp_path, monkeypatch, cut):
    """Cut after some blocks of either run, the rest is computed, and that alone."""
    path = tmp_path / "cut.zarr"
    take, taken = Run.take, []

    def until_cut(self: Run, first: int, load: Any) -> None:
        if len(taken) == cut:
            raise KeyboardInterrupt
        taken.append(first)
        take(self, first, load)

    with monkeypatch.context() as patch:
        patch.setattr(Run, "take", until_cut)
        with pytest.raises(KeyboardInterrupt):
            run_study(layered(), path, workers=1)
        assert bool(list(path.rglob("progress/state/*/*"))) == (cut > 0)
    again: list[int] = []
    monkeypatch.setattr(Run, "take", lambda self, *told: (again.append(0), take(self, *told)))
    run_study(layered(), path, workers=1, resume=True)
    # Three blocks of two runs; what was under way without a state is computed once more.
    assert 6 - cut <= len(again) <= 6 - cut + 1
    assert every_file(path) == every_file(store)


def test_a_damaged_state_is_not_used(store, tmp_path, monkeypatch):
    path = tmp_path / "cut.zarr"
    take, taken = Run.take, []

    def until_cut(self: Run, first: int, load: Any) -> None:
        if len(taken) == 2:
            raise KeyboardInterrupt
        taken.append(first)
        take(self, first, load)

    with monkeypatch.context() as patch:
        patch.setattr(Run, "take", until_cut)
        with pytest.raises(KeyboardInterrupt):
            run_study(layered(), path, workers=1)
    states = [file for file in path.rglob("progress/state/*/*") if file.is_file()]
    assert len(states) == 2
    data = bytearray(states[0].read_bytes())
    data[len(data) // 2] ^= 0x10
    states[0].write_bytes(data)
    run_study(layered(), path, workers=1, resume=True)
    assert every_file(path) == every_file(store)


def test_a_study_with_sun_and_chain_is_the_run_alone(tmp_path):
    """The load stays gross, and the grid sees the reactive power of the chain."""
    series = ("poi/power", "load/power", "onsite/power", "connection/allowed", "grid/voltage")
    data = study_data(seeds=1, keep={"overview": ["1s"], "series": list(series)})
    data["axes"] = {"supply.grid.short_circuit": ["2 MW", "4 MW"]}
    scenario = data["scenario"]
    del scenario["site"]["overhead"]
    scenario["site"] |= {
        "architecture": "ac-415v",
        "cooling": {"like": "liquid-dry-cooler", "wet_bulb": "20 degC"},
    }
    allowed = [{"at": "0 s", "allowed": "20 kW"}]
    scenario["supply"] = {"grid": {"short_circuit": "2 MW", "x_over_r": 10, "connection": allowed}}
    solar = {"like": "west-texas-tracker", "capacity": "9 kW"}
    solar["clouds"] = [{"at": "8 s", "edge": "2 s", "lasts": "4 s", "share": 0.3}]
    scenario["onsite"] = {"solar": solar}
    scenario["time"]["start"] = "2026-06-21 12:00-05:00"
    study = small_study(**data)
    run_study(study, tmp_path / "sun.zarr", workers=1)
    runs = open_study(tmp_path / "sun.zarr")
    alone = simulate(Grid.of(study).scenario_at((1, 0)))
    for path in series:
        kept = runs[path].isel(short_circuit=1, seed=0)
        np.testing.assert_array_equal(kept, alone[path][0])
    assert (alone["load/power"].values > alone["poi/power"].values).any()
    assert np.ptp(alone["grid/voltage"].values) > 0.0


def test_the_measured_sun_of_a_study_is_found_by_its_workers(tmp_path, monkeypatch):
    """A worker reads the study from its store, wherever it stands."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "sun.csv").write_text("t,p\n0,1\n30,4\n")
    columns = {"time": {"column": "t", "unit": "s"}, "power": {"column": "p", "unit": "kW"}}
    data = study_data(seeds=1, keep={"overview": ["1s"], "series": ["onsite/power"]})
    data["axes"] = {"storage.units": [0, 1]}
    data["scenario"]["onsite"] = {"solar": {"measured": {"file": "sun.csv", **columns}}}
    study = Study.from_dict(data, base=home)
    monkeypatch.chdir(tmp_path)
    run_study(study, tmp_path / "sun.zarr", workers=1)
    onsite = open_study(tmp_path / "sun.zarr")["onsite/power"]
    assert float(onsite[0, 0, 2000]) == pytest.approx(2000.0, abs=1e-2)


def test_the_voltage_of_a_grid_is_measured(tmp_path):
    data = study_data(seeds=1, keep={"overview": ["1s"], "series": ["grid/voltage"]})
    data["axes"] = {"supply.grid.short_circuit": ["2 MW", "4 MW"]}
    data["scenario"]["supply"] = {"grid": {"short_circuit": "2 MW", "x_over_r": 10}}
    run_study(small_study(**data), tmp_path / "grid.zarr", workers=1)
    runs = open_study(tmp_path / "grid.zarr")
    voltage = runs["grid/voltage"].isel(seed=0, time=slice(600, None))
    np.testing.assert_array_equal(runs["voltage_lowest"].isel(seed=0), voltage.min("time"))
    np.testing.assert_array_equal(runs["voltage_highest"].isel(seed=0), voltage.max("time"))
    assert runs["voltage_lowest"][0] < runs["voltage_lowest"][1] < 1.0
