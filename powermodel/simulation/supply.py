# SPDX-License-Identifier: Apache-2.0
"""What feeds a site, tile after tile: an island's machines, or the voltage of a grid.

The coupling is one way: storage first, which follows the load less the site's own generation, then
the supply under what is left. Only grid-forming inverters of the island see its frequency, sample
by sample.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from powermodel.errors import PlanError
from powermodel.scenario import Scenario
from powermodel.scenario.supply import Island
from powermodel.scenario.supply_grid import Grid
from powermodel_kernels.constants import QUANTA_PER_W, TICKS_PER_S
from powermodel_kernels.supply.answered import (
    BatteryState,
    advance_answered,
    battery_arrays,
    quiet,
)
from powermodel_kernels.supply.arrays import IslandState, island_arrays
from powermodel_kernels.supply.grid import GridSource, reactive_at
from powermodel_kernels.supply.island import IslandSeries
from powermodel_kernels.supply.settle import settled_state
from powermodel_kernels.tables import F32, I64

FloatArray = NDArray[np.float64]
Out = Mapping[str, NDArray[np.floating]]


class Fed(NamedTuple):
    """What a supply feeds, over some samples."""

    load_w: FloatArray
    """Load of the site, W."""
    beside_w: FloatArray
    """What storage and the site's own generation take off it, W."""
    reactive_var: NDArray[np.floating] | None
    """Reactive power that the site's chain takes, var; None without one."""

    def reactive(self, power_factor: float | None, active: I64, where: str) -> I64:
        """Return its reactive power, quanta: that of a fixed angle, or what the chain takes.

        Parameters
        ----------
        power_factor
            Lagging; None for what the chain takes.
        active
            Power that a fixed angle refers to, quanta.
        where
            Part of the scenario that asks.
        """
        if power_factor is not None:
            return reactive_at(active, power_factor)
        if self.reactive_var is None:
            raise PlanError(
                "the voltage needs the reactive power of site.architecture, and the load that "
                "stands in for the racks has none",
                where=where,
                hint="take the load of a run with site.architecture, or --set "
                f"site.architecture=null and give {where}.power_factor",
            )
        return _quanta(self.reactive_var.astype(np.float64))


class SupplyStage(Protocol):
    """What feeds a site."""

    remembers: bool
    """Whether a tile depends on the one before it."""

    def tile(self, begin: int, fed: Fed, out: Out) -> None:
        """Take the supply through a tile.

        Parameters
        ----------
        begin : int
            Absolute tick of the tile's first sample.
        fed : Fed
            What it feeds.
        out : mapping
            Where to put the supply's own series.
        """

    def state(self) -> dict[str, np.ndarray]:
        """Return what the supply remembers."""

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Take what ``state`` returned."""


def supply_stage(scenario: Scenario, dt_s: float) -> SupplyStage:
    """Return the supply of a scenario, ready for its first tile."""
    supply = scenario.supply
    if supply is None:
        return Stiff()
    if supply.island is not None:
        return IslandStage(supply.island, scenario, dt_s)
    assert supply.grid is not None
    return GridStage(supply.grid, scenario)


def angle_of(scenario: Scenario, power_factor: float | None) -> float | None:
    """Return the fixed power factor of a load; None where the site's chain gives it."""
    if scenario.site.architecture is not None:
        return None
    return 1.0 if power_factor is None else power_factor


def supply_parts(scenario: Scenario) -> dict[str, bool]:
    """Return which groups of the store a scenario's supply fills."""
    island = scenario.supply and scenario.supply.island
    grid = scenario.supply and scenario.supply.grid
    return {
        "supply": bool(island),
        "machine": bool(island),
        "shaft": bool(island and island.shafts()),
        "forming": bool(island and island.forming),
        "connection": bool(grid and grid.connection),
        "grid": bool(grid and grid.voltage),
    }


def supply_nodes(scenario: Scenario) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the names along the dimensions of the supply's series, as a layout takes them."""
    island = scenario.supply and scenario.supply.island
    if not island:
        return ()
    sections = tuple(name for one in island.shafts() for name in one.sections())
    found = (("machine", island.kinds()), ("section", sections))
    return tuple((dim, names) for dim, names in found if names)


class Stiff:
    """A grid that nothing moves."""

    remembers = False

    def tile(self, begin: int, fed: Fed, out: Out) -> None:
        """Do nothing."""

    def state(self) -> dict[str, np.ndarray]:
        """Return nothing."""
        return {}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Do nothing."""


class GridStage:
    """The voltage that a grid shows to a load, and what its connection allows.

    Parameters
    ----------
    grid : Grid
        Of the scenario.
    scenario : Scenario
        Whose site may say what reactive power its load takes, and when the run begins.
    """

    remembers = False

    def __init__(self, grid: Grid, scenario: Scenario) -> None:
        self._source = grid.source() if grid.voltage else None
        self._power_factor = angle_of(scenario, grid.power_factor)
        self._dt = scenario.time.dt_ticks
        steps = grid.steps(scenario.time.start)
        self._begins = np.array([round(step.begins_s * TICKS_PER_S) for step in steps], np.int64)
        self._allowed_w = np.array([step.allowed_w for step in steps])

    def tile(self, begin: int, fed: Fed, out: Out) -> None:
        """Fill allowed power, voltage, angle and reactive power; see `SupplyStage`."""
        if "connection/allowed" in out:
            ticks = begin + self._dt * np.arange(len(fed.load_w), dtype=np.int64)
            step = np.searchsorted(self._begins, ticks, side="right") - 1
            out["connection/allowed"][:] = self._allowed_w[step]
        if self._source is not None:
            self._voltage(self._source, begin, fed, out)

    def _voltage(self, source: GridSource, begin: int, fed: Fed, out: Out) -> None:
        active = _quanta(fed.load_w - fed.beside_w)
        reactive = fed.reactive(self._power_factor, active, "supply.grid")
        try:
            found = source.voltages(active, reactive)
        except ValueError as error:
            raise PlanError(
                f"in the 10 s from {begin / TICKS_PER_S:g} s: {error}",
                where="supply.grid",
                hint="raise short_circuit or lower the load",
            ) from None
        out["grid/voltage"][:] = found.voltage
        out["grid/angle"][:] = found.angle_rad
        out["grid/reactive"][:] = reactive / QUANTA_PER_W

    def state(self) -> dict[str, np.ndarray]:
        """Return nothing: voltage follows at once."""
        return {}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Do nothing."""


class IslandStage:
    """The machines of an island, with what they remember.

    Parameters
    ----------
    island : Island
        Of the scenario.
    scenario : Scenario
        Whose site may say what reactive power its load takes.
    dt_s : float
        The step, s.
    """

    remembers = True

    def __init__(self, island: Island, scenario: Scenario, dt_s: float) -> None:
        self._setup = island.setup()
        self._dt_s = dt_s
        self._power_factor = angle_of(scenario, island.power_factor)
        self._shafts = island.shafts()
        self._arrays = island_arrays(self._setup, dt_s, [one.unit for one in self._shafts])
        self._twists: list[F32] = []
        self._batteries = battery_arrays(island.batteries(), dt_s)
        self._cells = quiet(self._batteries)
        self._state: IslandState | None = None

    def tile(self, begin: int, fed: Fed, out: Out) -> None:
        """Take the machines through a tile; see `SupplyStage`."""
        load = _quanta(fed.load_w)
        reactive = fed.reactive(self._power_factor, load, "supply.island")
        if self._state is None:
            poi_w = float(fed.load_w[0] - fed.beside_w[0])
            self._state = self._settled(poi_w, reactive[0] / QUANTA_PER_W)
            powers = self._state.power[self._arrays.watched]
            self._twists = [
                one.shaft.at_rest(float(power))
                for one, power in zip(self._shafts, powers, strict=True)
            ]
        self._state, self._cells, found = advance_answered(
            self._arrays, self._state, self._batteries, self._cells, load,
            _quanta(fed.beside_w), begin, reactive,
        )  # fmt: skip
        self._fill(load, found.island, out)
        self._twist(found.island, out)
        if "forming/power" in out:
            out["forming/power"][:] = found.storage / QUANTA_PER_W

    def _settled(self, load_w: float, reactive_var: float) -> IslandState:
        """Return the machines at rest under the load of the first sample."""
        try:
            return settled_state(self._setup, self._arrays, load_w, reactive_var)
        except ValueError as error:
            raise PlanError(
                f"the island cannot start at rest: {error}", where="supply.island.machines"
            ) from None

    def _fill(self, load: I64, found: IslandSeries, out: Out) -> None:
        hz = self._setup.nominal_hz
        out["supply/frequency"][:] = hz * (1.0 + found.speed.astype(np.float64))
        out["supply/rocof"][:] = hz * found.rate.astype(np.float64)
        out["supply/power"][:] = found.generation / QUANTA_PER_W
        out["supply/voltage"][:] = found.voltage
        out["supply/shed"][:] = (load - found.served) / QUANTA_PER_W
        out["supply/machines"][:] = found.online
        out["machine/power"][:] = found.kinds / QUANTA_PER_W

    def _twist(self, found: IslandSeries, out: Out) -> None:
        """Take every watched shaft through a tile."""
        first = 0
        for n, one in enumerate(self._shafts):
            twisted = one.shaft.advance(
                self._twists[n], found.electric[:, n].copy(), found.power[:, n].copy(), self._dt_s
            )
            self._twists[n] = twisted.state
            part = slice(first, first + len(one.shaft.stiffness))
            out["shaft/torque"][:, part] = twisted.torque
            out["shaft/torsion"][:, part] = twisted.torsion
            first = part.stop

    def state(self) -> dict[str, np.ndarray]:
        """Return what the island remembers; nothing before its first tile."""
        if self._state is None:
            return {}
        machines = {f"supply/{name}": part.copy() for name, part in self._state._asdict().items()}
        cells = {f"forming/{name}": part.copy() for name, part in self._cells._asdict().items()}
        shafts = {f"shaft/{n}": twist.copy() for n, twist in enumerate(self._twists)}
        return machines | cells | shafts

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Take what ``state`` returned."""
        self._state = IslandState(*(np.array(state[f"supply/{n}"]) for n in IslandState._fields))
        self._cells = BatteryState(*(np.array(state[f"forming/{n}"]) for n in BatteryState._fields))
        self._twists = [np.array(state[f"shaft/{n}"]) for n in range(len(self._shafts))]


def _quanta(power_w: FloatArray) -> I64:
    quanta: I64 = np.rint(power_w * QUANTA_PER_W).astype(np.int64)
    return quanta
