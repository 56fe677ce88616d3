# SPDX-License-Identifier: Apache-2.0
"""The one reader: YAML text in, a checked `Record` out, or every reason why not."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Mapping
from typing import Any

import yaml

from powermodel_datasets.errors import RecordError
from powermodel_datasets.quantities import convert, factor
from powermodel_datasets.record import CONFIDENCE, Record, Value
from powermodel_datasets.spec import Field, Kind

_NAME = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_TOP = ("title", "note", "as_of", "links", "values")
_ENTRY = ("value", "unit", "source", "date", "confidence", "note", "range")
_FIGURE = ("tolerance", "band")
_NOT_CHECKED = "engineering-knowledge"


class _Loader(yaml.SafeLoader):
    """Safe YAML that keeps dates as text and refuses a key that is written twice."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own class attribute
        first: [(tag, regexp) for tag, regexp in found if not tag.endswith(":timestamp")]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: dict[Any, int] = {}
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            line = key_node.start_mark.line + 1
            if key in seen:
                raise RecordError(f"duplicate key {key!r} in lines {seen[key]} and {line}")
            seen[key] = line
        return super().construct_mapping(node, deep)


def read_yaml(text: str) -> dict[str, Any]:
    """Read a YAML mapping strictly.

    Raises
    ------
    RecordError
        If it is not YAML, not a mapping, or has a key twice.
    """
    try:
        content = yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        raise RecordError(f"not readable as YAML: {error}") from None
    if not isinstance(content, dict):
        raise RecordError("expected a mapping with 'title' and 'values'")
    return content


def read_sources(text: str) -> dict[str, str]:
    """Read ``sources.yaml``: each key names one source, written out in full.

    Returns
    -------
    dict of str to str
        Key to title, author or publisher, year and place.
    """
    problems, found = [], {}
    for key, entry in read_yaml(text).items():
        if not isinstance(entry, dict) or set(entry) - {"at"} != {"title", "by", "date"}:
            problems.append(f"{key}: expected title, by, date and (optional) at")
        elif bad := _date_problem(entry["date"]):
            problems.append(f"{key}: {bad}")
        else:
            at = f" ({entry['at']})" if "at" in entry else ""
            found[key] = f"{entry['title']}, {entry['by']}, {entry['date']}{at}"
    if problems:
        raise RecordError(problems)
    return found


def read_record(
    text: str, *, name: str, kind_name: str, kind: Kind, sources: Mapping[str, str]
) -> Record:
    """Read and check one record.

    Parameters
    ----------
    text : str
        YAML.
    name, kind_name : str
        Where it lives.
    kind : Kind
        What it may hold.
    sources : mapping of str to str
        From `read_sources`.

    Raises
    ------
    RecordError
        With every problem found, each with the place and what was expected.
    """
    content = read_yaml(text)
    problems = _top_problems(content, name, kind)
    entries = content.get("values")
    values: dict[str, Value] = {}
    for field_name, entry in entries.items() if isinstance(entries, dict) else ():
        found, wrong = _read_value(str(field_name), entry, kind, sources)
        problems += [f"values.{field_name}: {what}" for what in wrong]
        if found is not None:
            values[field_name] = found
    if problems:
        raise RecordError(problems)
    return Record(
        kind_name,
        name,
        content["title"].strip(),
        values,
        links=content.get("links"),
        note=content.get("note", "").strip(),
        as_of=str(content.get("as_of", "")),
    )


def _top_problems(content: dict[str, Any], name: str, kind: Kind) -> list[str]:
    problems = [
        f"unknown key {key!r}: expected {', '.join(_TOP)}" for key in content if key not in _TOP
    ]
    if not _NAME.fullmatch(name):
        problems.append(f"file name {name!r}: expected lower-case letters, digits, '-' and '.'")
    if not _is_text(content.get("title")):
        problems.append("missing title: expected a line that says what this is")
    if "note" in content and not _is_text(content["note"]):
        problems.append("note: expected text")
    if kind.dated:
        problems += [f"as_of: {bad}" for bad in [_date_problem(content.get("as_of"))] if bad]
    elif "as_of" in content:
        problems.append("as_of: this kind of record is not dated as a whole; date its values")
    links = content.get("links", {})
    if not isinstance(links, dict) or set(links) != set(kind.links):
        problems.append(f"links: expected {', '.join(kind.links) or 'none'}")
    values = content.get("values")
    if not isinstance(values, dict) or not values:
        problems.append("missing values: expected at least one")
        return problems
    required = {key: field for key, field in kind.fields.items() if field.required}
    problems += [
        f"missing value {key!r} ({field.text}, in {field.unit})"
        for key, field in required.items()
        if key not in values
    ]
    return problems


def _read_value(
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
    if not _is_text(unit):
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
    if not _is_text(source):
        problems.append("missing source: expected a key of sources.yaml")
    elif source not in sources:
        problems.append(f"unknown source {source!r}: expected a key of sources.yaml")
    if bad := _date_problem(entry.get("date")):
        problems.append(bad)
    letters = "; ".join(f"{letter} = {text}" for letter, text in CONFIDENCE.items())
    if confidence is None:
        problems.append(f"missing confidence: expected {letters}")
    elif confidence not in CONFIDENCE:
        problems.append(f"unknown confidence {confidence!r}: expected {letters}")
    elif source == _NOT_CHECKED and confidence != "K":
        problems.append(f"confidence {confidence!r} of engineering knowledge: expected 'K'")
    if "note" in entry and not _is_text(entry["note"]):
        problems.append("note: expected text")
    return problems


def _read_numbers(entry: dict[str, Any], field: Field) -> tuple[dict[str, Any], list[str]]:
    """Read what is a number: value, range, tolerance, band."""
    unit = entry.get("unit")
    if not _is_text(unit):
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
    """Return the tolerance in `canonical`: ``relative`` in % of the value, or ``absolute``."""
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


def _date_problem(date: object) -> str | None:
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


def _is_text(text: object) -> bool:
    return isinstance(text, str) and bool(text.strip())
