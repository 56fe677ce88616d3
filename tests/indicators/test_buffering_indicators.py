# SPDX-License-Identifier: Apache-2.0
"""What the buffering layers did, of made-up runs whose sums can be done by hand."""

import numpy as np
import pytest
import xarray as xr

from powermodel.indicators.buffering import buffering

DT_S = 0.1


def tree_of(**series):
    nodes = {}
    for path, values in series.items():
        group, _, name = path.partition("__")
        time = ("time", np.arange(len(values)) * DT_S, {"units": "s"})
        unit = {"soc": "1", "energy": "J"}.get(name[:3] if name[:3] == "soc" else name, "W")
        array = xr.DataArray(
            np.asarray(values)[None], dims=("run", "time"), coords={"time": time},
            attrs={"units": unit},
        )  # fmt: skip
        nodes.setdefault(group, {})[name] = array
    return xr.DataTree.from_dict({name: xr.Dataset(group) for name, group in nodes.items()})


@pytest.fixture
def stored():
    load = np.tile([100.0, 100.0, 60.0, 60.0], 10)
    power = np.where(load > 80.0, 15.0, -17.0)
    soc = 0.5 + 0.01 * np.arange(40) / 40
    return tree_of(
        load__power=load, poi__power=load - power, storage__power=power,
        storage__loss=np.full(40, 1.0), storage__soc=soc, storage__soc_min=soc - 0.1,
        storage__soc_max=soc + 0.2,
    )  # fmt: skip


def values(tree, *rest):
    return {item.name: item.value for item in buffering(tree, *rest)}


def test_swing_before_and_after(stored):
    found = values(stored)
    assert found["load_dynamic_range"] == 40.0
    assert found["poi_dynamic_range"] == 85.0 - 77.0
    assert found["dynamic_range_left"] == pytest.approx(0.2)
    assert found["load_ramp[1 s]"] == 40.0
    assert found["ramp[1 s]_left"] == pytest.approx(0.2)


def test_energy_is_summed_with_its_denominators(stored):
    found = values(stored, 128.0)
    assert found["storage_discharged"] == pytest.approx(20 * 15.0 * DT_S)
    assert found["storage_charged"] == pytest.approx(20 * 17.0 * DT_S)
    assert found["storage_loss"] == pytest.approx(4.0)
    assert found["storage_loss_per_throughput"] == pytest.approx(4.0 / 64.0)
    assert found["storage_loss_per_site_energy"] == pytest.approx(4.0 / (81.0 * 4.0))
    assert found["storage_full_cycles"] == pytest.approx(64.0 / 256.0)
    assert "storage_full_cycles" not in values(stored)
    for item in buffering(stored):
        if "_per_" in item.name:
            assert "divided by" in item.definition


def test_charge_swing_drift_and_extremes(stored):
    found = values(stored)
    assert found["soc_swing"] == pytest.approx(0.01 * 39 / 40)
    assert found["soc_drift"] == pytest.approx(0.01 * 39 / 40)
    assert found["soc_lowest"] == pytest.approx(0.4)
    assert found["soc_highest"] == pytest.approx(0.7 + 0.01 * 39 / 40)


def test_rack_stores_and_smoothing():
    tree = tree_of(
        poi__power=np.full(20, 50.0), rack_store__power=np.tile([5.0, -5.0], 10),
        rack_store__energy=np.tile([3.0, 2.0], 10), rack_store__loss=np.full(20, 0.5),
        smoothing__burnt=np.full(20, 2.0), smoothing__held_back=np.zeros(20),
    )  # fmt: skip
    found = values(tree)
    assert found["rack_store_throughput"] == pytest.approx(10.0)
    assert found["rack_store_swing"] == 1.0
    assert found["rack_store_loss_per_site_energy"] == pytest.approx(0.01)
    assert found["burnt_energy"] == pytest.approx(4.0)
    assert found["burnt_per_site_energy"] == pytest.approx(0.04)
    assert found["held_back_energy"] == 0.0


def test_a_short_record_says_that_its_ramp_is_not_assessed(stored):
    short = xr.DataTree.from_dict(
        {name: node.to_dataset().isel(time=slice(0, 5)) for name, node in stored.children.items()}
    )
    found = {item.name: item for item in buffering(short)}
    assert found["ramp[1 s]_left"].value is None
    assert found["ramp[1 s]_left"].reason == "record too short"


def test_a_run_without_layers_has_none():
    assert buffering(tree_of(poi__power=np.full(20, 50.0))) == []
