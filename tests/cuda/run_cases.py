# SPDX-License-Identifier: Apache-2.0
"""Small runs: one through every stage that a GPU computes, one of jobs that come at random."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

import powermodel as pm
from tests.cuda.run_simulated import TINY
from tests.simulation.small import small_scenario

TRACE = "t,p\n0,500\n4,900\n8,300\n20,700\n"
SMOOTHING: dict[str, dict[str, Any]] = {
    "events": {"ramp_up_rate": "4 TDP/s", "ramp_down_rate": "3 TDP/s"},
    # A cap beside ramps is for this engine alone.
    "steps": {"ramp_up_rate": "4 TDP/s", "cap": {"power": "0.8 TDP", "lag": "20 ms"}},
}
"""Settings beside those that both engines have."""


def assert_same(found: xr.DataTree, expected: xr.DataTree) -> None:
    """Compare every series of two runs, to the bit."""
    compared = 0
    for node in expected.subtree:
        for name, values in node.ds.data_vars.items():
            there = found[f"{node.path}/{name}"].values
            np.testing.assert_array_equal(there, values.values, err_msg=f"{node.path}/{name}")
            compared += 1
    assert compared > 10


def every_stage(folder: Path, engine: str, *, smoothed: bool = False) -> pm.Scenario:
    """Return two tiles of every kind of rack, with one job that the CPU replays."""
    made: dict[str, Any] = {**TINY, "engine": engine}
    rack = {"like": "gb200-nvl72", "accelerators": 4}
    backup = {"like": "orv3-hpr-bbu"}
    made["site"] = {
        "name": "tiny site",
        "sags": [{"at": "10.05 s", "duration": "30 ms", "halls": ["backed", "held"]}],
        "halls": [
            {"name": "plain", "rack": rack, "racks": 2},
            {"name": "stored", "rack": rack, "racks": 2, "store": "gb300-electrolytic"},
            {"name": "backed", "rack": rack, "racks": 2, "store": "gb300-electrolytic",
             "backup": backup},
            {"name": "held", "rack": rack, "racks": 1, "backup": backup},
            {"name": "measured", "rack": rack, "racks": 1},
        ],
    }  # fmt: skip
    (folder / "trace.csv").write_text(TRACE, encoding="utf-8")
    trace = {
        "file": str(folder / "trace.csv"),
        "time": {"column": "t", "unit": "s"},
        "power": {"column": "p", "unit": "W"},
        "accelerators_per_copy": 1,
        "correlation": 0.5,
    }
    (train,) = made["jobs"]
    if smoothed:
        train = {
            **train,
            "smoothing": {
                "percent_tmp_floor": "60 %",
                "ramp_down_hysteresis": "20 ms",
                "secondary_power_floor": "0.2 TDP",
                "primary_floor_act_win_mult": 2,
                "primary_floor_tar_win_mult": 3,
                "window_unit": "5 ms",
                **SMOOTHING[engine],
            },
        }
        made["output"] = {"racks": "all", "probes": [5]}
    halls = ["plain", "stored", "backed", "held"]
    made["jobs"] = [
        {**train, "accelerators": 27, "halls": halls},
        {"name": "replay", "accelerators": 4, "halls": ["measured"], "trace": trace},
    ]
    made["storage"] = {
        "unit": {"like": "megapack-2xl-2h", "power": "20 kW", "apparent_power": "25 kW",
                 "energy": "10 kWh"},
        "units": 3,
        "spread": {"capacity": 0.02, "resistance": 0.05},
        "outages": [{"units": 1, "at": "4 s", "until": "10.1 s"}],
        "control": {"kind": "high-pass", "time_constant": "5 s", "period": "5 ms"},
        "fast": {
            "unit": {"like": "supercapacitor-1mw", "power": "30 kW", "apparent_power": "30 kW",
                     "energy": "0.2 kWh"},
            "units": 1,
        },
    }  # fmt: skip
    made["time"] = {"duration": "10.2 s", "dt": "1 ms", "block": "10 s"}
    return pm.Scenario.from_dict(made)


def jobs_that_come() -> pm.Scenario:
    """Return 22 s of a job whose runs come at random to two places, beside one that stays."""
    scenario = small_scenario(accelerators=(16, 64)).set("time.duration", "22 s")
    return scenario.set("jobs.0.arrivals", {"every": "3 s", "places": 2, "length": {"mean": "4 s"}})
