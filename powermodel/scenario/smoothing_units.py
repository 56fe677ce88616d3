# SPDX-License-Identifier: Apache-2.0
"""Values that only power smoothing has: percentages as NVML writes them, and ramp rates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, PlainValidator, WithJsonSchema

from powermodel.errors import UnitError
from powermodel.units import plain_number

_RATE = re.compile(r"\s*([-+]?[\d._]+(?:[eE][-+]?\d+)?)\s*(TDP|mW|W|kW)\s*/\s*s\s*")
_RATE_EXAMPLES = "'400 W/s' or '0.5 TDP/s'"
_W = {"mW": Decimal("1e-3"), "W": Decimal(1), "kW": Decimal(1000)}


def _percent(value: object) -> float:
    """Read 90 or "90 %" as 90; NVML counts from 0 to 100."""
    if isinstance(value, str) and value.rstrip().endswith("%"):
        number = plain_number(value.rstrip()[:-1], "a percentage such as 90")
    else:
        number = plain_number(value, "a percentage from 0 to 100 such as 90")
        if 0.0 < number <= 1.0:
            raise UnitError(
                f"expected a percentage from 0 to 100, got {value!r}",
                hint=f"NVML counts percent: write {100 * number:g}; or '{number:g} %' if it is "
                "meant",
            )
    if not 0.0 <= number <= 100.0:
        raise UnitError(f"expected a percentage from 0 to 100, got {value!r}")
    return number


Percent = Annotated[
    float,
    BeforeValidator(_percent),
    PlainSerializer(lambda number: f"{number!r} %", str),
    WithJsonSchema({"type": ["number", "string"], "description": "percent, such as 90 or '90 %'"}),
]
"""A percentage from 0 to 100."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How fast the power of one accelerator may change."""

    value: float
    """In `unit`."""
    unit: str
    """``"W/s"`` or ``"TDP/s"``."""

    @classmethod
    def parse(cls, value: object) -> Rate:
        """Read ``"400 W/s"``, ``"400000 mW/s"`` or ``"0.5 TDP/s"``."""
        if isinstance(value, Rate):
            return value
        match = _RATE.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            bare = isinstance(value, int | float) and not isinstance(value, bool)
            wrong = "missing unit" if bare else "not a ramp rate"
            raise UnitError(
                f"{wrong}: expected {_RATE_EXAMPLES}, got {value!r}",
                hint="NVML takes W/s, nvidia-smi shows mW/s",
            )
        number = Decimal(str(plain_number(match[1], "a rate")))
        if number <= 0:
            raise UnitError(
                f"expected a rate above 0, got {value!r}", hint="leave it out for no limit"
            )
        if match[2] == "TDP":
            return cls(float(number), "TDP/s")
        return cls(float(number * _W[match[2]]), "W/s")

    def w_per_s(self, tdp_w: float) -> float:
        """Return the rate in W/s for an accelerator of this TDP."""
        return self.value * tdp_w if self.unit == "TDP/s" else self.value

    def __str__(self) -> str:
        return f"{self.value!r} {self.unit}"


RateField = Annotated[
    Rate,
    PlainValidator(Rate.parse),
    PlainSerializer(str, str),
    WithJsonSchema({"type": "string", "description": f"a ramp rate such as {_RATE_EXAMPLES}"}),
]
