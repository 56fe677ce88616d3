# SPDX-License-Identifier: Apache-2.0
"""Runs of smoothed jobs: cut into other blocks, balanced, and refused on a GPU."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import powermodel as pm
from powermodel.simulation.fleets import fleet_of
from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.tables import Place
from tests.simulation.small import small_scenario

RAMPS = {
    "percent_tmp_floor": 80,
    "ramp_up_rate": "2 TDP/s",
    "ramp_down_rate": "0.5 TDP/s",
    "ramp_down_hysteresis": "100 ms",
    "primary_floor_tar_win_mult": 700,
}


def smoothed(smoothing: dict[str, Any] = RAMPS, **more: Any) -> pm.Scenario:
    """Return the small scenario, whose first job crashes at 11 s, with both jobs smoothed."""
    data = small_scenario(crash="11 s", **more).to_dict()
    for job in data["jobs"]:
        job["smoothing"] = smoothing
    return pm.Scenario.from_dict(data)


def test_power_does_not_depend_on_blocks() -> None:
    short = pm.simulate(smoothed())
    long = pm.simulate(smoothed().with_(time={"block": "30 s"}))
    for path in ("poi/power", "smoothing/burnt", "smoothing/held_back"):
        assert np.array_equal(short[path], long[path])
    assert short["smoothing/burnt"].max() > 0
    assert short["smoothing/held_back"].max() > 0


@pytest.mark.parametrize("smoothing", [RAMPS, {"profile": "floor-90"}], ids=["ramps", "floor"])
def test_accelerators_draw_their_work_and_what_is_burnt_less_what_is_held_back(
    smoothing: dict[str, Any],
) -> None:
    plain = small_scenario(crash="11 s", noise=False)
    energy = {}
    for name, made in (("plain", plain), ("smoothed", smoothed(smoothing, noise=False))):
        # Of an overshoot a floor hides what does not reach above it, which no account holds.
        scenario = made.set("jobs.0.response", {"overshoot": 0})
        fleet = fleet_of(scenario, 0, 2)
        fleet.open_tile(0, 10**6, 10_000)
        racks = fleet.rack_power(Place(0, 32, 8, 0)).sum(dtype=np.int64)
        energy[name] = (racks - fleet.burnt().sum() + fleet.held_back().sum()) / QUANTA_PER_W
    # What rising edges lack falling ones have more, but for where the tile cuts one in two.
    assert energy["smoothed"] == pytest.approx(energy["plain"], rel=2e-4)
