# SPDX-License-Identifier: Apache-2.0
"""Quantities at the border: text with a unit comes in, SI floats go on, readable text goes out.

Field types for pydantic models (`Duration`, `Instant`, `Power`, `Fraction` ...) read strings such
as ``"2.5 s"`` and hold plain floats in SI units; they write themselves back as a short text that
reads as the same float.
"""

from __future__ import annotations

import difflib
import math
import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from powermodel.errors import UnitError
from powermodel_datasets.quantities import EVERYDAY

_NUMBER = r"[-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_QUANTITY = re.compile(rf"\s*({_NUMBER}|[-+]?(?:nan|inf))\s*([^\W\d].*?|%)?\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Dimension:
    """How a kind of quantity is named, shown by example and written out."""

    name: str
    example: str
    scales: tuple[tuple[str, str], ...]
    """(unit, size in SI), largest first."""


_DIMENSIONS = {
    "s": _Dimension(
        "a time",
        "2.5 s",
        (("h", "3600"), ("min", "60"), ("s", "1"), ("ms", "1e-3"), ("us", "1e-6"), ("ns", "1e-9")),
    ),
    "W": _Dimension("a power", "40 MW", (("GW", "1e9"), ("MW", "1e6"), ("kW", "1e3"), ("W", "1"))),
    "J": _Dimension(
        "an energy", "2 MWh", (("GJ", "1e9"), ("MJ", "1e6"), ("kJ", "1e3"), ("J", "1"))
    ),
    "Hz": _Dimension("a frequency", "0.5 Hz", (("kHz", "1e3"), ("Hz", "1"), ("mHz", "1e-3"))),
}

# Only a whole number of these reads well.
_NOT_DECIMAL = ("h", "min")

# Words a reader of the message knows, by what pint calls the dimension.
_DIMENSION_WORDS = {
    "[time]": "a time",
    "[mass] * [length] ** 2 / [time] ** 3": "a power",
    "[mass] * [length] ** 2 / [time] ** 2": "an energy",
    "1 / [time]": "a frequency",
    "[length]": "a length",
    "dimensionless": "a plain number",
}


def quantity(value: object, unit: str) -> float:
    """Read a quantity with its unit as a float in `unit`.

    The decimal digits are converted exactly and rounded once: ``quantity("35 ms", "s") == 0.035``.

    Parameters
    ----------
    value : str or pint.Quantity
        Such as ``"40 MW"``. A bare number is refused.
    unit : str
        The unit of the result, such as ``"W"``.

    Returns
    -------
    float
        The value in `unit`.

    Raises
    ------
    UnitError
        If the unit is missing, unknown or of another dimension, or the number is not finite.
    """
    expected = _expected(unit)
    if hasattr(value, "magnitude") and hasattr(value, "units"):  # a pint quantity
        value = f"{value.magnitude!r} {value.units:~}"
    if isinstance(value, bool) or value is None or not isinstance(value, str | int | float):
        raise UnitError(f"expected {expected}, got {_show(value)}")
    match = _QUANTITY.fullmatch(str(value))
    if match is None:
        raise UnitError(
            f"cannot read {_show(value)}: expected {expected}",
            hint="a number with a decimal point and no thousands separators, then a unit",
        )
    digits, written = match.groups()
    if written is None:
        raise UnitError(f"missing unit: expected {expected}, got {_show(value)}")
    factor = _factor(written, unit, str(value))
    if not math.isfinite(float(digits)):
        raise UnitError(f"expected {expected} that is finite, got {_show(value)}")
    return float(Decimal(digits.replace("_", "")) * factor)


def _expected(unit: str) -> str:
    known = _DIMENSIONS.get(unit)
    return f"{known.name} such as '{known.example}'" if known else f"a quantity in {unit}"


def _show(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list | tuple):
        return "a mapping" if isinstance(value, dict) else "a list"
    return repr(value)


@lru_cache(maxsize=1024)
def _factor(written: str, unit: str, text: str) -> Decimal:
    """Size of one `written` in `unit`; the error quotes the whole `text`."""
    everyday = EVERYDAY.get(unit, {}).get(written)
    if everyday is not None:
        return everyday
    import pint  # costs half a second, which an everyday unit must not pay

    from powermodel_datasets import unit_registry

    expected = _expected(unit)
    known = _DIMENSIONS.get(unit)
    if written == "mW" and unit == "W":
        raise UnitError(
            f"'mW' in {text!r} is a milliwatt: expected {expected}", hint="write 'MW' for megawatts"
        )
    try:
        one = unit_registry().Quantity(1, written)
        return Decimal(repr(float(one.to(unit).magnitude)))
    except pint.DimensionalityError as error:
        got = _DIMENSION_WORDS.get(str(error.dim1), "another quantity")
        hint = "'m' is a meter; write 'min' for minutes" if written == "m" and unit == "s" else None
        raise UnitError(
            f"wrong unit in {text!r}: expected {expected}, got {got}", hint=hint
        ) from None
    except Exception as error:  # pint raises several unrelated types for text it cannot parse
        units = [name for name, _ in known.scales] if known else [unit]
        by_case = [name for name in units if name.lower() == written.lower()]
        close = by_case or difflib.get_close_matches(written, units, n=1)
        raise UnitError(
            f"unknown unit {written!r} in {text!r}: expected {expected}",
            hint=f"did you mean {close[0]!r}?" if close else f"units: {', '.join(units)}",
        ) from error


def canonical(value: float, unit: str) -> str:
    """Write an SI value as a short text that `quantity` reads as the same float.

    Parameters
    ----------
    value : float
        In `unit`.
    unit : str
        One of ``"s"``, ``"W"``, ``"J"``, ``"Hz"``.
    """
    exact = Decimal(repr(float(value)))
    for name, size in _DIMENSIONS[unit].scales:
        scaled = exact / Decimal(size)
        if abs(scaled) < 1 or (name in _NOT_DECIMAL and scaled != int(scaled)):
            continue
        text = f"{scaled.normalize():f} {name}"
        if quantity(text, unit) == value:
            return text
    return f"{value!r} {unit}" if value else f"0 {unit}"


def _bounded(unit: str, *, above_zero: bool = False) -> BeforeValidator:
    """Return the validator for a quantity of at least 0, or above 0."""

    def check(value: object) -> float:
        number = quantity(value, unit)
        if number < 0 or (above_zero and number == 0):
            bound = "above" if above_zero else "of at least"
            raise UnitError(f"expected {_DIMENSIONS[unit].name} {bound} 0 {unit}, got {value!r}")
        return number

    return BeforeValidator(check)


def _text(unit: str) -> tuple[PlainSerializer, WithJsonSchema]:
    known = _DIMENSIONS[unit]
    schema = {
        "type": "string",
        "pattern": rf"^\s*{_NUMBER}\s*\S+",
        "description": f"{known.name} with its unit, such as '{known.example}'",
        "examples": [known.example],
    }
    return PlainSerializer(lambda number: canonical(number, unit), str), WithJsonSchema(schema)


def fraction(value: object) -> float:
    """Read a share of one: ``0.02`` or ``"2 %"``.

    Raises
    ------
    UnitError
        If it is not a number in [0, 1]; above 1 the message says how a percentage is written.
    """
    number = plain_number(value, "a fraction from 0 to 1 such as 0.02")
    if not 0.0 <= number <= 1.0:
        hint = None
        if 1.0 < number <= 100.0 and not isinstance(value, str):
            hint = f"if {number:g} percent is meant, write {number / 100:g} or '{number:g} %'"
        raise UnitError(f"expected a fraction from 0 to 1, got {_show(value)}", hint=hint)
    return number


def plain_number(value: object, expected: str) -> float:
    """Read a number without unit, or with ``%``; the message says what was `expected`."""
    if isinstance(value, str):
        match = _QUANTITY.fullmatch(value)
        if match is None or match[2] not in (None, "%"):
            raise UnitError(f"expected {expected}, got {_show(value)}")
        number = Decimal(match[1].replace("_", ""))
        return float(number / 100 if match[2] else number)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise UnitError(f"expected {expected}, got {_show(value)}")
    return float(value)


def _ratio(value: object) -> float:
    number = plain_number(value, "a ratio such as 0.12")
    if number < 0:
        raise UnitError(f"expected a ratio of at least 0, got {_show(value)}")
    return number


def count(value: object) -> int:
    """Read a whole number of at least 1.

    Raises
    ------
    UnitError
        For anything else.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise UnitError(f"expected a whole number of at least 1, got {_show(value)}")
    return value


def _number_schema(description: str, **bounds: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": ["number", "string"], "description": description, **bounds})


Duration = Annotated[float, _bounded("s", above_zero=True), *_text("s")]
"""A time above 0, in s."""
Instant = Annotated[float, _bounded("s"), *_text("s")]
"""A time of at least 0, in s."""
Power = Annotated[float, _bounded("W"), *_text("W")]
"""A power of at least 0, in W."""
Frequency = Annotated[float, _bounded("Hz", above_zero=True), *_text("Hz")]
"""A frequency above 0, in Hz."""
Energy = Annotated[float, _bounded("J"), *_text("J")]
"""An energy of at least 0, in J."""
Fraction = Annotated[
    float, BeforeValidator(fraction), _number_schema("a fraction from 0 to 1, or a text with %")
]
"""A share of one."""
Ratio = Annotated[
    float, BeforeValidator(_ratio), _number_schema("a ratio of at least 0, or a text with %")
]
"""A ratio that may exceed one."""
Count = Annotated[int, BeforeValidator(count), WithJsonSchema({"type": "integer", "minimum": 1})]
"""A whole number of at least 1."""


def format_w(power_w: float) -> str:
    """Write a power for people, four digits: ``format_w(1.7e8) == "170.0 MW"``."""
    return _format(power_w, "W", digits="#.4g")


def format_j(energy_j: float) -> str:
    """Write an energy for people, four digits: ``format_j(3.6e9) == "3.600 GJ"``."""
    return _format(energy_j, "J", digits="#.4g")


def format_s(time_s: float) -> str:
    """Write a time for people: ``format_s(0.02) == "20 ms"``, ``format_s(1200) == "20 min"``."""
    return _format(time_s, "s", digits=".6g")


def _format(value: float, unit: str, *, digits: str) -> str:
    if value == 0 or not math.isfinite(value):
        return f"{value:g} {unit}"
    scales = [(name, float(size)) for name, size in _DIMENSIONS[unit].scales]
    # Minutes and hours only from two of them on: 90 s stays 90 s.
    name, size = next(
        ((n, s) for n, s in scales if abs(value) >= (2 * s if n in _NOT_DECIMAL else s)), scales[-1]
    )
    return f"{format(value / size, digits).rstrip('.')} {name}"
