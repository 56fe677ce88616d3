# SPDX-License-Identifier: Apache-2.0
"""A device whose kernels are the generated PTX, executed on the CPU."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from powermodel_kernels.cuda import launcher
from tests.cuda.cases import ARCHITECTURES
from tests.cuda.host_gpu import HostGpu
from tests.cuda.kept import kept_ptx


@contextmanager
def executed(architecture: str = "sm_90", *, backwards: bool = False) -> Iterator[HostGpu]:
    """Let CuPy's GPU be this machine, and every launch execute PTX on it."""
    gpu = HostGpu(architecture.removeprefix("sm_"), backwards=backwards)

    def code(
        function: Callable[..., None], signature: Any, compute_capability: tuple[int, int]
    ) -> bytes:
        assert compute_capability == ARCHITECTURES[architecture]
        return kept_ptx(function, signature, compute_capability).encode()

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "cupy", gpu)
        patch.setattr(launcher, "assembly", code)
        patch.setattr(launcher, "_ready", {})

        yield gpu
