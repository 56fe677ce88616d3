# SPDX-License-Identifier: Apache-2.0
"""Arrays as the bytes of files: chunks and shards of the Zarr v3 specification.

Zarr itself reads all of it and makes the metadata; only the writing of values is done here, where
a file is encoded once, in one piece, from data that is never copied as a whole.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import numpy as np
from numcodecs import Blosc, blosc
from numcodecs.checksum32 import CRC32C
from numpy.typing import NDArray
from zarr.codecs import BloscCodec, Crc32cCodec

Codec = Literal["double", "single", "plain"]


class _Packing(NamedTuple):
    compressor: Literal["zstd", "lz4"]
    shuffle: Literal["shuffle", "bitshuffle"]


_PACKING: dict[Codec, _Packing] = {
    "double": _Packing("zstd", "shuffle"),
    "single": _Packing("lz4", "bitshuffle"),
}
_LEVEL = 5

_ABSENT = 2**64 - 1
"""Offset and length of a chunk that lies outside the array."""


def compressors(codec: Codec) -> list[Any]:
    """Return the compression of an array; docs/decisions/0003 has the measurements.

    Each ends in a checksum, so that any Zarr reader notices a damaged chunk.
    """
    packing = _PACKING.get(codec)
    if packing is None:
        return [Crc32cCodec()]
    packer = BloscCodec(cname=packing.compressor, clevel=_LEVEL, shuffle=packing.shuffle)
    return [packer, Crc32cCodec()]


@lru_cache(maxsize=8)
def _blosc(codec: Codec) -> Blosc | None:
    """Return what compresses a chunk, the same as the first of `compressors`."""
    packing = _PACKING.get(codec)
    if packing is None:
        return None
    number = {"shuffle": Blosc.SHUFFLE, "bitshuffle": Blosc.BITSHUFFLE}[packing.shuffle]
    return Blosc(packing.compressor, _LEVEL, number)


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the values of one file become its bytes.

    Parameters
    ----------
    chunk : tuple of int
        What is compressed as one.
    shard : tuple of int, optional
        Size of the file in whole chunks; None where a file is one chunk.
    codec : str
        Key of the compression.
    fill : float
        What stands beyond the end of the array.
    """

    chunk: tuple[int, ...]
    shard: tuple[int, ...] | None
    codec: Codec
    fill: float

    def file(self, values: NDArray) -> Iterator[bytes]:
        """Yield the bytes of a file in parts; consume them within `same_bytes_again`.

        Parameters
        ----------
        values : ndarray
            Of the array's type, with as many axes as a chunk; shorter where the array ends.
        """
        if self.shard is None:
            yield from self._chunk(values)
            return
        index: list[tuple[int, int]] = []
        begin = 0
        for place in _places(self.shard, self.chunk):
            inside = values[place]
            if not inside.size:
                index.append((_ABSENT, _ABSENT))
                continue
            chunk = self._chunk(inside)
            yield from chunk
            length = sum(map(len, chunk))
            index.append((begin, length))
            begin += length
        yield from _with_checksum(np.array(index, dtype="<u8").tobytes())

    def _chunk(self, values: NDArray) -> list[bytes]:
        if values.shape != self.chunk:
            whole = np.full(self.chunk, self.fill, dtype=values.dtype)
            whole[tuple(map(slice, values.shape))] = values
            values = whole
        plain = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
        packer = _blosc(self.codec)
        return _with_checksum(plain.tobytes() if packer is None else packer.encode(plain))


def _places(shard: tuple[int, ...], chunk: tuple[int, ...]) -> Iterator[tuple[slice, ...]]:
    """Yield where the chunks of a shard are, in the order of its index."""
    cuts = [
        [slice(start, start + step) for start in range(0, size, step)]
        for size, step in zip(shard, chunk, strict=True)
    ]
    return itertools.product(*cuts)


def _with_checksum(data: bytes) -> list[bytes]:
    return [data, crc32c(data).to_bytes(4, "little")]


def crc32c(data: bytes, before: int = 0) -> int:
    """Return the CRC-32C of some bytes, behind others of which it is known."""
    return int(CRC32C.checksum(data, before))


class Summed:
    """The parts of a file on their way to it; ``sum`` is the CRC-32C of those that went by."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts = parts
        self.sum = 0

    def __iter__(self) -> Iterator[bytes]:
        for part in self._parts:
            self.sum = crc32c(part, self.sum)
            yield part


_lock = threading.Lock()
_inside = 0
_before: bool | None = None


@contextmanager
def same_bytes_again() -> Iterator[None]:
    """Make compression repeatable, in this thread and those beside it.

    Blosc with threads of its own puts the parts of a chunk in the order in which they get ready.
    """
    global _inside, _before
    with _lock:
        if _inside == 0:
            _before, blosc.use_threads = blosc.use_threads, False
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                blosc.use_threads = _before
