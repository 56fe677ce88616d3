# SPDX-License-Identifier: Apache-2.0
"""The smoothed power of one job, tile by tile, with what its lanes remember between tiles."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from powermodel_kernels.fleet import smooth_events, smooth_steps
from powermodel_kernels.fleet.smoothing import LONG_AGO, Memory, Smoothing, at_rest
from powermodel_kernels.parallel import on_threads
from powermodel_kernels.tables import I32, I64, Fleet, Grid, Lanes, Place

ENGINES: dict[str, Callable[..., None]] = {
    "events": smooth_events.rack_power,
    "steps": smooth_steps.rack_power,
}

State = dict[str, np.ndarray]
_TICK = "tick"


@dataclass
class Smoother:
    """Power smoothing of one job.

    Where the target depends on the past (``Smoothing.remembers``), tiles are computed in order,
    each for all racks, and ``state`` is what one tile hands to the next. Otherwise there is no
    state, and any tile can be computed alone.
    """

    smoothing: Smoothing
    fleet: Fleet
    lanes: Lanes
    engine: str = "events"
    workers: int = 1
    _before: Memory = field(init=False)
    _after: Memory = field(init=False)
    _begin: int = 0
    _stop: int = 0

    def __post_init__(self) -> None:
        if self.smoothing.needs_steps and self.engine != "steps":
            raise ValueError(
                "a power cap has no closed form on ramps: expected the engine steps, got "
                f"{self.engine}"
            )
        self._before = at_rest(self.smoothing, self.fleet, self.lanes)
        self._after = self._before.copied()
        self._known = np.ones(self.fleet.lanes, bool)

    def open_tile(self, grid: Grid) -> None:
        """Make ready for a tile: the next one, or the present one again.

        Raises
        ------
        ValueError
            If the target depends on the past, and that has not been computed.
        """
        self._burnt = np.zeros((2, self.workers, grid.samples), np.int64)
        if self.smoothing.remembers:
            self._remember(grid.begin)
        self._begin, self._stop = grid.begin, grid.begin + grid.dt * grid.samples
        self._known[:] = False

    def _remember(self, begin: int) -> None:
        if begin == self._stop:
            self._check_whole()
            self._before, self._after = self._after, self._before
        elif begin != self._begin:
            raise ValueError(
                "smoothed targets depend on the past: expected the samples from tick "
                f"{self._stop} on, got {begin}"
            )

    def _check_whole(self) -> None:
        if not self._known.all():
            lane = int(np.argmin(self._known))
            raise ValueError(
                "smoothed targets depend on the past: the tile that ends at tick "
                f"{self._stop} has not been computed for accelerator {lane} of the job"
            )

    def rack_power(self, tables: tuple[Any, ...], place: Place, out: I32) -> None:
        """Fill ``out`` (racks, samples) with quanta; burnt power is added to the tile's.

        Parameters
        ----------
        tables
            Programs, fleet, lanes, slots, grid, noise, decays and the bound on events.
        """
        after = self._after.part(place.first_lane, place.stop_lane)
        self._run(tables, place, after, out, self._burnt)
        self._known[place.first_lane : place.stop_lane] = True

    def probe(self, tables: tuple[Any, ...], lane: int, out: I32) -> None:
        """Fill ``out`` (1, samples) with one accelerator's power; nothing else changes."""
        scratch = self._before.part(lane, lane + 1).copied()
        burnt = np.zeros_like(self._burnt)
        self._run(tables, Place(lane, lane + 1, 1, 0), scratch, out, burnt)

    def _run(
        self, tables: tuple[Any, ...], place: Place, after: Memory, out: I32, burnt: I64
    ) -> None:
        begin = self._begin if self.smoothing.remembers else LONG_AGO
        before = self._before.part(place.first_lane, place.stop_lane)
        on_threads(
            ENGINES[self.engine], self.workers, *tables, self.smoothing, (begin, self._stop),
            place, (before, after), out, burnt[0], burnt[1],
        )  # fmt: skip

    def burnt(self) -> I64:
        """Return what smoothing draws beyond the work, over the racks asked for, (samples,)."""
        burnt: I64 = self._burnt[0].sum(axis=0)
        return burnt

    def held_back(self) -> I64:
        """Return by how much ramps keep the target below the work, not negative, (samples,)."""
        held: I64 = self._burnt[1].sum(axis=0)
        return held

    def state(self) -> State:
        """Return what ``restore`` needs to go on after the tile that was computed last.

        Empty where nothing is remembered.
        """
        if not self.smoothing.remembers:
            return {}
        self._check_whole()
        columns = {name: column.copy() for name, column in self._after._asdict().items()}
        return columns | {_TICK: np.array(self._stop, np.int64)}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Take the state that ``state`` returned, of the same job.

        Raises
        ------
        ValueError
            If it is not the state of such a job.
        """
        names = (*Memory._fields, _TICK) if self.smoothing.remembers else ()
        if set(state) != set(names):
            raise ValueError(
                f"expected the state of smoothed lanes with {', '.join(names) or 'nothing'}; "
                f"got {', '.join(sorted(state)) or 'nothing'}"
            )
        for name in names[:-1]:
            column = getattr(self._after, name)
            if state[name].shape != column.shape:
                raise ValueError(
                    f"expected the state of {column.size} accelerators, "
                    f"got {name} of shape {state[name].shape}"
                )
            column[:] = state[name]
        if names:
            self._stop = int(state[_TICK])
            self._begin = self._stop
            self._known[:] = True
