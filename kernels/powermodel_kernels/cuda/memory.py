# SPDX-License-Identifier: Apache-2.0
"""Where a kernel's arrays are: in the memory of a GPU, which CuPy owns, or in the simulator's."""

from typing import Any, Protocol

import numpy as np

from powermodel_kernels.cuda.compiler import SIMULATED, cuda


class Memory(Protocol):
    """Takes arrays to the device and back."""

    def put(self, array: Any) -> Any:
        """Return a copy of a host array that a kernel can read."""

    def zeros(self, shape: tuple[int, ...], kind: Any) -> Any:
        """Return an array of zeros of a NumPy type, which a kernel can add to or fill."""

    def fetch(self, array: Any) -> Any:
        """Wait for the kernels and return an array of the device on the host."""


def put_table(into: Memory, table: Any) -> Any:
    """Return a table, a NamedTuple, with its arrays on the device and its numbers as they are."""
    return type(table)(*(
        into.put(with_an_address(column)) if isinstance(column, np.ndarray) else column
        for column in table
    ))  # fmt: skip


def with_an_address(array: Any) -> Any:
    """Return an array of no items with one that nobody reads: no items have no address there."""
    return array if array.size else np.zeros([max(1, n) for n in array.shape], array.dtype)


class GpuMemory:
    """The memory of one GPU."""

    def __init__(self, number: int) -> None:
        # Here, not above: the simulator needs no CuPy.
        import cupy

        self._cupy = cupy
        cupy.cuda.Device(number).use()
        cuda.select_device(number)

    def put(self, array: Any) -> Any:
        """Copy to the GPU."""
        return cuda.as_cuda_array(self._cupy.asarray(array))

    def zeros(self, shape: tuple[int, ...], kind: Any) -> Any:
        """Take memory of the GPU from CuPy's pool."""
        return cuda.as_cuda_array(self._cupy.zeros(shape, kind))

    def fetch(self, array: Any) -> Any:
        """Copy to pages of the host that cannot move, which the GPU writes by itself."""
        block = self._cupy.cuda.alloc_pinned_memory(array.nbytes)
        host = np.frombuffer(block, array.dtype, array.size).reshape(array.shape)
        self._cupy.asarray(array).get(out=host)
        return host


class SimulatedMemory:
    """The simulator's, which is the host's."""

    def put(self, array: Any) -> Any:
        """Copy, so that a kernel cannot see what the host changes later."""
        return cuda.to_device(array)

    def zeros(self, shape: tuple[int, ...], kind: Any) -> Any:
        """Take memory of the host."""
        return cuda.to_device(np.zeros(shape, kind))

    def fetch(self, array: Any) -> Any:
        """Copy."""
        return array.copy_to_host()


def memory(number: int) -> Memory:
    """Return the memory of a GPU, which becomes this thread's current one; or the simulator's."""
    return SimulatedMemory() if SIMULATED else GpuMemory(number)


def free_bytes(number: int) -> int | None:
    """Return what is free on a GPU, bytes; None in the simulator, which takes what it needs."""
    if SIMULATED:
        return None
    import cupy

    with cupy.cuda.Device(number):
        free, _ = cupy.cuda.runtime.memGetInfo()
    return int(free)
