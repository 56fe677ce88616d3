# SPDX-License-Identifier: Apache-2.0
"""Calls every law in Numba's CUDA simulator and writes what each returns to a file.

For an interpreter of its own: whether CUDA is simulated is settled when Numba is imported.
Usage: ``NUMBA_ENABLE_CUDASIM=1 python -m tests.cuda.run_laws_simulated results.npz``.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from powermodel_kernels.cuda import compiler
from tests.cuda.laws import KERNEL, SAMPLES, Calls, modules

_THREADS = 16


def results() -> dict[str, Any]:
    """Return every number of every law, as module.function/number."""
    found = {}
    for module in modules():
        calls = Calls(module)
        ready = compiler.kernel(calls.function(KERNEL, cuda=compiler.cuda))
        launch = ready[-(-SAMPLES // _THREADS), _THREADS]
        for name in calls.names:
            for number, column in enumerate(calls.run(launch, name)):
                found[f"{name}/{number}"] = column
    return found


if __name__ == "__main__":
    if not compiler.SIMULATED:
        sys.exit("expected NUMBA_ENABLE_CUDASIM=1 in the environment: nothing would be simulated")
    np.savez(sys.argv[1], **results())
