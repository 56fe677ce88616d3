# SPDX-License-Identifier: Apache-2.0
"""The energy store on the DC bus of every rack of a hall: what the user writes of it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema, model_validator

from powermodel.errors import UnitError
from powermodel.scenario import hardware
from powermodel.scenario.base import Finding, InvalidError, Part
from powermodel.scenario.hardware import Assumption
from powermodel.units import Duration, Energy, Fraction, Power, canonical, format_w, quantity
from powermodel_kernels.rack.store import MAX_POWER_W, STEPS_PER_TIME_CONSTANT, StoreType

KIND = "rack-store"
NONE = "none"
"""Record of the datasets that is no store."""
_FIELDS = (
    "energy_per_accelerator",
    "window_low",
    "window_high",
    "set_point",
    "max_charge_per_accelerator",
    "max_discharge_per_accelerator",
    "charge_efficiency",
    "discharge_efficiency",
    "time_constant",
    "recovery_time",
)
_POWERS = ("max_charge_per_accelerator", "max_discharge_per_accelerator")
_EFFICIENCIES = ("charge_efficiency", "discharge_efficiency")
_ROUND_TRIP = "round_trip_efficiency"


def _is_store(value: Any) -> Any:
    if isinstance(value, str):
        hardware.record(KIND, value)
    return value


def _ramp(value: object) -> float:
    number = quantity(value, "W/s")
    if number <= 0:
        raise UnitError(f"expected a ramp above 0 W/s, got {value!r}", hint="leave it out for none")
    return number


Ramp = Annotated[
    float,
    BeforeValidator(_ramp),
    PlainSerializer(lambda number: f"{number!r} W/s", str),
    WithJsonSchema({"type": "string", "description": "a ramp such as '400 W/s'"}),
]
"""A change of power with time above 0, in W/s."""


class RackStore(Part):
    """An energy store on the DC bus of each rack, between its supply shelf and what it feeds.

    The shelf gives a low pass of the load, and the store the difference. A value that is left out
    comes from the record `like`. Energy and powers are those of a rack per accelerator in it.
    """

    like: Annotated[str, BeforeValidator(_is_store)] | None = None
    """Record to start from; ``none`` is no store."""
    energy_per_accelerator: Energy | None = None
    window_low: Fraction | None = None
    """Share of the energy below which it is not used."""
    window_high: Fraction | None = None
    """Share of the energy above which it is not used."""
    set_point: Fraction | None = None
    """Share of the energy at the start, to which the control brings it back."""
    max_charge_per_accelerator: Power | None = None
    """Largest power taken from the bus."""
    max_discharge_per_accelerator: Power | None = None
    """Largest power given to the bus."""
    charge_efficiency: Fraction | None = None
    """From the bus into the store, one way."""
    discharge_efficiency: Fraction | None = None
    """From the store to the bus, one way."""
    time_constant: Duration | None = None
    """Of the low pass of the load that the shelf gives."""
    recovery_time: Duration | None = None
    """Time constant with which the energy returns to its set point."""
    max_ramp_per_accelerator: Ramp | None = None
    """Largest ramp of the shelf, in W/s; default no limit."""

    @model_validator(mode="before")
    @classmethod
    def _efficiency_is_one_way(cls, data: Any) -> Any:
        if isinstance(data, dict) and _ROUND_TRIP in data:
            raise InvalidError(_not_round_trip(data[_ROUND_TRIP]))
        return data

    @model_validator(mode="after")
    def _is_possible(self) -> RackStore:
        if self.is_none:
            _refuse_changes_of_none(self)
            return self
        found = _values(self)
        problems = [*_findings(found)]
        if problems:
            raise InvalidError(*problems)
        return self

    @property
    def is_none(self) -> bool:
        """Whether there is no store at all."""
        return self.like == NONE

    def store_type(self, accelerators: int) -> StoreType | None:
        """Return the store of a rack of so many accelerators in SI units; None without a store.

        Parameters
        ----------
        accelerators : int
            Of a full rack.
        """
        if self.is_none:
            return None
        found = _values(self)
        return StoreType(
            energy_j=found["energy_per_accelerator"],
            window=(found["window_low"], found["window_high"]),
            set_point=found["set_point"],
            charge_w=found["max_charge_per_accelerator"],
            discharge_w=found["max_discharge_per_accelerator"],
            charge_efficiency=found["charge_efficiency"],
            discharge_efficiency=found["discharge_efficiency"],
            time_constant_s=found["time_constant"],
            recovery_s=found["recovery_time"],
            accelerators=accelerators,
            ramp_w_per_s=self.max_ramp_per_accelerator or math.inf,
        )

    def findings(self, accelerators: int, dt_s: float) -> Iterator[Finding]:
        """Yield what is wrong with the store in racks of a size, in a run with steps of `dt_s`.

        Parameters
        ----------
        accelerators : int
            Of a full rack.
        dt_s : float
            The step of the run, s.
        """
        if self.is_none:
            return
        found = _values(self)
        for key in _POWERS:
            most_w = found[key] * accelerators
            if most_w > MAX_POWER_W:
                yield Finding(
                    f"{accelerators} accelerators make {format_w(most_w)} in one rack, expected "
                    f"at most {format_w(MAX_POWER_W)}",
                    (key,),
                    "it is meant per accelerator",
                )
        shortest, key = min((found[key], key) for key in ("time_constant", "recovery_time"))
        longest_s = shortest / STEPS_PER_TIME_CONSTANT
        if dt_s > longest_s * (1.0 + 1e-9):
            yield Finding(
                f"dt {canonical(dt_s, 's')} is too long for {key} {canonical(shortest, 's')}: "
                f"expected at most a tenth of it, {canonical(longest_s, 's')}",
                (key,),
                f"write time.dt: '{canonical(longest_s, 's')}' or less, or a longer {key}",
            )

    def assumptions(self) -> Iterator[Assumption]:
        """Yield the dataset values that stand behind the store."""
        if self.like is not None and not self.is_none:
            fields = tuple(field for field in _FIELDS if getattr(self, field) is None)
            yield from hardware.assumed(KIND, self.like, fields)


@lru_cache(maxsize=256)
def _values(store: RackStore) -> dict[str, float]:
    """Return every value in SI units: what is written, else that of the record."""
    given = {key: value for key, value in store if key in _FIELDS and value is not None}
    return hardware.values(KIND, _FIELDS, store.like, given)


def _not_round_trip(value: object) -> Finding:
    each = ""
    if isinstance(value, int | float) and 0.0 < value <= 1.0:
        each = f", each {math.sqrt(value):.4g} for {value:g} both ways"
    return Finding(
        f"expected efficiencies one way, got a round trip of {value!r}",
        (_ROUND_TRIP,),
        f"write {' and '.join(_EFFICIENCIES)}{each}",
    )


def _refuse_changes_of_none(store: RackStore) -> None:
    given = [key for key, value in store if key != "like" and value is not None]
    if given:
        raise InvalidError(
            Finding(
                f"{given[0]} of no store",
                (given[0],),
                "name a store, such as like: gb300-electrolytic",
            )
        )


def _findings(found: dict[str, float]) -> Iterator[Finding]:
    """Yield what cannot be, whether written or taken from a record."""
    off = "leave the store out, or write 'like: none', for no store"
    if found["energy_per_accelerator"] <= 0:
        yield Finding("expected an energy above 0 J, got 0 J", ("energy_per_accelerator",), off)
    for key in _POWERS:
        if found[key] <= 0:
            yield Finding("expected a power above 0 W, got 0 W", (key,), off)
    for key in _EFFICIENCIES:
        if found[key] <= 0:
            yield Finding("expected an efficiency above 0, got 0", (key,), "1 is without losses")
    low, high = found["window_low"], found["window_high"]
    if low >= high:
        yield Finding(
            f"the window is inverted: expected window_low below window_high, got {low:g} and "
            f"{high:g}",
            ("window_low",),
        )
    elif not low <= found["set_point"] <= high:
        yield Finding(
            f"set_point {found['set_point']:g} is outside the window: expected {low:g} to {high:g}",
            ("set_point",),
        )
