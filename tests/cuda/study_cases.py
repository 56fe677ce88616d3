# SPDX-License-Identifier: Apache-2.0
"""Small studies: of runs with one load and other storage, and of many seeds."""

from __future__ import annotations

import copy
from typing import Any

from powermodel.ensemble import Study
from tests.ensemble.small_study import SCENARIO, small_study

BLOCKS = 2
SMOOTHING: dict[str, Any] = {
    "percent_tmp_floor": "60 %",
    "ramp_down_hysteresis": "20 ms",
    "secondary_power_floor": "0.2 TDP",
    "primary_floor_act_win_mult": 2,
    "primary_floor_tar_win_mult": 3,
    "window_unit": "5 ms",
    "ramp_up_rate": "4 TDP/s",
    "ramp_down_rate": "3 TDP/s",
}


def of_storages(latencies: list[str]) -> Study:
    """Return three numbers of units with each of some latencies."""
    made = {**SCENARIO, "time": {**SCENARIO["time"], "duration": "10.5 s"}}
    made["storage"] = {**made["storage"], "control": {"kind": "high-pass", "time_constant": "3 s"}}
    path = "storage.latency.communication"
    return small_study(
        scenario=made, seeds=1, measure={"after": "3 s", "windows": ["1 s"]},
        axes={"storage.units": [1, 2, 5], "latency": {"path": path, "values": latencies}},
    )  # fmt: skip


def of_seeds(seeds: int, *, engine: str = "events", smoothed: bool = False) -> Study:
    """Return a study of small sites whose slots differ in number, for seeds that draw crashes.

    Two halls, one with stores and backups through a sag; noise, spread of ratings and stragglers;
    two sizes of storage. Where accelerators are smoothed, only some more samples follow the sag.
    """
    made: dict[str, Any] = copy.deepcopy(SCENARIO)
    rack = {"like": "gb200-nvl72", "accelerators": 8}
    made["engine"] = engine
    made["site"]["sags"] = [{"at": "10.1 s", "duration": "40 ms", "halls": ["backed"]}]
    made["site"]["halls"] = [
        {"name": "hall", "rack": rack, "racks": 2},
        {"name": "backed", "rack": rack, "racks": 2, "store": "gb300-electrolytic",
         "backup": {"like": "orv3-hpr-bbu"}},
    ]  # fmt: skip
    (train,) = made["jobs"]
    made["jobs"] = [
        {
            **train,
            "accelerators": 29,
            "noise": {"sigma": 0.02, "rho": 0.1, "correlation_time": "50 ms"},
            "stragglers": {"share": 0.2, "slowdown": 0.1, "host": 4},
            "rating_spread": 0.02,
            "failures": {"mtbf": "180 s"},
            "program": {
                **train["program"],
                "restart": [{"name": "down", "duration": "2 s", "power": "idle"}],
            },
        }
    ]
    made["storage"] = {**made["storage"], "control": {"kind": "high-pass", "time_constant": "3 s"}}
    made["storage"]["latency"] = {"inverter_lag": "50 ms", "communication": "100 ms"}
    if smoothed:
        made["jobs"][0]["smoothing"] = SMOOTHING
    duration = "10.5 s" if smoothed else "20.5 s"
    made["time"] = {**made["time"], "duration": duration, "dt": "2 ms"}
    return small_study(
        scenario=made, seeds=seeds, measure={"after": "3 s", "windows": ["1 s"]},
        axes={"storage.units": [1, 3]},
        keep={"overview": ["1s"], "series": ["poi/power"], "state": "10 s"},
    )  # fmt: skip
