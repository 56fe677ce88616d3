# SPDX-License-Identifier: Apache-2.0
"""Records of rack stores and backups: published figures as published, slips refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import powermodel_datasets as facts
from powermodel_datasets import Library

RECORDS = Path(facts.__file__).parent / "records"


def spoilt(folder: Path, kind: str, name: str, old: str, new: str) -> str:
    """Return what the check of the library says of a record with one slip."""
    text = (RECORDS / kind / f"{name}.yaml").read_text(encoding="utf-8")
    assert old in text
    (folder / kind).mkdir()
    shutil.copy(RECORDS / "sources.yaml", folder)
    (folder / kind / f"{name}.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    return "\n".join(p for p in Library(folder).problems() if f"records/{kind}/" in p)


def test_published_figures() -> None:
    store = facts.load("rack-store", "gb300-electrolytic")
    energy = store["energy_per_accelerator"]
    assert (energy.value, energy.unit, energy.confidence) == (65.0, "J", "H")
    assert 72 * energy.value == 4680.0
    # All but the energy is assumed, and says so.
    assert {v.confidence for key, v in store.items() if key != "energy_per_accelerator"} == {"K"}
    backup = facts.load("rack-backup", "orv3-hpr-bbu")
    published = ("hold_up_time", "hold_up_energy", "take_over_time", "battery_time")
    assert [backup[key].value for key in published] == [0.02, 60.0, 0.004, 240.0]
    assert backup["hand_back_time"].value == 0.2


SLIPS = {
    "window inverted": (
        "gb300-electrolytic",
        ("  window_high: {value: 1,", "  window_high: {value: 0,"),
        "window_low (0) must be below window_high (0)",
    ),
    "set point outside": (
        "easyrider-prototype",
        ("  set_point: {value: 0.5,", "  set_point: {value: 0.95,"),
        "set_point (0.95) is outside 0.1 to 0.9",
    ),
    "efficiency in percent": (
        "none",
        ("  charge_efficiency: {value: 1,", "  charge_efficiency: {value: 98,"),
        "98 1 is out of bounds: expected 0.3 to 1 1 (bus to store, one way)",
    ),
}


@pytest.mark.parametrize("case", SLIPS)
def test_slips_in_stores_are_refused(tmp_path: Path, case: str) -> None:
    name, (old, new), message = SLIPS[case]
    assert message in spoilt(tmp_path, "rack-store", name, old, new)


def test_a_hold_up_that_does_not_close_is_refused(tmp_path: Path) -> None:
    message = spoilt(tmp_path, "rack-backup", "orv3-hpr-bbu", "value: 60\n", "value: 110\n")
    assert "hold_up_load x hold_up_time = 60 J, but hold_up_energy says 110 J" in message
