# SPDX-License-Identifier: Apache-2.0
"""What feeds the site: an island of machines, or a grid behind its short-circuit power."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from pydantic import model_validator

from powermodel.scenario.base import Finding, InvalidError, Part
from powermodel.scenario.hardware import Assumption
from powermodel.scenario.run import Time
from powermodel.scenario.supply_grid import Grid, lagging, standard
from powermodel.scenario.supply_machines import Condensers, Machines
from powermodel.scenario.supply_shaft import shaft_of
from powermodel.units import (
    Count,
    Duration,
    Fraction,
    Frequency,
    Instant,
    Power,
    Ratio,
    format_j,
    format_w,
)
from powermodel_kernels.supply.answered import FormingBattery
from powermodel_kernels.supply.grid import check_frequency
from powermodel_kernels.supply.machines import (
    IslandSetup,
    Shedding,
    Unit,
    unit_capability_w,
    units_needed,
)
from powermodel_kernels.supply.shaft import Shaft
from powermodel_kernels.supply.stability import check_stability, check_step


class ShedStage(Part):
    """One stage of underfrequency load shedding."""

    below: Frequency
    """Frequency below which its time runs."""
    delay: Duration
    """Below for that long, it acts."""
    share: Fraction
    """Of the whole load."""


class Forming(Part):
    """Inverters that answer the island's frequency with droop and virtual inertia.

    They stand beside the storage of the site, which follows the load; their energy is not counted.
    """

    power: Power
    """Largest power to each side, and the base of droop and virtual inertia; 0 W: not there."""
    droop: Ratio
    """Frequency change per unit of that base at which all of it is given."""
    inertia: Instant = 0.0
    """Virtual inertia constant on that base."""
    latency: Instant
    """From the frequency to the inverter's order."""
    lag: Instant = 0.02
    """Time constant of the inverter."""


class WatchedShaft(NamedTuple):
    """The shaft of one unit."""

    name: str
    """Of its type."""
    unit: int
    """Number of the unit, over all types."""
    shaft: Shaft

    def sections(self) -> list[str]:
        """Return a name for every section between two masses."""
        return [f"{self.name}: {n}-{n + 1}" for n in range(1, len(self.shaft.inertia_s))]


class Island(Part):
    """Machines that carry the site alone."""

    nominal_frequency: Frequency
    machines: tuple[Machines, ...]
    condensers: tuple[Condensers, ...] = ()
    forming: tuple[Forming, ...] = ()
    shedding: tuple[ShedStage, ...] = ()
    """Stages in the order of falling frequency."""
    load_damping: Ratio = 0.0
    """Change of load per change of speed, per unit each; 0 for power electronics."""
    restore_rate: Ratio = 0.0
    """Slow common control that brings the frequency back: load reference, per unit of each
    machine's base, per unit of speed and second; 0 for droop alone."""
    power_factor: Fraction | None = None
    """Of the load, lagging; left out, what site.architecture gives, or 1 without one."""
    spare: Count | None = None
    """Units, the largest first, without which the others must still carry the load, and without
    storage: 1 for N+1. Checked before the run; left out, nothing is asked."""
    allow_unstable: bool = False
    """Run a governor set that its own criterion calls unstable."""

    @model_validator(mode="after")
    def _can_run(self) -> Island:
        found = [*self._frequencies()]
        if self.power_factor is not None:
            found += lagging(self.power_factor)
        if not self.machines:
            found.append(Finding("expected at least one machine, got none", ("machines",)))
        if found:
            raise InvalidError(*found)
        try:
            setup = self.setup()
            self.batteries()
        except ValueError as error:
            raise InvalidError(Finding(str(error))) from None
        try:
            check_stability(setup, self.allow_unstable)
        except ValueError as error:
            raise InvalidError(Finding(str(error), ("machines",))) from None
        return self

    def _frequencies(self) -> Iterator[Finding]:
        yield from standard(self.nominal_frequency)
        parts = [("the island", self.nominal_frequency)]
        parts += [
            (f"machine {machine.name}", machine.nominal_frequency)
            for machine in self.machines
            if machine.nominal_frequency is not None
        ]
        parts += [
            ("a condenser", condenser.nominal_frequency)
            for condenser in self.condensers
            if condenser.nominal_frequency is not None
        ]
        try:
            check_frequency(parts)
        except ValueError as error:
            yield Finding(str(error), ("nominal_frequency",))
        for index, machines in enumerate(self.machines):
            shaft = None if machines.shaft is None else shaft_of(machines.shaft)
            if shaft is not None and shaft.nominal_hz != self.nominal_frequency:
                yield Finding(
                    f"the island is for {self.nominal_frequency:g} Hz but the shaft of "
                    f"{machines.name} for {shaft.nominal_hz:g} Hz",
                    ("machines", index, "shaft"),
                )
        for index, stage in enumerate(self.shedding):
            if not stage.below < self.nominal_frequency:
                yield Finding(
                    f"expected a frequency below the nominal {self.nominal_frequency:g} Hz, got "
                    f"{stage.below:g} Hz",
                    ("shedding", index, "below"),
                )

    def setup(self) -> IslandSetup:
        """Return the island for the kernels."""
        hz = self.nominal_frequency
        return IslandSetup(
            self._units(),
            hz,
            [unit for condensers in self.condensers for unit in condensers.units()],
            [Shedding(s.below / hz - 1.0, s.delay, s.share) for s in self.shedding],
            self.load_damping,
            math.tan(math.acos(1.0 if self.power_factor is None else self.power_factor)),
            self.restore_rate,
        )

    def _units(self) -> list[Unit]:
        hz = self.nominal_frequency
        return [
            unit for kind, machines in enumerate(self.machines) for unit in machines.units(hz, kind)
        ]

    def kinds(self) -> tuple[str, ...]:
        """Return a name for every type of machine, each once."""
        names = [machines.name for machines in self.machines]
        return tuple(
            f"{name} {names[:at].count(name) + 1}" if names.count(name) > 1 else name
            for at, name in enumerate(names)
        )

    def shafts(self) -> list[WatchedShaft]:
        """Return the shafts whose torsion is asked for."""
        found, units = [], 0
        for name, machines in zip(self.kinds(), self.machines, strict=True):
            units += machines.count
            if machines.shaft is not None:
                # Units that are forced out come first: the last one turns longest.
                found.append(WatchedShaft(name, units - 1, shaft_of(machines.shaft)))
        return found

    def batteries(self) -> list[FormingBattery]:
        """Return the grid-forming inverters for the kernels."""
        return [
            FormingBattery(f.power, f.droop, f.inertia, f.power, f.latency, f.lag)
            for f in self.forming
            if f.power > 0.0
        ]

    def findings(self, dt_s: float, load_w: float, storage_w: float) -> Iterator[Finding]:
        """Yield what does not fit the run.

        Parameters
        ----------
        dt_s
            Step, s.
        load_w
            What the programs reach, W.
        storage_w
            Rating of the site's storage, W.
        """
        setup = self.setup()
        try:
            check_step(setup, dt_s)
        except ValueError as error:
            yield Finding(str(error), (), "shorten time.dt")
        for index, machines in enumerate(self.machines):
            if machines.shaft is not None:
                try:
                    shaft_of(machines.shaft).check_step(dt_s)
                except ValueError as error:
                    at = ("machines", index, "shaft")
                    yield Finding(str(error), at, "shorten time.dt, or leave the shaft out")
        beside_w = storage_w + sum(f.power for f in self.forming)
        if load_w > setup.capability_w + beside_w and not self.shedding:
            also = f" and storage of {format_w(beside_w)}" if beside_w else ""
            most = format_w(setup.capability_w)
            yield Finding(
                f"the programs reach {format_w(load_w)}, more than the {most} that the machines "
                f"can give{also}, and there is no shedding",
                ("machines",),
                "add machines or storage, lower the load, or write stages under shedding",
            )
        yield from self._spare(setup, load_w)

    def _spare(self, setup: IslandSetup, load_w: float) -> Iterator[Finding]:
        """Yield that the units left without the spare ones cannot carry the load."""
        if self.spare is None:
            return
        each_w = sorted(unit_capability_w(unit) for unit in setup.units)
        left_w = sum(each_w[: max(0, len(each_w) - self.spare)])
        if load_w <= left_w:
            return
        wanted = units_needed(load_w, each_w[-1], 0.0, 1.0, self.spare)
        yield Finding(
            f"the programs reach {format_w(load_w)}, and without the {self.spare} largest of "
            f"{len(each_w)} units the others give {format_w(left_w)}",
            ("spare",),
            f"{wanted} units of {format_w(each_w[-1])} would do; or ask for fewer spare ones",
        )

    def assumptions(self) -> Iterator[Assumption]:
        """Yield the dataset values that stand behind machines, governors and condensers."""
        for machines in self.machines:
            yield from machines.assumptions()
        for condensers in self.condensers:
            yield from condensers.assumptions()


class Supply(Part):
    """Either an island or a grid."""

    island: Island | None = None
    grid: Grid | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Supply:
        given = [key for key in ("island", "grid") if getattr(self, key) is not None]
        if len(given) != 1:
            raise InvalidError(
                Finding(f"expected either island or grid, got {' and '.join(given) or 'neither'}")
            )
        return self

    @property
    def nominal_frequency(self) -> float:
        """Of the island or of the grid, Hz."""
        fed = self.island or self.grid
        assert fed is not None
        return fed.nominal_frequency

    def describe(self) -> str:
        """Say in a line what feeds the site."""
        if self.island is not None:
            setup = self.island.setup()
            return (
                f"island of {len(setup.units)} machines: {format_w(setup.capability_w)}, "
                f"{setup.nominal_hz:g} Hz, {format_j(setup.stored_j)} turning"
            )
        assert self.grid is not None
        known = self.grid.short_circuit
        of = "" if known is None else f" of {format_w(known).removesuffix('W')}VA short circuit"
        return f"grid{of}, {self.grid.nominal_frequency:g} Hz"

    def findings(self, time: Time, load_w: float, storage_w: float) -> Iterator[Finding]:
        """Yield what does not fit the run; powers as in `Island.findings`."""
        if self.island is not None:
            for found in self.island.findings(time.dt, load_w, storage_w):
                yield Finding(found.message, ("island", *found.at), found.hint)
        if self.grid is not None:
            for found in self.grid.findings(time.start):
                yield Finding(found.message, ("grid", *found.at), found.hint)

    def assumptions(self) -> Iterator[Assumption]:
        """Yield the dataset values that stand behind the supply."""
        part = self.island or self.grid
        assert part is not None
        yield from part.assumptions()
