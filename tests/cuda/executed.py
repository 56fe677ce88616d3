# SPDX-License-Identifier: Apache-2.0
"""A device whose kernels are the generated PTX, executed on the CPU."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from powermodel_kernels.cuda import job, racks, schedule
from tests.cuda.cases import KERNELS, program

NAMES = {kernel: name for name, kernel in KERNELS.items()}


class HostMemory:
    """Keeps a device's arrays apart from the host's, as a device would."""

    def put(self, array: Any) -> Any:
        return np.array(array, order="C")

    def zeros(self, shape: tuple[int, ...], kind: Any) -> Any:
        return np.zeros(shape, kind)

    def fetch(self, array: Any) -> Any:
        return np.array(array)


@contextmanager
def executed(architecture: str = "sm_90", *, backwards: bool = False) -> Iterator[list[str]]:
    """Let every launch execute PTX on the CPU; gives the names of the kernels, as they come."""
    launched: list[str] = []

    def launch(function: Callable[..., None], blocks: Any, threads: int, *arguments: Any) -> None:
        launched.append(NAMES[function])
        program(NAMES[function], architecture).launch(
            blocks, threads, *arguments, backwards=backwards
        )

    with pytest.MonkeyPatch.context() as patch:
        for module in (job, racks, schedule):
            patch.setattr(module, "launch", launch)
        patch.setattr(job, "memory", lambda _number: HostMemory())
        yield launched
