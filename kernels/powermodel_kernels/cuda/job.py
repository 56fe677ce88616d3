# SPDX-License-Identifier: Apache-2.0
"""The power of one run of a programmed job from a GPU, to the bit that of the CPU.

The GPU finds the barriers of the timeline, bins or steps the accelerators, sums them to racks and
adds the noise, for this run or for several together. What racks give stays there until it is asked
for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from powermodel_kernels.cuda.jobs import JobRuns, Opened, Tile
from powermodel_kernels.cuda.memory import Memory
from powermodel_kernels.cuda.schedule import CudaTimeline
from powermodel_kernels.cuda.smoother import CudaSmoother, bytes_of_rack
from powermodel_kernels.fleet.job import JobFleet
from powermodel_kernels.tables import I32, Place


@dataclass
class CudaJobFleet(JobFleet):
    """One job's accelerators on a GPU; used as ``JobFleet`` is, from one thread."""

    device: int = 0
    """Number of the GPU."""
    runs: JobRuns = field(init=False)
    """Those that are computed together with this one; at first it is alone."""
    timeline: CudaTimeline = field(init=False)
    _number: int = field(init=False, default=0)
    _tile: Opened | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.runs = JobRuns([self])
        if self.smoothing is not None:
            self._smoother = CudaSmoother(
                self.smoothing, self.fleet, self.lanes, self.engine, self.workers,
                device=self.memory,
            )  # fmt: skip
        self.timeline = self._timeline = CudaTimeline(
            self.programs, self.fleet, self.lanes, self.schedule, self.workers
        )

    def belong_to(self, runs: JobRuns, number: int) -> None:
        """Become one of some runs that are computed together."""
        self.runs, self._number = runs, number

    @property
    def memory(self) -> Memory:
        """Of the GPU."""
        return self.runs.memory

    @property
    def begin(self) -> int | None:
        """First tick of the open tile."""
        return None if self._tile is None else self._tile.grid.begin

    @property
    def decays(self) -> Any:
        """What is left of transients after a sample, see ``fleet.rack_bins``."""
        return self._decays()

    @property
    def smoother_there(self) -> CudaSmoother:
        """What smooths this job."""
        assert isinstance(self._smoother, CudaSmoother)
        return self._smoother

    def open_tile(self, begin: int, dt: int, samples: int) -> None:
        """Make ready for one tile, unless that was done; tiles must not go back."""
        self._enter(self.runs.made_ready(begin, dt, samples).opened[self._number])
        self.runs.forget()

    def opened(self, begin: int, dt: int, samples: int) -> Opened:
        """Return what a tile after the open one is computed from, whose slots are reduced."""
        open_now = self._tile
        super().open_tile(begin, dt, samples)
        smoothed = None if self.smoothing is None else self.smoother_there.open
        found = Opened(self._grid, self._slots, self._noise, smoothed)
        if open_now is not None:
            self._enter(open_now)
        return found

    def _enter(self, tile: Opened) -> None:
        self._tile = tile
        self._grid, self._slots, self._noise = tile.grid, tile.slots, tile.noise
        if tile.smoothed is not None:
            self.smoother_there.enter(tile.smoothed)

    def bytes_to_smooth(self, samples: int) -> int:
        """Return what smoothing takes of the device for a rack, for tiles of so many samples."""
        return 0 if self.smoothing is None else bytes_of_rack(self.engine, samples)

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Take the state that ``state`` returned, of the same job."""
        super().restore(state)
        self.runs.begin_anew()

    def rack_power(self, place: Place) -> I32:
        """Return the accelerators' power summed to racks, (racks, samples) int32 quanta."""
        rows = self.memory.fetch(self.rack_power_there(place))
        power: I32 = rows[self._number :: len(self.runs.fleets)]
        return power

    def rack_power_there(self, place: Place, tile: Tile | None = None) -> Any:
        """Return the power of the racks of all runs of a tile, on the device.

        Of the open tile, where none is given: see ``JobRuns.rack_power_there``.
        """
        return self.runs.rack_power_there(place, tile or self._open())

    def _open(self) -> Tile:
        assert self._tile is not None
        grid = self._tile.grid
        return self.runs.made_ready(grid.begin, grid.dt, grid.samples)
