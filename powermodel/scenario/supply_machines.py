# SPDX-License-Identifier: Apache-2.0
"""Machines and condensers of an island: records of the datasets, with changes, or written out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Discriminator, Tag, model_validator

from powermodel.errors import UnitError
from powermodel.scenario import hardware
from powermodel.scenario.base import Finding, InvalidError, Part
from powermodel.scenario.hardware import Assumption
from powermodel.scenario.supply_governor import GovernorPart, given, governor_of, name_of, tag
from powermodel.scenario.supply_shaft import ShaftPart
from powermodel.scenario.supply_shaft import assumptions as shaft_assumptions
from powermodel.units import Count, Duration, Fraction, Frequency, Instant, Power, Ratio
from powermodel_kernels.supply.machines import Condenser, Unit


def _known_base(fields: MachineFields | CondenserFields) -> None:
    """Refuse figures that stand on a base which nobody gave."""
    if fields.like is None and fields.base is None:
        raise InvalidError(
            Finding(
                "missing base: inertia, reactance and droop are per unit of an apparent power",
                ("base",),
                "write it, such as base: '20 MVA', or start from a record with 'like: NAME'",
            )
        )


class MachineFields(Part):
    """A generating unit written out, or a dataset record with changes."""

    like: Annotated[str, name_of("machine")] | None = None
    """Record to start from."""
    rating: Power | None = None
    """Rated active power."""
    base: Power | None = None
    """Apparent power, VA, that inertia, droop and reactance are per unit of."""
    inertia: Duration | None = None
    """Inertia constant H on that base."""
    transient_reactance: Ratio | None = None
    """X'd on that base."""
    voltage_time: Duration | None = None
    """In which the voltage regulator restores the voltage."""
    ambient_derate: Fraction | None = None
    """Share of the rating that the day leaves."""
    governor: GovernorPart | None = None
    """Name of a governor of the datasets, or its fields, with ``like: NAME``."""

    @model_validator(mode="after")
    def _is_complete(self) -> MachineFields:
        _known_base(self)
        machine_values(self)
        return self


class CondenserFields(Part):
    """A synchronous condenser written out, or a dataset record with changes."""

    like: Annotated[str, name_of("condenser")] | None = None
    """Record to start from."""
    base: Power | None = None
    """Apparent power, VA, that inertia and reactance are per unit of."""
    inertia: Duration | None = None
    """Inertia constant H on that base, flywheel included."""
    transient_reactance: Ratio | None = None
    """X'd on that base."""

    @model_validator(mode="after")
    def _is_complete(self) -> CondenserFields:
        _known_base(self)
        condenser_of(self)
        return self


_OPTIONAL_VALUES = {"transient_reactance": 0.25, "voltage_time": 0.5, "ambient_derate": 1.0}
"""What a machine that is written out need not say; engineering knowledge (K), as in the records."""


def machine_values(written: str | MachineFields) -> dict[str, Any]:
    """Return every field of a machine in SI units; ``governor`` as it is written."""
    fields = MachineFields(like=written) if isinstance(written, str) else written
    required = ("rating", "base", "inertia", "governor")
    return _values("machine", fields, required, tuple(_OPTIONAL_VALUES))


def _values(
    kind: str,
    fields: MachineFields | CondenserFields,
    required: tuple[str, ...],
    optional: tuple[str, ...],
) -> dict[str, Any]:
    like = fields.like
    values: dict[str, Any] = {name: _OPTIONAL_VALUES[name] for name in optional}
    if like is not None:
        found = hardware.record(kind, like)
        links = [name for name in required if name == "governor"]
        values |= {n: found[n].value for n in (*required, *optional) if n not in links}
        values |= {name: found.link(name) for name in links}
    values |= given(fields)
    missing = [name for name in required if name not in values]
    if missing:
        raise UnitError(
            f"missing {', '.join(missing)}",
            hint=f"add them, or 'like: NAME' with a {kind} of the datasets to take them from",
        )
    return values


def condenser_of(written: str | CondenserFields) -> Condenser:
    """Return a condenser for the kernels."""
    fields = CondenserFields(like=written) if isinstance(written, str) else written
    values = _values("condenser", fields, ("base", "inertia"), ("transient_reactance",))
    return Condenser(values["base"], values["inertia"], values["transient_reactance"])


class MachineOutage(Part):
    """Some units are forced out for the rest of the run."""

    units: Count
    at: Instant


class Trips(Part):
    """Where a unit protects itself: outside for longer than a delay, it is gone."""

    low: Frequency
    high: Frequency
    delay: Duration


class Machines(Part):
    """Units of one type that run on the island."""

    unit: Annotated[
        Annotated[Annotated[str, name_of("machine")], Tag("<name>")]
        | Annotated[MachineFields, Tag("<mapping>")],
        Discriminator(tag),
    ]
    """Name of a machine of the datasets, or its fields, with ``like: NAME`` to start from one."""
    count: Count
    nominal_frequency: Frequency | None = None
    """What the unit is built for; left out, that of the island."""
    trips: Trips | None = None
    """Left out, 5 % below and 3 % above nominal for 0.5 s (engineering knowledge, K)."""
    outages: tuple[MachineOutage, ...] = ()
    shaft: ShaftPart | None = None
    """Name of a shaft of the datasets, or its fields: torsion of one unit of the type is kept."""

    @model_validator(mode="after")
    def _fits(self) -> Machines:
        if sum(outage.units for outage in self.outages) > self.count:
            raise InvalidError(
                Finding(f"more units go out than the {self.count} there are", ("outages",))
            )
        return self

    @property
    def name(self) -> str:
        """The record, or that it is written out."""
        return self.unit if isinstance(self.unit, str) else self.unit.like or "machine"

    def units(self, nominal_hz: float, kind: int) -> list[Unit]:
        """Return every unit for the kernels, those that go out first, as one type."""
        values = machine_values(self.unit)
        trips: dict[str, float] = {}
        if self.trips is not None:
            trips = {
                "trip_low": self.trips.low / nominal_hz - 1.0,
                "trip_high": self.trips.high / nominal_hz - 1.0,
                "trip_delay_s": self.trips.delay,
            }
        leaves_s = [outage.at for outage in self.outages for _ in range(outage.units)]
        leaves_s += [math.inf] * (self.count - len(leaves_s))
        return [
            Unit(
                values["base"],
                values["inertia"],
                governor_of(values["governor"]),
                values["rating"] * values["ambient_derate"],
                values["transient_reactance"],
                values["voltage_time"],
                trip_at_s=at_s,
                kind=kind,
                **trips,
            )
            for at_s in leaves_s
        ]

    def assumptions(self) -> Iterator[Assumption]:
        """Yield the dataset values that stand behind the unit and its governor."""
        fields = MachineFields(like=self.unit) if isinstance(self.unit, str) else self.unit
        if fields.like is not None:
            found = hardware.record("machine", fields.like)
            names = tuple(name for name in found if name not in given(fields))
            yield from hardware.assumed("machine", fields.like, names)
        governor = machine_values(fields)["governor"]
        changed = {} if isinstance(governor, str) else given(governor)
        name = governor if isinstance(governor, str) else governor.like
        found = hardware.record("governor", name)
        yield from hardware.assumed("governor", name, tuple(n for n in found if n not in changed))
        if self.shaft is not None:
            yield from shaft_assumptions(self.shaft)


class Condensers(Part):
    """Synchronous condensers of one type: inertia and reactance, no power."""

    unit: Annotated[
        Annotated[Annotated[str, name_of("condenser")], Tag("<name>")]
        | Annotated[CondenserFields, Tag("<mapping>")],
        Discriminator(tag),
    ]
    """Name of a condenser of the datasets, or its fields, with ``like: NAME``."""
    count: Count
    nominal_frequency: Frequency | None = None
    """What it is built for; left out, that of the island."""

    def units(self) -> list[Condenser]:
        """Return every condenser for the kernels."""
        return [condenser_of(self.unit)] * self.count

    def assumptions(self) -> Iterator[Assumption]:
        """Yield the dataset values that stand behind the condenser."""
        fields = CondenserFields(like=self.unit) if isinstance(self.unit, str) else self.unit
        if fields.like is not None:
            used = ("base", "inertia", "transient_reactance")
            names = tuple(name for name in used if name not in given(fields))
            yield from hardware.assumed("condenser", fields.like, names)
