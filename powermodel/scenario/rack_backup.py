# SPDX-License-Identifier: Apache-2.0
"""The battery backup shelf of every rack of a hall, and the sags it carries the rack through."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, model_validator

from powermodel.scenario import hardware
from powermodel.scenario.base import Finding, InvalidError, Part, Path, close_to
from powermodel.scenario.hardware import Assumption, RackSpec
from powermodel.scenario.run import Time, whole_ticks
from powermodel.units import (
    Duration,
    Fraction,
    Instant,
    Power,
    Ratio,
    canonical,
    format_s,
    format_w,
)
from powermodel_kernels.constants import TICKS_PER_S
from powermodel_kernels.rack.backup import RackBackup

if TYPE_CHECKING:
    from powermodel.scenario.site import Hall, Site

KIND = "rack-backup"
_FIELDS = (
    "input_low",
    "hold_up_time",
    "take_over_time",
    "battery_time",
    "hand_back_time",
    "hold_up_recharge",
    "battery_recharge",
    "recharge_efficiency",
)
_RESERVE = "shave_reserve"
MAX_RACK_W = 2.0**20
"""The largest power of a backup that its integers hold, W."""


def _is_backup(value: Any) -> Any:
    if isinstance(value, str):
        hardware.record(KIND, value)
    return value


class BackupShelf(Part):
    """Hold-up of the supply shelf and a battery backup shelf, between shelf and bus of each rack.

    A value that is left out comes from the record `like`. Powers are those of a whole rack.
    """

    like: Annotated[str, BeforeValidator(_is_backup)] | None = None
    """Record to start from."""
    rating: Power | None = None
    """What hold-up and battery are stated for, and the most that the battery gives; left out, the
    rating of the rack's supplies."""
    input_low: Fraction | None = None
    """Voltage per unit below which the shelf has lost its input."""
    hold_up_time: Instant | None = None
    """For which the shelf's capacitors carry the rating."""
    take_over_time: Instant | None = None
    """From the loss of the input until the battery carries the bus."""
    battery_time: Instant | None = None
    """For which the battery carries the rating, and the longest for which it carries anything."""
    hand_back_time: Instant | None = None
    """For which the battery goes on once the input is back."""
    hold_up_recharge: Ratio | None = None
    """Power into the hold-up after an outage, per unit of the rating."""
    battery_recharge: Ratio | None = None
    """Power into the battery after an outage, per unit of the rating."""
    recharge_efficiency: Fraction | None = None
    """Of both, one way."""
    shave_above: Power | None = None
    """What the bus draws above it comes from the battery, where its firmware does that; default
    none."""
    shave_reserve: Fraction | None = None
    """Share of the battery that shaving leaves for outages."""

    @model_validator(mode="after")
    def _is_possible(self) -> BackupShelf:
        problems = [*_findings(self, _values(self))]
        if problems:
            raise InvalidError(*problems)
        return self

    @property
    def input_low_pu(self) -> float:
        """Voltage per unit below which the shelf has lost its input."""
        return _values(self)["input_low"]

    def rating_w(self, rack: RackSpec) -> float:
        """Return what hold-up and battery are stated for in racks of a type, W."""
        return rack.supply_rating_w if self.rating is None else self.rating

    def kernel(self, rack: RackSpec) -> RackBackup:
        """Return the backup of one rack in SI units, for the kernels."""
        found, rating_w = _values(self), self.rating_w(rack)
        return RackBackup(
            rating_w=rating_w,
            hold_up_s=found["hold_up_time"],
            take_over_s=found["take_over_time"],
            duration_s=found["battery_time"],
            hand_back_s=found["hand_back_time"],
            hold_up_recharge_w=found["hold_up_recharge"] * rating_w,
            battery_recharge_w=found["battery_recharge"] * rating_w,
            recharge_efficiency=found["recharge_efficiency"],
            shave_above_w=math.inf if self.shave_above is None else self.shave_above,
            reserve=found.get(_RESERVE, 0.0),
        )

    def bridges_s(self) -> tuple[float, float]:
        """Return for how long the hold-up carries the rating, and when the battery takes over."""
        found = _values(self)
        return found["hold_up_time"], found["take_over_time"]

    def findings(self, rack: RackSpec) -> Iterator[Finding]:
        """Yield what does not fit racks of a type."""
        rating_w = self.rating_w(rack)
        idle_w = rack.base_power_w + rack.accelerators * rack.accelerator.idle_w
        if rating_w > MAX_RACK_W:
            yield Finding(
                f"{format_w(rating_w)} for one rack, expected at most {format_w(MAX_RACK_W)}",
                ("rating",),
                "it is meant per rack, not per hall",
            )
        elif rating_w < idle_w:
            yield Finding(
                f"a rating of {format_w(rating_w)} is below what a rack of {rack.accelerators} "
                f"draws without work, {format_w(idle_w)}",
                ("rating",),
                "it is meant per rack, not per accelerator or supply",
            )
        if self.shave_above is not None and self.shave_above <= idle_w:
            yield Finding(
                f"{format_w(self.shave_above)} is not above what a rack of {rack.accelerators} "
                f"draws without work, {format_w(idle_w)}: the battery could never be recharged",
                ("shave_above",),
                "it is what the shelf of one rack gives at most",
            )

    def assumptions(self) -> Iterator[Assumption]:
        """Yield the dataset values that stand behind the backup."""
        if self.like is not None:
            fields = tuple(field for field in _used(self) if getattr(self, field) is None)
            yield from hardware.assumed(KIND, self.like, fields)


class InputSag(Part):
    """A sag of the voltage at the input of the supply shelves, or an outage of it."""

    at: Instant
    """Begin, since the start of the run."""
    duration: Duration
    voltage: Fraction = 0.0
    """What is left of it, per unit; 0 is an outage."""
    halls: tuple[str, ...] | None = None
    """Names of the halls that it reaches; default all."""

    @property
    def span_ticks(self) -> tuple[int, int]:
        """First tick of the sag, and the first after it."""
        begin, length = (round(time_s * TICKS_PER_S) for time_s in (self.at, self.duration))
        return begin, begin + length

    def reaches(self, hall: Hall) -> bool:
        """Tell whether the sag takes the input of the supply shelves of a hall away."""
        there = self.halls is None or hall.name in self.halls
        shelf = hall.rack_backup
        return there and shelf is not None and self.voltage < shelf.input_low_pu


def backup_findings(site: Site, time: Time) -> Iterator[Finding]:
    """Yield what does not fit of the backups and sags of a site, at paths below it."""
    for index, hall in enumerate(site.halls):
        if hall.rack_backup is not None:
            for found in hall.rack_backup.findings(hall.rack_record):
                yield replace(found, at=("halls", index, "backup", *found.at))
    for index, sag in enumerate(site.sags):
        for found in _sag(sag, site, time):
            yield replace(found, at=("sags", index, *found.at))


def _sag(sag: InputSag, site: Site, time: Time) -> Iterator[Finding]:
    names = [hall.name for hall in site.halls]
    for number, name in enumerate(sag.halls or ()):
        if name not in names:
            at: Path = ("halls", number)
            yield Finding(f"there is no hall {name!r}", at, close_to(name, names))
    if sag.halls == ():
        yield Finding("expected at least one hall, got none", ("halls",), "leave it out for all")
    bare = [
        hall.name
        for hall in site.halls
        if (sag.halls is None or hall.name in sag.halls) and hall.rack_backup is None
    ]
    if bare:
        yield Finding(
            f"the sag reaches hall {bare[0]!r}, whose racks have no backup: what becomes of them "
            "is not modeled",
            ("halls",) if sag.halls else (),
            "give that hall a backup, such as backup: orv3-hpr-bbu, or name the halls that the "
            "sag reaches under halls",
        )
    for key in ("at", "duration"):
        yield from _whole_steps(getattr(sag, key), time, key)


def _whole_steps(time_s: float, time: Time, key: str) -> Iterator[Finding]:
    if not whole_ticks(time.dt):
        return
    if not whole_ticks(time_s) or round(time_s * TICKS_PER_S) % time.dt_ticks:
        least = 0 if key == "at" else 1
        steps = int(time_s / time.dt)
        near = sorted({max(least, steps), steps + 1})
        yield Finding(
            f"{canonical(time_s, 's')} is not a whole number of steps of {format_s(time.dt)}",
            (key,),
            f"nearest that are: {' and '.join(canonical(n * time.dt, 's') for n in near)}",
        )


def _used(shelf: BackupShelf) -> tuple[str, ...]:
    return _FIELDS if shelf.shave_above is None else (*_FIELDS, _RESERVE)


@lru_cache(maxsize=256)
def _values(shelf: BackupShelf) -> dict[str, float]:
    """Return every value in SI units: what is written, else that of the record."""
    fields = _used(shelf)
    given = {key: value for key, value in shelf if key in fields and value is not None}
    return hardware.values(KIND, fields, shelf.like, given)


def _findings(shelf: BackupShelf, found: dict[str, float]) -> Iterator[Finding]:
    """Yield what cannot be, whether written or taken from a record."""
    off = "leave backup out for none"
    if shelf.rating == 0.0:
        yield Finding("expected a rating above 0 W, got 0 W", ("rating",), off)
    yield from _above_zero(found, ("hold_up_recharge", "battery_recharge"), "a power")
    yield from _above_zero(found, ("recharge_efficiency",), "an efficiency")
    if found["hold_up_time"] == found["battery_time"] == 0.0:
        yield Finding("neither hold-up nor battery: both times are 0 s", ("battery_time",), off)
    if shelf.shave_above is None and shelf.shave_reserve is not None:
        yield Finding(
            "a reserve of a battery that shaves nothing", (_RESERVE,), "add shave_above: '120 kW'"
        )
    if shelf.shave_above is not None and found["battery_time"] == 0.0:
        yield Finding("there is no battery to shave with", ("shave_above",), "give a battery_time")


def _above_zero(found: dict[str, float], keys: Iterable[str], what: str) -> Iterator[Finding]:
    for key in keys:
        if found[key] <= 0.0:
            yield Finding(f"expected {what} above 0, got 0", (key,))
