# SPDX-License-Identifier: Apache-2.0
"""Writing a run, block by block, so that it can be killed at any moment and resumed."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self

import numpy as np
import zarr

from powermodel import schema
from powermodel.errors import StoreError
from powermodel.store.arrays import ArraySpec
from powermodel.store.encode import same_bytes_again
from powermodel.store.files import Files, checksum_of
from powermodel.store.layout import StoreLayout
from powermodel.store.lock import Held
from powermodel.store.progress import Damage, Progress
from powermodel.store.pyramid import overview_of_block
from powermodel.store.state import State, States
from powermodel.store.target import (
    files_at,
    open_group,
    put_new_store,
    refuse_other_run,
    refuse_taken,
)
from powermodel.store.trouble import explained

_log = logging.getLogger(__name__)
_THREADS = min(4, os.cpu_count() or 1)
"""Files that are encoded and written at once; no byte depends on it."""


class StoreWriter:
    """The only writer of a store; use `create` or `resume`, and ``with``.

    Blocks may be written in any order. A block is written file by file, each whole or not at all,
    and counts once its checksums are in ``/progress``, which is written last. Writing a block
    again gives the same bytes.

    Attributes
    ----------
    damaged : list of Damage
        What `resume` found to be no longer whole; it counts as not done.
    """

    def __init__(self, files: Files, layout: StoreLayout, lock: Held) -> None:
        self.files = files
        self.layout = layout
        self.damaged: list[Damage] = []
        self._lock = lock
        self._group = zarr.open_group(files.zarr(), mode="r")
        self._columns = {spec.path: column for column, spec in enumerate(layout.arrays())}
        self._progress: dict[int, Progress] = {}

    @classmethod
    def create(
        cls,
        path: str | os.PathLike[str],
        layout: StoreLayout,
        attributes: Mapping[str, Any],
        *,
        overwrite: bool = False,
    ) -> StoreWriter:
        """Start a new store.

        Parameters
        ----------
        path : path-like
            A folder, or an address such as ``s3://bucket/run.zarr``, where nothing is yet.
        layout : StoreLayout
            What the run holds.
        attributes : mapping
            Root attributes, as `powermodel.provenance.run_attributes` makes them.
        overwrite : bool
            Replace a store that is there. Anything else that is there is never removed.

        Raises
        ------
        StoreError
            If the path is taken, cannot be written, or another process writes it.
        """
        target = files_at(path)
        lock = target.lock()
        try:
            with explained(target.address, "create the store"):
                refuse_taken(target, overwrite)
                put_new_store(target, layout, attributes)
            return cls(target, layout, lock)
        except BaseException:
            lock.release()
            raise

    @classmethod
    def resume(
        cls,
        path: str | os.PathLike[str],
        layout: StoreLayout,
        attributes: Mapping[str, Any],
    ) -> StoreWriter:
        """Go on with a store that is not complete, or repair one that is damaged.

        Every block that is recorded as whole is compared with its checksums.

        Parameters
        ----------
        path : path-like
            The store.
        layout : StoreLayout
            Must be the layout of the store.
        attributes : mapping
            Must agree with those of the store in `powermodel.provenance.MUST_MATCH`.

        Raises
        ------
        StoreError
            If there is no store, it is from another run, or another process writes it.
        """
        target = files_at(path)
        with explained(target.address, "resume the store"):
            open_group(target)
        lock = target.lock()
        try:
            with explained(target.address, "resume the store"):
                group = open_group(target)
                refuse_other_run(target, group, layout, attributes)
                target.remove_unfinished()
                writer = cls(target, layout, lock)
                writer._check()
            return writer
        except BaseException:
            lock.release()
            raise

    def _check(self) -> None:
        for run in range(self.layout.runs):
            progress = self._of(run)
            damaged = progress.damage(self.files, range(self.layout.n_blocks))
            for block in progress.unreadable:
                span = self.layout.span_s(block)
                damaged.append(Damage(run, block, *span, (schema.CHECKSUM.path,)))
            progress.forget(self.files, [damage.block for damage in damaged])
            self.damaged += damaged
        for damage in self.damaged:
            _log.warning("%s is damaged and will be computed again", damage)

    def _of(self, run: int) -> Progress:
        if run not in self._progress:
            self._progress[run] = Progress(self._group, self.layout, run)
        return self._progress[run]

    def pending(self, run: int = 0) -> list[int]:
        """Return the blocks that are still to be computed, in order."""
        return [int(block) for block in np.flatnonzero(~self._of(run).done())]

    def state_before(self, block: int, run: int = 0) -> tuple[int, State | None]:
        """Return the block to compute from, to get to `block`, and the state to do it with."""
        return States(self.files, run).before(block)

    def write(
        self,
        block: int,
        data: Mapping[str, np.ndarray],
        *,
        run: int = 0,
        state: State | None = None,
    ) -> None:
        """Write one block: samples, overview, and last the record that it is whole.

        Parameters
        ----------
        block : int
            Number of the block.
        data : mapping of str to ndarray
            For each sampled array (``"poi/power"``, ``"hall/power"`` ...) its values in W with
            dimensions (time[, node]), without the run axis; for each account its values.
        run : int
            Number of the run.
        state : mapping of str to ndarray, optional
            What the stages remember at the end of the block, to go on from there.

        Raises
        ------
        StoreError
            If an array is missing, has the wrong shape or is not finite, or the disk refuses.
        """
        checked = self._checked(block, data, run)
        with explained(self.files.address, f"write block {block}"), same_bytes_again():
            progress = self._of(run)
            with ThreadPoolExecutor(_THREADS) as pool:
                sums = self._put_all(pool, run, block, checked)
            # The state first: a block that is recorded as whole can always be followed.
            states = States(self.files, run)
            if state is not None:
                states.save(block, state)
            progress.record(self.files, block, sums)
            if state is not None:
                states.keep_only(block)

    def _put_all(
        self, pool: Executor, run: int, block: int, data: Mapping[str, np.ndarray]
    ) -> dict[int, int]:
        """Write the files of a block and return the checksum of each array, by column."""

        def written(spec: ArraySpec, values: np.ndarray) -> int:
            return checksum_of(self._put(spec, *file) for file in spec.files(run, block, values))

        column = self._columns
        own = [*self.layout.sampled(), *self.layout.accounted()]
        waiting = {
            column[spec.path]: [
                pool.submit(self._put, spec, *file)
                for file in spec.files(run, block, data[spec.path])
            ]
            for spec in own
            if spec.variable not in schema.REDUCED
        }
        # What the overview is read from is there before it is worked out, level after level.
        sums = {
            column[spec.path]: written(spec, data[spec.path])
            for spec in own
            if spec.variable in schema.REDUCED
        }
        pieces = overview_of_block(self.layout, self._group, self._of(run), run, block, data)
        sums |= {column[spec.path]: written(spec, values) for spec, values in pieces}
        return sums | {
            number: checksum_of(file.result() for file in files)
            for number, files in waiting.items()
        }

    def _put(self, spec: ArraySpec, key: str, values: np.ndarray) -> int:
        """Write one file and return its checksum."""
        return self.files.stream(key, spec.encoding.file(values))

    def _checked(
        self, block: int, data: Mapping[str, np.ndarray], run: int
    ) -> dict[str, np.ndarray]:
        if not 0 <= block < self.layout.n_blocks or not 0 <= run < self.layout.runs:
            limits = f"{self.layout.n_blocks} blocks and {self.layout.runs} runs"
            raise StoreError(
                f"there is no block {block} of run {run}: {limits}", where=self.files.address
            )
        sampled, accounted = self.layout.sampled(), self.layout.accounted()
        specs = [*sampled, *accounted]
        expected, given = {spec.path for spec in specs}, set(data)
        if expected != given:
            raise StoreError(
                f"expected the {len(expected)} arrays of the layout; missing "
                f"{sorted(expected - given)}, not known {sorted(given - expected)}",
                where=f"{self.files.address}, block {block}",
            )
        part = self.layout.samples(block)
        ends = self.layout.accounts(part)
        steps = dict.fromkeys((spec.path for spec in sampled), part.stop - part.start)
        steps |= dict.fromkeys((spec.path for spec in accounted), ends.stop - ends.start)
        return {
            spec.path: spec.variable.check(
                data[spec.path],
                {"time": steps[spec.path]}
                | dict(zip(spec.variable.dims[2:], spec.shape[2:], strict=True)),
            )
            for spec in specs
        }

    def finish(self) -> None:
        """Make sure that the store is complete.

        Raises
        ------
        StoreError
            If blocks are missing.
        """
        for run in range(self.layout.runs):
            missing = self.pending(run)
            if missing:
                raise StoreError(
                    f"{len(missing)} of {self.layout.n_blocks} blocks of run {run} are not written "
                    f"(block {missing[0]} is the first)",
                    where=self.files.address,
                    hint="go on with --resume",
                )
            States(self.files, run).keep_only(None)

    def close(self) -> None:
        """Let go of the store, complete or not."""
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
