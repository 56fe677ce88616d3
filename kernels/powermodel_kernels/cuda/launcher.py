# SPDX-License-Identifier: Apache-2.0
"""Launches machine code on the current GPU, with arguments packed as Numba lays them out.

Numba would look at every array of a launch anew and make an object of each number: with the tables
of a job that takes longer than most kernels here run.
"""

import ctypes
import struct
from collections.abc import Callable
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from numba import typeof, types

from powermodel_kernels.cuda.code import assembly, machine_code

_LARGEST_SIGNED = 2**63
_PTX_TOO_NEW = 222
"""CUDA_ERROR_UNSUPPORTED_PTX_VERSION (cuda.h)."""


class Ready(NamedTuple):
    """A kernel on a GPU, and room for its parameters, which the driver copies at each launch."""

    handle: int
    layout: struct.Struct
    parameters: Any
    """As many bytes as the layout has."""
    pointers: Any
    """To each of them."""


_ready: dict[tuple[Any, ...], Ready] = {}
_launching = Lock()
"""Held while there are parameters in the room of a kernel."""


def launch_here(
    function: Callable[..., None], blocks: int | tuple[int, ...], threads: int,
    arguments: tuple[Any, ...],
) -> None:  # fmt: skip
    """Start a kernel on the current GPU and stream of CuPy, which need not have seen it before."""
    import cupy

    values: list[Any] = []
    kinds: list[str] = []
    flatten(arguments, values, kinds)
    key = (function, cupy.cuda.runtime.getDevice(), *kinds)
    ready = _ready.get(key)
    if ready is None:
        ready = _ready[key] = _loaded(cupy, function, arguments, kinds)
    given = blocks if isinstance(blocks, tuple) else (blocks,)
    across, down, deep = (*given, 1, 1)[:3]
    stream, pointers = cupy.cuda.get_current_stream().ptr, ctypes.addressof(ready.pointers)
    with _launching:
        ready.layout.pack_into(ready.parameters, 0, *values)
        cupy.cuda.driver.launchKernel(
            ready.handle, across, down, deep, threads, 1, 1, 0, stream, pointers, 0
        )


def flatten(argument: Any, values: list[Any], kinds: list[str]) -> None:
    """Append the parameters of an argument, and what kind of thing it is.

    The layout is Numba's: an array is two pointers for its owner (here none), its number of items,
    the size of one, where they are, shape and strides; tuples are their members in turn.

    Raises
    ------
    ValueError
        If the items of an array do not lie one after the other.
    """
    if isinstance(argument, tuple):
        kinds.append(f"({type(argument).__name__}")
        for member in argument:
            flatten(member, values, kinds)
        return
    if isinstance(argument, np.generic):
        kinds.append(argument.dtype.char)
        values.append(argument.item())
    elif isinstance(argument, bool):
        kinds.append("?")
        values.append(argument)
    elif isinstance(argument, int):
        kinds.append("q" if argument < _LARGEST_SIGNED else "Q")
        values.append(argument)
    elif isinstance(argument, float):
        kinds.append("d")
        values.append(argument)
    else:
        if not argument.flags.c_contiguous:
            raise ValueError("a kernel takes contiguous arrays")
        kinds.append(f"{argument.dtype.char}{argument.ndim}")
        values += (
            0, 0, argument.size, argument.itemsize, argument.data.ptr, *argument.shape,
            *argument.strides,
        )  # fmt: skip


def layout_of(kinds: list[str]) -> struct.Struct:
    """Return how parameters follow each other: each at a multiple of its size, as C aligns them."""
    found = ""
    for kind in kinds:
        if len(kind) == 1:
            found += kind
        elif kind[1:].isdecimal():
            found += "q" * (5 + 2 * int(kind[1:]))
    return struct.Struct("@" + found)


def offsets_in(layout: struct.Struct) -> list[int]:
    """Return at which byte each parameter of a layout begins."""
    offsets, end = [], 0
    for code in layout.format.removeprefix("@"):
        size = struct.calcsize(code)
        offsets.append(-(-end // size) * size)
        end = offsets[-1] + size
    return offsets


def signature_of(arguments: tuple[Any, ...]) -> Any:
    """Return the Numba types of arguments whose arrays may be on a GPU."""
    return types.void(*(typeof(_standing_in(argument)) for argument in arguments))


def _standing_in(argument: Any) -> Any:
    """Return an argument of the same type whose arrays are here."""
    if isinstance(argument, tuple):
        members = [_standing_in(member) for member in argument]
        made = getattr(type(argument), "_make", tuple)
        return made(members)
    if isinstance(argument, (np.generic, int, float)):
        return argument
    return np.zeros((1,) * argument.ndim, argument.dtype)


def _loaded(
    cupy: Any, function: Callable[..., None], arguments: tuple[Any, ...], kinds: list[str]
) -> Ready:
    driver, capability = cupy.cuda.driver, cupy.cuda.Device().compute_capability
    asked = function, signature_of(arguments), (int(capability[:-1]), int(capability[-1]))
    # A context to load into: there is none before the first call that needs one.
    cupy.cuda.runtime.free(0)
    try:
        module = driver.moduleLoadData(assembly(*asked) + b"\0")
    except driver.CUDADriverError as error:
        if error.status != _PTX_TOO_NEW:
            raise
        module = driver.moduleLoadData(machine_code(*asked))
    handle = driver.moduleGetFunction(module, function.__name__)
    layout = layout_of(kinds)
    parameters, offsets = ctypes.create_string_buffer(layout.size), offsets_in(layout)
    begin = ctypes.addressof(parameters)
    pointers = (ctypes.c_void_p * len(offsets))(*(begin + offset for offset in offsets))
    return Ready(handle, layout, parameters, pointers)
