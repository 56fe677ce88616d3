# SPDX-License-Identifier: Apache-2.0
"""Solar power on the site, in a scenario: a clear sky over a place, or a measured series."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import (
    BeforeValidator,
    PlainSerializer,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from powermodel.errors import TraceError, UnitError
from powermodel.scenario import hardware
from powermodel.scenario.base import Finding, InvalidError, Part
from powermodel.scenario.hardware import Assumption
from powermodel.scenario.run import Time
from powermodel.scenario.supply_governor import given, name_of
from powermodel.scenario.trace import Column, read_power
from powermodel.units import Duration, Fraction, Instant, Power, Ratio, format_s, quantity

FloatArray = NDArray[np.float64]

_PLACE = ("latitude", "longitude", "altitude")
_PLANT = ("dc_ac_ratio", "loss", "albedo")
_FIXED = ("tilt", "azimuth")
_TRACKED = ("largest_tilt", "ground_cover")


def _within(unit: str, low: float, high: float) -> tuple[Any, ...]:
    """Return what reads a quantity between bounds and writes it back."""

    def check(value: object) -> float:
        number = quantity(value, unit)
        if not low <= number <= high:
            raise UnitError(f"expected {low:g} to {high:g} {unit}, got {value!r}")
        return number

    return (
        BeforeValidator(check),
        PlainSerializer(lambda number: f"{number!r} {unit}", str),
        WithJsonSchema({"type": "string", "examples": [f"{low:g} {unit}"]}),
    )


Latitude = Annotated[float, *_within("deg", -90.0, 90.0)]
Longitude = Annotated[float, *_within("deg", -180.0, 180.0)]
Altitude = Annotated[float, *_within("m", -500.0, 6000.0)]
Tilt = Annotated[float, *_within("deg", 0.0, 90.0)]
Azimuth = Annotated[float, *_within("deg", 0.0, 360.0)]


class Cloud(Part):
    """The shadow of a cloud: linear edges, a constant share between them."""

    at: Instant
    """When its front reaches the plant."""
    edge: Duration
    """From full sun to its shade, and back again."""
    lasts: Duration
    """From its front to its back, which clears within one more edge."""
    share: Fraction
    """Of the power that is left in its shade."""

    @model_validator(mode="after")
    def _is_longer_than_its_edge(self) -> Cloud:
        if self.lasts < self.edge:
            raise InvalidError(
                Finding(
                    f"expected at least the edge of {format_s(self.edge)}, got "
                    f"{format_s(self.lasts)}",
                    ("lasts",),
                )
            )
        return self

    def shares(self, time_s: FloatArray) -> FloatArray:
        """Return the share of the power that is left."""
        corners = self.at + np.array([0.0, self.edge, self.lasts, self.lasts + self.edge])
        return np.interp(time_s, corners, [1.0, self.share, self.share, 1.0])


class MeasuredSolar(Part):
    """Measured power of the plant over the time since the start of the run."""

    file: str
    """CSV or Parquet; relative to the scenario file."""
    time: Column
    power: Column

    @field_validator("time", "power")
    @classmethod
    def _unit_fits(cls, column: Column, info: Any) -> Column:
        quantity(f"1 {column.unit}", "s" if info.field_name == "time" else "W")
        return column

    def load(self, base: Path, duration_s: float) -> tuple[FloatArray, FloatArray]:
        """Return time in s and power in W, after checking that they cover a run.

        Raises
        ------
        TraceError
            Names the file and what is wrong.
        """
        path = base / self.file
        found = read_power(path, self.time, self.power)
        first_s, last_s = float(found.time_s[0]), float(found.time_s[-1])
        if first_s > 0.0 or last_s < duration_s:
            raise TraceError(
                f"it covers {first_s:g} to {last_s:g} s, the run goes from 0 to {duration_s:g} s",
                where=str(path),
                hint="time counts from the start of the run",
            )
        if found.power_w.min() < 0.0:
            row = int(np.argmin(found.power_w)) + 1
            raise TraceError(
                f"column {self.power.column!r} has {found.power_w.min():g} W in row {row}: "
                "expected at least 0",
                where=str(path),
                hint="generation is positive here",
            )
        return found.time_s, found.power_w


class Solar(Part):
    """A photovoltaic plant behind the POI.

    Left out, everything but the capacity comes from the record; `tracking` chooses between
    `tilt` and `azimuth` on one side, `largest_tilt` and `ground_cover` on the other.
    """

    like: Annotated[str, name_of("solar-plant")] | None = None
    """Record to start from."""
    capacity: Power | None = None
    """AC, what its inverters give at most; not with a measured series."""
    latitude: Latitude | None = None
    """North positive."""
    longitude: Longitude | None = None
    """East positive."""
    altitude: Altitude | None = None
    tracking: Literal["fixed", "single-axis"] | None = None
    tilt: Tilt | None = None
    """Of fixed modules, from the horizontal."""
    azimuth: Azimuth | None = None
    """Of fixed modules: 180 deg is south."""
    largest_tilt: Tilt | None = None
    """Of trackers, whose axis lies north to south."""
    ground_cover: Fraction | None = None
    """Of trackers: width of a row over the distance between rows; they avoid mutual shade."""
    dc_ac_ratio: Ratio | None = None
    """Power of the modules under standard conditions over the capacity."""
    loss: Fraction | None = None
    """Between the modules under standard conditions and the AC side."""
    albedo: Fraction | None = None
    """Share of light that the ground reflects."""
    clouds: tuple[Cloud, ...] = ()
    """Over the clear sky."""
    measured: MeasuredSolar | None = None
    """In place of the clear sky."""

    @model_validator(mode="after")
    def _is_complete(self) -> Solar:
        if self.measured is not None:
            extra = [name for name in given(self) if name not in ("measured", "clouds")]
            extra += [name for name in ("like",) if self.like is not None]
            extra += ["clouds"] if self.clouds else []
            if extra:
                raise InvalidError(
                    Finding(f"a measured series stands for all of it, leave out {extra[0]}")
                )
            return self
        values = self.values()
        tracked = values.get("tracking") == "single-axis"
        needed = ("capacity", "tracking", *_PLACE, *_PLANT, *(_TRACKED if tracked else _FIXED))
        missing = [name for name in needed if name not in values]
        if missing:
            raise UnitError(
                f"missing {', '.join(missing)}",
                hint="add them, or 'like: NAME' with a solar-plant of the datasets",
            )
        return self

    def values(self) -> dict[str, Any]:
        """Return every field of the plant in SI units and degrees."""
        found: dict[str, Any] = {}
        if self.like is not None:
            record = hardware.record("solar-plant", self.like)
            known = (*_PLACE, *_PLANT, *_FIXED, *_TRACKED)
            found = {name: record[name].value for name in known if name in record}
            found["tracking"] = record.words["tracking"]
        return found | {n: v for n, v in given(self).items() if n not in ("clouds", "measured")}

    def findings(self, time: Time) -> Iterator[Finding]:
        """Yield what does not fit the run."""
        if self.measured is None and time.start is None:
            yield Finding(
                "the sun needs to know when the run begins",
                (),
                "write time.start, such as '2026-06-21 12:00-05:00'",
            )

    def assumptions(self) -> Iterator[Assumption]:
        """Yield the dataset values that stand behind the plant."""
        if self.like is None:
            return
        record, own = hardware.record("solar-plant", self.like), given(self)
        tracked = self.values()["tracking"] == "single-axis"
        used = (*_PLACE, *_PLANT, *(_TRACKED if tracked else _FIXED))
        names = tuple(name for name in used if name in record and name not in own)
        yield from hardware.assumed("solar-plant", self.like, names)


class Onsite(Part):
    """Generation on the site without fuel: a negative load at the POI."""

    solar: Solar
