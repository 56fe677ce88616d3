# SPDX-License-Identifier: Apache-2.0
"""Where a kernel's arrays are: in the memory of a GPU, which CuPy owns, or in the simulator's.

What goes there and what comes back costs more by the piece than by the byte, so arrays travel
packed: beside each other in one piece of memory.
"""

import weakref
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple, Protocol

import numpy as np

from powermodel_kernels.cuda.compiler import SIMULATED, cuda

_ALIGNED = 64
"""Bytes: where an array of a pack begins, a multiple of this."""


class Pack(NamedTuple):
    """Arrays of the device that go there, and come back, in one piece."""

    arrays: list[Any]
    whole: Any
    """All their bytes, uint8; None where they do not lie together."""


class Memory(Protocol):
    """Takes arrays to the device and back."""

    def put(self, array: Any) -> Any:
        """Return a copy of a host array that a kernel can read."""

    def put_all(self, arrays: Sequence[Any]) -> Pack:
        """Return copies of host arrays that a kernel can read; one without items gets one."""

    def empty(self, shape: tuple[int, ...], kind: Any) -> Any:
        """Return an array of a NumPy type, which a kernel is to fill."""

    def zeros(self, shape: tuple[int, ...], kind: Any) -> Any:
        """Return an array of zeros of a NumPy type, which a kernel can add to or fill."""

    def zeros_all(self, shapes: Sequence[tuple[int, ...]], kinds: Sequence[Any]) -> Pack:
        """Return arrays of zeros."""

    def snapshot(self, pack: Pack) -> Pack:
        """Return a copy of a pack as it is after what was launched so far."""

    def fetch(self, array: Any) -> Any:
        """Wait for the kernels and return an array of the device on the host."""

    def fetch_all(self, pack: Pack) -> list[Any]:
        """Wait for the kernels and return the arrays of a pack on the host."""

    def start_fetch(self, wanted: Sequence[Any]) -> Callable[[], list[Any]]:
        """Let arrays and packs come back beside what is launched from now on.

        That must not write to them.

        Returns
        -------
        callable
            Waits for them and returns them on the host, the arrays of a pack as a list.
        """

    def beside(self) -> AbstractContextManager[Any]:
        """Return a stretch whose launches and transfers do not wait for those outside of it."""


def put_table(into: Memory, table: Any) -> Any:
    """Return a table, a NamedTuple, with its arrays on the device and its numbers as they are."""
    found, _ = put_tables(into, [table])
    return found[0]


def put_tables(into: Memory, tables: Sequence[Any]) -> tuple[list[Any], Pack]:
    """Return tables with their arrays on the device, and these arrays in their order."""
    pack = into.put_all([c for table in tables for c in table if isinstance(c, np.ndarray)])
    there = iter(pack.arrays)
    return [
        type(table)(*(next(there) if isinstance(c, np.ndarray) else c for c in table))
        for table in tables
    ], pack


def with_an_address(array: Any) -> Any:
    """Return an array of no items with one that nobody reads: no items have no address there."""
    return array if array.size else np.zeros([max(1, n) for n in array.shape], array.dtype)


def places_of(shapes: Sequence[Any], kinds: Sequence[Any]) -> tuple[list[int], int]:
    """Return the byte at which each array of a pack begins, and how long the pack is."""
    places, length = [], 0
    for shape, kind in zip(shapes, kinds, strict=True):
        places.append(length)
        size = int(np.prod(shape, dtype=np.int64)) * np.dtype(kind).itemsize
        length += -(-size // _ALIGNED) * _ALIGNED
    return places, max(length, _ALIGNED)


class PackedMemory(ABC):
    """Packs and unpacks; what holds a piece of memory and moves it is the device's."""

    def put(self, array: Any) -> Any:
        """Copy an array."""
        return self.put_all([array]).arrays[0]

    def put_all(self, arrays: Sequence[Any]) -> Pack:
        """Copy arrays in one piece."""
        arrays = [with_an_address(array) for array in arrays]
        shapes, kinds = [a.shape for a in arrays], [a.dtype for a in arrays]
        places, length = places_of(shapes, kinds)

        def fill(into: Any) -> None:
            for array, place in zip(arrays, places, strict=True):
                view = into[place : place + array.nbytes].view(array.dtype)
                view.reshape(array.shape)[...] = array

        return self._packed(self._sent(length, fill), shapes, kinds)

    def zeros_all(self, shapes: Sequence[tuple[int, ...]], kinds: Sequence[Any]) -> Pack:
        """Take memory for arrays in one piece."""
        _, length = places_of(shapes, kinds)
        return self._packed(self.zeros((length,), np.uint8), shapes, kinds)

    def snapshot(self, pack: Pack) -> Pack:
        """Copy the piece."""
        kinds = [array.dtype for array in pack.arrays]
        return self._packed(self._copied(pack.whole), [a.shape for a in pack.arrays], kinds)

    def fetch_all(self, pack: Pack) -> list[Any]:
        """Copy the piece, and cut it up."""
        return unpacked(self.fetch(pack.whole), pack)

    def _packed(self, whole: Any, shapes: Sequence[Any], kinds: Sequence[Any]) -> Pack:
        places, _ = places_of(shapes, kinds)
        views = [
            self._view(whole, place, shape, kind)
            for place, shape, kind in zip(places, shapes, kinds, strict=True)
        ]
        return Pack(views, whole)

    # What is the device's.

    @abstractmethod
    def zeros(self, shape: tuple[int, ...], kind: Any) -> Any:
        """Take memory full of zeros."""

    @abstractmethod
    def fetch(self, array: Any) -> Any:
        """Bring an array back."""

    @abstractmethod
    def _sent(self, length: int, fill: Callable[[Any], None]) -> Any:
        """Return a piece of the device's memory with the bytes that ``fill`` writes."""

    @abstractmethod
    def _copied(self, whole: Any) -> Any:
        """Return a copy of a piece."""

    @abstractmethod
    def _view(self, whole: Any, place: int, shape: Any, kind: Any) -> Any:
        """Return an array that lies in a piece, from a byte on."""


def unpacked(whole: Any, pack: Pack) -> list[Any]:
    """Return the arrays of a pack whose bytes are on the host."""
    places, _ = places_of([a.shape for a in pack.arrays], [a.dtype for a in pack.arrays])
    return [
        np.ndarray(array.shape, array.dtype, whole, place)
        for array, place in zip(pack.arrays, places, strict=True)
    ]


def _wait_for(busy: deque[tuple[Any, Any]]) -> None:
    """Wait until the GPU is done with the host's memory, before others get it."""
    for done, _ in busy:
        done.synchronize()
    busy.clear()


class GpuMemory(PackedMemory):
    """The memory of one GPU, with the streams and the host's side of its transfers.

    Kernels run on the thread's current stream; what was asked for with ``start_fetch`` comes back
    on a stream of its own. Blocks of the host's memory that the GPU reads and writes by itself
    cannot move, and are held until it has done so.
    """

    def __init__(self, number: int) -> None:
        # Here, not above: the simulator needs no CuPy.
        import cupy

        self._cupy = cupy
        cupy.cuda.Device(number).use()
        self._back = cupy.cuda.Stream(non_blocking=True)
        # It jumps the queue: few threads wait for each other there, so it is short of time.
        self._beside = cupy.cuda.Stream(non_blocking=True, priority=-1)
        self._busy: deque[tuple[Any, Any]] = deque()
        # A run may be cut off while its next tile is on its way.
        weakref.finalize(self, _wait_for, self._busy)

    def empty(self, shape: tuple[int, ...], kind: Any) -> Any:
        """Take memory of the GPU from CuPy's pool."""
        return self._cupy.empty(shape, kind)

    def zeros(self, shape: tuple[int, ...], kind: Any) -> Any:
        """Take memory of the GPU from CuPy's pool, full of zeros."""
        return self._cupy.zeros(shape, kind)

    def fetch(self, array: Any) -> Any:
        """Copy to pages of the host that cannot move, which the GPU writes by itself."""
        block = self._block(array.nbytes)
        stream = self._cupy.cuda.get_current_stream()
        array.data.copy_to_host_async(block.ptr, array.nbytes, stream)
        stream.synchronize()
        return self._host(block, array)

    def start_fetch(self, wanted: Sequence[Any]) -> Callable[[], list[Any]]:
        """Copy on a stream of its own, which waits for what was launched so far."""
        self._back.wait_event(self._cupy.cuda.get_current_stream().record())
        arrays = [one.whole if isinstance(one, Pack) else one for one in wanted]
        blocks = [self._block(array.nbytes) for array in arrays]
        for array, block in zip(arrays, blocks, strict=True):
            array.data.copy_to_host_async(block.ptr, array.nbytes, self._back)
        done = self._back.record()
        self._busy.append((done, (blocks, arrays)))

        def wait() -> list[Any]:
            done.synchronize()
            found = [self._host(b, a) for b, a in zip(blocks, arrays, strict=True)]
            return [
                unpacked(here, one) if isinstance(one, Pack) else here
                for here, one in zip(found, wanted, strict=True)
            ]

        return wait

    def beside(self) -> AbstractContextManager[Any]:
        """Make a stream of its own the current one."""
        stream: AbstractContextManager[Any] = self._beside
        return stream

    def _sent(self, length: int, fill: Callable[[Any], None]) -> Any:
        block = self._block(length)
        fill(np.frombuffer(block, np.uint8, length))
        there = self._cupy.empty(length, np.uint8)
        stream = self._cupy.cuda.get_current_stream()
        there.data.copy_from_host_async(block.ptr, length, stream)
        self._busy.append((stream.record(), block))
        return there

    def _copied(self, whole: Any) -> Any:
        there = self._cupy.empty(whole.shape, whole.dtype)
        stream = self._cupy.cuda.get_current_stream()
        there.data.copy_from_device_async(whole.data, whole.nbytes, stream)
        return there

    def _view(self, whole: Any, place: int, shape: Any, kind: Any) -> Any:
        return self._cupy.ndarray(shape, kind, whole.data + place)

    def _block(self, length: int) -> Any:
        """Return pages of the host that cannot move, once the GPU is done with them."""
        while self._busy and self._busy[0][0].done:
            self._busy.popleft()
        return self._cupy.cuda.alloc_pinned_memory(length)

    @staticmethod
    def _host(block: Any, array: Any) -> Any:
        return np.frombuffer(block, array.dtype, array.size).reshape(array.shape)


class SimulatedMemory:
    """The simulator's, which is the host's."""

    def put(self, array: Any) -> Any:
        """Copy, so that a kernel cannot see what the host changes later."""
        return cuda.to_device(with_an_address(array))

    def put_all(self, arrays: Sequence[Any]) -> Pack:
        """Copy each."""
        return Pack([self.put(array) for array in arrays], None)

    def empty(self, shape: tuple[int, ...], kind: Any) -> Any:
        """Take memory of the host."""
        return self.zeros(shape, kind)

    def zeros(self, shape: tuple[int, ...], kind: Any) -> Any:
        """Take memory of the host."""
        return cuda.to_device(np.zeros(shape, kind))

    def zeros_all(self, shapes: Sequence[tuple[int, ...]], kinds: Sequence[Any]) -> Pack:
        """Take memory of the host for each."""
        return Pack([self.zeros(s, k) for s, k in zip(shapes, kinds, strict=True)], None)

    def snapshot(self, pack: Pack) -> Pack:
        """Copy each."""
        return self.put_all(self.fetch_all(pack))

    def fetch(self, array: Any) -> Any:
        """Copy."""
        return array.copy_to_host()

    def fetch_all(self, pack: Pack) -> list[Any]:
        """Copy each."""
        return [self.fetch(array) for array in pack.arrays]

    def start_fetch(self, wanted: Sequence[Any]) -> Callable[[], list[Any]]:
        """Copy each at once: a launch returns when it is done."""
        found = [
            self.fetch_all(one) if isinstance(one, Pack) else self.fetch(one) for one in wanted
        ]
        return lambda: found

    def beside(self) -> AbstractContextManager[Any]:
        """Change nothing."""
        return nullcontext()


def memory(number: int) -> Memory:
    """Return the memory of a GPU, which becomes this thread's current one; or the simulator's."""
    return SimulatedMemory() if SIMULATED else GpuMemory(number)


def free_bytes(number: int) -> int | None:
    """Return what this process can get of a GPU, bytes; None in the simulator, which has enough."""
    if SIMULATED:
        return None
    import cupy

    with cupy.cuda.Device(number):
        free, _ = cupy.cuda.runtime.memGetInfo()
        # What CuPy was given and keeps for the next array.
        return int(free + cupy.get_default_memory_pool().free_bytes())
