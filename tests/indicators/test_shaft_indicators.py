# SPDX-License-Identifier: Apache-2.0
"""Torque, torsion and mode of a shaft, on swings of one mode whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import powermodel_datasets as facts
from powermodel.indicators.shaft import shafts
from powermodel.scenario.supply import WatchedShaft
from powermodel.scenario.supply_shaft import shaft_of

DT_S = 0.001
WATCHED = [WatchedShaft(name, 0, shaft_of("ieee-first-benchmark")) for name in ("one", "two")]


def made(mode: int, size: float) -> xr.DataTree:
    """A slow rigid swing of 0.1 about 0.5 in every section, and one mode of each shaft."""
    time = np.arange(70_000) * DT_S
    slow = 0.5 + 0.1 * np.sin(2 * np.pi * 0.1 * time)[:, None] * np.ones(10)
    twists = [one.shaft.twists() for one in WATCHED]
    hz = WATCHED[0].shaft.modes().frequency_hz[mode]
    swing = np.sin(2 * np.pi * hz * time)[:, None]
    shape = np.concatenate([size * twists[0][:, mode], 2 * size * twists[1][:, mode]])
    torsion = swing * shape
    names = [name for one in WATCHED for name in one.sections()]
    dims = ("time", "section")
    data = {"torque": (dims, slow + torsion), "torsion": (dims, torsion)}
    return xr.DataTree.from_dict({"shaft": xr.Dataset(data, {"time": time, "section": names})})


@pytest.mark.parametrize("mode", range(5))
def test_the_mode_behind_a_torsion_is_found(mode: int) -> None:
    shaft = WATCHED[0].shaft
    size = 0.2 / np.abs(shaft.twists()[:, mode]).max()
    items = {one.name: one for one in shafts(made(mode, size), WATCHED)}
    published = facts.load("shaft", "ieee-first-benchmark")[f"mode_{mode + 1}"].value
    most = int(np.argmax(np.abs(shaft.twists()[:, mode]))) + 1
    for name, expected in (("one", 0.2), ("two", 0.4)):
        section = f"{name}: {most}-{most + 1}"
        torsion, torque = items[f"shaft_torsion[{section}]"], items[f"shaft_torque[{section}]"]
        assert torsion.value == pytest.approx(expected, rel=1e-3)
        assert torsion.parameters["frequency_hz"] == pytest.approx(published, rel=1e-3)
        assert torque.value == pytest.approx(0.6 + expected, rel=2e-2)
        assert torque.parameters["range_if_rigid"] == pytest.approx(0.2, rel=1e-6)
        wanted = (0.2 + 2 * expected) / 0.2
        assert torque.parameters["amplification"] == pytest.approx(wanted, rel=2e-2)


def test_a_run_without_shafts_has_none() -> None:
    assert shafts(xr.DataTree(), WATCHED) == []
