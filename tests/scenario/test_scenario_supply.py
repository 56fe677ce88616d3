# SPDX-License-Identifier: Apache-2.0
"""What feeds a site, in a scenario: read, written back equal, refused with a message that helps."""

from __future__ import annotations

import copy
import math
from typing import Any

import pytest

from powermodel.errors import PowermodelError
from powermodel.planning import plan
from powermodel.scenario import Scenario
from powermodel.sizing.changes import load_alone
from powermodel_kernels.supply.machines import Gast, Ggov1
from tests.simulation.small import small_scenario

ISLAND: dict[str, Any] = {
    "nominal_frequency": "60 Hz",
    "machines": [
        {
            "unit": {"like": "smt-130", "rating": "200 kW", "base": "250 kVA"},
            "count": 3,
            "trips": {"low": "57 Hz", "high": "61.8 Hz", "delay": "500 ms"},
            "outages": [{"units": 1, "at": "12 s"}],
        },
        {
            "unit": {
                "rating": "100 kW",
                "base": "125 kVA",
                "inertia": "1 s",
                "governor": "ggov1-reciprocating",
            },
            "count": 1,
        },
    ],
    "condensers": [{"unit": {"like": "with-flywheel", "base": "100 kVA"}, "count": 2}],
    "forming": [{"power": "50 kW", "droop": "2 %", "inertia": "1 s", "latency": "20 ms"}],
    "shedding": [{"below": "58.5 Hz", "delay": "100 ms", "share": 0.1}],
    "power_factor": 0.98,
    "restore_rate": 0.1,
}
GRID = {"short_circuit": "12 GVA", "x_over_r": 10, "nominal_frequency": "50 Hz"}


def with_supply(supply: dict[str, Any]) -> Scenario:
    return Scenario.from_dict(small_scenario().to_dict() | {"supply": supply})


def changed(**changes: Any) -> dict[str, Any]:
    return {"island": copy.deepcopy(ISLAND) | changes}


def machine(**fields: Any) -> dict[str, Any]:
    return changed(machines=[{"unit": fields, "count": 4}])


@pytest.mark.parametrize(
    "supply", [{"island": ISLAND}, {"grid": GRID}, {"grid": {"voltage": False}}]
)
def test_is_read_and_written_back_equal(supply: dict[str, Any]) -> None:
    scenario = with_supply(supply)
    assert Scenario.from_yaml(scenario.to_yaml()) == scenario
    assert scenario.set("supply", None).supply is None


def test_becomes_the_setup_of_the_kernels() -> None:
    supply = with_supply({"island": ISLAND}).supply
    assert supply is not None
    assert supply.island is not None
    setup = supply.island.setup()
    assert [unit.rating_w for unit in setup.units] == [200e3] * 3 + [100e3]
    assert [unit.trip_at_s for unit in setup.units][:2] == [12.0, float("inf")]
    first, last = setup.units[0], setup.units[3]
    assert isinstance(first.governor, Gast)
    assert isinstance(last.governor, Ggov1)
    assert (first.trip_low, first.trip_high) == pytest.approx((-0.05, 0.03))
    assert setup.condensers[0].inertia_s == 8
    assert setup.shedding[0].below == pytest.approx(-0.025)
    assert setup.reactive_ratio == pytest.approx(0.20306, abs=1e-5)
    [battery] = supply.island.batteries()
    assert (battery.limit_w, battery.droop, battery.latency_s) == (50e3, 0.02, 0.02)


def test_names_its_records_among_the_assumptions() -> None:
    paths = {found.path for found in with_supply({"island": ISLAND}).assumptions()}
    assert "machine.smt-130.inertia" in paths
    assert "machine.smt-130.base" not in paths
    assert "governor.gast-sample.droop" in paths
    assert "condenser.with-flywheel.inertia" in paths


UNDAMPED = {"like": "gast-cim", "gast_turbine_damping": 0}
SMALL = {"like": "smt-130", "rating": "200 kW", "base": "250 kVA"}

# (supply, what the message says)
BAD: dict[str, tuple[dict[str, Any], list[str]]] = {
    "no base": (
        machine(rating="200 kW", inertia="2 s", governor="gast-sample"),
        ["machines[0].unit.base: missing base", "per unit of an apparent power", "base: '20 MVA'"],
    ),
    "condenser without base": (
        changed(condensers=[{"unit": {"inertia": "8 s"}, "count": 1}]),
        ["condensers[0].unit.base: missing base"],
    ),
    "machine incomplete": (machine(base="200 kVA"), ["missing rating, inertia, governor"]),
    "rating above base": (
        machine(like="smt-130", rating="300 kW", base="250 kVA"),
        ["rating must be above 0 W and within its base"],
    ),
    "unstable": (
        {"island": machine(**SMALL, governor=UNDAMPED)["island"] | {"condensers": []}},
        [
            "supply.island.machines: the governor set is unstable",
            "damping ratio of -0.0",
            "the closed form (T1 + T2)/(T1 T2) - 1/(2 H R) is -2.25 1/s and must be positive",
            "allow_unstable",
        ],
    ),
    "too little": (
        changed(machines=[{"unit": SMALL, "count": 1}], condensers=[], forming=[], shedding=[]),
        ["the programs reach", "more than the 200.0 kW that the machines can give", "no shedding"],
    ),
    "one unit short of N+1": (
        changed(machines=[{"unit": SMALL, "count": 3}], spare=1),
        [
            "supply.island.spare: the programs reach",
            "without the 1 largest of 3 units the others give 400.0 kW",
            "units of 200.0 kW would do",
        ],
    ),
    "50 and 60 Hz": (
        changed(machines=[{"unit": SMALL, "count": 4, "nominal_frequency": "50 Hz"}]),
        ["the island is for 60 Hz but machine smt-130 for 50 Hz: one site has one"],
    ),
    "55 Hz": (changed(nominal_frequency="55 Hz"), ["must be 50 or 60 Hz, got 55 Hz"]),
    "shedding above nominal": (
        changed(shedding=[{"below": "61 Hz", "delay": "1 s", "share": 0.1}]),
        ["shedding[0].below: expected a frequency below the nominal 60 Hz, got 61 Hz"],
    ),
    "field of another governor": (
        machine(**SMALL, governor={"like": "gast-sample", "ggov1_integral": 1}),
        ["gast-sample is a GAST governor without ggov1_integral"],
    ),
    "unknown machine": (
        changed(machines=[{"unit": "titan-530", "count": 1}]),
        ["machines[0].unit", "titan-530"],
    ),
    "no machines": (changed(machines=[]), ["expected at least one machine"]),
    "too many outages": (
        changed(machines=[{"unit": SMALL, "count": 1, "outages": [{"units": 2, "at": "1 s"}]}]),
        ["more units go out than the 1 there are"],
    ),
    "no droop": (
        changed(forming=[{"power": "1 kW", "droop": 0, "latency": "1 ms"}]),
        ["droop of a battery must be above 0"],
    ),
    "power factor": (changed(power_factor=0), ["expected a power factor above 0"]),
    "no short circuit": (
        {"grid": {"x_over_r": 10}},
        ["grid.short_circuit: voltage at the POI is asked, but the short-circuit power is missing"],
    ),
    "no X/R": ({"grid": {"short_circuit": "12 GVA"}}, ["grid.x_over_r: voltage", "X/R is missing"]),
    "source far from one": (
        {"grid": GRID | {"source_voltage": 330}},
        ["source voltage must be about 1 per unit, got 330"],
    ),
    "both": ({"island": ISLAND, "grid": GRID}, ["either island or grid, got island and grid"]),
    "neither": ({}, ["either island or grid, got neither"]),
    "unknown key": (changed(machine=[]), ["unknown key 'machine'", "did you mean 'machines'?"]),
}


@pytest.mark.parametrize("name", BAD)
def test_is_refused_with_a_message(name: str) -> None:
    supply, expected = BAD[name]
    with pytest.raises(PowermodelError) as caught:
        with_supply(supply)
    for words in expected:
        assert words in str(caught.value)


@pytest.mark.parametrize(
    ("supply", "expected"),
    [
        ({"island": ISLAND}, "island of 4 machines: 700.0 kW, 60 Hz"),
        ({"grid": GRID}, "grid of 12.00 GVA short circuit, 50 Hz"),
        ({"grid": {"voltage": False}}, "grid, 60 Hz"),
    ],
)
def test_the_plan_says_what_feeds_the_site(supply: dict[str, Any], expected: str) -> None:
    [words] = [text for label, text in plan(with_supply(supply)).rows() if label == "supply"]
    assert words.startswith(expected)


def test_the_load_alone_asks_nothing_of_machines() -> None:
    """An island that stands only with its storage: the load of a search has neither."""
    weak = changed(machines=[{"unit": SMALL, "count": 1}], condensers=[], shedding=[])
    storage = {
        "unit": {"power": "1 MW", "energy": "1 MWh", "inverter_efficiency": 0.98},
        "units": 1,
        "control": {"kind": "high-pass", "time_constant": "5 s"},
    }
    data = small_scenario().to_dict() | {"supply": weak, "storage": storage}
    scenario = Scenario.from_dict(data)
    with pytest.raises(PowermodelError, match=r"more than the 200\.0 kW"):
        scenario.set("storage", None)
    alone = load_alone(scenario)
    assert (alone.supply, alone.storage) == (None, None)


def test_units_that_are_spare_let_the_others_carry_the_load() -> None:
    """As many units as the message says, and not one less."""
    load_w = small_scenario().nameplate_w()
    needed = math.ceil(load_w / 200e3) + 2
    enough = changed(machines=[{"unit": SMALL, "count": needed}], spare=2)
    assert with_supply(enough).supply is not None
    with pytest.raises(PowermodelError, match=f"{needed} units of 200"):
        with_supply(changed(machines=[{"unit": SMALL, "count": needed - 1}], spare=2))


def test_a_step_that_the_island_would_not_survive_is_refused() -> None:
    light = machine(**SMALL | {"inertia": "0.2 s"})
    light["island"] |= {"load_damping": 900, "condensers": []}
    with pytest.raises(PowermodelError, match=r"(?s)too coarse.*shorten time.dt"):
        with_supply(light)


def test_an_unstable_set_runs_where_it_is_wanted() -> None:
    wanted = machine(**SMALL, governor=UNDAMPED)
    wanted["island"] |= {"allow_unstable": True, "condensers": []}
    assert with_supply(wanted).supply is not None
