# SPDX-License-Identifier: Apache-2.0
"""Large arrays in memory that earlier ones have left.

A system clears every page that it gives to a process, which takes as long as to compute what goes
into it. The power of some racks is made, used and dropped many times a second: it takes the memory
of its forerunners. Nobody has to give anything back, and nobody can keep a stale array: memory is
used again when no array is left that looks at it.
"""

import math
import weakref
from threading import RLock
from typing import Any

import numpy as np
from numpy.typing import NDArray

SMALLEST = 1 << 20
"""Bytes below which the C library does this itself."""
LARGEST = 8
"""Times the bytes that are needed: an array that stays would hold what others could use."""
KEPT = 256 << 20
"""Bytes of free memory that are kept at most."""

# Dropping an array may give back another's memory, within the same thread.
_lock = RLock()
_free: list[NDArray[np.uint8]] = []


class _Lent:
    """What an array over a piece of memory, and any view of that array, refers to."""

    def __init__(self, memory: NDArray[np.uint8]) -> None:
        self.__array_interface__ = memory.__array_interface__
        weakref.finalize(self, _take_back, memory).atexit = False


def empty(shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
    """Return an array whose numbers are anything, as ``numpy.empty`` does."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    if size < SMALLEST:
        return np.empty(shape, dtype)
    memory = _taken(size)
    if memory is None:
        memory = np.empty(size, np.uint8)
    lent = np.asarray(_Lent(memory))
    made: NDArray[Any] = lent[:size].view(dtype).reshape(shape)
    return made


def _taken(size: int) -> NDArray[np.uint8] | None:
    """Take the smallest free memory that is large enough, and not far too large."""
    with _lock:
        fitting = [i for i, memory in enumerate(_free) if size <= memory.size <= LARGEST * size]
        if fitting:
            return _free.pop(min(fitting, key=lambda i: _free[i].size))
        # What is too small now would lie about beside what is made now.
        _free[:] = [memory for memory in _free if memory.size > size]
        return None


def _take_back(memory: NDArray[np.uint8]) -> None:
    with _lock:
        if memory.size + free_bytes() <= KEPT:
            _free.append(memory)


def free_bytes() -> int:
    """Return how much memory is kept and not used."""
    with _lock:
        return sum(memory.size for memory in _free)


def release() -> None:
    """Give what is not used back to the system."""
    with _lock:
        _free.clear()
