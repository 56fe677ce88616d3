# SPDX-License-Identifier: Apache-2.0
"""Launches a PTX kernel on the CPU: translated to C, compiled by the system's compiler."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from powermodel_kernels.cuda.memory import PackedMemory
from tests.cuda.kept import kept
from tests.cuda.ptx_text import BYTES, Kernel, parse
from tests.cuda.ptx_to_c import translate

_FLAGS = [
    "-std=c11", "-O1", "-shared", "-fPIC",
    # One rounding per instruction, signed sums that wrap, registers seen as several types.
    "-ffp-contract=off", "-fno-fast-math", "-fwrapv", "-fno-strict-aliasing",
]  # fmt: skip
_FAULTS = {
    1: "global memory outside every array, address {address:#x}",
    2: "shared memory outside the block's, offset {address}",
    3: "an address that is no multiple of the size, {address:#x}",
    4: "threads that wait for each other forever",
    5: "out of memory",
}


class PtxFaultError(Exception):
    """What a kernel did that it must not."""


@dataclass(frozen=True)
class Bare:
    """An array of which a kernel gets the address alone."""

    array: Any


def compiler() -> str:
    """Return the C compiler's path."""
    wanted = os.environ.get("CC") or "cc"
    found = shutil.which(wanted)
    if found is None:
        raise RuntimeError(
            f"executing PTX needs a C compiler, looked for '{wanted}': install gcc or clang, "
            "or set CC"
        )
    return found


@cache
def _version_of(path: str) -> str:
    done = subprocess.run([path, "--version"], capture_output=True, text=True, check=True)
    return done.stdout


def _compile(path: str, code: str, library: Path) -> None:
    command = [path, *_FLAGS, "-x", "c", "-", "-o", str(library), "-lm"]
    done = subprocess.run(command, input=code, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the C compiler refused translated PTX:\n{done.stderr[:2000]}")


class HostMemory(PackedMemory):
    """Keeps a device's arrays apart from the host's, as a device would."""

    def zeros(self, shape: tuple[int, ...], kind: Any) -> Any:
        return np.zeros(shape, kind)

    def fetch(self, array: Any) -> Any:
        return np.array(array)

    def _copied(self, whole: Any) -> Any:
        return np.array(whole)

    def _sent(self, length: int, fill: Callable[[Any], None]) -> Any:
        there = np.zeros(length, np.uint8)
        fill(there)
        return there

    def _view(self, whole: Any, place: int, shape: Any, kind: Any) -> Any:
        return np.ndarray(shape, kind, whole, place)


class PtxProgram:
    """A kernel ready to be launched."""

    def __init__(self, text: str) -> None:
        self.kernel: Kernel = parse(text)
        code = translate(text)
        path = compiler()
        key = f"{path} {_version_of(path)} {_FLAGS}\n{code}"
        library = kept("so", key, partial(_compile, path, code))
        self._launch = ctypes.CDLL(str(library)).launch

    def launch(self, grid: Any, block: Any, *args: Any, backwards: bool = False) -> None:
        """Run the kernel as ``kernel[grid, block](*args)`` would on a GPU.

        Threads that may run in any order run from the first to the last, or backwards.
        """
        values, arrays = _flatten(args)
        if not all(a.flags.c_contiguous for a in arrays):
            raise TypeError("a kernel takes contiguous arrays")
        spans = [n for a in arrays for n in (a.ctypes.data, a.ctypes.data + a.nbytes)]
        param = _parameters(self.kernel, values)
        self.launch_packed(grid, block, param, spans, backwards=backwards)

    def launch_packed(
        self, grid: Any, block: Any, param: bytes, spans: list[int], *, backwards: bool = False
    ) -> None:
        """Run the kernel on parameters as they lie in its memory.

        Parameters
        ----------
        spans
            Where the arrays begin and end that it may touch.
        """
        wanted = size_of(self.kernel)
        if len(param) != wanted:
            raise TypeError(f"the kernel takes {wanted} bytes of parameters, got {len(param)}")
        ranges = (ctypes.c_uint64 * max(1, len(spans)))(*spans)
        report = (ctypes.c_uint64 * 2)()
        code = self._launch(
            _three(grid), _three(block), param, ranges, len(spans) // 2, int(backwards), report
        )
        if code:
            what = _FAULTS[code].format(address=report[1])
            raise PtxFaultError(f"fault of the kernel at PTX line {report[0]}: {what}")


def size_of(kernel: Kernel) -> int:
    """Return how many bytes the parameters of a kernel take."""
    kind, offset = list(kernel.params.values())[-1]
    return offset + BYTES[kind]


def _three(size: Any) -> Any:
    size = (size,) if isinstance(size, int) else tuple(size)
    return (ctypes.c_uint32 * 3)(*size, *(1,) * (3 - len(size)))


def _flatten(args: Any) -> tuple[list[Any], list[Any]]:
    """Return the kernel's parameters one by one, and the arrays among them.

    The layout is Numba's: an array is two pointers for its owner (here none), its number of
    items, the size of one, where they are, shape and strides; tuples are their members in turn.
    """
    values: list[Any] = []
    arrays: list[Any] = []
    for arg in args:
        if isinstance(arg, Bare):
            arrays.append(arg.array)
            values.append(arg.array.ctypes.data)
        elif isinstance(arg, np.ndarray):
            arrays.append(arg)
            values += [0, 0, arg.size, arg.itemsize, arg.ctypes.data, *arg.shape, *arg.strides]
        elif isinstance(arg, tuple):
            inner_values, inner_arrays = _flatten(arg)
            values += inner_values
            arrays += inner_arrays
        else:
            values.append(arg)
    return values, arrays


def _parameters(kernel: Kernel, values: list[Any]) -> bytes:
    """Write the values as the kernel's parameter list declares them."""
    if len(values) != len(kernel.params):
        raise TypeError(f"the kernel takes {len(kernel.params)} parameters, got {len(values)}")
    buffer = bytearray()
    for value, (kind, offset) in zip(values, kernel.params.values(), strict=True):
        buffer += bytes(offset - len(buffer))
        if isinstance(value, np.generic):
            raw = value.tobytes()
        else:
            raw = (int(value) & (2 ** (8 * BYTES[kind]) - 1)).to_bytes(BYTES[kind], "little")
        if len(raw) != BYTES[kind]:
            raise TypeError(f"parameter at byte {offset} is {kind}, got {value!r}")
        buffer += raw
    return bytes(buffer)
