# SPDX-License-Identifier: Apache-2.0
"""A part of a run that was computed elsewhere, handed on: the racks of a window, or a load."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from powermodel.planning import Plan, whole_ticks
from powermodel.simulation.fleets import fleet_of
from powermodel.simulation.racks import Racks, RackTile
from powermodel.simulation.steady import steady_stop
from powermodel_kernels.constants import TILE_TICKS
from powermodel_kernels.tables import I64


class LoadSource(Protocol):
    """Where the load before the storage comes from, if not from the jobs."""

    def tile(self, first: int, samples: int) -> NDArray[np.float64]:
        """Return the load of some samples, W."""

    def reactive(self, first: int, samples: int) -> NDArray[np.float32] | None:
        """Return the reactive power of some samples, var; None where it is not known."""


class RackSource(Protocol):
    """Where the power of the racks comes from."""

    def tile(self, begin: int, samples: int, kept: dict[int, NDArray[np.float32]]) -> RackTile:
        """Return a tile that begins at a tick; fill the racks that are kept."""

    def state(self) -> dict[str, np.ndarray]:
        """Return what the racks remember."""

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Take what ``state`` returned."""


class HandedLoad:
    """A load that is handed on block by block."""

    def __init__(self) -> None:
        self._first, self._load_w = 0, np.zeros(0)
        self._reactive_var: NDArray[np.float32] | None = None

    def hand(
        self,
        first: int,
        load_w: NDArray[np.float64],
        reactive_var: NDArray[np.float32] | None = None,
    ) -> None:
        """Take a block from sample `first` on: power, W, and if known reactive power, var."""
        self._first, self._load_w, self._reactive_var = first, load_w, reactive_var

    def tile(self, first: int, samples: int) -> NDArray[np.float64]:
        """Return the load of some samples of the block, W."""
        start = first - self._first
        return self._load_w[start : start + samples]

    def reactive(self, first: int, samples: int) -> NDArray[np.float32] | None:
        """Return the reactive power of some samples of the block, var."""
        start = first - self._first
        var = self._reactive_var
        return None if var is None else var[start : start + samples]


class HandedRacks:
    """Racks without a store that are handed on block by block, as sums.

    Parameters
    ----------
    dt_s : float
        The step, s.
    """

    def __init__(self, dt_s: float) -> None:
        self._dt = whole_ticks(dt_s)
        self._first = 0
        self._sums: I64 = np.zeros((2, 0, 0), np.int64)

    def hand(self, first: int, sums: I64) -> None:
        """Take a block from sample `first` on, as `RackWindow.block` returned it."""
        self._first, self._sums = first, sums

    def tile(self, begin: int, samples: int, kept: dict[int, NDArray[np.float32]]) -> RackTile:
        """Return a tile of the block; single racks are not known any more."""
        start = begin // self._dt - self._first
        halls, modules = self._sums[:, :, start : start + samples]
        # Stores and backups, which are not there, take and give nothing.
        others = len(fields(RackTile)) - 2
        return RackTile(halls, modules, *np.zeros((others, samples)))

    def state(self) -> dict[str, np.ndarray]:
        """Return nothing."""
        return {}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Do nothing."""


class RackWindow:
    """The racks of a site, or a share of them, over any window of time.

    Parameters
    ----------
    plan : Plan
        Of a scenario whose racks remember nothing, see `racks_remember`.
    share : tuple of int
        Which part of the racks, and of how many; the sum of all parts is that of all racks.
    """

    def __init__(self, plan: Plan, share: tuple[int, int] = (0, 1)) -> None:
        scenario = plan.scenario
        self._dt = whole_ticks(plan.dt_s)
        self._fleets = [fleet_of(scenario, one, 1) for one in range(len(scenario.standing))]
        self._racks = Racks(scenario, self._fleets, plan.dt_s, 1, share)
        self._halls = len(scenario.site.halls)

    def block(self, first: int, stop: int) -> I64:
        """Return what halls and accelerators draw over samples first to stop (exclusive).

        Returns
        -------
        ndarray
            (2, halls, samples), quanta; successive calls must not go back in time.
        """
        per_tile = TILE_TICKS // self._dt
        found: I64 = np.empty((2, self._halls, stop - first), np.int64)
        tile = first
        while tile < stop:
            until = min(tile + per_tile, stop)
            for fleet in self._fleets:
                fleet.open_tile(tile * self._dt, self._dt, until - tile)
            racks = self._racks.tile(tile * self._dt, until - tile, {})
            found[:, :, tile - first : until - first] = racks.halls, racks.modules
            tile = max(until, min(steady_stop(self._fleets, self._dt), stop))
            found[:, :, until - first : tile - first] = found[:, :, [until - first - 1]]
        return found


def racks_remember(plan: Plan) -> bool:
    """Whether the racks of a scenario depend on their past: stores, backups, smoothed jobs."""
    scenario = plan.scenario
    halls = scenario.site.halls
    stores = any(hall.rack_store is not None or hall.rack_backup for hall in halls)
    return stores or any(job.smoothing is not None for job in scenario.jobs)
