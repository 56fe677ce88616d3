# SPDX-License-Identifier: Apache-2.0
"""A device whose kernels are the generated PTX, executed on the CPU."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from numba import typeof, types

from powermodel_kernels.cuda import job, memory, racks, schedule, site
from tests.cuda.cases import ARCHITECTURES, KERNELS, program
from tests.cuda.kept import kept_ptx
from tests.cuda.ptx_run import HostMemory, PtxProgram

NAMES = {kernel: name for name, kernel in KERNELS.items()}


@contextmanager
def executed(architecture: str = "sm_90", *, backwards: bool = False) -> Iterator[list[str]]:
    """Let every launch execute PTX on the CPU; gives the names of the kernels, as they come."""
    launched: list[str] = []
    made_here: dict[Any, PtxProgram] = {}

    def launch(function: Callable[..., None], blocks: Any, threads: int, *arguments: Any) -> None:
        name = NAMES.get(function) or function.__name__
        launched.append(name)
        # With a control law of its own, a kernel is another function of the same name.
        made = program(name, architecture) if function in NAMES else _made(function, arguments)
        made.launch(blocks, threads, *arguments, backwards=backwards)

    def _made(function: Callable[..., None], arguments: tuple[Any, ...]) -> PtxProgram:
        signature = types.void(*(typeof(argument) for argument in arguments))
        if (function, signature) not in made_here:
            text = kept_ptx(function, signature, ARCHITECTURES[architecture])
            made_here[function, signature] = PtxProgram(text)
        return made_here[function, signature]

    with pytest.MonkeyPatch.context() as patch:
        for module in (job, racks, schedule, site):
            patch.setattr(module, "launch", launch)
        for module in (job, memory):
            patch.setattr(module, "memory", lambda _number: HostMemory())
        yield launched
