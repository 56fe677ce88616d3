# SPDX-License-Identifier: Apache-2.0
"""A small site that swings like a square wave, with a farm, and a fake of its storage stage."""

from typing import Any

import numpy as np

from powermodel.limits import LimitSet
from powermodel.scenario import Scenario
from powermodel.sizing.measuring import FarmRun, Load
from powermodel.sizing.study import Question

UNIT_W = 4e3


def square_scenario(**storage: Any) -> Scenario:
    """Return 32 accelerators that work for 0.8 s and rest for 0.2 s, and a farm of small units."""
    return Scenario.from_dict(
        {
            "powermodel": 1,
            "name": "square",
            "site": {
                "name": "square site",
                "halls": [
                    {"name": "a", "rack": {"like": "gb200-nvl72", "accelerators": 8}, "racks": 4}
                ],
            },
            "jobs": [
                {
                    "name": "train",
                    "accelerators": 32,
                    "program": {
                        "iteration": [
                            {
                                "name": "work",
                                "duration": "0.8 s",
                                "power": "0.9 TDP",
                                "spread": {"sigma": 0.02, "rho": 0.5},
                                "barrier": "job",
                                "waiting_power": "0.3 TDP",
                            },
                            {"name": "rest", "duration": "0.2 s", "power": "0.3 TDP"},
                        ]
                    },
                }
            ],
            "storage": {
                "unit": {
                    "power": f"{UNIT_W} W",
                    "energy": "8 kWh",
                    "inverter_efficiency": 0.98,
                },
                "units": 1,
                "aux": "0 W",
                "control": {"kind": "moving-average", "window": "4 s"},
                **storage,
            },
            "time": {"duration": "20 s", "dt": "2 ms", "block": "10 s"},
            "seed": 3,
        }
    )


def fake_farm(scenario: Scenario, load: Load, seed: int) -> FarmRun:
    """Give the load's deviation from its mean: late by the pure delay, clipped at the rating."""
    assert scenario.storage is not None
    storage = scenario.storage
    lag = storage.latency
    late = round((lag.measurement + lag.communication + lag.inverter_delay) / scenario.time.dt)
    wanted_w = load.power_w - load.power_w.mean()
    wanted_w = np.concatenate((np.full(late, wanted_w[0]), wanted_w[: wanted_w.size - late]))
    power_w = np.clip(wanted_w, -storage.power_w, storage.power_w)
    held = np.abs(wanted_w) > storage.power_w
    soc = storage.soc - np.cumsum(power_w) * scenario.time.dt / storage.energy_j
    loss_j = 0.02 * float(np.abs(power_w).sum()) * scenario.time.dt
    return FarmRun(power_w, soc, loss_j, {"inverter power": held})


def question(*limits: str, **given: Any) -> Question:
    """Return a question about the small site."""
    given = {"seeds": (3, 4), "most_units": 40} | given
    return Question(square_scenario(), LimitSet.parse(limits), **given)
