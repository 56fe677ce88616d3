# SPDX-License-Identifier: Apache-2.0
"""One value of a record: its numbers in canonical units, its origin, and what is wrong with it."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Mapping
from typing import Any

from powermodel_datasets.quantities import convert, factor
from powermodel_datasets.record import CONFIDENCE, Value
from powermodel_datasets.spec import Field, Kind

_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_ENTRY = ("value", "unit", "source", "date", "confidence", "note", "range")
_FIGURE = ("tolerance", "band")
_NOT_CHECKED = "engineering-knowledge"


def read_value(
    field_name: str, entry: object, kind: Kind, sources: Mapping[str, str]
) -> tuple[Value | None, list[str]]:
    """Return the value, or None and the problems."""
    if not isinstance(entry, dict):
        return None, ["expected value, unit, source, date and confidence"]
    field = kind.fields.get(field_name) or _figure_field(field_name, entry, kind)
    if isinstance(field, str):
        return None, [field]
    allowed = _ENTRY + (_FIGURE if kind.figures else ())
    problems = [
        f"unknown key {key!r}: expected {', '.join(allowed)}" for key in entry if key not in allowed
    ]
    problems += _origin_problems(entry, sources)
    numbers, wrong = _read_numbers(entry, field)
    problems += wrong
    if problems:
        return None, problems
    return Value(
        unit=field.unit,
        stated=f"{entry['value']} {entry['unit']}".removesuffix(" 1"),
        source=sources[entry["source"]],
        date=str(entry["date"]),
        confidence=entry["confidence"],
        note=entry.get("note", "").strip(),
        **numbers,
    ), []


def _figure_field(field_name: str, entry: dict[str, Any], kind: Kind) -> Field | str:
    """Return the field of a published figure, named freely, or what is wrong."""
    if not kind.figures:
        return f"unknown value: this kind of record holds {', '.join(kind.fields)}"
    if not re.fullmatch(r"[a-z][a-z0-9_]*", field_name):
        return "expected a name of lower-case letters, digits and '_'"
    unit = entry.get("unit")
    if not is_text(unit):
        return _missing_unit("one of " + ", ".join(kind.figures))
    for canonical in kind.figures:
        try:
            factor(str(unit), canonical)
        except ValueError:
            continue
        return Field("a published figure", canonical, -math.inf)
    return (
        f"unknown or wrong unit {unit!r}: expected one that converts to {', '.join(kind.figures)}"
    )


def _origin_problems(entry: dict[str, Any], sources: Mapping[str, str]) -> list[str]:
    problems = []
    source, confidence = entry.get("source"), entry.get("confidence")
    if not is_text(source):
        problems.append("missing source: expected a key of sources.yaml")
    elif source not in sources:
        problems.append(f"unknown source {source!r}: expected a key of sources.yaml")
    if bad := date_problem(entry.get("date")):
        problems.append(bad)
    letters = "; ".join(f"{letter} = {text}" for letter, text in CONFIDENCE.items())
    if confidence is None:
        problems.append(f"missing confidence: expected {letters}")
    elif not isinstance(confidence, str) or confidence not in CONFIDENCE:
        problems.append(f"unknown confidence {confidence!r}: expected {letters}")
    elif source == _NOT_CHECKED and confidence != "K":
        problems.append(f"confidence {confidence!r} of engineering knowledge: expected 'K'")
    if "note" in entry and not is_text(entry["note"]):
        problems.append("note: expected text")
    return problems


def _read_numbers(entry: dict[str, Any], field: Field) -> tuple[dict[str, Any], list[str]]:
    """Read what is a number: value, range, tolerance, band."""
    unit = entry.get("unit")
    if not is_text(unit):
        return {}, [_missing_unit(field.unit)]
    try:
        factor(str(unit), field.unit)
        value = convert(_number(entry.get("value"), "value"), str(unit), field.unit)
        numbers: dict[str, Any] = {"value": value}
        if "range" in entry:
            numbers["range"] = _pair(entry["range"], "range", str(unit), field.unit)
        if "band" in entry:
            numbers["band"] = _pair(entry["band"], "band", "Hz", "Hz")
        if "tolerance" in entry:
            numbers["tolerance"] = _tolerance(entry["tolerance"], value, str(unit), field.unit)
    except ValueError as error:
        return {}, [str(error)]
    return numbers, _bound_problems(value, numbers.get("range"), field)


def _bound_problems(value: float, span: tuple[float, float] | None, field: Field) -> list[str]:
    problems = []
    if not field.low <= value <= field.high:
        problems.append(
            f"{value:g} {field.unit} is out of bounds: expected "
            f"{field.low:g} to {field.high:g} {field.unit} ({field.text})"
        )
    if field.whole and not value.is_integer():
        problems.append(f"expected a whole number, got {value:g}")
    if span is not None and not span[0] <= value <= span[1]:
        problems.append(f"range {span[0]:g} to {span[1]:g} does not contain {value:g} {field.unit}")
    return problems


def _missing_unit(expected: str) -> str:
    return f"missing unit: expected one that converts to {expected}"


def _number(number: object, what: str) -> float:
    if isinstance(number, bool) or not isinstance(number, int | float):
        hint = " (write 1.0e+9 with point and sign)" if isinstance(number, str) else ""
        raise ValueError(f"{what}: expected a number, got {number!r}{hint}")
    if not math.isfinite(number):
        raise ValueError(f"{what}: expected a finite number, got {number!r}")
    return float(number)


def _pair(pair: object, what: str, unit: str, canonical: str) -> tuple[float, float]:
    if not isinstance(pair, list) or len(pair) != 2:
        raise ValueError(f"{what}: expected [lowest, highest], got {pair!r}")
    low, high = (convert(_number(end, what), unit, canonical) for end in pair)
    if low > high:
        raise ValueError(f"{what}: expected [lowest, highest], got {pair!r}")
    return low, high


def _tolerance(entry: object, value: float, unit: str, canonical: str) -> float:
    """Return the tolerance in `canonical`: ``relative_percent`` of the value, or ``absolute``."""
    if not isinstance(entry, dict) or set(entry) not in ({"relative_percent"}, {"absolute"}):
        raise ValueError(f"tolerance: expected relative_percent or absolute, got {entry!r}")
    [(how, number)] = entry.items()
    width = _number(number, "tolerance")
    size = (
        abs(value) * width / 100 if how == "relative_percent" else convert(width, unit, canonical)
    )
    if not size > 0:
        raise ValueError(f"tolerance: expected one above zero, got {entry!r}")
    return size


def date_problem(date: object) -> str | None:
    """Return what is wrong with an ISO date, or None."""
    expected = "expected an ISO date such as 2025, 2025-07 or 2025-07-22"
    if date is None:
        return f"missing date: {expected}"
    if isinstance(date, bool) or not _DATE.fullmatch(str(date)):
        return f"bad date {date!r}: {expected}"
    try:
        datetime.date.fromisoformat(str(date) + "0000-01-01"[len(str(date)) :])
    except ValueError:
        return f"bad date {date!r}: {expected}"
    return None


def is_text(text: object) -> bool:
    """Return whether it is text that says something."""
    return isinstance(text, str) and bool(text.strip())
