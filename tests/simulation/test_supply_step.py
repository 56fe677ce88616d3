# SPDX-License-Identifier: Apache-2.0
"""A site at steps of 0.25 to 2 ms: chain with its mode, cooling, island, inverters and a shaft.

The racks are handed on, held for 2 ms each, so that every step sees the same load.
"""

from __future__ import annotations

import numpy as np
import pytest

from powermodel.planning import plan
from powermodel.scenario import Scenario
from powermodel.simulation.blocks import Block, Site
from powermodel.simulation.handed import HandedRacks
from powermodel_kernels.constants import QUANTA_PER_W
from tests.simulation.small import small_scenario
from tests.simulation.test_island_run import ISLAND

HELD_MS, DURATION_S = 2.0, 20.0
STEPS_MS = (0.25, 0.5, 1.0, 2.0)
MACHINE = {"like": "smt-130", "rating": "480 kW", "base": "600 kVA"}
ALONE = {
    "machines": [
        {"unit": MACHINE, "count": 2},
        {"unit": MACHINE, "count": 1, "shaft": "ieee-first-benchmark"},
    ]
}
UNSHED = {k: v for k, v in ISLAND.items() if k not in ("power_factor", "shedding")} | ALONE


def site(step_ms: float) -> Scenario:
    data = small_scenario(noise=False).to_dict() | {"supply": {"island": UNSHED}}
    del data["site"]["overhead"]
    data["site"] |= {
        "architecture": {"like": "ac-415v", "mode": "supply-and-ups"},
        "cooling": {"like": "liquid-dry-cooler", "wet_bulb": "20 degC", "plant_time": "3 s"},
    }
    data["time"] |= {"dt": f"{step_ms} ms", "duration": f"{DURATION_S} s"}
    return Scenario.from_dict(data)


def blocks(step_ms: float) -> Block:
    """Run two tiles under iterations of 1.3 s with soft and hard edges."""
    scenario = site(step_ms)
    time_s = np.arange(round(1000.0 * DURATION_S / HELD_MS)) * HELD_MS / 1000.0
    phase = time_s % 1.3
    level = 0.45 + 0.15 * (phase > 0.4) + 0.05 * np.sin(2.0 * np.pi * 1.7 * time_s)
    level -= 0.15 * np.clip((phase - 1.1) / 0.05, 0.0, 1.0)
    rated = scenario.site.racks_rated_w * QUANTA_PER_W
    halls = np.rint(rated * level * np.array([[1.0 / 3.0], [2.0 / 3.0]])).astype(np.int64)
    sums = np.repeat(np.stack([halls, halls * 4 // 5]), round(HELD_MS / step_ms), axis=2)
    racks = HandedRacks(step_ms / 1000.0)
    racks.hand(0, sums)
    return Site(plan(scenario), 1, racks=racks).block(0, sums.shape[2])


@pytest.fixture(scope="module")
def found() -> dict[float, Block]:
    return {step_ms: blocks(step_ms) for step_ms in STEPS_MS}


OVER_STEPS = (
    "poi/power", "chain/buffered", "chain/reactive", "losses/ups", "cooling/power",
    "supply/rocof", "supply/voltage",
)  # fmt: skip
"""Follow the load, which is held over a step: a sample is the mean over it."""
AT_INSTANTS = (
    "supply/frequency", "supply/power", "forming/power", "machine/power", "shaft/torque",
    "shaft/torsion",
)  # fmt: skip
PART_OF = {"shaft/torsion": "shaft/torque"}
"""Small parts of another series, in whose swing they are counted."""


@pytest.mark.parametrize("path", OVER_STEPS + AT_INSTANTS)
def test_the_step_does_not_matter(found: dict[float, Block], path: str) -> None:
    """Within 1 % of its swing, each series is that of the finest step."""
    finest = np.asarray(found[STEPS_MS[0]][path], np.float64)
    swing = np.ptp(found[STEPS_MS[0]][PART_OF.get(path, path)], axis=0)
    assert (swing > 0.0).all()
    for step_ms in STEPS_MS[1:]:
        each = finest.reshape(-1, round(step_ms / STEPS_MS[0]), *finest.shape[1:])
        same = each.mean(axis=1) if path in OVER_STEPS else each[:, 0]
        error = np.abs(np.asarray(found[step_ms][path], np.float64) - same).max(axis=0)
        assert (error <= 0.01 * swing).all(), (step_ms, error / swing)


def test_nothing_tripped(found: dict[float, Block]) -> None:
    assert all(set(block["supply/machines"]) == {3.0} for block in found.values())
