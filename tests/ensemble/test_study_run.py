# SPDX-License-Identifier: Apache-2.0
"""A study says of each run what that run says alone, and ends in the same bytes however it goes."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from powermodel.ensemble import open_study, run_study, worst
from powermodel.ensemble.estimate import plan_study
from powermodel.errors import StoreError
from powermodel.indicators.summary import summarize
from powermodel.simulation import simulate
from tests.ensemble.small_study import every_file, small_study, study_data


@pytest.fixture(scope="module")
def runs(small_store):
    return open_study(small_store)


def test_its_dimensions_are_its_axes(runs):
    assert dict(runs.sizes) == {"units": 2, "latency": 2, "seed": 3}
    one = runs["peak"].sel(units=1, latency="100 ms", seed=4)
    assert one.shape == ()
    assert one.attrs["units"] == "W"
    tree = runs.sel(units=1, latency="100 ms")
    assert tree["overview/1s/poi_power"].dims == ("seed", "statistic", "time")
    assert runs.attrs["runs"] == runs.attrs["runs_whole"] == 12


def test_each_indicator_is_that_of_the_run_alone_bit_for_bit(runs):
    found = worst(runs, "swing[1 s]")
    alone = simulate(found.scenario, workers=2)
    place = found.labels | {"seed": found.seed}
    poi_w = alone["poi/power"][0].to_numpy()
    np.testing.assert_array_equal(runs["poi/power"].sel(place), poi_w)
    summary = summarize(poi_w[600:], 0.005, windows_s=(0.02, 1.0), lines=1)
    for indicator in summary:
        stored = float(runs[indicator.name].sel(place))
        assert stored == indicator.value or (np.isnan(stored) and indicator.value is None)
    assert found.value == summary["swing[1 s]"].value
    for level in ("100ms", "1s"):
        for statistic in ("min", "mean", "max"):
            cells = runs[f"overview/{level}/poi_power"].sel(place).sel(statistic=statistic)
            expected = alone[f"overview/{level}/poi_power_{statistic}"][0]
            np.testing.assert_array_equal(cells, expected)


def test_the_storage_is_that_of_the_run_alone(runs):
    found = worst(runs, "storage_discharged")
    alone = simulate(found.scenario)["storage"]
    power_w, loss_w = (alone[name][0].to_numpy() for name in ("power", "loss"))
    place = found.labels | {"seed": found.seed}
    np.testing.assert_array_equal(runs["storage/soc"].sel(place), alone["soc"][0])
    expected = {
        "storage_peak": np.abs(power_w).max(),
        "storage_discharged": power_w[power_w > 0].sum() * 0.005,
        "storage_charged": -power_w[power_w < 0].sum() * 0.005,
        "storage_loss": loss_w.sum() * 0.005,
        "soc_end": float(alone["soc"][0, -1]),
        "soc_minimum": float(alone["soc_min"][0].min()),
    }
    for name, value in expected.items():
        assert float(runs[name].sel(place)) == pytest.approx(value, rel=1e-12)


def test_what_the_storage_was_asked_can_be_kept(tmp_path):
    changes = {"seeds": 1, "axes": {"storage.units": [1]}, "keep": {"series": ["storage/command"]}}
    run_study(small_study(**changes), tmp_path / "kept.zarr", workers=1)
    kept = open_study(tmp_path / "kept.zarr")["storage/command"].sel(units=1, seed=3)
    alone = simulate(small_study().base_scenario())["storage/command"][0]
    np.testing.assert_array_equal(kept, alone)


def test_a_run_without_storage_has_no_state_of_charge(runs):
    none = runs.sel(units=0)
    assert np.isnan(none["soc_end"]).all()
    assert (none["storage_loss"] == 0.0).all()
    assert np.isnan(none["storage/soc"]).all()
    # Its latency is nobody's.
    np.testing.assert_array_equal(none["peak"][0], none["peak"][1])


@pytest.mark.parametrize("block", ["20 s", "60 s"])
def test_the_size_of_a_block_changes_no_number(runs, tmp_path, block):
    data = study_data(seeds=1)
    data["scenario"]["time"]["block"] = block
    data["keep"] = {"overview": ["1s"]}
    run_study(small_study(**data), tmp_path / "other.zarr", workers=1)
    other = open_study(tmp_path / "other.zarr")
    xr.testing.assert_identical(
        other.to_dataset().drop_attrs(), runs.to_dataset().isel(seed=[0]).drop_attrs()
    )


def test_four_processes_write_the_same_bytes(small_store, tmp_path):
    told = []
    run_study(small_study(), tmp_path / "four.zarr", workers=4, progress=told.append)
    assert every_file(tmp_path / "four.zarr") == every_file(small_store)
    assert [told[0].done, told[-1].done] == [0, 12]
    assert [entry.name for entry in tmp_path.iterdir()] == ["four.zarr"]


def test_values_and_seeds_are_added_without_computing_again(small_store, tmp_path):
    path = tmp_path / "grown.zarr"
    first = study_data(axes=study_data()["axes"] | {"storage.units": [0]}, seeds=2)
    run_study(small_study(**first), path, workers=1)
    old = {key: (path / key).stat().st_mtime_ns for key in every_file(path) if "/c/" in key}
    told = []
    run_study(small_study(), path, workers=1, resume=True, progress=told.append)
    assert (told[0].done, told[0].restored, told[-1].done) == (4, 4, 12)
    assert every_file(path) == every_file(small_store)
    kept = [key for key in old if key.startswith(("indicators/value", "poi/power"))]
    assert kept
    assert all((path / key).stat().st_mtime_ns == old[key] for key in kept)


def test_a_value_in_between_is_added_at_the_end(small_store, tmp_path):
    path = tmp_path / "grown.zarr"
    wide = study_data()["axes"] | {"storage.units": [0, 2]}
    run_study(small_study(axes=wide, seeds=1), path, workers=1)
    more = study_data()["axes"] | {"storage.units": [0, 1, 2]}
    run_study(small_study(axes=more, seeds=1), path, workers=1, resume=True)
    tree = open_study(path)
    assert tree["units"].to_numpy().tolist() == [0, 2, 1]
    expected = open_study(small_store)["peak"].sel(units=1, seed=3)
    np.testing.assert_array_equal(tree["peak"].sel(units=1, seed=3), expected)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seeds": 1}, "the store has seed 4, which this study lacks"),
        ({"axes": {"storage.units": [0, 1]}}, "the store has the axes units, latency"),
        ({"axes": study_data()["axes"] | {"storage.units": [1]}}, "the store has units 0"),
        ({"measure": {"after": "5 s"}}, "measure is"),
        ({"set": {"jobs.0.accelerators": 8}}, "its scenario is another, or was edited"),
    ],
)
def test_another_study_is_refused(small_store, changes, words):
    before = every_file(small_store)
    with pytest.raises(StoreError) as caught:
        run_study(small_study(**changes), small_store, workers=1, resume=True)
    assert words in str(caught.value)
    assert caught.value.hint
    assert every_file(small_store) == before


def test_a_store_that_is_there_is_not_replaced(small_store):
    with pytest.raises(StoreError, match="the store exists"):
        run_study(small_study(), small_store, workers=1)


def test_the_store_of_a_run_is_no_study(tmp_path):
    simulate(small_study().base_scenario(), to=tmp_path / "run.zarr", workers=1)
    with pytest.raises(StoreError, match="expected the store of a study, got something else"):
        open_study(tmp_path / "run.zarr")
    with pytest.raises(StoreError, match="there is no store"):
        open_study(tmp_path / "none.zarr")


def test_the_plan_counts_runs_and_loads_and_is_near_the_disk(small_store):
    planned = plan_study(small_study(), workers=2)
    assert (planned.runs, planned.loads, planned.workers) == (12, 3, 2)
    size = sum(len(content) for content in every_file(small_store).values())
    assert 0.3 < planned.disk_bytes / size < 3.0
    assert planned.warnings == ()
    rows = dict(planned.rows())
    assert rows["runs"] == "12: 2 units × 2 latency × 3 seeds"
