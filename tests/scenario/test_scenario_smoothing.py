# SPDX-License-Identifier: Apache-2.0
"""Power smoothing as it is written: NVML's names, profiles, what is refused and what it says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from powermodel.errors import PlanError, UnitError
from powermodel.planning import plan
from powermodel.scenario import Scenario
from powermodel.scenario.smoothing import Smoothing, SmoothingSpec
from powermodel.scenario.smoothing_units import Rate
from powermodel.simulation.fleets import fleet_of
from powermodel_datasets import load, names
from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.fleet.job import JobFleet
from tests.scenario.conftest import change

Refuse = Callable[[dict[str, Any]], str]
PLACE = "jobs.0.smoothing"
# The small scenario has GB200: a TDP of 1200 W and 200 W without work.
TDP_W, IDLE_W = 1200.0, 200.0


TRACE = {
    "file": "x.csv",
    "time": {"column": "t", "unit": "s"},
    "power": {"column": "p", "unit": "W"},
    "accelerators_per_copy": 1,
    "correlation": 0,
}


def scenario(plain: dict[str, Any], **smoothing: Any) -> Scenario:
    change(plain, PLACE, smoothing)
    return Scenario.from_dict(plain)


def resolved(made: Scenario) -> SmoothingSpec:
    [job] = made.jobs
    assert job.smoothing is not None
    return job.smoothing.resolved(made.accelerator_of(job))


def test_every_parameter_of_nvml_with_its_unit(plain: dict[str, Any]) -> None:
    made = scenario(
        plain,
        percent_tmp_floor=80,
        ramp_up_rate="600 W/s",
        ramp_down_rate="0.25 TDP/s",
        ramp_down_hysteresis="200 ms",
        secondary_power_floor="300 W",
        primary_floor_act_win_mult=50,
        primary_floor_tar_win_mult=20,
        primary_floor_act_offset="100 W",
    )
    assert resolved(made) == SmoothingSpec(
        primary_w=960.0, secondary_w=300.0, activation_w=300.0, act_window_s=0.05,
        tar_window_s=0.02, hold_s=0.2, up_w_per_s=600.0, down_w_per_s=300.0, cap_w=None,
        cap_lag_s=0.0, cap_gain=0.0, slowdown=0.0,
    )  # fmt: skip


@pytest.mark.parametrize("profile", [n for n in names("smoothing-profile") if n != "nvml"])
def test_profiles_of_the_datasets(plain: dict[str, Any], profile: str) -> None:
    record = load("smoothing-profile", profile)
    spec = resolved(scenario(plain, profile=profile))
    assert spec.primary_w == pytest.approx(record["percent_tmp_floor"].value * TDP_W)
    if "ramp_up_rate" in record:
        assert spec.up_w_per_s == pytest.approx(record["ramp_up_rate"].value * TDP_W)
        assert spec.hold_s == record["ramp_down_hysteresis"].value
    else:
        assert (spec.up_w_per_s, spec.down_w_per_s, spec.hold_s) == (None, None, 0.0)


def test_what_is_written_replaces_what_the_profile_says(plain: dict[str, Any]) -> None:
    made = scenario(plain, profile="floor-90-ramps", percent_tmp_floor="50 %", window_unit="2 ms",
                    primary_floor_tar_win_mult=10)  # fmt: skip
    spec = resolved(made)
    assert spec.primary_w == 600.0
    assert spec.up_w_per_s == TDP_W
    assert spec.tar_window_s == 0.02
    paths = {assumption.path for assumption in made.assumptions()}
    assert "smoothing-profile.floor-90-ramps.ramp_up_rate" in paths
    assert "smoothing-profile.nvml.largest_floor" in paths
    assert "smoothing-profile.floor-90-ramps.percent_tmp_floor" not in paths
    assert "smoothing-profile.nvml.window_unit" not in paths


def test_ceiling_other_than_tdp(plain: dict[str, Any]) -> None:
    assert resolved(scenario(plain, tmp_ceiling="1000 W", percent_tmp_floor=90)).primary_w == 900.0


def test_yaml_reads_back_equal(plain: dict[str, Any]) -> None:
    made = scenario(
        plain, percent_tmp_floor="87.5 %", ramp_up_rate="600000 mW/s", ramp_down_rate="1 TDP/s",
        secondary_power_floor="idle", primary_floor_act_offset="10 W", slowdown="2 %",
    )  # fmt: skip
    assert Scenario.from_yaml(made.to_yaml()) == made
    assert resolved(made).up_w_per_s == 600.0


@pytest.mark.parametrize(
    ("text", "w_per_s"),
    [("400 W/s", 400.0), ("400000 mW/s", 400.0), ("0.4 kW/s", 400.0), ("0.5 TDP / s", 600.0)],
)
def test_rates(text: str, w_per_s: float) -> None:
    rate = Rate.parse(text)
    assert rate.w_per_s(TDP_W) == w_per_s
    assert Rate.parse(str(rate)) == rate
    assert Rate.parse(rate) is rate


@pytest.mark.parametrize("wrong", ["400 W", "fast", "400 J/s", "", None, [400], "W/s"])
def test_what_is_no_rate(wrong: object) -> None:
    with pytest.raises(UnitError, match="not a ramp rate: expected '400 W/s'"):
        Rate.parse(wrong)


BAD: dict[str, tuple[dict[str, Any], list[str]]] = {
    "nothing": ({}, ["jobs[0].smoothing: smoothing without any setting", "profile: floor-90"]),
    "unknown key": ({"percent_tgp_floor": 90}, ["unknown key", "did you mean 'percent_tmp_floor'"]),
    "unknown profile": ({"profile": "floor-9"}, ["unknown smoothing-profile 'floor-9'"]),
    "floor above the device": (
        {"percent_tmp_floor": 95},
        [
            "smoothing.percent_tmp_floor: a floor of 1.140 kW is above the device maximum of gb200",
            "90% of its TDP of 1.200 kW, 1.080 kW",
            "what a device would clip is not clipped here",
        ],
    ),
    "floor of a high ceiling": (
        {"percent_tmp_floor": 90, "tmp_ceiling": "1.1 TDP"},
        ["a floor of 1.188 kW is above the device maximum"],
    ),
    "percent as a fraction": (
        {"percent_tmp_floor": 0.9},
        ["expected a percentage from 0 to 100, got 0.9", "NVML counts percent: write 90"],
    ),
    "percent above 100": ({"percent_tmp_floor": 120}, ["percentage from 0 to 100, got 120"]),
    "ramp in mW/s": (
        {"ramp_up_rate": "600000 W/s"},
        [
            "smoothing.ramp_up_rate: 600000 W/s is 500 times the TDP of gb200",
            "expected at most 50",
            "nvidia-smi shows mW/s where NVML takes W/s: if that was read, write '600 W/s'",
        ],
    ),
    "ramp down too fast": ({"ramp_down_rate": "51 TDP/s"}, ["smoothing.ramp_down_rate: 61200 W/s"]),
    "ramp without unit": (
        {"ramp_up_rate": 600},
        ["missing unit: expected '400 W/s'", "NVML takes W/s, nvidia-smi shows mW/s"],
    ),
    "ramp of zero": ({"ramp_up_rate": "0 W/s"}, ["a rate above 0", "leave it out for no limit"]),
    "hysteresis without unit": ({"ramp_down_hysteresis": 200}, ["missing unit: expected a time"]),
    "floors the wrong way round": (
        {"percent_tmp_floor": 40, "secondary_power_floor": "600 W"},
        ["secondary floor, 600.0 W, is above the primary floor, 480.0 W"],
    ),
    "secondary floor above the device": (
        {"secondary_power_floor": "1100 W"},
        ["smoothing.secondary_power_floor: 1.100 kW is above the device maximum of gb200"],
    ),
    "never active": (
        {"percent_tmp_floor": 80, "primary_floor_act_offset": "1 kW"},
        ["the primary floor would never be active: it needs work above 1.200 kW"],
    ),
    "window without floor": (
        {"secondary_power_floor": "300 W", "primary_floor_act_win_mult": 5},
        ["primary_floor_act_win_mult without a primary floor", "add percent_tmp_floor"],
    ),
    "two floors": (
        {"percent_tmp_floor": 80, "software": {"floor": "1 TDP"}},
        ["a software floor beside percent_tmp_floor: expected one primary floor"],
    ),
    "software floor above TDP": (
        {"software": {"floor": "1.05 TDP"}},
        ["smoothing.software.floor: a floor of 1.260 kW is above", "100% of its TDP"],
    ),
    "two slowdowns": (
        {"slowdown": 0.1, "software": {"floor": "1 TDP", "slowdown": 0.05}},
        ["the slowdown is given twice"],
    ),
    "cap below the floor": (
        {"percent_tmp_floor": 80, "cap": {"power": "900 W", "lag": "20 ms"}},
        ["cap.power: expected a cap above idle power and floors, 960.0 W, got 900.0 W"],
    ),
    "cap below idle": (
        {"cap": {"power": "150 W", "lag": "20 ms"}},
        ["expected a cap above idle power and floors, 200.0 W, got 150.0 W"],
    ),
    "cap without lag": ({"cap": {"power": "900 W"}}, ["smoothing.cap.lag: missing"]),
}


@pytest.mark.parametrize("name", BAD)
def test_refused_with_a_message(name: str, refuse: Refuse) -> None:
    smoothing, expected = BAD[name]
    message = refuse({PLACE: smoothing})
    for text in expected:
        assert text in message


def test_a_trace_has_no_smoothing(refuse: Refuse) -> None:
    changes = {
        "jobs.0.program": ..., "jobs.0.failures": ..., "jobs.0.group_size": ...,
        "jobs.0.trace": TRACE,
        PLACE: {"percent_tmp_floor": 80},
    }  # fmt: skip
    assert "smoothing has no meaning for a trace" in refuse(changes)


def test_fleet_gets_what_is_written(plain: dict[str, Any]) -> None:
    fleet = fleet_of(scenario(plain, profile="floor-90", secondary_power_floor="300 W"), 0, 1)
    assert isinstance(fleet, JobFleet)
    assert fleet.smoothing is not None
    assert fleet.smoothing.primary == 0.9 * TDP_W * QUANTA_PER_W
    assert fleet.smoothing.activation == IDLE_W * QUANTA_PER_W
    assert not fleet.smoothing.remembers
    change(plain, PLACE, ...)
    fleet = fleet_of(Scenario.from_dict(plain), 0, 1)
    assert isinstance(fleet, JobFleet)
    assert fleet.smoothing is None


def test_software_floor_stretches_the_iteration_alone(plain: dict[str, Any]) -> None:
    before = fleet_of(Scenario.from_dict(plain), 0, 1)
    slow = scenario(plain, software={"floor": "1 TDP", "slowdown": 0.04})
    after = fleet_of(slow, 0, 1)
    assert isinstance(before, JobFleet)
    assert isinstance(after, JobFleet)
    # Idle, forward, all-reduce, save, reload.
    ratio = after.programs.mean_ticks / before.programs.mean_ticks
    assert ratio == pytest.approx([1, 1.04, 1.04, 1, 1])
    assert resolved(slow).primary_w == TDP_W


def test_a_lagging_cap_lengthens_the_memory_of_the_fleet(plain: dict[str, Any]) -> None:
    fleet = fleet_of(scenario(plain, cap={"power": "900 W", "lag": "2 s"}), 0, 1)
    assert isinstance(fleet, JobFleet)
    assert fleet.fleet.horizon << fleet.fleet.age_shift > 2e9
    assert fleet.smoothing is not None
    assert fleet.smoothing.cap == 900 * QUANTA_PER_W


def test_a_cap_beside_ramps_needs_steps_and_the_plan_says_so(plain: dict[str, Any]) -> None:
    made = scenario(plain, ramp_up_rate="600 W/s", cap={"power": "900 W", "lag": "20 ms"})
    with pytest.raises(PlanError) as caught:
        plan(made)
    message = str(caught.value)
    assert (
        "jobs[0].smoothing: a cap beside ramp_up_rate of job 'train' has no closed form" in message
    )
    assert "expected the engine steps, got events" in message
    assert "write engine: steps" in message
    rows = dict(plan(made.set("engine", "steps")).rows())
    assert rows["engine"] == "steps, needed by a cap beside ramp_up_rate of job 'train'"
    alone = scenario(plain, cap={"power": "900 W", "lag": "20 ms"})
    assert dict(plan(alone).rows())["engine"] == "events"


def test_schema_tells_units() -> None:
    text = str(Smoothing.model_json_schema())
    assert "percent, such as 90 or '90 %'" in text
    assert "a ramp rate such as '400 W/s'" in text
