# SPDX-License-Identifier: Apache-2.0
"""A study of 16 accelerators for 20 s: twelve runs that take a second together."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from powermodel.ensemble import Study

SCENARIO: dict[str, Any] = {
    "powermodel": 1,
    "name": "tiny",
    "site": {
        "name": "tiny site",
        "halls": [{"name": "hall", "rack": {"like": "gb200-nvl72", "accelerators": 8}, "racks": 2}],
        "overhead": {"proportional": 0.05, "constant": "1 kW"},
    },
    "jobs": [
        {
            "name": "train",
            "accelerators": 16,
            "program": {
                "iteration": [
                    {
                        "name": "compute",
                        "duration": "1.1 s",
                        "power": "0.9 TDP",
                        "spread": {"sigma": 0.03, "rho": 0.2},
                        "barrier": "job",
                        "waiting_power": "0.4 TDP",
                    },
                    {"name": "all-reduce", "duration": "0.4 s", "power": "0.3 TDP"},
                ]
            },
        }
    ],
    "storage": {
        "unit": {
            "like": "megapack-2xl-2h",
            "power": "10 kW",
            "apparent_power": "10 kW",
            "energy": "5 kWh",
        },
        "units": 1,
        "aux": "100 W",
        "latency": {"inverter_lag": "50 ms"},
        "control": {"kind": "moving-average", "window": "3 s", "period": "10 ms"},
    },
    "time": {"duration": "20 s", "dt": "5 ms", "fastest_response": "50 ms", "block": "10 s"},
    "seed": 3,
}

AXES: dict[str, Any] = {
    "storage.units": [0, 1],
    "latency": {"path": "storage.latency.communication", "values": ["0 ms", "100 ms"]},
}


def study_data(**changes: Any) -> dict[str, Any]:
    """Return the small study as plain data, with changes of its keys."""
    data = {
        "study": 1,
        "name": "small",
        "scenario": copy.deepcopy(SCENARIO),
        "axes": copy.deepcopy(AXES),
        "seeds": 3,
        "measure": {"after": "3 s", "windows": ["20 ms", "1 s"]},
        "keep": {"overview": ["100ms", "1s"], "series": ["poi/power", "storage/soc"]},
    }
    return data | changes


def small_study(**changes: Any) -> Study:
    """Return the small study, with changes of its keys."""
    return Study.from_dict(study_data(**changes))


def every_file(path: Path) -> dict[str, bytes]:
    """Return the content of every file of a store."""
    return {str(f.relative_to(path)): f.read_bytes() for f in path.rglob("*") if f.is_file()}
