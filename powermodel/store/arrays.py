# SPDX-License-Identifier: Apache-2.0
"""One array of a store: how it is cut, which file holds what, and the levels of the overview."""

from __future__ import annotations

import math
from dataclasses import dataclass

from numpy.typing import NDArray

from powermodel import schema
from powermodel.store.encode import Codec, Encoding


@dataclass(frozen=True, slots=True)
class Level:
    """One overview level in a layout.

    Parameters
    ----------
    name : str
        Such as ``"10ms"``.
    cell : int
        Samples in a cell.
    n_cells : int
        Cells in the run, the last of which may be partial.
    span_blocks : int
        Blocks whose cells are written together.
    source : Level, optional
        The level it is reduced from; None for the samples themselves.
    """

    name: str
    cell: int
    n_cells: int
    span_blocks: int
    source: Level | None

    @property
    def group(self) -> str:
        """Path of the level's group."""
        return f"overview/{self.name}"


@dataclass(frozen=True, slots=True)
class ArraySpec:
    """How one variable is cut into chunks and shards.

    Parameters
    ----------
    variable : schema.Variable
        What it is.
    shape, chunks : tuple of int
        As in Zarr.
    shards : tuple of int, optional
        As in Zarr; None where every chunk is a file.
    codec : str
        Key of the compression.
    blocks_per_file : int
        Blocks that one file covers along time.
    """

    variable: schema.Variable
    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    shards: tuple[int, ...] | None
    codec: Codec
    blocks_per_file: int = 1

    @property
    def path(self) -> str:
        """Path of the array in the store."""
        return self.variable.path

    def keys(self, run: int, block: int) -> list[str]:
        """Return the keys of the files that hold a block of a run."""
        stem = f"{self.path}/c/{run}/{block // self.blocks_per_file}"
        if len(self.shape) == 2:
            return [stem]
        return [f"{stem}/{number}" for number in range(len(self.nodes_of_files()))]

    def nodes_of_files(self) -> list[slice]:
        """Return which nodes each of the files has that share a time."""
        step = (self.shards or self.chunks)[2]
        return [slice(start, start + step) for start in range(0, self.shape[2], step)]

    def files(self, run: int, block: int, values: NDArray) -> list[tuple[str, NDArray]]:
        """Return the keys of the files that hold a block, each with its part of the values."""
        keys = self.keys(run, block)
        if values.ndim == 1:
            return [(keys[0], values)]
        parts = (values[:, nodes] for nodes in self.nodes_of_files())
        return list(zip(keys, parts, strict=True))

    @property
    def encoding(self) -> Encoding:
        """How the values of a file, without the run, become its bytes."""
        shard = None if self.shards is None else self.shards[1:]
        # What is not written reads as missing, never as a number.
        return Encoding(self.chunks[1:], shard, self.codec, math.nan)
