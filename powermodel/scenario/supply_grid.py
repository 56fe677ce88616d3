# SPDX-License-Identifier: Apache-2.0
"""A grid in a scenario: a source behind its short-circuit power, and what the connection allows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Annotated, Any, NamedTuple

from pydantic import Discriminator, Tag, model_validator

from powermodel.scenario import hardware
from powermodel.scenario.base import Finding, InvalidError, Part
from powermodel.scenario.hardware import Assumption
from powermodel.scenario.moment import Day, day_of, seconds_after
from powermodel.scenario.supply_governor import name_of, tag
from powermodel.units import Fraction, Frequency, Instant, Power, Ratio, format_s
from powermodel_kernels.supply.grid import GridSource

_STANDARD_HZ = (50.0, 60.0)
_GRID_POWER = "grid_power"


class AllowedStep(NamedTuple):
    """What a connection allows from some time on."""

    begins_s: float
    """Since the start of the run, s; below 0 for what holds already."""
    allowed_w: float


class ConnectionStep(Part):
    """What the connection allows from a time or a date on."""

    like: Annotated[str, name_of("site")] | None = None
    """A dated record of a site with its grid power, to start from."""
    at: Instant | None = None
    """Since the start of the run."""
    date: Day | None = None
    """Day, or month, whose beginning it is; needs time.start."""
    allowed: Power | None = None
    """Largest power at the POI."""

    @model_validator(mode="after")
    def _is_complete(self) -> ConnectionStep:
        if self.like is not None and _GRID_POWER not in hardware.record("site", self.like):
            raise InvalidError(Finding(f"{self.like} does not say what its grid gives", ("like",)))
        if self.at is not None and self.date is not None:
            raise InvalidError(Finding("expected either at or date, got both"))
        missing = [
            name
            for name, values in (("at or date", (self.at, self.date)), ("allowed", (self.allowed,)))
            if self.like is None and all(value is None for value in values)
        ]
        if missing:
            raise InvalidError(
                Finding(f"missing {' and '.join(missing)}", (), "or 'like: NAME', a dated site")
            )
        return self


ConnectionPart = Annotated[
    Annotated[Annotated[str, name_of("site")], Tag("<name>")]
    | Annotated[ConnectionStep, Tag("<mapping>")],
    Discriminator(tag),
]


def step_of(written: str | ConnectionStep, number: int, start: datetime | None) -> AllowedStep:
    """Return a step on the time axis of a run.

    Parameters
    ----------
    written
        A record's name, or fields.
    number
        Place in the list, for messages.
    start
        When the run begins.
    """
    step = ConnectionStep(like=written) if isinstance(written, str) else written
    found: Any = None if step.like is None else hardware.record("site", step.like)
    allowed_w = found[_GRID_POWER].value if step.allowed is None else step.allowed
    if step.at is not None:
        return AllowedStep(step.at, allowed_w)
    day = step.date
    if day is None:
        day = day_of(found.as_of)
    if start is None:
        raise InvalidError(
            Finding(
                f"a step that begins on {day} needs to know when the run begins",
                (number,),
                "write time.start, such as '2024-08-15 12:00-05:00', or give the step a time at",
            )
        )
    return AllowedStep(seconds_after(day, start), allowed_w)


class Grid(Part):
    """A grid as a source behind an impedance."""

    short_circuit: Power | None = None
    """Short-circuit power at the POI, VA."""
    x_over_r: Ratio | None = None
    """X/R of its impedance."""
    nominal_frequency: Frequency = 60.0
    voltage: bool = True
    """Whether the voltage at the POI is computed."""
    source_voltage: Ratio = 1.0
    """Behind the impedance, per unit."""
    power_factor: Fraction | None = None
    """Of the load, lagging; left out, what site.architecture gives, or 1 without one."""

    connection: tuple[ConnectionPart, ...] = ()
    """What the connection allows, step after step; what is above is flagged, not cut off."""

    @model_validator(mode="after")
    def _can_run(self) -> Grid:
        found = [*standard(self.nominal_frequency)]
        if self.power_factor is not None:
            found += lagging(self.power_factor)
        if self.voltage:
            found += [
                Finding(f"voltage at the POI is asked, but {what} is missing", (key,), hint)
                for key, what, hint in (
                    ("short_circuit", "the short-circuit power", "such as '12 GVA'"),
                    ("x_over_r", "X/R", "such as 10"),
                )
                if getattr(self, key) is None
            ]
        if found:
            raise InvalidError(*found)
        if self.voltage:
            try:
                self.source()
            except ValueError as error:
                raise InvalidError(Finding(str(error))) from None
        return self

    def source(self) -> GridSource:
        """Return the source for the kernels."""
        assert self.short_circuit is not None
        assert self.x_over_r is not None
        return GridSource(
            self.short_circuit, self.x_over_r, self.nominal_frequency, self.source_voltage
        )

    def steps(self, start: datetime | None) -> list[AllowedStep]:
        """Return what the connection allows over a run, in the order of time.

        Parameters
        ----------
        start
            When the run begins.

        Raises
        ------
        InvalidError
            If the steps do not fit together, or the run has no date where one is needed.
        """
        found = [step_of(written, at, start) for at, written in enumerate(self.connection)]
        for at, (one, two) in enumerate(pairwise(found), start=1):
            if not one.begins_s < two.begins_s:
                raise InvalidError(
                    Finding("expected a later time than that of the step before", (at,))
                )
        if found and found[0].begins_s > 0.0:
            raise InvalidError(
                Finding(
                    "no step is in force when the run begins: the first begins "
                    f"{format_s(found[0].begins_s)} later",
                    (0,),
                    "begin with a step at: '0 s', or one of an earlier date",
                )
            )
        return found

    def findings(self, start: datetime | None) -> Iterator[Finding]:
        """Yield what does not fit the run, which begins at `start`."""
        try:
            self.steps(start)
        except InvalidError as error:
            for found in error.findings:
                yield Finding(found.message, ("connection", *found.at), found.hint)

    def assumptions(self) -> Iterator[Assumption]:
        """Yield the dataset values that stand behind the connection."""
        for step in self.connection:
            fields = ConnectionStep(like=step) if isinstance(step, str) else step
            if fields.like is not None and fields.allowed is None:
                yield from hardware.assumed("site", fields.like, (_GRID_POWER,))


def standard(nominal_hz: float) -> Iterator[Finding]:
    """Yield what is wrong with a nominal frequency."""
    if nominal_hz not in _STANDARD_HZ:
        yield Finding(
            f"nominal frequency must be 50 or 60 Hz, got {nominal_hz:g} Hz", ("nominal_frequency",)
        )


def lagging(value: float) -> Iterator[Finding]:
    """Yield what is wrong with a power factor."""
    if value <= 0.0:
        yield Finding("expected a power factor above 0", ("power_factor",))
