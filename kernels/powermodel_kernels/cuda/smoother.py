# SPDX-License-Identifier: Apache-2.0
"""The smoothed power of one job from a GPU, in one run or several, where its lanes remember.

What lanes remember stays on the GPU from tile to tile, that of one run after the other. It comes
back for who saves it, and for a probe, which the CPU computes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from weakref import ref

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
    """What all lanes of all runs remember at one tick, on the device."""

    memory: Memory
    pack: Pack


class SmoothedTile(NamedTuple):
    """What smoothing knows of one tile of all runs."""

    begin: int
    stop: int
    before: Remembered
    after: Remembered
    sums: Any
    """Burnt and held back, on the device, int64 (2, runs, samples) quanta."""
    known: NDArray[np.bool_]
    """Of which lanes, in all runs, the memory after the tile is computed."""


class SmootherRuns:
    """Power smoothing of one job in several runs, on the device; one run alone is as good.

    Parameters
    ----------
    smoothers
        Of each run: they belong to these runs from now on, all at the same tick.
    device
        Its memory.
    """

    def __init__(self, smoothers: Sequence["CudaSmoother"], device: DeviceMemory) -> None:
        # Smoothers hold their runs; the other way round would keep the device's memory too long.
        self._smoothers = [ref(one) for one in smoothers]
        self.device = device
        self.count = len(smoothers)
        self._coming: dict[int, Callable[[], list[Any]]] = {}
        self._first: SmoothedTile | None = None
        self._newest: SmoothedTile | None = None

    @property
    def _each(self) -> list["CudaSmoother"]:
        return [smoother for one in self._smoothers if (smoother := one()) is not None]

    def begin_anew(self) -> None:
        """Let everything go on from what the smoothers know on the host."""
        self._first = self._newest = None
        self._coming.clear()

    def beginning(self) -> SmoothedTile:
        """Return a tile without length that ends where everything goes on."""
        if self._first is None:
            each = self._each
            columns = zip(*(one.now for one in each), strict=True)
            (there,), pack = put_tables(self.device, [Memory(*map(np.concatenate, columns))])
            memory, tick = Remembered(there, pack), each[0].tick
            known = np.ones(each[0].fleet.lanes, bool)
            self._first = SmoothedTile(tick, tick, memory, memory, None, known)
        return self._first

    def opened(
        self, last: SmoothedTile, span: tuple[int, int], samples: int, remembers: bool
    ) -> SmoothedTile:
        """Return the tile that a run opens after its last one, or that one again.

        Parameters
        ----------
        last
            The last tile of the run that asks; the first to ask opens the tile for all.
        span
            First tick of the tile and first after it.
        """
        newest, memory = self._newest, self.beginning().before
        if newest is None or newest is last or (newest.begin, newest.stop) != span:
            if remembers:
                memory = last.after if span[0] == last.stop else last.before
            columns: list[Any] = list(memory.memory)
            after = self.device.zeros_all([c.shape for c in columns], [c.dtype for c in columns])
            newest = SmoothedTile(
                *span, memory, Remembered(Memory(*after.arrays), after),
                self.device.zeros((2, self.count, samples), np.int64), np.zeros_like(last.known),
            )  # fmt: skip
            self._newest = newest
        return newest

    def rack_power_there(
        self, walked: tuple[Any, ...], decays: Any, place: Place, tile: SmoothedTile
    ) -> Any:
        """Return the power of racks of all runs, on the device, int32 (racks · runs, samples).

        Parameters
        ----------
        walked
            Programs, fleet, runs, scale and slowness of lanes, slots and grid, as the kernels take
            them.
        decays
            See ``fleet.smooth_events.scan_rack``.
        """
        first, count = self._each[0], self.count
        lanes, samples = place.stop_lane - place.first_lane, tile.sums.shape[-1]
        racks, grid = -(-lanes // place.lanes_per_rack), walked[-1]
        out = self.device.empty((racks * count, samples), np.int32)
        span = (tile.begin if first.smoothing.remembers else LONG_AGO, tile.stop)
        arguments = (
            *walked, first.smoothing, span, place, tile.before.memory, tile.after.memory,
        )  # fmt: skip
        if first.engine == "events":
            shape = racks * count, samples + 1
            sums = self.device.zeros((*shape, BIN_WIDTH), np.int64)
            bins = Bins(sums, self.device.zeros(shape, np.int32))
            launch(smoothed_bins, (-(-lanes // BINNING), count), BINNING, *arguments, bins)
            launch(smoothed_scan, (racks, count), BINNING, grid, decays, bins, out, tile.sums)
        else:
            sums = self.device.zeros((racks * count, KINDS, samples), np.int64)
            warps = -(-place.lanes_per_rack // WIDTH)
            launch(smoothed_steps, (racks * warps, count), WIDTH, *arguments, sums)
            blocks = -(-samples // THREADS), -(-racks // RACKS), count
            launch(smoothed_sums, blocks, THREADS, sums, out, tile.sums)
        tile.known[place.first_lane : place.stop_lane] = True
        self._coming.pop(tile.stop, None)
        return out

    def start_fetch(self, tile: SmoothedTile) -> None:
        """Let what was launched of a tile come back beside what is launched from now on."""
        self._coming[tile.stop] = self.device.start_fetch([tile.after.pack, tile.sums])

    def forget(self, tick: int) -> None:
        """Drop what came back of tiles that end before a tick."""
        self._coming = {stop: wait for stop, wait in self._coming.items() if stop >= tick}

    def sums(self, tile: SmoothedTile, run: int) -> I64:
        """Return what a run burns and holds back in a tile, (2, samples)."""
        wait = self._coming.get(tile.stop)
        sums: I64 = (self.device.fetch(tile.sums) if wait is None else wait()[1])[:, run]
        return sums

    def remembered(self, tick: int, there: Remembered, run: int) -> list[Any]:
        """Return what the lanes of a run remember at a tick."""
        wait = self._coming.get(tick)
        columns = self.device.fetch_all(there.pack) if wait is None else wait()[0]
        return [column.reshape(self.count, -1)[run] for column in columns]


@dataclass
class CudaSmoother(Smoother):
    """Used as ``Smoother`` is, but for what the racks draw, which stays on the device.

    A tile may be opened and launched, and the one before it entered again.
    """

    device: DeviceMemory = field(kw_only=True)
    runs: SmootherRuns = field(init=False)
    """Those that are smoothed together with this one; at first it is alone."""
    open: SmoothedTile = field(init=False)
    """The tile that everything is asked of."""
    _number: int = field(init=False, default=0)
    _last: SmoothedTile | None = field(init=False, default=None)
    """The one that was opened last."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.runs = SmootherRuns([self], self.device)

    def belong_to(self, runs: SmootherRuns, number: int) -> None:
        """Become that of one of some runs that are smoothed together."""
        self.runs, self._number = runs, number

    @property
    def now(self) -> Memory:
        """What lanes remember where everything goes on, on the host."""
        return self._after

    @property
    def tick(self) -> int:
        """Where everything goes on."""
        return self._stop

    def open_tile(self, grid: Grid) -> None:
        """Make ready for a tile, the one after the last or the last one again, and enter it."""
        last = self._last or self.runs.beginning()
        self.enter(last)
        # The last tile may be entered again: what is known of it stays.
        self._known = last.known.copy()
        super().open_tile(grid)
        span = self._begin, self._stop
        self._last = self.runs.opened(last, span, grid.samples, self.smoothing.remembers)
        self.enter(self._last)

    def enter(self, tile: SmoothedTile) -> None:
        """Ask everything of a tile that was opened."""
        self.open = tile
        self._begin, self._stop, self._known = tile.begin, tile.stop, tile.known
        self.runs.forget(tile.begin)

    def probe(self, tables: tuple[Any, ...], lane: int, out: I32) -> None:
        """Fill ``out`` (1, samples) with one accelerator's power, computed by the CPU."""
        if self.smoothing.remembers:
            self._take(self.open.begin, self.open.before, self._before)
        self._burnt = np.zeros((2, self.workers, out.shape[1]), np.int64)
        super().probe(tables, lane, out)

    def burnt(self) -> I64:
        """Return what smoothing draws beyond the work, over the racks asked for, (samples,)."""
        burnt: I64 = self.runs.sums(self.open, self._number)[0]
        return burnt

    def held_back(self) -> I64:
        """Return by how much ramps keep the target below the work, not negative, (samples,)."""
        held: I64 = self.runs.sums(self.open, self._number)[1]
        return held

    def state(self) -> State:
        """Return what ``restore`` needs to go on after the open tile."""
        # Until a tile is opened, what is here goes on.
        if self.smoothing.remembers and self._last is not None:
            self._take(self.open.stop, self.open.after, self._after)
        return super().state()

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Take the state that ``state`` returned, of the same job."""
        super().restore(state)
        self._last = None
        self.runs.begin_anew()

    def _take(self, tick: int, there: Remembered, here: Memory) -> None:
        """Bring what lanes remember at a tick."""
        columns: list[Any] = list(here)
        found = self.runs.remembered(tick, there, self._number)
        for column, values in zip(columns, found, strict=True):
            column[:] = values
