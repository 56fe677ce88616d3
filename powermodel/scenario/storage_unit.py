# SPDX-License-Identifier: Apache-2.0
"""One unit of storage: a record of the datasets, the record with changes, or written out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BeforeValidator, Discriminator, Tag, model_validator

from powermodel.errors import UnitError
from powermodel.scenario import hardware
from powermodel.scenario.base import Finding, InvalidError, Part
from powermodel.scenario.hardware import Assumption
from powermodel.units import Energy, Fraction, Power
from powermodel_datasets.record import Record, Value
from powermodel_datasets.storage_kinds import cell_type

KIND = "storage-unit"
DEFAULT_RECORD = "megapack-2xl-2h"
"""What a unit that is written out takes its cell and everything unsaid from."""

_REQUIRED = ("power", "energy", "inverter_efficiency")
_OPTIONAL = ("apparent_power", "round_trip_efficiency")

LOWEST_ONE_WAY = 0.94
"""Below it an efficiency may be a round trip: that of whole systems is 0.85 to 0.94."""


@dataclass(frozen=True, slots=True)
class StorageUnitSpec:
    """One unit with every rating known."""

    name: str
    record: str | None
    """Record of the datasets that everything not given here comes from."""
    power_w: float
    apparent_power_w: float
    """VA."""
    energy_j: float
    inverter_efficiency: float
    """One way, at the rating."""
    auxiliary_power_w: float
    response_time_s: float
    """Time constant of the power; the default of the inverter's lag."""
    soc_range: tuple[float, float]
    """Where the record of the cell knows its voltage."""


def _known(value: Any) -> Any:
    if isinstance(value, str):
        hardware.record(KIND, value)
    return value


RecordName = Annotated[str, BeforeValidator(_known)]


class UnitFields(Part):
    """A storage unit written out, or a dataset record with changes."""

    like: RecordName | None = None
    """Record to start from; what cannot be given here comes from it, or from `DEFAULT_RECORD`."""
    power: Power | None = None
    """Rated active power."""
    apparent_power: Power | None = None
    """Rating of the inverter, VA; as large as `power` if left out."""
    energy: Energy | None = None
    """Between empty and full."""
    inverter_efficiency: Fraction | None = None
    """One way, at the rating."""
    round_trip_efficiency: Fraction | None = None
    """AC to AC; a check on the one above, it drives nothing."""

    @model_validator(mode="before")
    @classmethod
    def _one_way_is_meant(cls, data: Any) -> Any:
        if isinstance(data, dict) and "efficiency" in data:
            raise InvalidError(
                Finding(
                    "'efficiency' does not say whether one way or round trip",
                    ("efficiency",),
                    "write inverter_efficiency (one way) or round_trip_efficiency",
                )
            )
        return data

    @model_validator(mode="after")
    def _makes_sense(self) -> UnitFields:
        found = [*_zeros(self), *_efficiency(_values(self), self)]
        if found:
            raise InvalidError(*found)
        return self


Unit = Annotated[
    Annotated[RecordName, Tag("<name>")] | Annotated[UnitFields, Tag("<mapping>")],
    Discriminator(lambda value: "<mapping>" if isinstance(value, dict | Part) else "<name>"),
]
"""Name of a unit of the datasets, or its fields, with ``like: NAME`` to start from one."""


def _given(fields: UnitFields) -> dict[str, Any]:
    return {key: value for key, value in fields if key != "like" and value is not None}


def _values(fields: UnitFields) -> dict[str, Any]:
    """Return the value of every field that is known, in SI units."""
    base: dict[str, Any] = {}
    if fields.like is not None:
        found = hardware.record(KIND, fields.like)
        base = {name: found[name].value for name in (*_REQUIRED, *_OPTIONAL) if name in found}
    values = base | _given(fields)
    missing = [field for field in _REQUIRED if field not in values]
    if missing:
        raise UnitError(
            f"missing {', '.join(missing)}",
            hint=f"add them, or 'like: NAME' with a {KIND} of the datasets to take them from",
        )
    return values


@lru_cache(maxsize=256)
def unit_spec(written: str | UnitFields) -> StorageUnitSpec:
    """Return the unit that a scenario names or writes out."""
    fields = UnitFields(like=written) if isinstance(written, str) else written
    values, given = _values(fields), _given(fields)
    found = hardware.record(KIND, fields.like or DEFAULT_RECORD)
    base = fields.like or KIND
    return StorageUnitSpec(
        name=f"{base} ({', '.join(given)} given)" if given else base,
        record=fields.like,
        power_w=values["power"],
        apparent_power_w=values.get("apparent_power", values["power"]),
        energy_j=values["energy"],
        inverter_efficiency=values["inverter_efficiency"],
        auxiliary_power_w=found["auxiliary_power"].value,
        response_time_s=found["response_time"].value,
        soc_range=_soc_range(hardware.record("cell", found.link("cell"))),
    )


def _soc_range(cell: Record) -> tuple[float, float]:
    """Return where a cell can be: of a battery as far as its table goes, else by its limits."""
    kind = cell_type(cell)
    if kind == "battery":
        return cell["soc_first"].value, cell["soc_last"].value
    if kind == "supercapacitor":
        return cell["min_voltage"].value / cell["max_voltage"].value, 1.0
    return cell["min_speed"].value, 1.0


def assumptions(written: str | UnitFields) -> Iterator[Assumption]:
    """Yield the dataset values that stand behind a unit, its cell included."""
    fields = UnitFields(like=written) if isinstance(written, str) else written
    name = fields.like or DEFAULT_RECORD
    found = hardware.record(KIND, name)
    # The response time has its place in the scenario: the inverter's lag.
    said = {*_given(fields), "response_time"}
    if fields.like is None:
        said |= {*_REQUIRED, *_OPTIONAL}
    yield from hardware.assumed(KIND, name, tuple(field for field in found if field not in said))
    cell = found.link("cell")
    yield from hardware.assumed("cell", cell, tuple(hardware.record("cell", cell)))


def response_time(written: str | UnitFields) -> Value:
    """Return the response time of a unit as its record has it."""
    like = written if isinstance(written, str) else written.like
    return hardware.record(KIND, like or DEFAULT_RECORD)["response_time"]


def _zeros(fields: UnitFields) -> Iterator[Finding]:
    for key, unit in (("power", "W"), ("energy", "J"), ("apparent_power", "W")):
        if getattr(fields, key) == 0.0:
            what = "an energy" if unit == "J" else "a power"
            yield Finding(f"expected {what} above 0 {unit}, got 0 {unit}", (key,))
    if fields.inverter_efficiency == 0.0:
        yield Finding("expected an efficiency above 0, got 0", ("inverter_efficiency",))


def _efficiency(values: dict[str, Any], fields: UnitFields) -> Iterator[Finding]:
    """Yield what cannot be: a round trip passes the inverter twice."""
    one_way, round_trip = values["inverter_efficiency"], values.get("round_trip_efficiency")
    apparent = values.get("apparent_power")
    if apparent is not None and 0.0 < apparent < values["power"]:
        message = f"apparent_power ({apparent:g} VA) is below power ({values['power']:g} W)"
        at = "apparent_power" if fields.apparent_power is not None else "power"
        yield Finding(message, (at,))
    if one_way <= 0.0:
        return
    if round_trip is None and one_way < LOWEST_ONE_WAY:
        yield Finding(
            f"{one_way:g} is low for one way: it may be a round trip",
            ("inverter_efficiency",),
            "give round_trip_efficiency as well, so that the two can be told apart",
        )
    if round_trip is not None and one_way**2 < round_trip:
        yield Finding(
            f"an inverter of {one_way:g} one way leaves at most {one_way**2:.3g} of a round trip, "
            f"but round_trip_efficiency is {round_trip:g}",
            ("inverter_efficiency",),
            "a round-trip value where one way is meant? One way is at least its root, "
            f"{math.sqrt(round_trip):.4g}",
        )
