# SPDX-License-Identifier: Apache-2.0
"""The cooling of a site: what it draws follows the heat, late, and depends on the wet bulb."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema, model_validator

from powermodel.errors import UnitError
from powermodel.scenario.base import Finding, InvalidError, Part
from powermodel.scenario.chain import name_of
from powermodel.scenario.hardware import Assumption, assumed, record
from powermodel.units import Duration, Fraction, Ratio
from powermodel_kernels.laws.cooling import plant_ratio
from powermodel_kernels.supply import cooling as kernels

_TABLE_C = (0, 10, 20, 30)
_TABLE = tuple(f"plant_ratio_{t}c" for t in _TABLE_C)
_RATIOS = ("base_ratio", "fan_ratio", "pump_ratio")
_TIMES = ("plate_time", "distribution_time", "plant_time")
_CELSIUS = re.compile(r"\s*([-+]?\d+(?:\.\d*)?)\s*(?:°C|degC)\s*")


def celsius(value: object) -> float:
    """Read a temperature such as ``"20 degC"``.

    Raises
    ------
    UnitError
        For anything else.
    """
    match = _CELSIUS.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise UnitError(f"expected a temperature with its unit such as '20 degC', got {value!r}")
    return float(match[1])


Celsius = Annotated[
    float,
    PlainValidator(celsius),
    PlainSerializer(lambda value: f"{value!r} degC", str),
    WithJsonSchema({"type": "string", "examples": ["20 degC"]}),
]
"""A temperature, in °C."""


class Cooling(Part):
    """Cooling as a load: a dataset record, with changes. Ratios are watts per watt."""

    like: Annotated[str, name_of("cooling")]
    """Record to start from."""
    wet_bulb: Celsius | None = None
    """Outdoor wet-bulb temperature, by which the plant's share is read from the record's table."""
    base_ratio: Ratio | None = None
    """Drawn without heat, per watt of the racks' rating."""
    fan_ratio: Ratio | None = None
    """Fans, per watt of heat that has passed cold plate or heat sink."""
    pump_ratio: Ratio | None = None
    """Pumps, per watt of heat that has passed the distribution unit."""
    plant_ratio: Ratio | None = None
    """Plant, per watt of heat that has reached it, in place of table and wet bulb."""
    plate_time: Duration | None = None
    """Time constant of cold plate or heat sink."""
    distribution_time: Duration | None = None
    """Time constant of the coolant distribution unit."""
    plant_time: Duration | None = None
    """Time constant of the plant."""
    power_factor: Fraction | None = None
    """Of all its drives, lagging, above 0."""

    @model_validator(mode="after")
    def _can_run(self) -> Cooling:
        if (self.wet_bulb is None) == (self.plant_ratio is None):
            given = "neither" if self.wet_bulb is None else "both"
            raise InvalidError(
                Finding(
                    f"expected either wet_bulb or plant_ratio, got {given}",
                    ("wet_bulb",),
                    "write the outdoor wet-bulb temperature, such as wet_bulb: '20 degC'",
                )
            )
        if self.power_factor == 0.0:
            raise InvalidError(Finding("expected a power factor above 0", ("power_factor",)))
        try:
            self.kernel(1.0)
        except ValueError as error:
            raise InvalidError(Finding(str(error), ("wet_bulb",))) from None
        return self

    def value(self, field: str) -> float:
        """Return a value of the scenario, else of the record, in SI units."""
        own: float | None = getattr(self, field)
        return float(record("cooling", self.like)[field].value) if own is None else own

    def kernel(self, rating_w: float) -> kernels.Cooling:
        """Return the cooling for the kernels.

        Parameters
        ----------
        rating_w
            Of the racks, at the input of their supplies, W.
        """
        base, fans, pumps = (self.value(field) for field in _RATIOS)
        times_s = [self.value(field) for field in _TIMES]
        return kernels.Cooling(rating_w, base, (fans, pumps, self._plant()), times_s)

    def _plant(self) -> float:
        if self.plant_ratio is not None:
            return self.plant_ratio
        assert self.wet_bulb is not None
        found = record("cooling", self.like)
        return plant_ratio(_TABLE_C, [found[field].value for field in _TABLE], self.wet_bulb)

    def settled_w(self, heat_w: float, rating_w: float) -> float:
        """Return what it draws after a long time, W.

        Parameters
        ----------
        heat_w
            Of the racks, W.
        rating_w
            As in `kernel`.
        """
        found = self.kernel(rating_w)
        return found.base_ratio * rating_w + sum(found.ratios) * heat_w

    def assumptions(self) -> Iterator[Assumption]:
        """Yield the dataset values that stand behind it."""
        table = _TABLE if self.plant_ratio is None else ()
        own = (*_RATIOS, *_TIMES, "power_factor")
        fields = tuple(field for field in own if getattr(self, field) is None)
        yield from assumed("cooling", self.like, (*fields, *table))

    def describe(self) -> str:
        """Say in a line which cooling it is."""
        how = (
            f"plant {self.plant_ratio:g} W/W"
            if self.wet_bulb is None
            else f"{self.wet_bulb:g} °C wet-bulb"
        )
        return f"{self.like}, {how}"
