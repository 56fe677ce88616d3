# SPDX-License-Identifier: Apache-2.0
"""What the project asks of CuPy, on a machine without a GPU: kernels are PTX executed on the CPU.

Only what is used is there, with CuPy's names. Memory that nobody wrote is full of a pattern. What
a stream other than the current one brings back is copied when somebody waits for it, as late as a
GPU may be: what was written to in the meantime is seen.
"""

from __future__ import annotations

import bisect
import ctypes
import struct
from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np

from tests.cuda.ptx_run import PtxProgram
from tests.cuda.ptx_text import BYTES, Kernel

_UNWRITTEN = 0xA5


_program = cache(PtxProgram)
"""Translated once in a process."""


class Pointer:
    """An address inside a piece of the GPU's memory."""

    def __init__(self, piece: np.ndarray, offset: int = 0) -> None:
        self.piece, self.offset = piece, offset

    @property
    def ptr(self) -> int:
        return int(self.piece.__array_interface__["data"][0]) + self.offset

    def __add__(self, offset: int) -> Pointer:
        return Pointer(self.piece, self.offset + offset)

    def _bytes(self, size: int) -> np.ndarray:
        assert self.offset + size <= self.piece.nbytes
        return self.piece[self.offset : self.offset + size]

    def copy_from_host_async(self, address: int, size: int, stream: Stream) -> None:
        stream.gpu.sent += 1
        self._bytes(size)[:] = _host(address, size)

    def copy_from_device_async(self, source: Pointer, size: int, _stream: Stream) -> None:
        self._bytes(size)[:] = source._bytes(size)

    def copy_to_host_async(self, address: int, size: int, stream: Stream) -> None:
        stream.gpu.brought += 1

        def copy() -> None:
            _host(address, size)[:] = self._bytes(size)

        stream.later.append(copy)


def _host(address: int, size: int) -> np.ndarray:
    return np.frombuffer((ctypes.c_uint8 * size).from_address(address), np.uint8)


class Array(np.ndarray):
    """An array of the GPU: what is on the host is not to be had by looking into it."""

    pointer: Pointer

    @property
    def data(self) -> Any:
        offset = self.__array_interface__["data"][0] - self.pointer.ptr
        return self.pointer + offset

    def __array_finalize__(self, base: Any) -> None:
        if isinstance(base, Array):
            self.pointer = base.pointer


class Event:
    """A point of a stream."""

    def __init__(self, stream: Stream) -> None:
        self._stream, self._jobs = stream, list(stream.later)

    @property
    def done(self) -> bool:
        return not any(job in self._stream.later for job in self._jobs)

    def synchronize(self) -> None:
        for job in self._jobs:
            if job in self._stream.later:
                self._stream.later.remove(job)
                job()


class Stream:
    """Launches and sends at once; brings back when it has to."""

    def __init__(self, gpu: HostGpu, number: int) -> None:
        self.gpu, self.ptr = gpu, number
        self.later: list[Callable[[], None]] = []

    def record(self) -> Event:
        return Event(self)

    def wait_event(self, event: Event) -> None:
        event.synchronize()

    def synchronize(self) -> None:
        self.record().synchronize()

    def __enter__(self) -> Stream:
        self.gpu.streams.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        self.gpu.streams.pop()


def _copied(kernel: Kernel, parameters: int) -> bytes:
    """Return the parameters of a kernel, as the driver copies them: by their declared sizes."""
    declared = kernel.params.values()
    pointers = (ctypes.c_void_p * len(declared)).from_address(parameters)
    found = bytearray()
    for (kind, offset), pointer in zip(declared, pointers, strict=True):
        found += bytes(offset - len(found)) + ctypes.string_at(pointer, BYTES[kind])
    return bytes(found)


class DriverError(RuntimeError):
    """What the driver says, by its number."""

    def __init__(self, status: int) -> None:
        super().__init__(f"error {status}")
        self.status = status


class HostGpu(SimpleNamespace):
    """A module ``cupy`` whose GPU is this machine.

    Parameters
    ----------
    compute_capability
        As CuPy says it, such as ``"90"``.
    backwards
        Whether threads run from the last to the first.
    """

    def __init__(self, compute_capability: str = "90", *, backwards: bool = False) -> None:
        super().__init__()
        self.sent = self.brought = 0
        self.launched: list[str] = []
        self.used: list[int] = []
        # None is given back, so that no address is used twice.
        self._pieces: list[np.ndarray] = []
        self._begins: list[int] = []
        self._ends: list[int] = []
        self._programs: list[tuple[PtxProgram, str]] = []
        self._backwards = backwards
        self.streams = [Stream(self, 0)]
        self.cuda = SimpleNamespace(
            Device=lambda number=0: SimpleNamespace(
                use=lambda: self.used.append(number), compute_capability=compute_capability
            ),
            Stream=self._stream,
            get_current_stream=lambda: self.streams[-1],
            alloc_pinned_memory=self._pinned,
            runtime=SimpleNamespace(getDevice=lambda: 0, free=lambda _address: None),
            driver=SimpleNamespace(
                CUDADriverError=DriverError,
                moduleLoadData=self._load,
                moduleGetFunction=self._function,
                launchKernel=self._launch,
            ),
        )
        self.made = 1

    def _stream(self, *, non_blocking: bool, priority: int = 0) -> Stream:
        # One that waits for the default stream could bring nothing back beside it.
        assert non_blocking
        assert priority <= 0
        self.made += 1
        return Stream(self, self.made)

    @staticmethod
    def _pinned(size: int) -> Any:
        # CuPy's pool rounds up to a power of two.
        block = (ctypes.c_uint8 * (1 << max(9, (size - 1).bit_length())))()
        np.frombuffer(block, np.uint8)[:] = _UNWRITTEN
        block.ptr = ctypes.addressof(block)
        return block

    # Arrays.

    def empty(self, shape: Any, kind: Any) -> Array:
        shape = (shape,) if isinstance(shape, int) else tuple(shape)
        size = int(np.prod(shape, dtype=np.int64)) * np.dtype(kind).itemsize
        piece = np.full(max(1, size), _UNWRITTEN, np.uint8)
        self._pieces.append(piece)
        at = bisect.bisect(self._begins, piece.ctypes.data)
        self._begins.insert(at, piece.ctypes.data)
        self._ends.insert(at, piece.ctypes.data + piece.nbytes)
        return self.ndarray(shape, kind, Pointer(piece))

    def zeros(self, shape: Any, kind: Any) -> Array:
        made = self.empty(shape, kind)
        made.pointer.piece[:] = 0
        return made

    def ndarray(self, shape: Any, kind: Any, pointer: Pointer) -> Array:
        made = Array(shape, kind, pointer.piece, pointer.offset)
        made.pointer = Pointer(pointer.piece)
        return made

    # Kernels.

    def _load(self, code: bytes) -> int:
        # The driver reads PTX up to its first zero.
        text, end, _ = code.partition(b"\0")
        assert end
        program = _program(text.decode())
        self._programs.append((program, program.kernel.name))
        return len(self._programs)

    def _function(self, module: int, name: str) -> int:
        assert self._programs[module - 1][1] == name
        return module

    def _launch(self, handle: int, *options: int) -> None:
        across, down, deep, *threads, shared, stream, parameters, extra = options
        assert (shared, stream, extra) == (0, self.streams[-1].ptr, 0)
        program, name = self._programs[handle - 1]
        found = _copied(program.kernel, parameters)
        self.launched.append(name)
        program.launch_packed(
            (across, down, deep), threads, found, self._spans(found), backwards=self._backwards
        )

    def _spans(self, parameters: bytes) -> list[int]:
        """Return where the arrays begin and end whose addresses a kernel was given."""
        words = struct.unpack_from(f"{len(parameters) // 8}q", parameters)
        spans: list[int] = []
        for at in range(len(words) - 4):
            owner, parent, items, size, address = words[at : at + 5]
            if (owner, parent) == (0, 0) and self._holds(address):
                spans += [address, address + items * size]
        return spans

    def _holds(self, address: int) -> bool:
        """Return whether an address lies in a piece of the GPU's memory."""
        at = bisect.bisect_right(self._ends, address)
        return at < len(self._ends) and address >= self._begins[at]
