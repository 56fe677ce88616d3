# SPDX-License-Identifier: Apache-2.0
"""The power of one programmed job from a GPU, to the bit that of the CPU.

The GPU finds the barriers of the timeline, bins or steps the accelerators, sums them to racks and
adds the noise. What racks give stays there until it is asked for.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from powermodel_kernels.constants import BARRIER_GROUP, BARRIER_JOB
from powermodel_kernels.cuda.compiler import launch
from powermodel_kernels.cuda.fleet import MAX_RACK, THREADS, rack_bins
from powermodel_kernels.cuda.memory import Memory, memory, put_tables
from powermodel_kernels.cuda.noise import THREADS as NOISE_THREADS
from powermodel_kernels.cuda.noise import rack_noise
from powermodel_kernels.cuda.schedule import AT_ONCE, CudaTimeline
from powermodel_kernels.cuda.smoother import (
    CudaSmoother,
    SmoothedTile,
    bytes_of_lanes,
    bytes_of_rack,
)
from powermodel_kernels.cuda.steps import WIDTH, rack_steps
from powermodel_kernels.fleet.job import JobFleet, NoiseLevel
from powermodel_kernels.fleet.noise import Noise
from powermodel_kernels.tables import I32, Fleet, Grid, Place, Programs, Slots

_WARP = 32
_BATCH_BYTES = 2**30
"""What the racks that one launch computes take of the device at most."""


def threads_of(lanes_per_rack: int) -> int:
    """Return the threads of a block: a thread an accelerator, in whole warps.

    Raises
    ------
    ValueError
        If a rack holds more accelerators than a block holds threads.
    """
    if lanes_per_rack > MAX_RACK:
        raise ValueError(
            f"a rack of {lanes_per_rack} accelerators: a GPU computes racks of at most {MAX_RACK}"
        )
    return max(THREADS, -(-lanes_per_rack // _WARP) * _WARP)


def racks_at_once(samples: int, knots: int, smoothing: int = 0) -> int:
    """Return how many racks one launch computes, for tiles of so many samples.

    Parameters
    ----------
    samples
        Of a tile.
    knots
        Of the noise on a tile.
    smoothing
        What smoothing takes of the device for a rack, bytes.
    """
    return max(1, _BATCH_BYTES // (_bytes_of_rack(samples, knots) + smoothing))


def _bytes_of_rack(samples: int, knots: int) -> int:
    """Return what a rack takes: quanta, watts, watts of the tile before, its noise on knots."""
    return 3 * 4 * samples + 4 * knots


def device_bytes(
    programs: Programs, fleet: Fleet, racks: int, samples: int, dt: int, noise: NoiseLevel,
    smoothed: str | None = None,
) -> int:  # fmt: skip
    """Return about how much memory of the device a job takes at once, bytes, rather too much.

    Parameters
    ----------
    racks, samples
        Racks of the job, and samples of a tile.
    dt
        Ticks between samples.
    noise
        Of the job.
    smoothed
        Engine of a job with power smoothing.
    """
    rows = [slice(a, b) for a, b in zip(programs.first[:-1], programs.first[1:], strict=True)]
    shortest = max(1, min(int(programs.mean_ticks[r].sum()) for r in rows))
    felt = samples * dt + (fleet.horizon << fleet.age_shift)
    # Spread durations may be shorter than their mean, and a crash cuts slots off.
    slots = 2 * -(-felt // shortest) + 4
    of_job, of_group = (
        max(int((programs.barrier[r] == scope).sum()) for r in rows)
        for scope in (BARRIER_JOB, BARRIER_GROUP)
    )
    phases = max(r.stop - r.start for r in rows)
    units, groups = (-(-fleet.lanes // n) for n in (fleet.unit_size, fleet.group_size))
    slot = 3 * 8 + 4 * phases + 8 * (units + of_job + of_group * groups)
    fixed = sum(column.nbytes for column in programs) + 2 * 4 * fleet.lanes
    knots = noise.knots(samples, dt)
    extra = 0 if smoothed is None else bytes_of_rack(smoothed, samples)
    fixed += 0 if smoothed is None else bytes_of_lanes(fleet.lanes, samples)
    batch = min(racks, racks_at_once(samples, knots, extra))
    batch *= _bytes_of_rack(samples, knots) + extra
    # The tables of two tiles: one is computed while the next is made ready.
    return int(fixed + (2 * slots + AT_ONCE) * slot + batch)


class Tile(NamedTuple):
    """What a tile is computed from: on the host, and the same on the device."""

    grid: Grid
    slots: Slots
    noise: Noise
    slots_there: Any
    noise_there: Any
    decays_there: Any
    smoothed: SmoothedTile | None
    """With power smoothing."""


class _Decays(NamedTuple):
    """See ``fleet.rack_bins``."""

    kept: Any


@dataclass
class CudaJobFleet(JobFleet):
    """One job's accelerators on a GPU; used as ``JobFleet`` is, from one thread."""

    device: int = 0
    """Number of the GPU."""
    memory: Memory = field(init=False)
    """Of that GPU."""
    _programs_there: Any = field(init=False)
    _lanes_there: Any = field(init=False)
    _tile: Tile | None = field(init=False, default=None)
    _ready: dict[tuple[int, int, int], Tile] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.memory = memory(self.device)
        if self.smoothing is not None:
            self._smoother = CudaSmoother(
                self.smoothing, self.fleet, self.lanes, self.engine, self.workers,
                device=self.memory,
            )  # fmt: skip
        (self._programs_there, self._lanes_there), _ = put_tables(
            self.memory, [self.programs, self.lanes]
        )
        self._timeline = CudaTimeline(
            self.programs, self.fleet, self.lanes, self.schedule, self.workers,
            memory=self.memory, programs_there=self._programs_there,
            slowness_there=self._lanes_there.slowness,
        )  # fmt: skip

    def open_tile(self, begin: int, dt: int, samples: int) -> None:
        """Make ready for one tile, unless that was done; tiles must not go back."""
        self._enter(self.made_ready(begin, dt, samples))
        self._ready = {key: tile for key, tile in self._ready.items() if key[0] >= begin}

    def made_ready(self, begin: int, dt: int, samples: int) -> Tile:
        """Return a tile that may come after the open one, with what is of this tile sent."""
        key = (begin, dt, samples)
        if key not in self._ready:
            open_now = self._tile
            super().open_tile(begin, dt, samples)
            tables = (self._slots, self._noise, _Decays(self._decays()))
            (slots, noise, decays), _ = put_tables(self.memory, tables)
            there = self._smoothing_there
            smoothed = None if there is None else there.open
            self._ready[key] = Tile(self._grid, *tables[:2], slots, noise, decays.kept, smoothed)
            if open_now is not None:
                self._enter(open_now)
        return self._ready[key]

    def _enter(self, tile: Tile) -> None:
        self._tile = tile
        self._grid, self._slots, self._noise = tile.grid, tile.slots, tile.noise
        if self._smoothing_there is not None and tile.smoothed is not None:
            self._smoothing_there.enter(tile.smoothed)

    def all_launched(self, tile: Tile) -> None:
        """Say that all racks of a tile are launched: what smoothing found of them comes back."""
        if self._smoothing_there is not None and tile.smoothed is not None:
            self._smoothing_there.start_fetch(tile.smoothed)

    def bytes_to_smooth(self, samples: int) -> int:
        """Return what smoothing takes of the device for a rack, for tiles of so many samples."""
        return 0 if self.smoothing is None else bytes_of_rack(self.engine, samples)

    @property
    def _smoothing_there(self) -> CudaSmoother | None:
        return self._smoother if isinstance(self._smoother, CudaSmoother) else None

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Take the state that ``state`` returned, of the same job."""
        super().restore(state)
        # What was made ready followed another state.
        self._ready.clear()

    def rack_power(self, place: Place) -> I32:
        """Return the accelerators' power summed to racks, (racks, samples) int32 quanta."""
        power: I32 = self.memory.fetch(self.rack_power_there(place))
        return power

    def rack_power_there(self, place: Place, tile: Tile | None = None) -> Any:
        """Return what ``rack_power`` returns, on the device: of the open tile or another one."""
        tile = tile or self._tile
        assert tile is not None
        racks = -(-(place.stop_lane - place.first_lane) // place.lanes_per_rack)
        walked = (
            self._programs_there, self.fleet, self._lanes_there.scale, self._lanes_there.slowness,
            tile.slots_there, tile.grid,
        )  # fmt: skip
        if self._smoothing_there is not None and tile.smoothed is not None:
            power = self._smoothing_there.rack_power_there(
                walked, tile.decays_there, place, tile.smoothed
            )
        else:
            # Engine ``events`` writes every sample, engine ``steps`` adds to them.
            taken = self.memory.empty if self.engine == "events" else self.memory.zeros
            power = taken((racks, tile.grid.samples), np.int32)
            shape = self._shape(racks, place.lanes_per_rack)
            launch(*shape, *walked, tile.decays_there, place, power)
        if tile.noise.knot_ticks:
            path = self.memory.empty((racks, tile.noise.common.size), np.float32)
            launch(
                rack_noise, racks, NOISE_THREADS, tile.noise_there, self.fleet, tile.grid, place,
                path, power,
            )  # fmt: skip
        return power

    def _shape(self, racks: int, lanes_per_rack: int) -> tuple[Callable[..., None], int, int]:
        """Return the engine's kernel, how many blocks it takes and how many threads each."""
        if self.engine == "events":
            return rack_bins, racks, threads_of(lanes_per_rack)
        return rack_steps, racks * -(-lanes_per_rack // WIDTH), WIDTH
