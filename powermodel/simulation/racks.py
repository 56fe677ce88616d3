# SPDX-License-Identifier: Apache-2.0
"""The racks of a site over one tile: accelerators through supplies and stores to the halls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from powermodel.planning import RACKS_AT_ONCE
from powermodel.scenario import Scenario
from powermodel.scenario.hardware import RackSpec
from powermodel.scenario.placement import Placement
from powermodel.scenario.site import Hall
from powermodel_kernels.chain import RackSupply, add_to, watts
from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.fleet.job import JobFleet
from powermodel_kernels.fleet.replay import ReplayFleet
from powermodel_kernels.rack.stage import StoredSupply
from powermodel_kernels.rack.store import StoreState, StoreSums
from powermodel_kernels.tables import I32, I64, Place

State = dict[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class RackTile:
    """What the racks of a site add up to over one tile."""

    halls: I64
    """Power that the racks of each hall draw, (halls, samples), quanta."""
    store_w: NDArray[np.float64]
    """Power of all rack stores, discharging positive, W."""
    store_loss_w: NDArray[np.float64]
    store_j: NDArray[np.float64]
    """Energy in all rack stores, J."""


class Racks:
    """The racks of a site, tile after tile, with what their stores remember.

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
    """

    def __init__(
        self,
        scenario: Scenario,
        fleets: list[JobFleet | ReplayFleet],
        dt_s: float,
        workers: int,
    ) -> None:
        self._scenario = scenario
        self._fleets = fleets
        self._dt_s = dt_s
        self._workers = workers
        self._supplies = [supply_of(hall, workers) for hall in scenario.site.halls]
        self._held = [_held(scenario, place) for place in scenario.placements]
        self._stores: dict[int, StoreState] = {}
        for number, place in enumerate(scenario.placements):
            supply = self._supplies[place.hall]
            if isinstance(supply, StoredSupply):
                self._stores[number] = supply.initial(self._held[number], dt_s)

    @property
    def stored(self) -> bool:
        """Whether some racks hold a store."""
        return bool(self._stores)

    def state(self) -> State:
        """Return what the stores remember."""
        return {
            f"rack_store/{number}/{name}": column.copy()
            for number, store in self._stores.items()
            for name, column in store._asdict().items()
        }

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Take what ``state`` returned."""
        for number, store in self._stores.items():
            for name, column in store._asdict().items():
                column[:] = state[f"rack_store/{number}/{name}"]

    def tile(self, samples: int, kept: dict[int, NDArray[np.float32]]) -> RackTile:
        """Take all racks through the tile that the fleets have opened.

        Parameters
        ----------
        samples : int
            Of the tile.
        kept : dict
            Where to put the power of single racks, by number.
        """
        totals = np.zeros((len(self._supplies), samples), np.int64)
        sums = [StoreSums.zeros(samples if self.stored else 0) for _ in self._supplies]
        for number, place in enumerate(self._scenario.placements):
            self._placement(number, place, totals[place.hall], sums[place.hall], kept)
        series = np.zeros((3, samples))
        for supply, found in zip(self._supplies, sums, strict=True):
            if isinstance(supply, StoredSupply):
                series[0] += found.power / QUANTA_PER_W
                series[1] += found.loss / QUANTA_PER_W
                series[2] += found.energy * supply.joules_per_count(self._dt_s)
        return RackTile(totals, *series)

    def _placement(
        self,
        number: int,
        place: Placement,
        total: I64,
        sums: StoreSums,
        kept: dict[int, NDArray[np.float32]],
    ) -> None:
        """Take one job's racks in one hall through their supply, a batch at a time."""
        per_rack = self._scenario.site.halls[place.hall].rack_record.accelerators
        last = place.first_accelerator + place.accelerators
        supply, held = self._supplies[place.hall], self._held[number]
        for first in range(0, place.racks, RACKS_AT_ONCE):
            stop = min(first + RACKS_AT_ONCE, place.racks)
            lane = place.first_accelerator + first * per_rack
            until = min(lane + RACKS_AT_ONCE * per_rack, last)
            asked = Place(lane, until, per_rack, place.first_rack + first)
            power_w = watts(self._fleets[place.job].rack_power(asked), self._workers)
            if isinstance(supply, StoredSupply):
                store = self._stores[number].racks(first, stop)
                supply.advance(store, held[first:stop], power_w, self._dt_s, sums)
            else:
                supply.advance(held[first:stop], power_w, self._dt_s)
            add_to(total, power_w, self._workers)
            for r in range(stop - first):
                column = kept.get(place.first_rack + first + r)
                if column is not None:
                    column[:] = power_w[r]


def _held(scenario: Scenario, place: Placement) -> I32:
    """Return how many accelerators each rack of a placement holds; the last may hold fewer."""
    per_rack = scenario.site.halls[place.hall].rack_record.accelerators
    held = np.full(place.racks, per_rack, np.int32)
    held[-1] = place.accelerators - (place.racks - 1) * per_rack
    return held


def supply_of(hall: Hall, workers: int) -> RackSupply | StoredSupply:
    """Return the supply stage of the racks of a hall."""
    supply = shelf_of(hall.rack_record, workers)
    if hall.rack_store is None:
        return supply
    store = hall.rack_store.store_type(hall.rack_record.accelerators)
    return supply if store is None else StoredSupply(supply, store)


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
