# SPDX-License-Identifier: Apache-2.0
"""Runs the kernels in Numba's CUDA simulator and writes their results to a file.

For an interpreter of its own: whether CUDA is simulated is settled when Numba is imported.
Usage: ``NUMBA_ENABLE_CUDASIM=1 python -m tests.cuda.simulated results.npz``.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from powermodel_kernels.cuda import compiler
from tests.cuda import rack_cases, site_cases, smooth_cases
from tests.cuda.cases import (
    KERNELS,
    Window,
    noise_result,
    opened,
    rack_bins_result,
    rack_steps_result,
    sample_job,
    slot_arguments,
)
from tests.cuda.seeds import seeded

THREADS = 8
RUNS = 2
SPAN = 10
"""Lanes of a block: two groups of the sample job."""
WINDOW = Window(samples=1030, per_rack=7)
"""Two windows of shared memory."""
STEPS = Window(samples=70)
"""Three windows of a warp."""
RACKS = rack_cases.Racks(racks=9, samples=20, runs=2)
OUTAGES = rack_cases.Outages(racks=9, samples=50, runs=2)
SITES = site_cases.Runs(((11, 2), (5, 0)), delay=5, cuts=(0, 20, 60))
SMOOTHED = {
    engine: smooth_cases.Smoothed(sample_job(), engine=engine, tiles=(8, 4), runs=RUNS)
    for engine in ("events", "steps")
}


def launch(name: str, blocks: Any, threads: int, arguments: tuple[Any, ...]) -> None:
    compiler.kernel(KERNELS[name])[blocks, threads](*arguments)


def results() -> dict[str, Any]:
    """Return what the simulated kernels say of the sample job."""
    made = sample_job()
    runs = seeded(made, RUNS)
    barriers = slot_arguments(made, opened(made, Window(samples=20))._slots, SPAN)
    launch("slot_barriers", (-(-made.fleet.lanes // SPAN), 1), THREADS, barriers)
    return {
        "rack_bins": rack_bins_result(launch, runs, WINDOW, THREADS),
        "rack_steps": rack_steps_result(launch, runs, STEPS),
        "rack_noise": noise_result(launch, runs, STEPS, THREADS),
        "slot_job": barriers[-3],
        "slot_group": barriers[-2],
        "plain_racks": np.array(
            rack_cases.equal(RACKS.result_plain(launch, THREADS), RACKS.expected_plain())
        ),
        "rack_stores": np.array(rack_cases.equal(RACKS.result(launch, THREADS), RACKS.expected())),
        "rack_backups": np.array(
            rack_cases.equal(OUTAGES.result(launch, THREADS), OUTAGES.expected())
        ),
        **{
            f"smoothed_{engine}": np.array(
                site_cases.same(case.result(launch, THREADS), case.expected())
            )
            for engine, case in SMOOTHED.items()
        },
        "site_steps": np.array(site_cases.same(SITES.result(), SITES.expected())),
    }


if __name__ == "__main__":
    if not compiler.SIMULATED:
        sys.exit("expected NUMBA_ENABLE_CUDASIM=1 in the environment: nothing would be simulated")
    np.savez(sys.argv[1], **results())
