# SPDX-License-Identifier: Apache-2.0
"""The racks of a site on a GPU, as a run asks for them: tile after tile, with their state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from powermodel.scenario import Scenario
from powermodel.scenario.placement import Placement
from powermodel.simulation.cuda_rack_runs import Came, RackRuns
from powermodel.simulation.racks import HallTile, Racks, RackTile
from powermodel_kernels.cuda.job import CudaJobFleet
from powermodel_kernels.cuda.racks import MODULES, TOTAL, CudaRackSupply, sums_of
from powermodel_kernels.fleet.job import JobFleet
from powermodel_kernels.fleet.replay import ReplayFleet
from powermodel_kernels.rack.backed import BackedSupply
from powermodel_kernels.rack.backup import BackupState
from powermodel_kernels.rack.store import StoreState
from powermodel_kernels.tables import I32, I64, Place


class CudaRacks(Racks):
    """The racks of a site, those of jobs with a program on a GPU together with their supply.

    States on the host are those after the tile that was asked for last.

    Parameters
    ----------
    scenario, fleets, dt_s, workers
        See `Racks`.
    until : int
        First tick after the run.
    """

    def __init__(
        self,
        scenario: Scenario,
        fleets: list[JobFleet | ReplayFleet],
        dt_s: float,
        workers: int,
        until: int,
    ) -> None:
        super().__init__(scenario, fleets, dt_s, workers)
        self.until = until
        self.jobs = {i: fleet for i, fleet in enumerate(fleets) if isinstance(fleet, CudaJobFleet)}
        there = (n for n, place in enumerate(scenario.placements) if place.standing in self.jobs)
        self.row = {number: row for row, number in enumerate(there)}
        """Of a placement on the device, by its number."""
        self.runs = RackRuns([self])
        self._run = 0
        self._came: Came | None = None

    def belong_to(self, runs: RackRuns, number: int) -> None:
        """Become those of one of some runs that are computed together."""
        self.runs, self._run = runs, number

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Take what ``state`` returned."""
        super().restore(state)
        self.runs.begin_anew()

    def tile(self, begin: int, samples: int, kept: dict[int, NDArray[np.float32]]) -> RackTile:
        """Take all racks through the tile that the fleets have opened, see `Racks.tile`."""
        self._came = None
        if self.row:
            self.runs.go_on(self._run, begin, samples, sorted(kept))
        return super().tile(begin, samples, kept)

    def _placement(
        self,
        number: int,
        place: Placement,
        total: I64,
        modules: I64,
        hall: HallTile,
        kept: dict[int, NDArray[np.float32]],
    ) -> None:
        """Add what the device found of one job's racks in one hall."""
        if number not in self.row:
            super()._placement(number, place, total, modules, hall, kept)
            return
        # Asked for as late as can be: what the CPU replays goes on meanwhile.
        if self._came is None:
            self._came = self.runs.came(self._run)
            if self.remember:
                self._take(self._came.columns)
        sums = self._came.sums[self.row[number]]
        total += sums[TOTAL]
        if self._split:
            modules += sums[MODULES]
        self.supply_there(place).add(sums, hall.stores, hall.backups)
        for rack in range(place.first_rack, place.first_rack + place.racks):
            if rack in kept:
                kept[rack][:] = self._came.rows[rack]

    # What the device is told of these racks.

    def supply_there(self, place: Placement) -> CudaRackSupply:
        """Return the supply of the racks of a placement."""
        memory = self.jobs[place.standing].memory
        return CudaRackSupply(self._supplies[place.hall], self._dt_s, memory)

    @property
    def remember(self) -> bool:
        """Whether racks have a state."""
        return bool(self._stores or self._backups)

    @property
    def sums(self) -> int:
        """How many rows the sums over racks have."""
        return sums_of(bool(self._stores), bool(self._backups))

    def held_by(self, number: int) -> I32:
        """Return how many accelerators each rack of a placement holds."""
        return self._held[number]

    def states(self, number: int) -> tuple[StoreState | None, BackupState | None]:
        """Return the state of stores and of backups of a placement."""
        return self._stores.get(number), self._backups.get(number)

    def available(self, hall: int, begin: int, samples: int) -> NDArray[np.bool_]:
        """Return whether the input of the racks of a hall is there."""
        # Without backup racks are not taken through an outage.
        backed = isinstance(self._supplies[hall], BackedSupply)
        outages = self._outages[hall] if backed else ()
        return HallTile.zeros(samples, outages, begin, self._dt).available

    def places_of(self, place: Placement, at_once: int) -> Iterator[tuple[int, Place]]:
        """Yield the racks of a placement in launches: the first rack, and what is asked for."""
        per_rack = self._scenario.site.halls[place.hall].rack_record.accelerators
        last = place.first_accelerator + place.accelerators
        for first in range(0, place.racks, at_once):
            lane = place.first_accelerator + first * per_rack
            until = min(lane + at_once * per_rack, last)
            yield first, Place(lane, until, per_rack, place.first_rack + first)

    @property
    def placements(self) -> dict[int, Placement]:
        """Those on the device, by their number."""
        return {number: self._scenario.placements[number] for number in self.row}

    @property
    def dt(self) -> int:
        """The step, ticks."""
        return self._dt

    def _take(self, columns: list[Any]) -> None:
        """Take the states of the racks that came back."""
        found = iter(columns)
        for number in self.row:
            next(found)  # how many accelerators they hold
            for state in self.states(number):
                for column in state or ():
                    column[:] = next(found)
