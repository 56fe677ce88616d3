# SPDX-License-Identifier: Apache-2.0
"""Runs of one job on a GPU that differ in what a seed draws: one launch computes all of them.

Their programs lie there once; their slots and the path of their common fluctuation go there in one
piece a tile. Runs go on in step: a tile is made ready for all of them when the first asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import ref

import numpy as np

from powermodel_kernels.cuda.compiler import launch
from powermodel_kernels.cuda.fleet import rack_bins
from powermodel_kernels.cuda.memory import Memory, memory, put_tables
from powermodel_kernels.cuda.noise import THREADS as NOISE_THREADS
from powermodel_kernels.cuda.noise import rack_noise
from powermodel_kernels.cuda.room import threads_of
from powermodel_kernels.cuda.runs import seeds_of, side_by_side
from powermodel_kernels.cuda.schedule import Reducer
from powermodel_kernels.cuda.smoother import SmoothedTile, SmootherRuns
from powermodel_kernels.cuda.steps import WIDTH, rack_steps
from powermodel_kernels.fleet.noise import Noise
from powermodel_kernels.tables import Grid, Lanes, Place, Slots

if TYPE_CHECKING:
    from powermodel_kernels.cuda.job import CudaJobFleet


class Opened(NamedTuple):
    """What a tile of one run is computed from, on the host."""

    grid: Grid
    slots: Slots
    noise: Noise
    smoothed: SmoothedTile | None
    """With power smoothing."""


class Tile(NamedTuple):
    """A tile of all runs."""

    opened: list[Opened]
    """Of each run."""
    runs: Any
    """This and what follows is on the device."""
    slots: Any
    noise: Any
    decays: Any

    @property
    def grid(self) -> Grid:
        """Its samples."""
        return self.opened[0].grid

    @property
    def knots(self) -> int:
        """How many knots the fluctuation of each run has."""
        return self.opened[0].noise.common.size


class _Decays(NamedTuple):
    """See ``fleet.rack_bins``."""

    kept: Any


class JobRuns:
    """Runs of one job, taken through a tile in the same launches; one run alone is as good.

    Parameters
    ----------
    fleets
        Of each run: they belong to these runs from now on, and nothing was asked of them before.
    """

    def __init__(self, fleets: Sequence[CudaJobFleet]) -> None:
        # Fleets hold their runs; the other way round would keep the device's memory for too long.
        self._fleets = [ref(fleet) for fleet in fleets]
        self._ready: dict[tuple[int, int, int], Tile] = {}

    @property
    def fleets(self) -> list[CudaJobFleet]:
        """Of each run."""
        return [fleet for one in self._fleets if (fleet := one()) is not None]

    @cached_property
    def memory(self) -> Memory:
        """Of the GPU."""
        return memory(self.fleets[0].device)

    @cached_property
    def _there(self) -> tuple[Any, Any, Reducer]:
        """Programs and lanes on the device, and what reduces slots there."""
        first, seeds = self.fleets[0], seeds_of([one.fleet for one in self.fleets])
        lanes = Lanes(*(
            np.concatenate(column)
            for column in zip(*(one.lanes for one in self.fleets), strict=True)
        ))  # fmt: skip
        (programs, lanes, seeds_there), _ = put_tables(self.memory, [first.programs, lanes, seeds])
        timelines = [one.timeline for one in self.fleets]
        reducer = Reducer(self.memory, timelines, seeds, programs, seeds_there, lanes.slowness)
        return programs, lanes, reducer

    def made_ready(self, begin: int, dt: int, samples: int) -> Tile:
        """Return a tile that may come after the open one, with what is of this tile sent."""
        key = (begin, dt, samples)
        if key not in self._ready:
            *_, reducer = self._there
            reducer.advance(begin + dt * samples)
            opened = [fleet.opened(begin, dt, samples) for fleet in self.fleets]
            runs, slots = side_by_side(reducer.runs, [one.slots for one in opened])
            common = np.concatenate([one.noise.common for one in opened])
            noise = opened[0].noise._replace(common=common)
            tables = runs, slots, noise, _Decays(self.fleets[0].decays)
            (there, slots_there, noise_there, decays), _ = put_tables(self.memory, tables)
            self._ready[key] = Tile(opened, there, slots_there, noise_there, decays.kept)
        return self._ready[key]

    def forget(self) -> None:
        """Drop tiles that all runs have left behind."""
        begins = [fleet.begin for fleet in self.fleets]
        if None not in begins:
            first = min(begin for begin in begins if begin is not None)
            self._ready = {key: tile for key, tile in self._ready.items() if key[0] >= first}

    def begin_anew(self) -> None:
        """Drop all tiles: what was made ready followed another state."""
        self._ready.clear()

    def rack_power_there(self, place: Place, tile: Tile) -> Any:
        """Return the power of racks of all runs on the device, int32 (racks · runs, samples)."""
        first, (programs, lanes, _) = self.fleets[0], self._there
        racks, count = place_racks(place), len(tile.opened)
        smoothed = tile.opened[0].smoothed
        if smoothed is not None:
            walked = programs, first.fleet, tile.runs, *lanes, tile.slots, tile.grid
            power = first.smoother_there.runs.rack_power_there(walked, tile.decays, place, smoothed)
        else:
            # Engine ``events`` writes every sample, engine ``steps`` adds to them.
            taken = self.memory.empty if first.engine == "events" else self.memory.zeros
            power = taken((racks * count, tile.grid.samples), np.int32)
            kernel, blocks, threads = _shape(first.engine, racks, place.lanes_per_rack)
            launch(
                kernel, (blocks, count), threads, programs, first.fleet, tile.runs, *lanes,
                tile.slots, tile.grid, tile.decays, place, power,
            )  # fmt: skip
        if tile.knots:
            path = self.memory.empty((racks * count, tile.knots), np.float32)
            launch(
                rack_noise, (racks, count), NOISE_THREADS, tile.noise, first.fleet, tile.runs,
                tile.grid, place, path, power,
            )  # fmt: skip
        return power

    def all_launched(self, tile: Tile) -> None:
        """Say that all racks of a tile are launched: what smoothing found of them comes back."""
        smoothed = tile.opened[0].smoothed
        if smoothed is not None:
            self.fleets[0].smoother_there.runs.start_fetch(smoothed)


def place_racks(place: Place) -> int:
    """Return how many racks stand in a place."""
    return -(-(place.stop_lane - place.first_lane) // place.lanes_per_rack)


def _shape(engine: str, racks: int, lanes_per_rack: int) -> tuple[Callable[..., None], int, int]:
    """Return the engine's kernel, how many blocks it takes and how many threads each."""
    if engine == "events":
        return rack_bins, racks, threads_of(lanes_per_rack)
    return rack_steps, racks * -(-lanes_per_rack // WIDTH), WIDTH


def join(fleets: Sequence[CudaJobFleet]) -> None:
    """Let runs of a job go together from now on, of which nothing was asked so far.

    Raises
    ------
    ValueError
        If they differ in more than their seeds draw.
    """
    for fleet in fleets:
        problem = difference(fleets[0], fleet)
        if problem is not None:
            raise ValueError(problem)
    together = JobRuns(fleets)
    for number, fleet in enumerate(fleets):
        fleet.belong_to(together, number)
    if fleets[0].smoothing is not None:
        smoothers = [fleet.smoother_there for fleet in fleets]
        smoothed = SmootherRuns(smoothers, together.memory)
        for number, smoother in enumerate(smoothers):
            smoother.belong_to(smoothed, number)


def difference(one: CudaJobFleet, other: CudaJobFleet) -> str | None:
    """Return why two runs of a job cannot go together on a GPU; None where they can."""
    if one.fleet._replace(seed_low=0, seed_high=0) != other.fleet._replace(seed_low=0, seed_high=0):
        return "expected one size, response and address for all runs of a job"
    columns: Any = zip(one.programs, other.programs, strict=True)
    if not all(np.array_equal(a, b) for a, b in columns):
        return "expected the same programs for all runs of a job"
    if (one.noise, one.smoothing) != (other.noise, other.smoothing):
        return "expected the same fluctuation and smoothing for all runs of a job"
    if (one.engine, one.device) != (other.engine, other.device):
        return "expected one engine and one GPU for all runs of a job"
    return None
