# SPDX-License-Identifier: Apache-2.0
"""The smoothed power of one job from a GPU, where its lanes remember.

What lanes remember stays on the GPU from tile to tile. It comes back for who saves it, and for a
probe, which the CPU computes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from powermodel_kernels.cuda.compiler import launch
from powermodel_kernels.cuda.memory import Memory as DeviceMemory
from powermodel_kernels.cuda.memory import Pack, put_tables
from powermodel_kernels.cuda.smooth_events import THREADS as BINNING
from powermodel_kernels.cuda.smooth_events import smoothed_bins, smoothed_scan
from powermodel_kernels.cuda.smooth_steps import (
    KINDS,
    RACKS,
    THREADS,
    WIDTH,
    smoothed_steps,
    smoothed_sums,
)
from powermodel_kernels.fleet.smooth_events import BIN_WIDTH, Bins
from powermodel_kernels.fleet.smoother import Smoother, State
from powermodel_kernels.fleet.smoothing import LONG_AGO, Memory
from powermodel_kernels.tables import I32, I64, Grid, Place

_BYTES_LANE, _BYTES_SUM, _BYTES_SEEN = 64, 8, 4
"""What a lane remembers, and what a bin is made of."""
_MEMORIES = 3
"""Those before and after a tile, and after the next one, which may be under way."""


def bytes_of_rack(engine: str, samples: int) -> int:
    """Return what smoothing takes of the device for each rack of a launch, bytes."""
    if engine == "events":
        return (samples + 1) * (BIN_WIDTH * _BYTES_SUM + _BYTES_SEEN)
    return samples * KINDS * _BYTES_SUM


def bytes_of_lanes(lanes: int, samples: int) -> int:
    """Return what smoothing takes of the device for a job, whatever its racks, bytes."""
    return _MEMORIES * (lanes * _BYTES_LANE + 2 * _BYTES_SUM * samples)


class Remembered(NamedTuple):
    """What all lanes remember at one tick, on the device."""

    memory: Memory
    pack: Pack


class SmoothedTile(NamedTuple):
    """What smoothing knows of one tile."""

    begin: int
    stop: int
    before: Remembered
    after: Remembered
    sums: Any
    """Burnt and held back, on the device, int64 (2, samples) quanta."""
    known: NDArray[np.bool_]
    """Of which lanes the memory after the tile is computed."""


@dataclass
class CudaSmoother(Smoother):
    """Used as ``Smoother`` is, but for what the racks draw, which stays on the device.

    A tile may be opened and launched, and the one before it entered again.
    """

    device: DeviceMemory = field(kw_only=True)
    open: SmoothedTile = field(init=False)
    """The tile that everything is asked of."""
    _last: SmoothedTile = field(init=False)
    """The one that was opened last."""
    _rest: Remembered = field(init=False)
    _coming: dict[int, Callable[[], list[Any]]] = field(init=False, default_factory=dict)
    """By the tick at which a tile stops: what waits for its memory and its sums."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._rest = self._put(self._before)
        self._begin_at(0, self._rest)

    def _put(self, memory: Memory) -> Remembered:
        (there,), pack = put_tables(self.device, [memory])
        return Remembered(there, pack)

    def _begin_at(self, tick: int, memory: Remembered) -> None:
        """Let everything go on from a memory: from a tile without length."""
        known = np.ones(self.fleet.lanes, bool)
        self._last = SmoothedTile(tick, tick, memory, memory, None, known)
        self._coming.clear()
        self.enter(self._last)

    def open_tile(self, grid: Grid) -> None:
        """Make ready for a tile, the one after the last or the last one again, and enter it."""
        last = self._last
        self.enter(last)
        # The last tile may be entered again: what is known of it stays.
        self._known = last.known.copy()
        super().open_tile(grid)
        before = last.after if grid.begin == last.stop else last.before
        columns: list[Any] = list(self._after)
        after = self.device.zeros_all([c.shape for c in columns], [c.dtype for c in columns])
        self._last = SmoothedTile(
            self._begin, self._stop, before if self.smoothing.remembers else self._rest,
            Remembered(Memory(*after.arrays), after),
            self.device.zeros((2, grid.samples), np.int64), self._known,
        )  # fmt: skip
        self.enter(self._last)

    def enter(self, tile: SmoothedTile) -> None:
        """Ask everything of a tile that was opened."""
        self.open = tile
        self._begin, self._stop, self._known = tile.begin, tile.stop, tile.known
        self._coming = {stop: wait for stop, wait in self._coming.items() if stop >= tile.begin}

    def rack_power_there(
        self, walked: tuple[Any, ...], decays: Any, place: Place, tile: SmoothedTile
    ) -> Any:
        """Return the power of racks, on the device, int32 (racks, samples) quanta.

        Parameters
        ----------
        walked
            Programs, fleet, scale and slowness of lanes, slots and grid, as the kernels take them.
        decays
            See ``fleet.smooth_events.scan_rack``.
        """
        lanes, samples = place.stop_lane - place.first_lane, tile.sums.shape[1]
        racks, grid = -(-lanes // place.lanes_per_rack), walked[-1]
        out = self.device.empty((racks, samples), np.int32)
        span = (tile.begin if self.smoothing.remembers else LONG_AGO, tile.stop)
        arguments = (
            *walked, self.smoothing, span, place, tile.before.memory, tile.after.memory,
        )  # fmt: skip
        if self.engine == "events":
            shape = racks, samples + 1
            sums = self.device.zeros((*shape, BIN_WIDTH), np.int64)
            bins = Bins(sums, self.device.zeros(shape, np.int32))
            launch(smoothed_bins, -(-lanes // BINNING), BINNING, *arguments, bins)
            launch(smoothed_scan, racks, BINNING, grid, decays, bins, out, tile.sums)
        else:
            sums = self.device.zeros((racks, KINDS, samples), np.int64)
            warps = -(-place.lanes_per_rack // WIDTH)
            launch(smoothed_steps, racks * warps, WIDTH, *arguments, sums)
            blocks = -(-samples // THREADS), -(-racks // RACKS)
            launch(smoothed_sums, blocks, THREADS, sums, out, tile.sums)
        tile.known[place.first_lane : place.stop_lane] = True
        self._coming.pop(tile.stop, None)
        return out

    def start_fetch(self, tile: SmoothedTile) -> None:
        """Let what was launched of a tile come back beside what is launched from now on."""
        self._coming[tile.stop] = self.device.start_fetch([tile.after.pack, tile.sums])

    def probe(self, tables: tuple[Any, ...], lane: int, out: I32) -> None:
        """Fill ``out`` (1, samples) with one accelerator's power, computed by the CPU."""
        if self.smoothing.remembers:
            self._take(self.open.begin, self.open.before, self._before)
        self._burnt = np.zeros((2, self.workers, out.shape[1]), np.int64)
        super().probe(tables, lane, out)

    def burnt(self) -> I64:
        """Return what smoothing draws beyond the work, over the racks asked for, (samples,)."""
        burnt: I64 = self._sums()[0]
        return burnt

    def held_back(self) -> I64:
        """Return by how much ramps keep the target below the work, not negative, (samples,)."""
        held: I64 = self._sums()[1]
        return held

    def state(self) -> State:
        """Return what ``restore`` needs to go on after the open tile."""
        if self.smoothing.remembers:
            self._take(self.open.stop, self.open.after, self._after)
        return super().state()

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Take the state that ``state`` returned, of the same job."""
        super().restore(state)
        if self.smoothing.remembers:
            self._begin_at(self._stop, self._put(self._after))

    def _sums(self) -> Any:
        wait, sums = self._coming.get(self.open.stop), self.open.sums
        return self.device.fetch(sums) if wait is None else wait()[1]

    def _take(self, tick: int, there: Remembered, here: Memory) -> None:
        """Bring what lanes remember at a tick."""
        wait = self._coming.get(tick)
        found = self.device.fetch_all(there.pack) if wait is None else wait()[0]
        columns: list[Any] = list(here)
        for column, values in zip(columns, found, strict=True):
            column[:] = values
