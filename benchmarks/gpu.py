# SPDX-License-Identifier: Apache-2.0
"""The GPU of the rows that need one: its name, its memory, and the wait for what it was given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

from benchmarks.workload import Workload

Result = TypeVar("Result")


@dataclass(frozen=True)
class Gpu:
    """The first GPU of this machine."""

    name: str
    memory: Any

    @staticmethod
    def found() -> Gpu:
        """Return the first GPU, which must be usable."""
        import cupy

        from powermodel_kernels.cuda.memory import memory

        name = cupy.cuda.runtime.getDeviceProperties(0)["name"].decode()
        return Gpu(name, memory(0))

    def waited(self, function: Callable[..., Result]) -> Callable[..., Result]:
        """Return a function that returns when the GPU has done what it was given."""
        import cupy

        @wraps(function)
        def both(*arguments: Any) -> Result:
            result = function(*arguments)
            cupy.cuda.Device(0).synchronize()
            return result

        return both

    def opened(self, load: Workload, engine: str) -> Any:
        """Return the job of a workload on the GPU, with its timeline run."""
        from powermodel_kernels.cuda.job import CudaJobFleet

        return load.opened(engine, 1, CudaJobFleet)
