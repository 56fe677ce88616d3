# SPDX-License-Identifier: Apache-2.0
"""Machines and condensers of an island: records of the datasets, with changes, or written out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BeforeValidator, Discriminator, Tag, model_validator

from powermodel.errors import UnitError
from powermodel.scenario import hardware
from powermodel.scenario.base import Finding, InvalidError, Part
from powermodel.scenario.hardware import Assumption
from powermodel.units import Count, Duration, Fraction, Frequency, Instant, Power, Ratio
from powermodel_datasets.supply_kinds import GAST_FIELDS, GGOV1_FIELDS
from powermodel_kernels.supply.machines import Condenser, Gast, Ggov1, Governor, Unit

_SHARED = ("droop", "deadband", "valve_low", "valve_high")

_KERNEL_NAMES = {
    "opening_rate": "opening",
    "closing_rate": "closing",
    "turbine_lag": "turbine_lag_s",
    "turbine_lead": "turbine_lead_s",
    "exhaust_lag": "exhaust_lag_s",
    "exhaust_lead": "exhaust_lead_s",
}


def _tag(value: Any) -> str:
    return "<mapping>" if isinstance(value, dict | Part) else "<name>"


def _name_of(kind: str) -> BeforeValidator:
    def check(value: Any) -> Any:
        if isinstance(value, str):
            hardware.record(kind, value)
        return value

    return BeforeValidator(check)


def _given(part: Part) -> dict[str, Any]:
    return {key: value for key, value in part if key != "like" and value is not None}


class GovernorFields(Part):
    """A governor of the datasets with changes; figures on the machine's own base."""

    like: Annotated[str, _name_of("governor")]
    """Record to start from."""
    droop: Ratio | None = None
    """Speed change per unit of power."""
    deadband: Ratio | None = None
    """Speed change without response, to each side, per unit."""
    valve_low: Ratio | None = None
    valve_high: Ratio | None = None
    gast_valve_time: Duration | None = None
    """T1 of GAST."""
    gast_turbine_time: Duration | None = None
    """T2 of GAST."""
    gast_exhaust_time: Duration | None = None
    """T3 of GAST."""
    gast_ambient_limit: Ratio | None = None
    """AT of GAST."""
    gast_limit_gain: Ratio | None = None
    """KT of GAST."""
    gast_turbine_damping: Ratio | None = None
    """Dturb of GAST."""
    ggov1_proportional: Ratio | None = None
    """Kpgov of GGOV1."""
    ggov1_integral: Ratio | None = None
    """Kigov of GGOV1, 1/s."""
    ggov1_actuator_time: Duration | None = None
    """Tact of GGOV1."""
    ggov1_turbine_lag: Duration | None = None
    """Tb of GGOV1."""

    @model_validator(mode="after")
    def _fits_the_model(self) -> GovernorFields:
        found = hardware.record("governor", self.like)
        model = _model(found)
        wrong = [key for key in _given(self) if key not in (*_SHARED, *_FIELDS[model])]
        if wrong:
            raise InvalidError(
                *(
                    Finding(f"{self.like} is a {model.upper()} governor without {key}", (key,))
                    for key in wrong
                )
            )
        return self


_FIELDS = {"gast": GAST_FIELDS, "ggov1": GGOV1_FIELDS}

GovernorName = Annotated[str, _name_of("governor")]
GovernorPart = Annotated[
    Annotated[GovernorName, Tag("<name>")] | Annotated[GovernorFields, Tag("<mapping>")],
    Discriminator(_tag),
]


def _model(found: Any) -> str:
    return "gast" if GAST_FIELDS[0] in found else "ggov1"


def governor_of(written: str | GovernorFields) -> Governor:
    """Return the governor that a scenario names or changes, for the kernels."""
    fields = GovernorFields(like=written) if isinstance(written, str) else written
    found = hardware.record("governor", fields.like)
    model = _model(found)
    values = {name: value.value for name, value in found.items()} | _given(fields)
    named = {_kernel_name(name.removeprefix(f"{model}_")): v for name, v in values.items()}
    return Gast(**named) if model == "gast" else Ggov1(**named)


def _kernel_name(name: str) -> str:
    return _KERNEL_NAMES.get(name, name.replace("_time", "_s"))


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

    like: Annotated[str, _name_of("machine")] | None = None
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

    like: Annotated[str, _name_of("condenser")] | None = None
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
    values |= _given(fields)
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
        Annotated[Annotated[str, _name_of("machine")], Tag("<name>")]
        | Annotated[MachineFields, Tag("<mapping>")],
        Discriminator(_tag),
    ]
    """Name of a machine of the datasets, or its fields, with ``like: NAME`` to start from one."""
    count: Count
    nominal_frequency: Frequency | None = None
    """What the unit is built for; left out, that of the island."""
    trips: Trips | None = None
    """Left out, 5 % below and 3 % above nominal for 0.5 s (engineering knowledge, K)."""
    outages: tuple[MachineOutage, ...] = ()

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

    def units(self, nominal_hz: float) -> list[Unit]:
        """Return every unit for the kernels, those that go out first."""
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
                **trips,
            )
            for at_s in leaves_s
        ]

    def assumptions(self) -> Iterator[Assumption]:
        """Yield the dataset values that stand behind the unit and its governor."""
        fields = MachineFields(like=self.unit) if isinstance(self.unit, str) else self.unit
        if fields.like is not None:
            found = hardware.record("machine", fields.like)
            names = tuple(name for name in found if name not in _given(fields))
            yield from hardware.assumed("machine", fields.like, names)
        governor = machine_values(fields)["governor"]
        changed = {} if isinstance(governor, str) else _given(governor)
        name = governor if isinstance(governor, str) else governor.like
        found = hardware.record("governor", name)
        yield from hardware.assumed("governor", name, tuple(n for n in found if n not in changed))


class Condensers(Part):
    """Synchronous condensers of one type: inertia and reactance, no power."""

    unit: Annotated[
        Annotated[Annotated[str, _name_of("condenser")], Tag("<name>")]
        | Annotated[CondenserFields, Tag("<mapping>")],
        Discriminator(_tag),
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
            names = tuple(name for name in used if name not in _given(fields))
            yield from hardware.assumed("condenser", fields.like, names)
