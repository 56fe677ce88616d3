# SPDX-License-Identifier: Apache-2.0
"""The racks of a site over one tile: accelerators through stores, backups and supplies to halls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from powermodel.planning import RACKS_AT_ONCE, whole_ticks
from powermodel.scenario import Scenario
from powermodel.scenario.hardware import RackSpec
from powermodel.scenario.placement import Placement
from powermodel.scenario.site import Hall
from powermodel_kernels.chain import RackSupply, add_to, watts
from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.fleet.job import JobFleet
from powermodel_kernels.fleet.replay import ReplayFleet
from powermodel_kernels.rack.backed import BackedSupply
from powermodel_kernels.rack.backup import BackupState, BackupSums
from powermodel_kernels.rack.stage import StoredSupply
from powermodel_kernels.rack.store import StoreState, StoreSums
from powermodel_kernels.tables import F32, I32, I64, Place

State = dict[str, np.ndarray]
Watts = NDArray[np.float64]
Supply = RackSupply | StoredSupply | BackedSupply


@dataclass(frozen=True, slots=True)
class RackTile:
    """What the racks of a site add up to over one tile."""

    halls: I64
    """Power that the racks of each hall draw, (halls, samples), quanta."""
    modules: I64
    """Power of the accelerators of each hall, (halls, samples), quanta; zeros where not asked."""
    store_w: Watts
    """Power of all rack stores, discharging positive, W."""
    store_loss_w: Watts
    store_j: Watts
    """Energy in all rack stores, J."""
    backup_w: Watts
    """Power of all rack backups, discharging positive, W."""
    backup_loss_w: Watts
    unserved_w: Watts
    """Load of the racks that nothing carried, W."""
    backup_j: Watts
    """Energy in all rack backups, J."""


@dataclass(frozen=True, slots=True)
class HallTile:
    """What the racks of one hall find over a tile, and what they add up to."""

    available: NDArray[np.bool_]
    """Whether the input of their shelves is there, sample by sample."""
    stores: StoreSums
    backups: BackupSums

    @classmethod
    def zeros(
        cls, samples: int, outages: Iterable[tuple[int, int]], begin: int, dt: int
    ) -> HallTile:
        """Return the sums of no racks, and what the outages leave of the input.

        Parameters
        ----------
        samples
            Of the tile.
        outages
            First tick of each, and first after it: whole numbers of steps.
        begin, dt
            First tick of the tile, and the step in ticks.
        """
        available = np.ones(samples, bool)
        for first, stop in outages:
            available[max(first - begin, 0) // dt : max(stop - begin, 0) // dt] = False
        return cls(available, StoreSums.zeros(samples), BackupSums.zeros(samples))


class Racks:
    """The racks of a site, tile after tile, with what their stores and backups remember.

    Parameters
    ----------
    scenario : Scenario
        Checked.
    fleets : list
        The fleet of each job.
    dt_s : float
        The step, s.
    workers : int
        Threads; no result depends on it.
    share : tuple of int
        Which part of the batches of racks, and of how many; others count as drawing nothing.
    """

    def __init__(
        self,
        scenario: Scenario,
        fleets: list[JobFleet | ReplayFleet],
        dt_s: float,
        workers: int,
        share: tuple[int, int] = (0, 1),
    ) -> None:
        self._scenario = scenario
        self._part, self._parts = share
        self._fleets = fleets
        self._dt_s = dt_s
        self._dt = whole_ticks(dt_s)
        self._workers = workers
        # What the accelerators draw is only summed where losses are split.
        self._split = scenario.site.architecture is not None
        self._supplies = [supply_of(hall, workers) for hall in scenario.site.halls]
        self._held = [_held(scenario, place) for place in scenario.placements]
        self._outages = [outages_of(scenario, hall) for hall in scenario.site.halls]
        self._bare: dict[int, HallTile] = {}
        self._stores: dict[int, StoreState] = {}
        self._backups: dict[int, BackupState] = {}
        for number, place in enumerate(scenario.placements):
            supply = self._supplies[place.hall]
            if isinstance(supply, BackedSupply):
                self._backups[number] = supply.initial(place.racks, dt_s)
                supply = supply.supply
            if isinstance(supply, StoredSupply):
                self._stores[number] = supply.initial(self._held[number], dt_s)

    def state(self) -> State:
        """Return what stores and backups remember."""
        return {name: column.copy() for name, column in self._columns()}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Take what ``state`` returned."""
        for name, column in self._columns():
            column[:] = state[name]

    def _columns(self) -> Iterator[tuple[str, np.ndarray]]:
        """Yield every array that changes with time, and its name."""
        groups: tuple[tuple[str, Mapping[int, StoreState | BackupState]], ...] = (
            ("rack_store", self._stores),
            ("rack_backup", self._backups),
        )
        for group, states in groups:
            for number, state in states.items():
                for name, column in state._asdict().items():
                    yield f"{group}/{number}/{name}", column

    def tile(self, begin: int, samples: int, kept: dict[int, NDArray[np.float32]]) -> RackTile:
        """Take all racks through the tile that the fleets have opened.

        Parameters
        ----------
        begin : int
            Absolute tick of its first sample.
        samples : int
            Of the tile.
        kept : dict
            Where to put the power of single racks, by number.
        """
        totals = np.zeros((len(self._supplies), samples), np.int64)
        modules = np.zeros_like(totals)
        halls = [self._found(hall, begin, samples) for hall in range(len(self._supplies))]
        for number, place in enumerate(self._scenario.placements):
            self._placement(
                number, place, totals[place.hall], modules[place.hall], halls[place.hall], kept
            )
        store, backup = np.zeros((3, samples)), np.zeros((4, samples))
        for supply, found in zip(self._supplies, halls, strict=True):
            if isinstance(supply, BackedSupply):
                backup += np.stack(found.backups) / QUANTA_PER_W
                supply = supply.supply
            if isinstance(supply, StoredSupply):
                store[0] += found.stores.power / QUANTA_PER_W
                store[1] += found.stores.loss / QUANTA_PER_W
                store[2] += found.stores.energy * supply.joules_per_count(self._dt_s)
        # Energies are counted in power times a step.
        backup[3] *= self._dt_s
        return RackTile(totals, modules, *store, *backup)

    def _found(self, hall: int, begin: int, samples: int) -> HallTile:
        """Return the sums of a hall before its racks; the same ones where nothing is buffered."""
        if not isinstance(self._supplies[hall], RackSupply):
            return HallTile.zeros(samples, self._outages[hall], begin, self._dt)
        if samples not in self._bare:
            self._bare[samples] = HallTile.zeros(samples, (), 0, self._dt)
        return self._bare[samples]

    def _placement(
        self,
        number: int,
        place: Placement,
        total: I64,
        modules: I64,
        hall: HallTile,
        kept: dict[int, NDArray[np.float32]],
    ) -> None:
        """Take one job's racks in one hall through their supply, a batch at a time."""
        per_rack = self._scenario.site.halls[place.hall].rack_record.accelerators
        last = place.first_accelerator + place.accelerators
        mine = self._part * RACKS_AT_ONCE
        for first in range(mine, place.racks, self._parts * RACKS_AT_ONCE):
            stop = min(first + RACKS_AT_ONCE, place.racks)
            lane = place.first_accelerator + first * per_rack
            until = min(lane + RACKS_AT_ONCE * per_rack, last)
            asked = Place(lane, until, per_rack, place.first_rack + first)
            into = {
                r: kept[place.first_rack + first + r]
                for r in range(stop - first)
                if place.first_rack + first + r in kept
            }
            self._batch(number, place, slice(first, stop), asked, total, modules, hall, into)

    def _batch(
        self,
        number: int,
        place: Placement,
        racks: slice,
        asked: Place,
        total: I64,
        modules: I64,
        hall: HallTile,
        kept: dict[int, NDArray[np.float32]],
    ) -> None:
        """Take some racks of a placement through their supply; ``kept`` counts from the first."""
        power = self._fleets[place.standing].rack_power(asked)
        if self._split:
            modules += power.sum(axis=0, dtype=np.int64)
        power_w = watts(power, self._workers)
        held = self._held[number][racks]
        self._supply(self._supplies[place.hall], number, racks, held, power_w, hall)
        add_to(total, power_w, self._workers)
        for row, column in kept.items():
            column[:] = power_w[row]

    def _supply(
        self, supply: Supply, number: int, racks: slice, held: I32, power_w: F32, hall: HallTile
    ) -> None:
        """Turn the power of the accelerators of some racks into what the racks draw, in place."""
        dt_s, rows = self._dt_s, (racks.start, racks.stop)
        store = self._stores[number].racks(*rows) if number in self._stores else None
        if isinstance(supply, BackedSupply):
            supply.advance(
                self._backups[number].racks(*rows), store, held, hall.available, power_w, dt_s,
                hall.backups, hall.stores,
            )  # fmt: skip
        elif isinstance(supply, StoredSupply):
            assert store is not None
            supply.advance(store, held, power_w, dt_s, hall.stores)
        else:
            supply.advance(held, power_w, dt_s)


def _held(scenario: Scenario, place: Placement) -> I32:
    """Return how many accelerators each rack of a placement holds; the last may hold fewer."""
    per_rack = scenario.site.halls[place.hall].rack_record.accelerators
    held = np.full(place.racks, per_rack, np.int32)
    held[-1] = place.accelerators - (place.racks - 1) * per_rack
    return held


def outages_of(scenario: Scenario, hall: Hall) -> tuple[tuple[int, int], ...]:
    """Return when the racks of a hall have lost their input: first tick, and first after it."""
    return tuple(sag.span_ticks for sag in scenario.site.sags if sag.reaches(hall))


def supply_of(hall: Hall, workers: int) -> Supply:
    """Return the supply stage of the racks of a hall."""
    shelf = shelf_of(hall.rack_record, workers)
    store = hall.rack_store and hall.rack_store.store_type(hall.rack_record.accelerators)
    supply = StoredSupply(shelf, store) if store else shelf
    backup = hall.rack_backup
    return BackedSupply(supply, backup.kernel(hall.rack_record)) if backup else supply


def shelf_of(rack: RackSpec, workers: int) -> RackSupply:
    """Return the rest of a type of rack and its supply shelf."""
    return RackSupply(
        base_w=rack.base_power_w,
        dynamic_ratio=rack.dynamic_power_ratio,
        idle_w=rack.accelerator.idle_w,
        rating_w=rack.supply_rating_w,
        peak_efficiency=rack.supply_peak_efficiency,
        peak_load=rack.supply_peak_load,
        workers=workers,
    )
