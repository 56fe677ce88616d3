# SPDX-License-Identifier: Apache-2.0
"""What the buffering layers did, of made-up runs whose sums can be done by hand."""

import numpy as np
import pytest
import xarray as xr

from powermodel.indicators.account import account
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


def values(tree):
    return {item.name: item.value for item in buffering(tree)}


def test_swing_before_and_after(stored):
    found = values(stored)
    assert found["load_dynamic_range"] == 40.0
    assert found["poi_dynamic_range"] == 85.0 - 77.0
    assert found["dynamic_range_left"] == pytest.approx(0.2)
    assert found["load_ramp[1 s]"] == 40.0
    assert found["ramp[1 s]_left"] == pytest.approx(0.2)


def test_energy_is_summed_with_its_denominators(stored):
    found = values(stored)
    assert found["storage_discharged"] == pytest.approx(20 * 15.0 * DT_S)
    assert found["storage_charged"] == pytest.approx(20 * 17.0 * DT_S)
    assert found["storage_loss"] == pytest.approx(4.0)
    assert found["storage_loss_per_throughput"] == pytest.approx(4.0 / 64.0)
    assert found["storage_loss_per_site_energy"] == pytest.approx(4.0 / (81.0 * 4.0))
    assert not any("cycle" in name for name in found)
    for item in buffering(stored):
        if "_per_" in item.name:
            assert "divided by" in item.definition


def accounts_of(*, ageing):
    """Return a run of 10 s and a bit with what a farm has done at the end of each."""
    first = np.array([0.0, 1.0])
    account = {
        "discharged": 30.0 * first, "charged": 50.0 * first, "cell_heat": 4.0 * first,
        "inverter_loss": 3.0 * first, "standby": 1.0 * first, "stored": 100.0 + first,
        "full_cycles": 0.5 * first, "full_cycles_most": 0.6 * first, "cycles": 8.0 * first,
        "rainflow_full_cycles": 0.4 * first,
    }  # fmt: skip
    ages = {
        "calendar_fade": 1e-5 * first, "cycle_fade": 2e-5 * first, "most_fade": 4e-5 * first,
        "extrapolated": 0.75 * first, "calendar_rise": 1e-6 * first, "cycle_rise": 2e-6 * first,
    }  # fmt: skip
    named = {f"storage_account__{name}": values for name, values in account.items()}
    named |= {f"storage_ageing__{name}": values for name, values in ages.items() if ageing}
    return account_tree(tree_of(poi__power=np.full(120, 50.0)), tree_of(**named))


def account_tree(*trees):
    nodes = {name: node.to_dataset() for tree in trees for name, node in tree.children.items()}
    return xr.DataTree.from_dict(nodes)


def test_an_account_names_its_denominators():
    found = {item.name: item for item in account(accounts_of(ageing=True))}
    assert found["farm_throughput"].value == 80.0
    assert found["farm_loss_per_throughput"].value == pytest.approx(8.0 / 80.0)
    assert found["farm_loss_per_charged"].value == pytest.approx(8.0 / 50.0)
    assert found["farm_full_cycles[throughput]"].value == 0.5
    assert found["farm_full_cycles[throughput]"].parameters == {"busiest_unit": 0.6}
    assert found["farm_full_cycles[rainflow]"].value == 0.4
    assert found["farm_cycle_depth"].value == pytest.approx(0.05)
    for item in found.values():
        if "_per_" in item.name or "depth" in item.name:
            assert "divided by" in item.definition


def test_ageing_comes_with_its_range_and_confidence():
    found = {item.name: item for item in account(accounts_of(ageing=True))}
    assert found["farm_calendar_fade"].value == 1e-5
    assert found["farm_fade_most"].value == 4e-5
    assert found["farm_cycle_fade_extrapolated"].value == 0.75
    assert "confidence H" in found["farm_cycle_fade"].parameters["valid"]
    assert "estimate (L)" in found["farm_cycle_fade"].definition


def test_a_device_without_a_law_of_ageing_says_so_and_not_zero():
    found = {item.name: item for item in account(accounts_of(ageing=False))}
    for name in ("farm_calendar_fade", "farm_cycle_fade", "farm_fade_most"):
        assert found[name].value is None
        assert found[name].reason == "no law of ageing is known for its cell"
    assert "farm_cycle_fade_extrapolated" not in found


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
