# SPDX-License-Identifier: Apache-2.0
"""Backups of racks and sags in a scenario: read with units, written back equal, or refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import powermodel_datasets as facts
from powermodel.scenario import Scenario
from powermodel.scenario.rack_backup import BackupShelf
from tests.scenario.conftest import change

Refuse = Callable[[dict[str, Any]], str]
BACKUP, SAGS = "site.halls.0.backup", "site.sags"
BBU = {"like": "orv3-hpr-bbu"}
NORTH = {"at": "5 s", "duration": "83 ms", "voltage": 0.4, "halls": ["north"]}
IDLE_W = 27.6e3 + 72 * 200.0
"""Of a gb200-nvl72 without work."""


def made(plain: dict[str, Any], backup: Any = "orv3-hpr-bbu", *sags: dict[str, Any]) -> Scenario:
    change(plain, BACKUP, backup)
    plain["site"]["sags"] = list(sags)
    return Scenario.from_dict(plain)


def shelf_of(scenario: Scenario) -> BackupShelf:
    found = scenario.site.halls[0].rack_backup
    assert found is not None
    return found


def test_a_named_record_is_rated_as_the_supplies_of_the_rack(plain: dict[str, Any]) -> None:
    scenario = made(plain)
    rack = scenario.site.halls[0].rack_record
    found = shelf_of(scenario).kernel(rack)
    assert found.rating_w == rack.supply_rating_w == 264e3
    assert (found.hold_up_s, found.take_over_s, found.duration_s) == (0.02, 0.004, 240.0)
    assert (found.hold_up_recharge_w, found.battery_recharge_w) == (52.8e3, 13.2e3)
    assert found.shave_above_w == float("inf")
    assert scenario.site.halls[1].rack_backup is None


def test_what_is_written_replaces_the_record(plain: dict[str, Any]) -> None:
    given = {
        "rating": "150 kW", "input_low": "70 %", "hold_up_time": "10 ms", "take_over_time": "0 s",
        "battery_time": "90 s", "hand_back_time": "2 s", "hold_up_recharge": "10 %",
        "battery_recharge": 0.1, "recharge_efficiency": 0.9, "shave_above": "120 kW",
        "shave_reserve": "80 %",
    }  # fmt: skip
    scenario = made(plain, BBU | given)
    found = shelf_of(scenario).kernel(scenario.site.halls[0].rack_record)
    assert (found.rating_w, found.hold_up_s, found.take_over_s) == (150e3, 0.01, 0.0)
    assert (found.duration_s, found.hand_back_s) == (90.0, 2.0)
    assert (found.hold_up_recharge_w, found.battery_recharge_w) == (15e3, 15e3)
    assert (found.recharge_efficiency, found.shave_above_w, found.reserve) == (0.9, 120e3, 0.8)
    assert shelf_of(scenario).input_low_pu == 0.7


@pytest.mark.parametrize("name", facts.names("rack-backup"))
def test_every_record_fits_a_rack(plain: dict[str, Any], name: str) -> None:
    assert shelf_of(made(plain, name)).kernel(made(plain).site.halls[0].rack_record)


def test_written_back_it_reads_as_the_same(plain: dict[str, Any]) -> None:
    scenario = made(plain, BBU | {"shave_above": "120 kW"}, NORTH)
    again = Scenario.from_yaml(scenario.to_yaml())
    assert again == scenario
    [sag] = again.site.sags
    assert (sag.at, sag.duration, sag.voltage, sag.halls) == (5.0, 0.083, 0.4, ("north",))


def test_a_backup_written_out_needs_no_record(plain: dict[str, Any], refuse: Refuse) -> None:
    full = {
        "input_low": 0.85, "hold_up_time": "20 ms", "take_over_time": "4 ms",
        "battery_time": "240 s", "hand_back_time": "200 ms", "hold_up_recharge": 0.2,
        "battery_recharge": 0.05, "recharge_efficiency": 0.95,
    }  # fmt: skip
    assert not list(shelf_of(made(plain, full)).assumptions())
    del full["take_over_time"]
    message = refuse({BACKUP: full})
    assert "missing take_over_time" in message
    assert "like: NAME" in message


def test_assumptions_are_what_is_used_and_not_written(plain: dict[str, Any]) -> None:
    stem = "rack-backup.orv3-hpr-bbu."
    paths = {a.path: a.confidence for a in made(plain, BBU | {"battery_time": "9 s"}).assumptions()}
    assert paths[f"{stem}take_over_time"] == "M"
    assert paths[f"{stem}battery_recharge"] == "K"
    assert f"{stem}battery_time" not in paths
    assert f"{stem}shave_reserve" not in paths
    shaves = made(plain, BBU | {"shave_above": "120 kW"})
    assert f"{stem}shave_reserve" in {a.path for a in shaves.assumptions()}


@pytest.mark.parametrize(
    ("voltage", "halls", "reached"),
    [(0.84, None, True), (0.85, None, False), (0.0, ("north",), True), (0.0, ("south",), False)],
)
def test_a_sag_reaches_the_halls_it_names_below_their_limit(
    plain: dict[str, Any], voltage: float, halls: tuple[str, ...] | None, reached: bool
) -> None:
    plain["site"]["halls"][1]["backup"] = "orv3-hpr-bbu"
    sag = {"at": "5 s", "duration": "1 s", "voltage": voltage}
    scenario = made(plain, BBU, sag | ({"halls": list(halls)} if halls else {}))
    [found] = scenario.site.sags
    assert found.reaches(scenario.site.halls[0]) == reached
    assert found.span_ticks == (5 * 10**9, 6 * 10**9)


# (what is written beside like: orv3-hpr-bbu, what the message says)
BAD_SHELVES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "unknown record": ({"like": "orv4"}, ["site.halls[0].backup", "unknown rack-backup 'orv4'"]),
    "unknown key": ({"ratings": "9 kW"}, ["unknown key 'ratings'", "did you mean 'rating'?"]),
    "rating without unit": ({"rating": 264}, ["rating", "missing unit: expected a power"]),
    "rating as an energy": ({"rating": "264 kWh"}, ["expected a power"]),
    "no rating": ({"rating": "0 W"}, ["rating: expected a rating above 0 W", "leave backup out"]),
    "rating of one supply": (
        {"rating": "5.5 kW"},
        [
            "site.halls[0].backup.rating: a rating of 5.500 kW is below what a rack of 72 draws "
            "without work, 42.00 kW",
            "it is meant per rack, not per accelerator or supply",
        ],
    ),
    "rating of a hall": (
        {"rating": "40 MW"},
        ["40.00 MW for one rack, expected at most 1.049 MW", "per rack, not per hall"],
    ),
    "efficiency above 1": (
        {"recharge_efficiency": 1.05},
        ["recharge_efficiency: expected a fraction from 0 to 1, got 1.05"],
    ),
    "no efficiency": (
        {"recharge_efficiency": 0},
        ["recharge_efficiency: expected an efficiency above 0, got 0"],
    ),
    "never recharged": (
        {"battery_recharge": 0},
        ["battery_recharge: expected a power above 0, got 0"],
    ),
    "time without unit": ({"take_over_time": 4}, ["missing unit: expected a time"]),
    "negative time": ({"hand_back_time": "-1 s"}, ["expected a time of at least 0 s"]),
    "nothing at all": (
        {"hold_up_time": "0 s", "battery_time": "0 s"},
        ["neither hold-up nor battery: both times are 0 s", "leave backup out for none"],
    ),
    "shaving without battery": (
        {"battery_time": "0 s", "shave_above": "120 kW"},
        ["shave_above: there is no battery to shave with", "give a battery_time"],
    ),
    "reserve for nothing": (
        {"shave_reserve": 0.5},
        ["shave_reserve: a reserve of a battery that shaves nothing", "add shave_above"],
    ),
    "shaving what is always drawn": (
        {"shave_above": "42 kW"},
        [
            "shave_above: 42.00 kW is not above what a rack of 72 draws without work, 42.00 kW: "
            "the battery could never be recharged",
            "it is what the shelf of one rack gives at most",
        ],
    ),
    "limit in volts": ({"input_low": 408}, ["input_low: expected a fraction from 0 to 1, got 408"]),
}


@pytest.mark.parametrize("case", BAD_SHELVES)
def test_bad_backups_are_refused(case: str, refuse: Refuse) -> None:
    changes, parts = BAD_SHELVES[case]
    message = refuse({BACKUP: BBU | changes})
    for part in parts:
        assert part in message


BAD_SAGS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "no backup": (
        {"halls": ["north", "south"]},
        [
            "site.sags[0].halls: the sag reaches hall 'south', whose racks have no backup",
            "give that hall a backup, such as backup: orv3-hpr-bbu, or name the halls",
        ],
    ),
    "no backup in all halls": (
        {"halls": None},
        ["site.sags[0]: the sag reaches hall 'south', whose racks have no backup"],
    ),
    "no such hall": (
        {"halls": ["nort"]},
        ["site.sags[0].halls[0]: there is no hall 'nort'", "did you mean 'north'?"],
    ),
    "no halls": ({"halls": []}, ["halls: expected at least one hall, got none"]),
    "between steps": (
        {"at": "5.0005 s"},
        [
            "site.sags[0].at: 5.0005 s is not a whole number of steps of 1 ms",
            "nearest that are: 5 s and 5.001 s",
        ],
    ),
    "half a step": (
        {"duration": "0.5 ms"},
        ["duration: 500 us is not a whole number of steps", "nearest that are: 1 ms"],
    ),
    "no time": ({"duration": "0 s"}, ["duration: expected a time above 0 s"]),
    "voltage in percent": ({"voltage": 40}, ["voltage", "write 0.4 or '40 %'"]),
    "voltage in volts": ({"voltage": "166 V"}, ["voltage: expected a fraction"]),
    "cycles": ({"duration": "5 cycles"}, ["duration", "5 cycles"]),
}


@pytest.mark.parametrize("case", BAD_SAGS)
def test_bad_sags_are_refused(case: str, refuse: Refuse) -> None:
    changes, parts = BAD_SAGS[case]
    message = refuse({BACKUP: "orv3-hpr-bbu", SAGS: [NORTH | changes]})
    for part in parts:
        assert part in message


def test_a_rack_without_work_draws_what_the_messages_say(plain: dict[str, Any]) -> None:
    rack = made(plain).site.halls[0].rack_record
    assert rack.base_power_w + rack.accelerators * rack.accelerator.idle_w == IDLE_W
