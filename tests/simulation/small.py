# SPDX-License-Identifier: Apache-2.0
"""A small site with two jobs in two halls, and everything that a program can hold."""

from __future__ import annotations

from typing import Any

from powermodel.scenario import Scenario


def small_scenario(
    *, noise: bool = True, crash: str | None = None, accelerators: tuple[int, int] = (32, 64)
) -> Scenario:
    """Return 25 s of two jobs at 1 ms in three blocks, the last of them short."""
    halls = [
        {"name": "one", "rack": {"like": "gb200-nvl72", "accelerators": 8}, "racks": 4},
        {"name": "two", "rack": {"like": "gb200-nvl72", "accelerators": 8}, "racks": 8},
    ]
    first: dict[str, Any] = {
        "name": "train",
        "accelerators": accelerators[0],
        "halls": ["one"],
        "program": {
            "iteration": [
                {
                    "repeat": 3,
                    "phases": [
                        {
                            "name": "compute",
                            "duration": "300 ms",
                            "power": "0.95 TDP",
                            "spread": {"sigma": 0.03, "rho": 0.2},
                        },
                        {
                            "name": "exchange",
                            "duration": "40 ms",
                            "power": "0.5 TDP",
                            "barrier": "job",
                            "waiting_power": "0.4 TDP",
                        },
                    ],
                },
                {"name": "optimizer", "duration": "90 ms", "power": "0.8 TDP"},
            ],
            "checkpoint": {
                "every": "5 iterations",
                "phases": [
                    {
                        "name": "save",
                        "duration": "1.5 s",
                        "power": "0.25 TDP",
                        "barrier": "job",
                        "waiting_power": "0.25 TDP",
                    }
                ],
            },
            "restart": [{"name": "down", "duration": "3 s", "power": "idle"}],
        },
    }
    second: dict[str, Any] = {
        "name": "alone",
        "accelerators": accelerators[1],
        "halls": ["two"],
        "program": {
            "iteration": [
                {
                    "name": "work",
                    "duration": "0.7 s",
                    "power": "0.9 TDP",
                    "spread": {"sigma": 0.05},
                },
                {"name": "rest", "duration": "0.2 s", "power": "0.3 TDP"},
            ]
        },
    }
    if noise:
        first["noise"] = {"sigma": 0.02, "rho": 0.1, "correlation_time": "50 ms"}
    if crash is not None:
        first["failures"] = {"scheduled": [crash]}
    return Scenario.from_dict(
        {
            "powermodel": 1,
            "name": "small",
            "site": {
                "name": "small site",
                "halls": halls,
                "overhead": {"proportional": 0.1, "constant": "5 kW"},
            },
            "jobs": [first, second],
            "time": {"duration": "25 s", "dt": "1 ms", "block": "10 s"},
            "seed": 7,
        }
    )


def buffered_scenario() -> Scenario:
    """Return the small site with every layer of buffering, each of which remembers."""
    plain = small_scenario().to_dict()
    plain["name"] = "buffered"
    for job in plain["jobs"]:
        job["smoothing"] = {
            "percent_tmp_floor": "60 %",
            "ramp_up_rate": "2400 W/s",
            "ramp_down_rate": "1800 W/s",
            "ramp_down_hysteresis": "20 ms",
        }
    for hall in plain["site"]["halls"]:
        hall["store"] = "gb300-electrolytic"
    plain["storage"] = {
        "unit": {"like": "megapack-2xl-2h", "power": "20 kW", "apparent_power": "25 kW",
                 "energy": "10 kWh", },
        "units": 3,
        "spread": {"capacity": 0.02, "resistance": 0.05},
        "outages": [{"units": 1, "at": "8 s", "until": "17 s"}],
        "control": {"kind": "high-pass", "time_constant": "5 s", "period": "10 ms"},
        "fast": {
            "unit": {"like": "supercapacitor-1mw", "power": "30 kW", "apparent_power": "30 kW",
                     "energy": "0.2 kWh"},
            "units": 1,
        },
    }  # fmt: skip
    return Scenario.from_dict(plain)
