# SPDX-License-Identifier: Apache-2.0
"""A right scenario: SI values, resolved hardware, placement, round trips, overrides, schema."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powermodel.errors import ScenarioError
from powermodel.scenario import Every, Job, Phase, PowerLevel, Repeat, Scenario, Section, Site
from powermodel.scenario.placement import place
from powermodel_datasets import load


def test_values_are_si(small: Scenario) -> None:
    iteration = small.jobs[0].program
    assert iteration is not None
    forward, reduce = iteration.iteration.expanded
    assert (forward.duration, forward.power) == (0.5, PowerLevel(0.95, "TDP"))
    assert (reduce.power, reduce.waiting) == (PowerLevel(600.0, "W"), PowerLevel(0.4, "TDP"))
    assert forward.waiting == forward.power
    assert iteration.iteration.mean_duration == 0.7
    assert iteration.checkpoint is not None
    assert iteration.checkpoint.every == Every(100.0, "iterations")
    assert small.site.overhead.constant == 20e3
    assert (small.time.dt_ticks, small.time.block_ticks) == (10**6, 10**10)
    assert small.time.duration_ticks == 60 * 10**9


def test_hardware_comes_from_the_datasets(small: Scenario) -> None:
    rack, record = small.site.halls[0].rack_record, load("rack", "gb200-nvl72")
    assert rack.accelerators == 72
    assert rack.base_power_w == record["base_power"].value
    assert rack.supply_peak_efficiency == load("conversion", "psu-orv3")["peak_efficiency"].value
    spec = small.accelerator_of(small.jobs[0])
    assert (spec.tdp_w, spec.idle_w, spec.overshoot) == (1200.0, 200.0, 0.1)
    assert PowerLevel.parse("0.95 TDP").watts(spec) == pytest.approx(1140.0, rel=1e-15)
    assert PowerLevel.parse("95 % TDP") == PowerLevel.parse("0.95 TDP")
    assert PowerLevel.parse("idle").watts(spec) == 200.0
    assert PowerLevel.parse("1.14 kW").watts(spec) == 1140.0


def test_rack_may_be_changed_or_written_out(plain: dict[str, Any]) -> None:
    plain["site"]["halls"][0]["rack"] = {
        "like": "gb200-nvl72",
        "base_power": "10 kW",
        "accelerator": {"like": "gb200", "tdp": "960 W"},
    }
    plain["site"]["halls"] = plain["site"]["halls"][:1]
    plain["jobs"][0]["accelerators"] = 72
    scenario = Scenario.from_dict(plain)
    rack = scenario.site.halls[0].rack_record
    assert (rack.base_power_w, rack.accelerator.tdp_w, rack.accelerators) == (10e3, 960.0, 72)
    assert Scenario.from_yaml(scenario.to_yaml()) == scenario
    paths = {assumption.path for assumption in scenario.assumptions()}
    assert "rack.gb200-nvl72.rated_power" in paths
    assert "accelerator.gb200.idle_power" in paths
    assert not paths & {"rack.gb200-nvl72.base_power", "accelerator.gb200.tdp"}


def test_response_falls_back_to_the_record(small: Scenario) -> None:
    job = small.jobs[0]
    assert small.response_of(job).rise_time_s == small.accelerator_of(job).rise_time_s
    assert small.rating_spread_of(job) == small.accelerator_of(job).rating_spread
    changed = small.with_(
        jobs=[
            job.model_dump(mode="json")
            | {"response": {"rise_time": "3 ms", "overshoot": 0}, "rating_spread": 0}
        ]
    )
    own = changed.response_of(changed.jobs[0])
    assert (own.rise_time_s, own.overshoot) == (0.003, 0.0)
    assert own.fall_time_s == small.response_of(job).fall_time_s
    assert changed.rating_spread_of(changed.jobs[0]) == 0.0
    gone = {a.path for a in small.assumptions()} - {a.path for a in changed.assumptions()}
    assert gone == {
        "accelerator.gb200.rise_time_10_90",
        "accelerator.gb200.edpp_factor",
        "accelerator.gb200.rating_spread",
    }


def test_assumptions_carry_source_and_confidence(small: Scenario) -> None:
    found = {assumption.path: assumption for assumption in small.assumptions()}
    tdp = found["accelerator.gb200.tdp"]
    assert (tdp.value, tdp.unit, tdp.confidence) == (1200.0, "W", "H")
    assert "NVIDIA" in tdp.source
    assert found["accelerator.gb200.rating_spread"].confidence == "K"
    assert len(found) == len(small.assumptions())


def test_jobs_take_whole_racks_in_order(plain: dict[str, Any]) -> None:
    first = plain["jobs"][0] | {"accelerators": 80, "halls": ["south"]}
    second = plain["jobs"][0] | {"name": "second", "accelerators": 288, "halls": ["south", "north"]}
    plain["jobs"] = [first, second]
    placed = Scenario.from_dict(plain).placements
    assert [(p.job, p.hall, p.first_rack, p.racks, p.accelerators) for p in placed] == [
        (0, 1, 4, 2, 80),
        (1, 0, 0, 4, 288),
    ]


@settings(deadline=None)
@given(st.integers(1, 432))
def test_placement_holds_every_accelerator(accelerators: int) -> None:
    site = Site.model_validate(
        {
            "halls": [
                {"name": "a", "rack": "gb200-nvl72", "racks": 4},
                {"name": "b", "rack": "gb200-nvl72", "racks": 2},
            ]
        }
    )
    phase = {"name": "p", "duration": "1 s", "power": "1 TDP"}
    job = Job.model_validate(
        {"name": "j", "accelerators": accelerators, "program": {"iteration": [phase]}}
    )
    placed, findings = place(site, [job])
    assert not findings
    assert sum(p.accelerators for p in placed) == accelerators
    assert sum(p.racks for p in placed) == -(-accelerators // 72)
    done = 0
    for p in placed:
        assert p.first_accelerator == done
        assert (p.racks - 1) * 72 < p.accelerators <= p.racks * 72
        done += p.accelerators


def test_repeats_are_unrolled_in_order() -> None:
    a, b, c = ({"name": n, "duration": "1 s", "power": "1 TDP"} for n in "abc")
    inner = {"repeat": 2, "phases": [a, b]}
    section = Section.model_validate([{"repeat": 2, "phases": [inner, c]}])
    assert "".join(phase.name for phase in section.expanded) == "ababcababc"
    assert (section.count, section.mean_duration) == (10, 10.0)
    assert isinstance(section.phases[0], Repeat)


def test_nothing_can_be_changed(small: Scenario) -> None:
    with pytest.raises(ValueError, match="frozen"):
        small.seed = 3  # type: ignore[misc]


def test_canonical_yaml_loads_back_equal(small: Scenario) -> None:
    again = Scenario.from_yaml(small.to_yaml())
    assert again == small
    assert again.to_yaml() == small.to_yaml()
    assert small.digest == hashlib.sha256(small.to_yaml().encode()).hexdigest()
    assert hash(again) == hash(small)


def test_digest_sees_units_as_values(small: Scenario, text: str) -> None:
    same = Scenario.from_yaml(text.replace('"0.5 s"', '"500 ms"'))
    other = Scenario.from_yaml(text.replace('"0.5 s"', '"501 ms"'))
    assert same.digest == small.digest
    assert other.digest != small.digest
    assert other != small


@settings(deadline=None)
@given(
    duration=st.floats(1e-6, 1e6),
    power=st.floats(0.01, 1.1),
    rho=st.floats(0, 1),
    name=st.text(min_size=1),
)
def test_any_phase_survives_the_round_trip(
    duration: float, power: float, rho: float, name: str
) -> None:
    phase = Phase.model_validate(
        {
            "name": name,
            "duration": f"{duration!r} s",
            "power": f"{power!r} TDP",
            "spread": {"sigma": 0.02, "rho": rho},
        }
    )
    assert Phase.model_validate(phase.model_dump(mode="json")) == phase
    assert (phase.duration, phase.power.value) == (duration, power)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("jobs.0.program.iteration.1.power", "0.5 TDP"),
        ("jobs[0].program.iteration.phases[1].power", "0.5 TDP"),
        ("jobs.0.program.iteration.1.power", PowerLevel(0.5, "TDP")),
    ],
)
def test_set_replaces_one_value(small: Scenario, path: str, value: Any) -> None:
    program = small.set(path, value).jobs[0].program
    assert program is not None
    assert program.iteration.expanded[1].power == PowerLevel(0.5, "TDP")
    assert program.iteration.expanded[0] == small.jobs[0].program.iteration.expanded[0]  # type: ignore[union-attr]


def test_set_reads_text_as_yaml(small: Scenario) -> None:
    assert small.set("output.racks", "[0, 5]").output.racks == (0, 5)
    assert small.set("seed", "7").seed == 7
    assert small.set("name", "a: b: c").name == "a: b: c"
    assert small.set("jobs.0.noise", {"sigma": 0.1, "rho": 0, "correlation_time": "1 s"}) != small


def test_set_makes_optional_parts(small: Scenario) -> None:
    changed = small.set("jobs.0.response.rise_time", "2 ms")
    assert changed.response_of(changed.jobs[0]).rise_time_s == 0.002


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("jobs.0.progam.iteration", ["jobs[0] has no 'progam'", "did you mean jobs[0].program?"]),
        ("jobs.3.name", ["jobs has no 3, it is a list of 1", "the last is jobs[0]"]),
        ("jobs.name", ["jobs has no 'name', it is a list of 1"]),
        ("sede", ["the scenario has no 'sede'", "did you mean seed?"]),
        ("seed.value", ["seed is the value 0 and has no 'value'", "nearest valid path: seed"]),
        ("jobs..name", ["cannot read the path 'jobs..name'"]),
        ("jobs.0.noise.sigm", ["jobs[0].noise.sigm: unknown key 'sigm'", "did you mean 'sigma'?"]),
        ("seed", ["seed: expected a whole number of at least 0, got 'x'"]),
    ],
)
def test_set_refuses_what_is_not_there(small: Scenario, path: str, parts: list[str]) -> None:
    with pytest.raises(ScenarioError) as caught:
        small.set(path, "x")
    for part in parts:
        assert part in str(caught.value)


@pytest.mark.parametrize("inside", ["", "phases."])
def test_what_is_wrong_with_a_value_that_is_set_stands_at_a_path_that_can_be_set(
    small: Scenario, inside: str
) -> None:
    with pytest.raises(ScenarioError) as caught:
        small.set(f"jobs.0.program.iteration.{inside}1.power", "9 TDP")
    where = next(problem.where for problem in caught.value.problems if "9" in problem.message)
    assert where == "jobs[0].program.iteration[1].power"
    assert small.set(where, "0.5 TDP") != small


def test_with_merges_mappings_and_replaces_the_rest(small: Scenario) -> None:
    changed = small.with_(seed=7, time={"duration": "10 s"}, site=small.site)
    assert (changed.seed, changed.time.duration, changed.time.dt) == (7, 10.0, 0.001)
    assert changed.site == small.site
    assert small.seed == 0
    with pytest.raises(ScenarioError, match="unknown key 'sed'"):
        small.with_(sed=1)


def test_json_schema_describes_the_format() -> None:
    schema = Scenario.json_schema()
    assert schema["$schema"].endswith("2020-12/schema")
    assert set(schema["required"]) == {"powermodel", "name", "site", "jobs", "time"}
    assert schema["additionalProperties"] is False
    phase = schema["$defs"]["Phase"]["properties"]
    assert phase["duration"]["type"] == "string"
    assert phase["power"]["type"] == "string"
    sections = schema["$defs"]["Section"]["anyOf"]
    assert {part.get("type") for part in sections} >= {"array"}


def test_dt_may_be_coarse_where_that_is_said(plain: dict[str, Any]) -> None:
    plain["time"] |= {"dt": "5 ms", "fastest_response": "2.5 ms"}
    assert Scenario.from_dict(plain).time.dt == 0.005


def test_input_is_not_changed(plain: dict[str, Any]) -> None:
    before = copy.deepcopy(plain)
    Scenario.from_dict(plain)
    assert plain == before


def test_nameplate_by_hand(small: Scenario) -> None:
    rack = load("rack", "gb200-nvl72")
    ratio, base = rack["dynamic_power_ratio"].value, rack["base_power"].value
    accelerators = 400 * (1140.0 + ratio * (1140.0 - 200.0))
    expected = (accelerators + 6 * base) / 0.975 * 1.05 + 20e3
    assert small.nameplate_w() == pytest.approx(expected, rel=1e-12)


def test_a_run_needs_its_time(refuse: Callable[..., str]) -> None:
    assert "time: missing" in refuse({"time": ...})
