# SPDX-License-Identifier: Apache-2.0
"""Architecture and cooling in a scenario: what they mean, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

import powermodel_datasets as facts
from powermodel.errors import ScenarioError
from powermodel.planning import plan
from powermodel.scenario import Scenario
from powermodel.scenario.cooling import celsius
from tests.simulation.small import small_scenario

COOLING: dict[str, Any] = {"like": "liquid-dry-cooler", "wet_bulb": "20 degC"}


def on(site: dict[str, Any], **more: Any) -> Scenario:
    data = small_scenario().to_dict() | more
    del data["site"]["overhead"]
    data["site"] |= site
    return Scenario.from_dict(data)


def refused(site: dict[str, Any], **more: Any) -> str:
    with pytest.raises(ScenarioError) as caught:
        on(site, **more)
    return str(caught.value)


def test_it_is_written_back_as_it_was_read():
    architecture = {
        "like": "ac-415v",
        "ups": "ups-eco",
        "mode": {"frequency": "4 Hz", "damping": 0.2},
    }
    scenario = on({"architecture": architecture, "cooling": COOLING})  # fmt: skip
    again = Scenario.from_yaml(scenario.to_yaml())
    assert again == scenario
    assert again.site.chain.stage_name("ups") == "ups-eco"
    assert again.site.cooling.wet_bulb == 20.0


def test_the_plan_names_them_and_their_assumptions():
    scenario = on(
        {"architecture": {"like": "ac-415v", "mode": "supply-and-ups"}, "cooling": COOLING}
    )
    text = str(plan(scenario))
    assert "chain            ac-415v, mode at 5.5 Hz" in text
    assert "cooling          liquid-dry-cooler, 20 °C wet-bulb" in text
    paths = {found.path for found in scenario.assumptions()}
    assert {
        "loss-stage.ups-double-conversion.quadratic_loss",
        "chain-mode.supply-and-ups.damping",
        "cooling.liquid-dry-cooler.plant_ratio_20c",
        "cooling.liquid-dry-cooler.power_factor",
    } <= paths


def test_nameplate_goes_through_the_stages_and_the_settled_cooling():
    """Outwards from the racks in float64; cooling joins in front of the first transformer."""
    bare = on({}).nameplate_w()
    scenario = on({"architecture": "ac-415v", "cooling": COOLING})
    rated_w = rating_w = 12 * 132e3 / 0.975
    flow_w = bare
    cooling_w = 0.015 * rated_w + (0.01 + 0.015 + 0.035) * bare
    for slot in ("busway", "ups", "distribution", "transmission"):
        record = facts.load("loss-stage", facts.load("architecture", "ac-415v").link(slot))
        p0, a, k = (record[f"{term}_loss"].value for term in ("constant", "linear", "quadratic"))
        flow_w += cooling_w if slot == "transmission" else 0.0
        p = flow_w / rating_w
        flow_w += rating_w * (p0 + a * p + k * p * p)
        rating_w *= 1.0 + p0 + a + k
    assert scenario.site.racks_rated_w == pytest.approx(rated_w)
    assert scenario.nameplate_w() == pytest.approx(flow_w, rel=1e-6)


def test_two_paths_that_share_the_load_lose_more_at_rest():
    single, double = (
        on({"architecture": {"like": "ac-415v", "rating_ratio": ratio}}) for ratio in (1.0, 2.0)
    )
    assert double.site.settled_load_w(1e5) > single.site.settled_load_w(1e5)


def test_a_plant_ratio_stands_in_for_table_and_wet_bulb():
    own = on({"cooling": {"like": "air-chiller", "plant_ratio": 0.2}}).site.cooling
    assert own.kernel(1e6).ratios[2] == 0.2
    assert own.describe() == "air-chiller, plant 0.2 W/W"
    assert not any("plant_ratio" in found.path for found in own.assumptions())


@pytest.mark.parametrize(
    ("site", "words"),
    [
        ({"architecture": "ac-415v", "overhead": {"proportional": 0.04}},
         "overhead stands for losses and cooling together, and the site also has architecture"),
        ({"architecture": "ac-415v", "cooling": COOLING, "overhead": {"constant": "1 MW"}},
         "leave out either overhead or architecture and cooling"),
        ({"cooling": COOLING, "overhead": {"proportional": 0.04}}, "the site also has cooling"),
        ({"architecture": "dc-800v"},
         "have the supply 'psu-orv3', the architecture has 'dc-800v-to-50v' in the rack"),
        ({"architecture": "ac-800v"}, "ac-800v"),
        ({"architecture": {"like": "ac-415v", "ups": "ups-ecco"}}, "ups-ecco"),
        ({"architecture": {"like": "ac-415v", "rating_ratio": 0}}, "expected a ratio above 0"),
        ({"architecture": {"like": "ac-415v-no-ups", "mode": "supply-and-ups"}},
         "there is no UPS in this architecture"),
        ({"architecture": {"like": "ac-415v", "mode": {"frequency": "5 Hz", "damping": 1}}},
         "expected a damping ratio above 0 and below 1, got 1"),
        ({"architecture": {"like": "ac-415v", "mode": {"frequency": "80 Hz", "damping": 0.3}}},
         "the step 1 ms is too coarse for the chain's mode at 80 Hz: expected at most 625 us"),
        ({"cooling": {"like": "air-chiller"}},
         "expected either wet_bulb or plant_ratio, got neither"),
        ({"cooling": COOLING | {"plant_ratio": 0.1}}, "wet_bulb or plant_ratio, got both"),
        ({"cooling": COOLING | {"wet_bulb": "35 degC"}},
         "wet-bulb temperature 35 °C is outside the plant's table, 0 to 30 °C"),
        ({"cooling": COOLING | {"wet_bulb": 20}},
         "expected a temperature with its unit such as '20 degC', got 20"),
        ({"cooling": COOLING | {"power_factor": 0}}, "expected a power factor above 0"),
        ({"cooling": COOLING | {"fans": 0.1}}, "unknown key 'fans'"),
    ],
)  # fmt: skip
def test_bad_input_is_refused(site: dict[str, Any], words: str):
    assert words in refused(site)


ON_GRID = {"grid": {"short_circuit": "2 MVA", "x_over_r": 8}}
ON_ISLAND = {
    "island": {"nominal_frequency": "60 Hz", "machines": [{"unit": "smt-130", "count": 2}]}
}


@pytest.mark.parametrize("supply", [ON_GRID, ON_ISLAND], ids=["grid", "island"])
def test_a_fixed_power_factor_beside_the_chain_is_refused(supply: dict[str, Any]):
    [feeds] = supply
    fixed = {feeds: supply[feeds] | {"power_factor": 0.97}}
    found = refused({"architecture": "ac-415v"}, supply=fixed)
    assert f"comes out of site.architecture, and the {feeds} also gives 0.97" in found
    assert f"supply.{feeds}.power_factor" in found


def test_a_rack_without_a_rest_cannot_hold_regulators():
    data = small_scenario().to_dict()
    for hall in data["site"]["halls"]:
        hall["rack"] |= {"base_power": "0 W", "dynamic_power_ratio": 0}
    found = refused({"architecture": "ac-415v", "halls": data["site"]["halls"]})
    assert "the rest of rack" in found
    assert "less than what the regulators on its trays" in found


@pytest.mark.parametrize(("text", "value"), [("20 degC", 20.0), ("-3.5 °C", -3.5), ("7degC", 7.0)])
def test_temperatures_have_a_unit(text: str, value: float):
    assert celsius(text) == value


def test_the_shipped_chain_has_a_published_pue_and_stays_below_its_limit():
    """Settled at the mean of colossus2-phase1; 1.05 to 1.15 is published, nothing was fitted."""
    site = Scenario.load("colossus2-chain").site
    for racks_w in (120e6, 162e6, 200e6):
        assert 1.05 < site.settled_load_w(racks_w) / racks_w < 1.15
    assert Scenario.load("colossus2-chain").nameplate_w() < site.electrical_limit
