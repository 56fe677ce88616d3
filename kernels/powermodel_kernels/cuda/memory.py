# SPDX-License-Identifier: Apache-2.0
"""Where a kernel's arrays are: in the memory of a GPU, which CuPy owns, or in the simulator's."""

from typing import Any, Protocol

import numpy as np

from powermodel_kernels.cuda.compiler import SIMULATED, cuda
from powermodel_kernels.tables import I32


class Memory(Protocol):
    """Takes arrays to the device and back."""

    def put(self, array: Any) -> Any:
        """Return a copy of a host array that a kernel can read."""

    def empty(self, shape: tuple[int, ...]) -> Any:
        """Return an int32 array that a kernel can fill."""

    def fetch(self, array: Any) -> I32:
        """Wait for the kernels and return what ``empty`` gave, on the host."""


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

    def empty(self, shape: tuple[int, ...]) -> Any:
        """Take memory of the GPU from CuPy's pool."""
        return cuda.as_cuda_array(self._cupy.empty(shape, np.int32))

    def fetch(self, array: Any) -> I32:
        """Copy to pages of the host that cannot move, which the GPU writes by itself."""
        block = self._cupy.cuda.alloc_pinned_memory(array.nbytes)
        host: I32 = np.frombuffer(block, np.int32, array.size).reshape(array.shape)
        self._cupy.asarray(array).get(out=host)
        return host


class SimulatedMemory:
    """The simulator's, which is the host's."""

    def put(self, array: Any) -> Any:
        """Copy, so that a kernel cannot see what the host changes later."""
        return cuda.to_device(array)

    def empty(self, shape: tuple[int, ...]) -> Any:
        """Take memory of the host."""
        return cuda.device_array(shape, np.int32)

    def fetch(self, array: Any) -> I32:
        """Copy."""
        host: I32 = array.copy_to_host()
        return host


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
