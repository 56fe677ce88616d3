# SPDX-License-Identifier: Apache-2.0
"""The run: how long, how fine, and what is kept of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, StrictBool, WithJsonSchema

from powermodel.errors import UnitError
from powermodel.scenario.base import Part, Whole
from powermodel.scenario.moment import Moment
from powermodel.units import Duration
from powermodel_kernels.constants import TICKS_PER_S


def whole_ticks(time_s: float) -> bool:
    """Tell whether a time is a whole number of ticks."""
    exact = Decimal(repr(time_s)) * TICKS_PER_S
    return exact == int(exact)


def _ticks(time_s: float) -> int:
    return int(Decimal(repr(time_s)) * TICKS_PER_S)


def _auto(value: Any) -> Any:
    return None if value == "auto" else value


class Time(Part):
    """The run: how long, how fine, and in what portions."""

    duration: Duration
    """In s."""
    dt: Duration = 0.001
    """Step of the output, in s; it divides the tile of 10 s."""
    block: Duration = 10.0
    """What is computed and written at once, in s; a multiple of 10 s."""
    fastest_response: Annotated[Duration | None, BeforeValidator(_auto)] = None
    """10-90 % time that dt must resolve, in s; ``auto`` takes the fastest of the jobs."""

    start: Moment | None = None
    """When the run begins, with its offset from UTC: for the sun, and for what has a date."""

    @property
    def dt_ticks(self) -> int:
        """`dt` in ticks."""
        return _ticks(self.dt)

    @property
    def duration_ticks(self) -> int:
        """`duration` in ticks."""
        return _ticks(self.duration)

    @property
    def block_ticks(self) -> int:
        """`block` in ticks."""
        return _ticks(self.block)


def _rack_choice(value: Any) -> Any:
    if isinstance(value, str) and value in ("none", "all"):
        return value
    if isinstance(value, list | tuple) and all(type(n) is int and n >= 0 for n in value):
        return tuple(value)
    raise UnitError(f"expected none, all or a list of rack numbers such as [0, 5], got {value!r}")


class Output(Part):
    """What is kept besides the power at the point of interconnection."""

    racks: Annotated[
        Literal["none", "all"] | tuple[int, ...],
        BeforeValidator(_rack_choice),
        WithJsonSchema(
            {
                "anyOf": [
                    {"enum": ["none", "all"]},
                    {"type": "array", "items": {"type": "integer", "minimum": 0}},
                ]
            }
        ),
    ] = "none"
    """Racks, numbered over the site, halls in their order."""
    probes: tuple[Whole, ...] = ()
    """Accelerators, numbered over the site, racks in their order."""
    halls: StrictBool = True
