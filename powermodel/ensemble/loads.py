# SPDX-License-Identifier: Apache-2.0
"""The load of some runs before their storage, block by block: computed here, or from windows.

Racks that remember nothing can be computed for any window of time and any share of the racks, each
by another worker. A window is the sum of its racks, in quanta, kept in the store until the runs
that need it are whole; sums of integers do not depend on how they were cut.
"""

from __future__ import annotations

import io
import logging
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from powermodel.ensemble.grid import Place
from powermodel.planning import Plan, whole_ticks
from powermodel.simulation.blocks import Site
from powermodel.simulation.handed import HandedRacks, RackWindow
from powermodel.store.files import Files
from powermodel_kernels.constants import TILE_TICKS
from powermodel_kernels.tables import I64

_log = logging.getLogger(__name__)
WINDOWS = "progress/window/"
"""Where windows are kept; nothing is left of it in a study that is whole."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time and a share of the racks of one load."""

    blocks: tuple[int, int]
    """First block, and first after the last."""
    share: tuple[int, int] = (0, 1)
    """Which part of the racks, and of how many."""


def block_spans(planned: Plan) -> list[tuple[int, int]]:
    """Return first sample and first after the last of each block."""
    step = whole_ticks(planned.scenario.time.block) // whole_ticks(planned.dt_s)
    firsts = range(0, planned.samples, step)
    return [(first, min(first + step, planned.samples)) for first in firsts]


class WindowFiles:
    """The windows of one load in a store.

    Parameters
    ----------
    files : Files
        Of the store.
    place : Place
        The first run of the study that has the load: its name.
    """

    def __init__(self, files: Files, place: Place) -> None:
        self._files = files
        self.folder = f"{WINDOWS}{'-'.join(map(str, place))}/"

    def write(self, planned: Plan, window: Window) -> None:
        """Compute a window; what is there already stays."""
        spans = block_spans(planned)
        racks: RackWindow | None = None
        for block in range(*window.blocks):
            key = self._key(block, window.share)
            if self._read(key) is None:
                racks = racks or RackWindow(planned, window.share)
                self._files.write(key, _packed(racks.block(*spans[block])))

    def block(self, block: int, parts: int) -> I64 | None:
        """Return a block of all racks; None where a part of it is missing or damaged."""
        total: I64 | None = None
        for part in range(parts):
            found = self._read(self._key(block, (part, parts)))
            if found is None:
                return None
            total = found if total is None else total + found
        return total

    def _key(self, block: int, share: tuple[int, int]) -> str:
        return f"{self.folder}{block}-{share[0]}-{share[1]}"

    def _read(self, key: str) -> I64 | None:
        try:
            return _unpacked(self._files.read(key))
        except FileNotFoundError:
            return None
        except (ValueError, zlib.error):
            _log.warning("%s is damaged and will be computed again", key)
            return None


def _packed(sums: I64) -> bytes:
    content = io.BytesIO()
    np.save(content, sums, allow_pickle=False)
    # It ends in a checksum of its own.
    return zlib.compress(content.getvalue(), 1)


def _unpacked(data: bytes) -> I64:
    found: I64 = np.load(io.BytesIO(zlib.decompress(data)), allow_pickle=False)
    return found


class LoadBlocks:
    """The load of some runs, and what it remembers.

    Parameters
    ----------
    planned : Plan
        Of the scenario up to the load.
    windows : WindowFiles, optional
        Where the racks were computed before.
    parts : int
        Into how many shares of racks.
    gpu : int, optional
        Number of the GPU that computes it.
    """

    def __init__(
        self,
        planned: Plan,
        windows: WindowFiles | None = None,
        parts: int = 1,
        gpu: int | None = None,
    ) -> None:
        self._planned = planned
        self._windows, self._parts = windows, parts
        self._handed = None if windows is None else HandedRacks(planned.dt_s)
        self._racks: RackWindow | None = None
        self.site = Site(planned, 1, gpu, racks=self._handed)
        self._remembers = self.site.remembers
        self.spans = block_spans(planned)

    def state(self) -> dict[str, np.ndarray]:
        """Return what the load remembers; empty for nothing."""
        return self.site.state() if self._remembers else {}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Take what ``state`` returned."""
        if self._remembers:
            self.site.restore(state)

    @property
    def tile(self) -> int:
        """Samples of a tile."""
        return TILE_TICKS // whole_ticks(self._planned.dt_s)

    def block(self, block: int) -> dict[str, NDArray]:
        """Return the series of a block, the next one."""
        first, stop = self.spans[block]
        if self._handed is not None:
            self._handed.hand(first, self._racks_of(block))
        return self.part(first, stop)

    def part(self, first: int, stop: int) -> dict[str, NDArray]:
        """Return the series of the next samples: whole tiles of a block, and of no window."""
        return dict(self.site.block(first, stop))

    def _racks_of(self, block: int) -> I64:
        assert self._windows is not None
        found = self._windows.block(block, self._parts)
        if found is not None:
            return found
        self._racks = self._racks or RackWindow(self._planned)
        return self._racks.block(*self.spans[block])


def blocks_in_step(
    loads: Sequence[LoadBlocks], begin: int
) -> Iterator[tuple[int, list[dict[str, NDArray]]]]:
    """Yield number and series of each block from `begin` on, of loads that go on together.

    Several go tile by tile, so that none is more than a tile ahead of the others.
    """
    spans = loads[0].spans
    for block in range(begin, len(spans)):
        if len(loads) == 1:
            yield block, [loads[0].block(block)]
            continue
        first, stop = spans[block]
        step = loads[0].tile
        parts = [
            [load.part(at, min(at + step, stop)) for load in loads]
            for at in range(first, stop, step)
        ]
        yield block, [_joined(of_load) for of_load in zip(*parts, strict=True)]


def _joined(parts: Sequence[dict[str, NDArray]]) -> dict[str, NDArray]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
