# SPDX-License-Identifier: Apache-2.0
"""The machine code of both engines works on whole vector registers."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import FunctionType
from typing import Any

import llvmlite.binding as llvm
import numba
import numpy as np
import pytest

from powermodel_kernels.bind import bound, inlined
from powermodel_kernels.bind_primitives import PRIMITIVES
from powermodel_kernels.fleet.changes import fill_decays
from powermodel_kernels.fleet.steps import step, walkers
from powermodel_kernels.octets import WIDTH, spread8

AVX2 = llvm.get_host_cpu_features().get("avx2", False)
pytestmark = pytest.mark.skipif(not AVX2, reason="this processor has no AVX2, whose names are read")

# More than one step of eight accelerators takes today: 12, and 13 in what is left of four.
MOST_OF_A_STEP = 16


def machine_code(function: Callable[..., None], *arguments: Any) -> list[str]:
    """Return the instructions of a function, compiled anew for these arguments, and its labels."""
    assert isinstance(function, FunctionType)
    compiled = numba.njit(bound(function, PRIMITIVES, inlined), error_model="numpy", nogil=True)
    compiled(*arguments)
    (text,) = compiled.inspect_asm().values()
    lines = (line.split("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line and not re.match(r"\.(?!L\w+:)", line)]


def inner_loops(code: list[str]) -> list[list[str]]:
    """Return the stretches from a label to a jump back to it that hold no other label."""
    found = []
    for begin, line in enumerate(code):
        if not line.endswith(":"):
            continue
        for end in range(begin + 1, len(code)):
            if code[end].endswith(":"):
                break
            if re.match(rf"j\w+\s+{re.escape(line[:-1])}$", code[end]):
                found.append(code[begin + 1 : end + 1])
                break
    return found


def one_stretch(lanes: Any, sums: Any, keep: Any, stop: Any) -> None:
    step(lanes, 0, spread8(keep), 0, stop, sums, 0)


def test_eight_accelerators_step_in_one_register() -> None:
    """What `steps` spends its time in: no single float, and few instructions a step."""
    sums = np.zeros(64 * WIDTH, np.int32)
    lanes = walkers(WIDTH)
    for column in lanes:
        column[:] = 0
    code = machine_code(one_stretch, lanes, sums, np.float32(0.5), 64)
    loops = [loop for loop in inner_loops(code) if any("vcvttps2dq" in line for line in loop)]
    assert loops
    for loop in loops:
        rounds = sum(bool(re.match(r"vcvttps2dq\s.*%[yz]mm", line)) for line in loop)
        assert rounds > 0
        assert len(loop) <= MOST_OF_A_STEP * rounds
        assert not [line for line in loop if re.match(r"v\w+ss\s", line)]


def test_exponentials_of_events_are_taken_eight_at_once() -> None:
    age, out = np.arange(256, dtype=np.int32), np.empty(256, np.float32)
    code = machine_code(fill_decays, age, np.float32(1e-3), out)
    loops = [loop for loop in inner_loops(code) if any("vfmadd" in line for line in loop)]
    packed = [loop for loop in loops if any(re.match(r"vfmadd\w+ps\s.*%[yz]mm", x) for x in loop)]
    assert packed
