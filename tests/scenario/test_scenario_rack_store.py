# SPDX-License-Identifier: Apache-2.0
"""The rack store in a scenario: read with units, written back equal, refused with a message."""

from __future__ import annotations

import math
from typing import Any

import pytest
from pydantic import ValidationError

import powermodel_datasets as facts
from powermodel.scenario import explain, reading
from powermodel.scenario.rack_store import RackStore
from powermodel_kernels.rack.backup import RackBackup
from powermodel_kernels.rack.store import StoreType

GB300 = {"like": "gb300-electrolytic"}


def store_of(data: dict[str, Any], accelerators: int = 72) -> StoreType:
    found = RackStore.model_validate(data).store_type(accelerators)
    assert found is not None
    return found


def refused(data: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        RackStore.model_validate(data)
    return "\n".join(str(p) for p in explain.problems(caught.value, reading.Document(data, {})))


def test_a_gb300_rack_of_72_holds_4680_joules() -> None:
    found = store_of(GB300)
    assert found.energy_j * found.accelerators == 4680.0
    assert found.energy_j * 72 / 132e3 == pytest.approx(0.03545, abs=1e-5)
    assert found.ramp_w_per_s == math.inf


def test_what_is_written_replaces_the_record() -> None:
    found = store_of(
        GB300
        | {
            "energy_per_accelerator": "130 J",
            "window_low": "10 %",
            "max_discharge_per_accelerator": "1.5 kW",
            "charge_efficiency": 0.9,
            "time_constant": "100 ms",
            "max_ramp_per_accelerator": "2 kW/s",
        }
    )
    assert (found.energy_j, found.window, found.discharge_w) == (130.0, (0.1, 1.0), 1500.0)
    assert (found.charge_efficiency, found.discharge_efficiency) == (0.9, 0.98)
    assert (found.time_constant_s, found.ramp_w_per_s) == (0.1, 2000.0)


@pytest.mark.parametrize("name", facts.names("rack-store"))
def test_every_record_is_a_store_or_none(name: str) -> None:
    found = RackStore(like=name)
    made = found.store_type(72)
    assert (made is None) == (name == "none")
    assert not list(found.findings(72, 0.001))
    assert bool(list(found.assumptions())) == (name != "none")


def test_a_store_written_out_needs_no_record() -> None:
    full = {
        "energy_per_accelerator": "65 J",
        "window_low": 0,
        "window_high": 1,
        "set_point": 0.5,
        "max_charge_per_accelerator": "2 kW",
        "max_discharge_per_accelerator": "2 kW",
        "charge_efficiency": 1,
        "discharge_efficiency": 1,
        "time_constant": "30 ms",
        "recovery_time": "1 s",
    }
    assert store_of(full).energy_j == 65.0
    assert not list(RackStore.model_validate(full).assumptions())
    del full["set_point"]
    assert "missing set_point" in refused(full)
    assert "like: NAME" in refused(full)


@pytest.mark.parametrize("changes", [{}, {"max_ramp_per_accelerator": "400 W/s", "set_point": 0.3}])
def test_written_back_it_reads_as_the_same(changes: dict[str, Any]) -> None:
    found = RackStore.model_validate(GB300 | changes)
    again = RackStore.model_validate(found.model_dump(mode="json", exclude_none=True))
    assert again == found
    assert again.store_type(72) == found.store_type(72)


def test_assumptions_are_what_is_not_written() -> None:
    found = RackStore.model_validate(GB300 | {"energy_per_accelerator": "100 J"}).assumptions()
    by_path = {assumption.path: assumption.confidence for assumption in found}
    assert "rack-store.gb300-electrolytic.energy_per_accelerator" not in by_path
    assert by_path["rack-store.gb300-electrolytic.time_constant"] == "K"
    assert len(by_path) == 9


# (what is written beside like: gb300-electrolytic, what the message says)
BAD: dict[str, tuple[dict[str, Any], list[str]]] = {
    "efficiency above 1": (
        {"charge_efficiency": 1.02},
        ["charge_efficiency: expected a fraction from 0 to 1, got 1.02"],
    ),
    "efficiency in percent": ({"discharge_efficiency": 98}, ["write 0.98 or '98 %'"]),
    "no efficiency": (
        {"discharge_efficiency": 0},
        ["discharge_efficiency: expected an efficiency above 0, got 0"],
    ),
    "round trip": (
        {"round_trip_efficiency": 0.9},
        [
            "round_trip_efficiency: expected efficiencies one way, got a round trip of 0.9",
            "write charge_efficiency and discharge_efficiency, each 0.9487 for 0.9 both ways",
        ],
    ),
    "round trip as text": (
        {"round_trip_efficiency": "90 %"},
        ["got a round trip of '90 %'", "write charge_efficiency and discharge_efficiency"],
    ),
    "no energy": (
        {"energy_per_accelerator": "0 J"},
        ["energy_per_accelerator: expected an energy above 0 J", "'like: none'"],
    ),
    "energy without unit": ({"energy_per_accelerator": 65}, ["missing unit: expected an energy"]),
    "energy as a power": ({"energy_per_accelerator": "65 W"}, ["expected an energy", "a power"]),
    "negative energy": ({"energy_per_accelerator": "-65 J"}, ["expected an energy of at least 0"]),
    "no power to discharge": (
        {"max_discharge_per_accelerator": "0 W"},
        ["max_discharge_per_accelerator: expected a power above 0 W, got 0 W", "'like: none'"],
    ),
    "no power to charge": (
        {"max_charge_per_accelerator": "0 kW"},
        ["max_charge_per_accelerator: expected a power above 0 W, got 0 W"],
    ),
    "window inverted": (
        {"window_low": 0.8, "window_high": 0.2},
        ["window_low: the window is inverted", "got 0.8 and 0.2"],
    ),
    "set point outside": (
        {"window_low": 0.2, "window_high": 0.8, "set_point": 0.9},
        ["set_point: set_point 0.9 is outside the window: expected 0.2 to 0.8"],
    ),
    "no time constant": ({"time_constant": "0 s"}, ["time_constant: expected a time above 0 s"]),
    "ramp of nothing": (
        {"max_ramp_per_accelerator": "0 W/s"},
        ["max_ramp_per_accelerator: expected a ramp above 0 W/s", "leave it out for none"],
    ),
    "ramp as a power": ({"max_ramp_per_accelerator": "5 kW"}, ["wrong unit in '5 kW'"]),
    "unknown record": ({"like": "gb300"}, ["like: unknown rack-store 'gb300'"]),
    "unknown key": (
        {"energy_per_acelerator": "65 J"},
        ["unknown key 'energy_per_acelerator'", "did you mean 'energy_per_accelerator'?"],
    ),
    "changes of none": (
        {"like": "none", "set_point": 0.5},
        ["set_point: set_point of no store", "like: gb300-electrolytic"],
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_stores_are_refused(case: str) -> None:
    changes, parts = BAD[case]
    message = refused(GB300 | changes)
    for part in parts:
        assert part in message


def test_all_problems_are_told_at_once() -> None:
    message = refused(GB300 | {"energy_per_accelerator": "0 J", "set_point": 1, "window_high": 0.9})
    assert "energy_per_accelerator:" in message
    assert "set_point:" in message


def test_it_is_a_mapping() -> None:
    assert "expected a mapping with keys like, energy_per_accelerator" in refused(65)


def test_a_run_whose_steps_are_too_long_is_told_what_to_write() -> None:
    store = RackStore.model_validate(GB300)
    assert not list(store.findings(72, 0.003))
    (found,) = store.findings(72, 0.005)
    assert found.at == ("time_constant",)
    assert found.message == (
        "dt 5 ms is too long for time_constant 30 ms: expected at most a tenth of it, 3 ms"
    )
    assert found.hint == "write time.dt: '3 ms' or less, or a longer time_constant"


def test_power_of_a_whole_rack_given_per_accelerator_is_told() -> None:
    store = RackStore.model_validate(GB300 | {"max_discharge_per_accelerator": "132 kW"})
    (found,) = store.findings(72, 0.001)
    assert found.at == ("max_discharge_per_accelerator",)
    assert "72 accelerators make 9.504 MW in one rack, expected at most 1.049 MW" in found.message
    assert found.hint == "it is meant per accelerator"


def test_no_store_has_nothing_that_could_be_wrong_with_a_run() -> None:
    assert not list(RackStore(like="none").findings(72, 1.0))


def test_the_backup_record_says_what_the_kernel_holds_up() -> None:
    """60 J at 3 kW are 20 ms; the same for the shelves of a rack."""
    record = facts.load("rack-backup", "orv3-hpr-bbu")
    rating_w = record["hold_up_load"].value
    made = RackBackup(
        rating_w=rating_w,
        hold_up_s=record["hold_up_time"].value,
        take_over_s=record["take_over_time"].value,
        duration_s=record["battery_time"].value,
        hand_back_s=record["hand_back_time"].value,
        hold_up_recharge_w=record["hold_up_recharge"].value * rating_w,
        battery_recharge_w=record["battery_recharge"].value * rating_w,
        recharge_efficiency=record["recharge_efficiency"].value,
    )
    law = made.law(0.001)
    assert law.hold_up_full * 0.001 / 1024 == record["hold_up_energy"].value == 60.0
    assert (law.take_over, law.hand_back, law.duration) == (4e6, 200e6, 240e9)
