# SPDX-License-Identifier: Apache-2.0
"""Dask workers that cannot go on: out of memory, or killed by the system as often as they start."""

from __future__ import annotations

import os
import resource
import signal
from typing import Any

import numpy as np
import psutil

from powermodel.ensemble.runs import Run

MODE = "POWERMODEL_TEST_GREED"
_ROOM = 200 * 2**20
_TOO_MUCH = 2**30


def dask_setup(_worker: object) -> None:
    """Make a worker one that fails at its first block: the environment says how."""
    take = Run.take

    def allocating(self: Run, first: int, load: Any) -> None:
        limit = psutil.Process().memory_info().vms + _ROOM
        resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
        try:
            np.ones(_TOO_MUCH, np.uint8)
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)
        take(self, first, load)

    def killed(_self: Run, _first: int, _load: Any) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    Run.take = allocating if os.environ[MODE] == "limit" else killed  # type: ignore[method-assign]
