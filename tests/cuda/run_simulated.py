# SPDX-License-Identifier: Apache-2.0
"""Runs a tiny scenario on the simulated GPU and on the CPU, and writes both to a file.

For an interpreter of its own: whether CUDA is simulated is settled when Numba is imported.
Usage: ``NUMBA_ENABLE_CUDASIM=1 python -m tests.cuda.run_simulated results.npz``.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

import powermodel as pm
from powermodel_kernels.cuda import compiler, jobs

TINY: dict[str, Any] = {
    "powermodel": 1,
    "name": "tiny",
    "site": {
        "name": "tiny site",
        "halls": [
            {"name": "one", "rack": {"like": "gb200-nvl72", "accelerators": 4}, "racks": 2},
        ],
    },
    "jobs": [
        {
            "name": "train",
            "accelerators": 7,
            "program": {
                "iteration": [
                    {
                        "name": "compute",
                        "duration": "60 ms",
                        "power": "0.9 TDP",
                        "spread": {"sigma": 0.05, "rho": 0.2},
                        "barrier": "job",
                        "waiting_power": "0.4 TDP",
                    },
                    {"name": "all-reduce", "duration": "30 ms", "power": "0.3 TDP"},
                ]
            },
            "noise": {"sigma": 0.02, "rho": 0.1, "correlation_time": "50 ms"},
        }
    ],
    "time": {"duration": "0.3 s", "dt": "1 ms", "block": "10 s"},
    "output": {"racks": "all", "probes": [5]},
    "seed": 7,
}


def power(device: str) -> dict[str, np.ndarray]:
    """Return every power of the tiny run."""
    run = pm.simulate(pm.Scenario.from_dict(TINY), device=device, workers=1)
    found = {f"{device}/{g}": run[f"{g}/power"].values for g in ("poi", "hall", "rack", "probe")}
    return found | {f"{device}/device": np.array(run.attrs["device"])}


def racks_launched() -> list[int]:
    """Note how many racks each launch of the fleet's kernels computes: power, then noise."""
    seen, launch = [], jobs.launch

    def noting(function: Any, blocks: tuple[int, int], threads: int, *arguments: Any) -> None:
        seen.append(blocks[0])
        launch(function, blocks, threads, *arguments)

    jobs.launch = noting
    return seen


if __name__ == "__main__":
    if not compiler.SIMULATED:
        sys.exit("expected NUMBA_ENABLE_CUDASIM=1 in the environment: nothing would be simulated")
    launches = racks_launched()
    cpu = power("cpu")
    assert not launches
    np.savez(sys.argv[1], **cpu, **power("cuda"), launches=launches)
