# SPDX-License-Identifier: Apache-2.0
"""The record of what is whole: a checksum for each block and array, the truth for a resume."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import zarr

from powermodel import schema
from powermodel.store.arrays import ArraySpec
from powermodel.store.encode import Encoding
from powermodel.store.files import Files, checksum
from powermodel.store.layout import StoreLayout
from powermodel.store.tree import PROGRESS_CODEC, progress_blocks

NOTHING = -1


@dataclass(frozen=True, slots=True)
class Damage:
    """A block that was written whole and no longer is.

    Parameters
    ----------
    run, block : int
        Which one.
    start_s, stop_s : float
        Its time, in s.
    arrays : tuple of str
        The arrays whose files are missing or differ.
    """

    run: int
    block: int
    start_s: float
    stop_s: float
    arrays: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"block {self.block} of run {self.run} ({self.start_s:g} s to {self.stop_s:g} s) "
            f"in {', '.join(self.arrays)}"
        )


class Progress:
    """The checksums of one run, in memory and in the store.

    Parameters
    ----------
    group : zarr.Group
        The store.
    layout : StoreLayout
        Its layout.
    run : int
        The run.
    """

    def __init__(self, group: zarr.Group, layout: StoreLayout, run: int) -> None:
        self._array: Any = group[schema.CHECKSUM.path]
        self._layout = layout
        self._run = run
        self.specs = layout.arrays()
        spans = np.array([spec.blocks_per_file for spec in self.specs])
        self._own = np.flatnonzero(spans == 1)
        self._joint = np.flatnonzero(spans > 1)
        self.rows, self.unreadable = self._load()

    def _load(self) -> tuple[np.ndarray, list[int]]:
        """Read the record; the blocks of a damaged part of it are reported and count as missing."""
        count = self._layout.n_blocks
        rows = np.full((count, len(self.specs)), NOTHING, dtype=np.int64)
        unreadable: list[int] = []
        step = progress_blocks(self._layout)
        for start in range(0, count, step):
            part = slice(start, min(start + step, count))
            try:
                rows[part] = self._array[self._run, part]
            except (ValueError, RuntimeError):  # what Zarr's codecs raise for damaged bytes
                unreadable += range(part.start, part.stop)
        return rows, unreadable

    def done(self) -> np.ndarray:
        """Return for each block whether all that it writes alone is whole."""
        return np.asarray((self.rows[:, self._own] != NOTHING).all(axis=1))

    def whole_blocks(self) -> int:
        """Return how many blocks are whole from the start of the run on."""
        done = self.done()
        return int(len(done) if done.all() else np.argmin(done))

    def blocks_of_file(self, spec: ArraySpec, block: int) -> range:
        """Return the blocks that share a file with `block`; the last one's row has its checksum."""
        start = block // spec.blocks_per_file * spec.blocks_per_file
        return range(start, min(start + spec.blocks_per_file, self._layout.n_blocks))

    def completes(self, spec: ArraySpec, block: int) -> bool:
        """Whether a file that several blocks share is whole once `block` is."""
        done = self.done()
        return all(done[other] or other == block for other in self.blocks_of_file(spec, block))

    def record(self, files: Files, block: int, sums: Mapping[int, int]) -> None:
        """Note the checksums of a block, by column, and write them to the store.

        The block's own row comes last: until it is there, the block is not done.
        """
        touched = set()
        for column, value in sums.items():
            last = self.blocks_of_file(self.specs[column], block)[-1]
            self.rows[last, column] = value
            touched.add(last)
        self._save(files, touched - {block})
        self._save(files, {block})

    def _save(self, files: Files, blocks: Iterable[int]) -> None:
        shape = (progress_blocks(self._layout), len(self.specs))
        encoding = Encoding(shape, None, PROGRESS_CODEC, NOTHING)
        for number in sorted({block // shape[0] for block in blocks}):
            rows = self.rows[number * shape[0] : (number + 1) * shape[0]]
            key = f"{schema.CHECKSUM.path}/c/{self._run}/{number}/0"
            files.stream(key, encoding.file(rows))

    def damage(
        self, files: Files, blocks: Iterable[int], skip: tuple[str, ...] = ()
    ) -> list[Damage]:
        """Compare the files of whole blocks with their checksums.

        Parameters
        ----------
        files : Files
            Of the store.
        blocks : iterable of int
            Blocks to look at; those not done are passed over.
        skip : tuple of str
            Groups whose files need only be there.
        """
        done = self.done()
        found = []
        for block in blocks:
            if not done[block]:
                continue
            bad = tuple(
                spec.path
                for column, spec in enumerate(self.specs)
                if not self._intact(files, block, column, spec, spec.variable.group in skip)
            )
            if bad:
                found.append(Damage(self._run, block, *self._layout.span_s(block), bad))
        return found

    def _intact(
        self, files: Files, block: int, column: int, spec: ArraySpec, present: bool
    ) -> bool:
        shared = self.blocks_of_file(spec, block)
        if block != shared[-1] or not self.done()[shared[0] : shared[-1] + 1].all():
            return True  # another block answers for this file, or it is not due yet
        keys = spec.keys(self._run, block)
        if present:
            return all(files.has(key) for key in keys)
        return checksum(files, keys) == int(self.rows[block, column])

    def forget(self, files: Files, blocks: Iterable[int]) -> None:
        """Count blocks as not done and remove every file that is not whole without them."""
        for block in blocks:
            self.rows[block] = NOTHING
        done = self.done()
        for column in self._joint:
            spec = self.specs[column]
            for start in range(0, self._layout.n_blocks, spec.blocks_per_file):
                shared = self.blocks_of_file(spec, start)
                if not done[shared.start : shared.stop].all():
                    self.rows[shared[-1], column] = NOTHING
                    files.remove(spec.keys(self._run, start))
        for block in np.flatnonzero(~done).tolist():
            for column in self._own:
                self.rows[block, column] = NOTHING
                files.remove(self.specs[column].keys(self._run, block))
