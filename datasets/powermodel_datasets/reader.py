# SPDX-License-Identifier: Apache-2.0
"""The one reader: YAML text in, a checked `Record` out, or every reason why not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from powermodel_datasets.errors import RecordError
from powermodel_datasets.record import Record, Value
from powermodel_datasets.spec import Kind
from powermodel_datasets.strict_yaml import read_yaml
from powermodel_datasets.values import date_problem, is_text, read_value

_NAME = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")
_TOP = ("title", "note", "as_of", "links", "words", "values")


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
        elif bad := date_problem(entry["date"]):
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
        found, wrong = read_value(str(field_name), entry, kind, sources)
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
        words={name: str(text).strip() for name, text in content.get("words", {}).items()},
    )


def _top_problems(content: dict[str, Any], name: str, kind: Kind) -> list[str]:
    problems = [
        f"unknown key {key!r}: expected {', '.join(_TOP)}" for key in content if key not in _TOP
    ]
    if not _NAME.fullmatch(name):
        problems.append(f"file name {name!r}: expected lower-case letters, digits, '-' and '.'")
    if not is_text(content.get("title")):
        problems.append("missing title: expected a line that says what this is")
    if "note" in content and not is_text(content["note"]):
        problems.append("note: expected text")
    if kind.dated:
        problems += [f"as_of: {bad}" for bad in [date_problem(content.get("as_of"))] if bad]
    elif "as_of" in content:
        problems.append("as_of: this kind of record is not dated as a whole; date its values")
    links = content.get("links", {})
    if not isinstance(links, dict) or set(links) != set(kind.links):
        problems.append(f"links: expected {', '.join(kind.links) or 'none'}")
    problems += _words_problems(content.get("words", {}), kind)
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


def _words_problems(words: object, kind: Kind) -> list[str]:
    if not isinstance(words, dict) or set(words) != set(kind.words):
        return [f"words: expected {', '.join(kind.words) or 'none'}"]
    problems = []
    for name, allowed in kind.words.items():
        text = words[name]
        if allowed and text not in allowed:
            problems.append(f"words.{name}: expected one of {', '.join(allowed)}, got {text!r}")
        elif not allowed and not is_text(str(text) if isinstance(text, int | float) else text):
            problems.append(f"words.{name}: expected text")
    return problems
