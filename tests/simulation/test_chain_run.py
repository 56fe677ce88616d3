# SPDX-License-Identifier: Apache-2.0
"""The chain and the cooling of a site inside a run: energy, reactive power, memory, PUE."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from xarray import DataTree

import powermodel as pm
import powermodel_datasets as facts
from powermodel.errors import PowermodelError
from powermodel.indicators.conversion import conversion, lowest_power_factor
from powermodel.scenario import Scenario
from powermodel.schema.chain import stage_path
from powermodel.simulation.losses import losses_of_run
from powermodel_datasets.supply_kinds import SLOTS
from powermodel_kernels.constants import QUANTA_PER_W
from tests.simulation.killed import check_resumed, killed
from tests.simulation.small import buffered_scenario, small_scenario
from tests.simulation.test_island_run import ISLAND

ARCHITECTURE: dict[str, Any] = {"like": "ac-415v", "mode": "supply-and-ups"}
COOLING: dict[str, Any] = {"like": "liquid-dry-cooler", "wet_bulb": "20 degC"}
OUTSIDE = ("transmission", "distribution", "ups", "busway")
CHAIN_PATHS = ("chain/reactive", "chain/buffered", "chain/accelerators", "cooling/power")
PATHS = ("poi/power", *CHAIN_PATHS, *(stage_path(slot) for slot in SLOTS))


def beyond(plain: Scenario, **site: Any) -> Scenario:
    """Return a scenario with keys of its site in place of its overhead."""
    data = plain.to_dict()
    del data["site"]["overhead"]
    data["site"] |= site
    return Scenario.from_dict(data)


def full() -> Scenario:
    return beyond(buffered_scenario(), architecture=ARCHITECTURE, cooling=COOLING)


def watts(tree: DataTree, path: str) -> NDArray[np.float64]:
    return np.asarray(tree[path].values[0], np.float64)


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return full()


@pytest.fixture(scope="module")
def run(scenario):
    return pm.simulate(scenario)


@pytest.fixture(scope="module")
def stiff():
    """The same without the mode of supplies and UPS, and without cooling."""
    return pm.simulate(beyond(buffered_scenario(), architecture="ac-415v"))


def stage_numbers(slot: str) -> tuple[float, ...]:
    record = facts.load("loss-stage", facts.load("architecture", "ac-415v").link(slot))
    return tuple(record[f"{term}_loss"].value for term in ("constant", "linear", "quadratic"))


def law_w(slot: str, delivered_w: NDArray[np.float64], rating_w: float) -> NDArray[np.float64]:
    p = delivered_w / rating_w
    p0, a, k = stage_numbers(slot)
    return rating_w * (p0 + a * p + k * p * p)


def test_energy_closes_from_the_racks_to_the_grid(run):
    """Sample by sample, to the float32 in which the losses of a stage are stored."""
    racks_w = run["hall/power"].values[0].sum(axis=1)
    added_w = sum(watts(run, stage_path(slot)) for slot in OUTSIDE)
    added_w += watts(run, "cooling/power") + watts(run, "chain/buffered")
    np.testing.assert_allclose(watts(run, "load/power"), racks_w + added_w, atol=0.05, rtol=0)


def test_each_stage_loses_what_its_law_says(run, scenario):
    """Walked in float64 from the racks outwards, each stage rated for the racks at their rating."""
    flow_w = run["hall/power"].values[0].sum(axis=1)
    rating_w = sum(h.racks * 132e3 / 0.975 for h in scenario.site.halls)
    for slot in ("busway", "ups", "distribution", "transmission"):
        if slot == "distribution":
            flow_w = flow_w + watts(run, "chain/buffered")
        if slot == "transmission":
            flow_w = flow_w + watts(run, "cooling/power")
        lost_w = law_w(slot, flow_w, rating_w)
        np.testing.assert_allclose(watts(run, stage_path(slot)), lost_w, rtol=1e-5)
        flow_w = flow_w + lost_w
        rating_w *= 1.0 + sum(stage_numbers(slot))
    np.testing.assert_allclose(watts(run, "load/power"), flow_w, rtol=1e-6)


def test_energy_closes_inside_the_racks(run, scenario):
    """What racks draw less shelf losses is accelerators, rest of the racks, and stores."""
    rack = scenario.site.halls[0].rack_record
    modules_w = watts(run, "chain/accelerators")
    places = scenario.placements
    follows_w = rack.dynamic_power_ratio * rack.accelerator.idle_w
    constant_w = sum(p.racks * rack.base_power_w - follows_w * p.accelerators for p in places)
    bus_w = modules_w * (1.0 + rack.dynamic_power_ratio) + constant_w
    drawn_w = run["hall/power"].values[0].sum(axis=1)
    shelf_w = drawn_w - watts(run, "losses/rack_supply") + watts(run, "rack_store/power")
    np.testing.assert_allclose(shelf_w, bus_w, rtol=1e-6)
    full_w = sum(j.accelerators for j in scenario.jobs) * rack.accelerator.tdp_w
    np.testing.assert_allclose(
        watts(run, "losses/tray"), law_w("tray", modules_w, full_w), rtol=1e-5
    )
    die_w = modules_w - watts(run, "losses/module")
    np.testing.assert_allclose(modules_w, die_w + law_w("module", die_w, full_w), rtol=1e-6)


def test_shelves_lose_what_each_rack_says():
    """Without a store in the racks, the shelf of a rack is its own law at its own load."""
    plain = beyond(small_scenario(), architecture="ac-415v").set("output.racks", "all")
    found = pm.simulate(plain.set("time.duration", "10 s"))
    rack = plain.site.halls[0].rack_record
    k = (1.0 / rack.supply_peak_efficiency - 1.0) / (2.0 * rack.supply_peak_load)
    p0, rating_w = k * rack.supply_peak_load**2, rack.supply_rating_w
    drawn_w = np.asarray(found["rack/power"].values[0], np.float64)
    gain = 1.0 + 4.0 * k * (drawn_w / rating_w - p0)
    bus_w = rating_w * (np.sqrt(gain) - 1.0) / (2.0 * k)
    lost_w = (drawn_w - bus_w).sum(axis=1)
    np.testing.assert_allclose(watts(found, "losses/rack_supply"), lost_w, rtol=2e-5)


def test_reactive_power_is_the_sum_done_by_hand(run, scenario):
    """The UPS sets the angle behind it; transformers and cooling add theirs."""
    load_w, cooling_w = watts(run, "load/power"), watts(run, "cooling/power")
    rating_w = sum(h.racks * 132e3 / 0.975 for h in scenario.site.halls)
    for slot in ("busway", "ups"):
        rating_w *= 1.0 + sum(stage_numbers(slot))
    behind_w = load_w - watts(run, "losses/transmission")
    taken_w = behind_w - cooling_w - watts(run, "losses/distribution")
    q = (taken_w - watts(run, "chain/buffered")) * math.tan(math.acos(0.99))
    for slot, p, more in (("distribution", taken_w, 0.0), ("transmission", behind_w, cooling_w)):
        q = q + more * math.tan(math.acos(0.95))
        record = facts.load("loss-stage", facts.load("architecture", "ac-415v").link(slot))
        s = np.hypot(p, q) / rating_w
        own = record["magnetizing_current"].value + record["reactance"].value * s * s
        q = q + rating_w * own
        rating_w *= 1.0 + sum(stage_numbers(slot))
    np.testing.assert_allclose(watts(run, "chain/reactive"), q, rtol=1e-5)
    lowest, at_s = lowest_power_factor(run)
    factor = load_w / np.hypot(load_w, q)
    assert lowest == pytest.approx(factor.min(), rel=1e-6)
    assert at_s == pytest.approx(np.argmin(factor) * 1e-3, abs=2e-3)


def test_cooling_starts_settled_and_is_one_call_of_the_kernel(run, scenario):
    cooling = scenario.site.cooling.kernel(scenario.site.racks_rated_w)
    heat_w = run["hall/power"].values[0].sum(axis=1)
    heat_w = heat_w + watts(run, "rack_store/power") + watts(run, "rack_store/loss")
    heat = np.rint(heat_w * QUANTA_PER_W).astype(np.int64)
    _, expected = cooling.advance(cooling.settled(heat_w[0]), heat, 1e-3)
    found = watts(run, "cooling/power")
    np.testing.assert_array_equal(found, expected / QUANTA_PER_W)
    settled_w = scenario.site.cooling.settled_w(heat_w[0], scenario.site.racks_rated_w)
    assert found[0] == pytest.approx(settled_w, rel=1e-6)
    # 0.015 of the rating always; 0.01 + 0.015 + 0.035 of the heat, by the record at 20 °C.
    assert settled_w == pytest.approx(0.015 * scenario.site.racks_rated_w + 0.06 * heat_w[0])


def test_pue_is_load_over_racks_and_more_on_a_hot_day(run, scenario):
    found = {item.name: item for item in conversion(run)}
    racks_w = run["hall/power"].values[0].sum(axis=1)
    expected = watts(run, "load/power").mean() / racks_w.mean()
    assert found["pue"].value == pytest.approx(expected, rel=1e-6)
    assert found["pue"].parameters == {"contains": "losses and cooling"}
    assert found["cooling_peak"].value == watts(run, "cooling/power").max()
    shares = [found[f"loss_share[{slot}]"].value for slot in SLOTS]
    lost_w = [watts(run, stage_path(slot)).mean() for slot in SLOTS]
    assert shares == pytest.approx(list(lost_w / watts(run, "load/power").mean()))
    hot = pm.simulate(scenario.set("site.cooling.wet_bulb", "30 degC").set("time.duration", "10 s"))
    short = watts(run, "cooling/power")[:10_000]
    assert (watts(hot, "cooling/power") > short).all()


def test_the_mean_waterfall_closes_and_ends_at_the_die(run, scenario):
    found = losses_of_run(run)
    names = [row.slot for row in found.rows]
    assert names == [
        "transmission", "cooling", "distribution", "capacitors", "ups", "busway", "rack",
        "rack stores", "rest of the racks", "tray", "module",
    ]  # fmt: skip
    for one, other in zip(found.rows, found.rows[1:], strict=False):
        assert other.drawn_w == one.delivered_w
    assert found.grid_w == pytest.approx(watts(run, "load/power").mean())
    die_w = (watts(run, "chain/accelerators") - watts(run, "losses/module")).mean()
    assert found.die_w == pytest.approx(die_w, rel=1e-6)
    rack = scenario.site.halls[0].rack_record
    rest = next(row for row in found.rows if row.slot == "rest of the racks")
    above_w = found.module_w - rack.accelerator.idle_w * 96
    whole_w = 12 * rack.base_power_w + rack.dynamic_power_ratio * above_w
    assert rest.is_branch
    assert rest.loss_w == pytest.approx(whole_w - watts(run, "losses/tray").mean(), rel=1e-4)
    assert found.voltage_ratio == pytest.approx(412_500)
    assert found.die_a == pytest.approx(found.die_w / 0.8)


def test_the_mode_amplifies_slow_swings_and_swallows_fast_ones(run, stiff):
    """Power before the mode over power behind it, at the frequencies of the run."""
    passed = watts(run, "load/power") - watts(run, "losses/transmission")
    passed -= watts(run, "cooling/power") + watts(run, "losses/distribution")
    asked = passed - watts(run, "chain/buffered")
    window = np.hanning(passed.size)
    hz = np.fft.rfftfreq(passed.size, 1e-3)
    lines = [np.abs(np.fft.rfft(window * (part - part.mean()))) for part in (passed, asked)]
    for low, high, least, most in ((2.0, 6.0, 1.05, 2.0), (20.0, 40.0, 0.0, 0.15)):
        band = (hz >= low) & (hz <= high)
        gain = math.sqrt((lines[0][band] ** 2).sum() / (lines[1][band] ** 2).sum())
        assert least < gain < most
    assert not watts(stiff, "chain/buffered").any()


def test_without_cooling_only_losses_are_added(stiff):
    assert "cooling" not in stiff.children
    found = {item.name: item for item in conversion(stiff)}
    assert found["pue"].parameters == {"contains": "losses"}
    assert "cooling_share" not in found


def test_cooling_alone_is_added_to_the_racks():
    found = pm.simulate(beyond(small_scenario(), cooling=COOLING).set("time.duration", "10 s"))
    assert "losses" not in found.children
    racks_w = found["hall/power"].values[0].sum(axis=1)
    np.testing.assert_array_equal(
        watts(found, "poi/power"), racks_w + watts(found, "cooling/power")
    )


def test_neither_blocks_nor_threads_nor_engine_restarts_change_a_bit(run, scenario):
    other = pm.simulate(scenario.set("time.block", "20 s"), workers=3)
    for path in PATHS:
        np.testing.assert_array_equal(other[path].values, run[path].values)


def test_killed_and_resumed_is_byte_equal(tmp_path):
    """Where nothing but chain and cooling remembers."""
    scenario = beyond(small_scenario(), architecture=ARCHITECTURE, cooling=COOLING)
    check_resumed(scenario, killed(scenario, tmp_path))


GRID = {"grid": {"short_circuit": "4 MVA", "x_over_r": 8}}


def test_the_grid_sees_the_reactive_power_of_the_chain():
    plain = small_scenario().to_dict() | {"supply": GRID}
    for hall in plain["site"]["halls"]:
        hall["rack"]["supply"] = "dc-800v-to-50v"
    plain["time"]["duration"] = "10 s"
    architecture = {"like": "dc-800v-solid-state"}
    found = pm.simulate(beyond(Scenario.from_dict(plain), architecture=architecture))
    np.testing.assert_allclose(
        watts(found, "grid/reactive"), watts(found, "chain/reactive"), rtol=1e-6
    )
    power = watts(found, "poi/power") + 1j * watts(found, "grid/reactive")
    voltage = watts(found, "grid/voltage") * np.exp(-1j * watts(found, "grid/angle"))
    z = (1 + 8j) / abs(1 + 8j) / 4e6
    np.testing.assert_allclose(voltage + z * np.conj(power / voltage), 1.0, atol=2e-6)


ON_ISLAND = {"island": {k: v for k, v in ISLAND.items() if k != "power_factor"}}


@pytest.mark.parametrize("supply", [GRID, ON_ISLAND], ids=["grid", "island"])
def test_a_load_that_stands_in_for_the_racks_keeps_its_reactive_power(tmp_path, supply):
    plain = small_scenario().set("time.duration", "10 s")
    chain = beyond(plain, architecture="ac-415v")
    fed = Scenario.from_dict(chain.to_dict() | {"supply": supply})
    pm.simulate(chain, to=tmp_path / "chain.zarr")
    path = "grid/voltage" if supply is GRID else "supply/voltage"
    found = pm.simulate(fed, load_from=tmp_path / "chain.zarr")
    assert not {"losses", "chain"} & set(found.children)
    voltage = pm.simulate(fed)[path].values
    assert np.ptp(voltage) > 1e-3
    np.testing.assert_array_equal(found[path].values, voltage)
    pm.simulate(plain, to=tmp_path / "plain.zarr")
    with pytest.raises(PowermodelError, match=r"needs the reactive power of site\.architecture"):
        pm.simulate(fed, load_from=tmp_path / "plain.zarr")
