# SPDX-License-Identifier: Apache-2.0
"""The racks of a site on a GPU: a tile ahead of those who need them, in few launches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from powermodel.scenario import Scenario
from powermodel.scenario.placement import Placement
from powermodel.simulation.racks import HallTile, Racks, RackTile
from powermodel_kernels.constants import TILE_TICKS
from powermodel_kernels.cuda.job import CudaJobFleet, racks_at_once
from powermodel_kernels.cuda.memory import Memory, Pack, put_tables
from powermodel_kernels.cuda.racks import MODULES, SUMS, TOTAL, CudaRackSupply
from powermodel_kernels.fleet.job import JobFleet
from powermodel_kernels.fleet.replay import ReplayFleet
from powermodel_kernels.rack.backed import BackedSupply
from powermodel_kernels.rack.backup import BackupState
from powermodel_kernels.rack.store import StoreState
from powermodel_kernels.tables import I32, I64, Place


class _Standing(NamedTuple):
    """The racks of a placement on the device."""

    held: Any
    store: StoreState | None
    backup: BackupState | None

    def racks(self, first: int, stop: int) -> _Standing:
        """Return some of them, as views."""
        store, backup = self.store, self.backup
        return _Standing(
            self.held[first:stop],
            store and store.racks(first, stop),
            backup and backup.racks(first, stop),
        )


class _Held(NamedTuple):
    """How many accelerators racks hold, as a table."""

    held: I32


class _Came(NamedTuple):
    """What came back of a tile."""

    sums: I64
    """Of each placement on the device, (placements, SUMS, samples)."""
    rows: dict[int, NDArray[np.float32]]
    """Power of single racks, W, by their number on the site."""


class _Launched(NamedTuple):
    """A tile that the device computes, or has computed."""

    key: tuple[Any, ...]
    wait: Callable[[], list[Any]]
    spans: list[tuple[int, int]]
    """Which racks of the site come back: first, and first after the last."""


class CudaRacks(Racks):
    """The racks of a site, those of jobs with a program on a GPU together with their supply.

    Tiles come one after the other, so the next one is launched before the results of this one are
    waited for: the device computes it while the host takes this one on to the store. States on the
    host are those after the tile that was asked for last.

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
        self._until = until
        self._jobs = {i: fleet for i, fleet in enumerate(fleets) if isinstance(fleet, CudaJobFleet)}
        there = (n for n, place in enumerate(scenario.placements) if place.standing in self._jobs)
        self._row = {number: row for row, number in enumerate(there)}
        self._sent: tuple[dict[int, _Standing], Pack] | None = None
        self._now: _Launched | None = None
        self._ahead: _Launched | None = None
        self._came: _Came | None = None
        self._all_available: dict[int, Any] = {}

    @property
    def _memory(self) -> Memory:
        return next(iter(self._jobs.values())).memory

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Take what ``state`` returned."""
        super().restore(state)
        self._sent = self._ahead = None

    def tile(self, begin: int, samples: int, kept: dict[int, NDArray[np.float32]]) -> RackTile:
        """Take all racks through the tile that the fleets have opened, see `Racks.tile`."""
        if not self._row:
            return super().tile(begin, samples, kept)
        racks = sorted(kept)
        if self._ahead is not None and self._ahead.key == (begin, samples, racks):
            self._now = self._ahead
        else:
            if self._ahead is not None:
                # States on the device are those after a tile that nobody asked for.
                self._sent = None
            self._now = self._launched(begin, samples, racks)
        self._came = self._ahead = None
        following = begin + samples * self._dt
        if following < self._until:
            left = min(TILE_TICKS, self._until - following) // self._dt
            self._ahead = self._launched(following, left, racks)
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
        if number not in self._row:
            super()._placement(number, place, total, modules, hall, kept)
            return
        found = self._waited()
        sums = found.sums[self._row[number]]
        total += sums[TOTAL]
        if self._split:
            modules += sums[MODULES]
        self._supply_there(place).add(sums, hall.stores, hall.backups)
        for rack in range(place.first_rack, place.first_rack + place.racks):
            if rack in kept:
                kept[rack][:] = found.rows[rack]

    def _supply_there(self, place: Placement) -> CudaRackSupply:
        return CudaRackSupply(self._supplies[place.hall], self._dt_s, self._memory)

    # To the device.

    def _launched(self, begin: int, samples: int, racks: list[int]) -> _Launched:
        """Launch all that the device computes of a tile, from the states that are there."""
        memory = self._memory
        self._sent = self._sent or self._send()
        standing, pack = self._sent
        sums = memory.zeros((len(self._row), SUMS, samples), np.int64)
        back: list[Any] = [sums]
        spans: list[tuple[int, int]] = []
        for number, row in self._row.items():
            place = self._scenario.placements[number]
            supply = self._supply_there(place)
            available = self._available(place.hall, begin, samples)
            fleet = self._jobs[place.standing]
            tile = fleet.made_ready(begin, self._dt, samples)
            at_once = racks_at_once(samples, tile.noise.common.size, fleet.bytes_to_smooth(samples))
            for first, asked in self._batches(place, at_once):
                power = fleet.rack_power_there(asked, tile)
                some = standing[number].racks(first, first + power.shape[0])
                power = supply.advance(power, *some, available, sums[row])
                for a, b in runs(racks, asked.first_rack, asked.first_rack + power.shape[0]):
                    back.append(power[a - asked.first_rack : b - asked.first_rack])
                    spans.append((a, b))
        for fleet in self._jobs.values():
            fleet.all_launched(fleet.made_ready(begin, self._dt, samples))
        if self._stores or self._backups:
            back.append(memory.snapshot(pack))
        return _Launched((begin, samples, racks), memory.start_fetch(back), spans)

    def _batches(self, place: Placement, at_once: int) -> Iterator[tuple[int, Place]]:
        """Yield the racks of a placement in launches: the first rack, and what is asked for."""
        per_rack = self._scenario.site.halls[place.hall].rack_record.accelerators
        last = place.first_accelerator + place.accelerators
        for first in range(0, place.racks, at_once):
            lane = place.first_accelerator + first * per_rack
            until = min(lane + at_once * per_rack, last)
            yield first, Place(lane, until, per_rack, place.first_rack + first)

    def _send(self) -> tuple[dict[int, _Standing], Pack]:
        """Send what the host knows of the racks."""
        tables: list[Any] = []
        for number in self._row:
            states = (self._stores.get(number), self._backups.get(number))
            tables += [_Held(self._held[number]), *(state or () for state in states)]
        found, pack = put_tables(self._memory, tables)
        there = zip(found[::3], found[1::3], found[2::3], strict=True)
        return {
            number: _Standing(held.held, store or None, backup or None)
            for number, (held, store, backup) in zip(self._row, there, strict=True)
        }, pack

    def _available(self, hall: int, begin: int, samples: int) -> Any:
        """Return whether the input of the racks of a hall is there, on the device."""
        # Without backup racks are not taken through an outage.
        backed = isinstance(self._supplies[hall], BackedSupply)
        outages = self._outages[hall] if backed else ()
        available = HallTile.zeros(samples, outages, begin, self._dt).available
        if not available.all():
            return self._memory.put(available)
        if samples not in self._all_available:
            self._all_available[samples] = self._memory.put(available)
        return self._all_available[samples]

    # And back.

    def _waited(self) -> _Came:
        """Return what came back of this tile, and take its states."""
        if self._came is None:
            assert self._now is not None
            sums, *rows = self._now.wait()
            if self._stores or self._backups:
                self._take(rows.pop())
            self._came = _Came(sums, {
                rack: values[rack - first]
                for (first, stop), values in zip(self._now.spans, rows, strict=True)
                for rack in range(first, stop)
            })  # fmt: skip
        return self._came

    def _take(self, columns: list[Any]) -> None:
        """Take the states of the racks, sent by `_send` and changed there."""
        found = iter(columns)
        for number in self._row:
            next(found)
            for state in (self._stores.get(number), self._backups.get(number)):
                for column in state or ():
                    column[:] = next(found)


def runs(racks: list[int], first: int, stop: int) -> Iterator[tuple[int, int]]:
    """Yield stretches of neighbours among some racks, in order: first, and first after the last."""
    inside = [rack for rack in racks if first <= rack < stop]
    breaks = [i for i, (a, b) in enumerate(pairwise(inside), start=1) if b != a + 1]
    for a, b in pairwise([0, *breaks, len(inside)]):
        if a < b:
            yield inside[a], inside[b - 1] + 1
