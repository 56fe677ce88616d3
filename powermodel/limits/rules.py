# SPDX-License-Identifier: Apache-2.0
"""A rule of a grid operator as data: what is limited, how binding it is, who says so and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from powermodel.errors import UnitError
from powermodel.limits.errors import LimitError
from powermodel.units import plain_number, quantity
from powermodel_datasets import CONFIDENCE, load, names
from powermodel_datasets.errors import RecordError
from powermodel_datasets.limit_kinds import LIMIT_RULE, NEEDS, STATUSES
from powermodel_datasets.record import Record
from powermodel_datasets.strict_yaml import read_yaml

KIND = "limit-rule"
BINDING = ("law", "approved")
"""Statuses of rules that bind; all others are shown as what they are."""

_LIMIT_FIELDS = ("limit_power", "limit_rate", "limit_ratio", "limit_level", "limit_time")
_WORDS = ("name", "title", "status", "measure", "scope", "source", "date", "confidence", "note")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Parameters
    ----------
    name, title : str
        What it is called, and what it says.
    profile, version, status, scope, measure : str
        Whose it is, which version, how binding, for whom, and what is measured.
    values : mapping of str to float
        Limits and parameters in SI units, by the names of the kind ``limit-rule``.
    source, date, confidence : str
        Of the limit itself.
    note : str
        Readings that were chosen where the wording is open.
    """

    name: str
    title: str
    profile: str
    version: str
    status: str
    scope: str
    measure: str
    values: Mapping[str, float]
    source: str
    date: str
    confidence: str
    note: str = ""
    chosen: tuple[str, ...] = field(default=())
    """Parameters that the wording leaves open and that were chosen here (confidence K)."""

    @property
    def binds(self) -> bool:
        """Whether it is in force or approved."""
        return self.status in BINDING

    def get(self, name: str) -> float | None:
        """Return a limit or parameter, if the rule has it."""
        return self.values.get(name)

    def to_dict(self) -> dict[str, Any]:
        """Return it as what JSON can hold."""
        return {
            "rule": self.name,
            "title": self.title,
            "profile": self.profile,
            "version": self.version,
            "status": self.status,
            "binding": self.binds,
            "scope": self.scope,
            "measure": self.measure,
            "parameters": dict(self.values),
            "chosen_here": list(self.chosen),
            "source": self.source,
            "date": self.date,
            "confidence": self.confidence,
            "note": self.note,
        }


def profile_names() -> list[str]:
    """Return the names of the shipped profiles."""
    return sorted({load(KIND, name).words["profile"] for name in names(KIND)})


def shipped_rules(profile: str) -> tuple[Rule, ...]:
    """Return the rules of a shipped profile.

    Parameters
    ----------
    profile : str
        Such as ``"ercot"``.

    Raises
    ------
    LimitError
        If there is none of that name.
    """
    records = [load(KIND, name) for name in names(KIND)]
    found = tuple(_from_record(item) for item in records if item.words["profile"] == profile)
    if not found:
        raise LimitError(
            f"unknown limit profile {profile!r}",
            hint=f"one of: {', '.join(profile_names())}; or a YAML file of your own",
        )
    return found


def _from_record(record: Record) -> Rule:
    words = record.words
    limit = next(record[name] for name in _LIMIT_FIELDS if name in record)
    return Rule(
        name=record.name,
        title=record.title,
        profile=words["profile"],
        version=words["version"],
        status=words["status"],
        scope=words["scope"],
        measure=words["measure"],
        values={name: value.value for name, value in record.items()},
        source=limit.source,
        date=limit.date,
        confidence=limit.confidence,
        note=" ".join(record.note.split()),
        chosen=tuple(name for name, value in record.items() if value.confidence == "K"),
    )


def read_rules(path: Path) -> tuple[Rule, ...]:
    """Read a profile of the user's own.

    Parameters
    ----------
    path : Path
        YAML with title, version and rules; each rule with name, status, measure, source, date and
        its values as text with unit.

    Raises
    ------
    LimitError
        That says which rule lacks what; a rule without version or status is refused.
    """
    try:
        content = read_yaml(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LimitError(f"cannot read it: {error.strerror}", where=str(path)) from None
    except RecordError as error:
        raise LimitError(str(error), where=str(path)) from None
    for name in ("title", "version", "rules"):
        if not content.get(name):
            raise LimitError(
                f"missing {name!r}", where=str(path), hint="a profile has title, version and rules"
            )
    entries = content["rules"]
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise LimitError("expected a list of rules", where=f"{path}: rules")
    profile, version = path.stem, str(content["version"])
    return tuple(
        _from_entry(entry, profile, version, f"{path}: rules.{place}")
        for place, entry in enumerate(entries)
    )


def _from_entry(entry: dict[str, Any], profile: str, version: str, where: str) -> Rule:
    for name in ("name", "status", "measure", "source", "date"):
        if not entry.get(name):
            raise LimitError(f"a rule without {name!r}", where=where, hint=f"add {name}: ...")
    _one_of("status", entry["status"], STATUSES, where)
    measures = LIMIT_RULE.words["measure"]
    _one_of("measure", entry["measure"], measures, where)
    confidence = str(entry.get("confidence", "M"))
    _one_of("confidence", confidence, tuple(CONFIDENCE), where)
    values = {}
    for name, text in entry.items():
        if name in _WORDS:
            continue
        if name not in LIMIT_RULE.fields:
            known = ", ".join((*_WORDS, *LIMIT_RULE.fields))
            raise LimitError(f"unknown key {name!r}", where=where, hint=f"one of: {known}")
        values[name] = _value(name, text, where)
    rule = Rule(
        name=str(entry["name"]),
        title=str(entry.get("title", entry["name"])),
        profile=profile,
        version=version,
        status=str(entry["status"]),
        scope=str(entry.get("scope", "")),
        measure=str(entry["measure"]),
        values=values,
        source=str(entry["source"]),
        date=str(entry["date"]),
        confidence=confidence,
        note=str(entry.get("note", "")),
    )
    _check_complete(rule, where)
    return rule


def _one_of(what: str, value: object, allowed: tuple[str, ...], where: str) -> None:
    if value not in allowed:
        raise LimitError(
            f"unknown {what} {value!r}", where=where, hint=f"one of: {', '.join(allowed)}"
        )


def _value(name: str, text: object, where: str) -> float:
    spec = LIMIT_RULE.fields[name]
    try:
        if spec.unit == "1":
            value = plain_number(text, f"a number for {name}")
        else:
            value = quantity(text, spec.unit)
    except UnitError as error:
        raise LimitError(error.message, where=f"{where}.{name}", hint=error.hint) from None
    if not spec.low <= value <= spec.high:
        raise LimitError(
            f"expected {spec.low:g} to {spec.high:g} {spec.unit} ({spec.text}), got {value:g}",
            where=f"{where}.{name}",
        )
    return value


def _check_complete(rule: Rule, where: str) -> None:
    """Hold a rule of the user's own to what shipped records are held to."""
    if not any(name in rule.values for name in _LIMIT_FIELDS):
        raise LimitError(
            "a rule without a limit", where=where, hint=f"add one of {', '.join(_LIMIT_FIELDS)}"
        )
    needed = NEEDS[rule.measure]
    if "filter_order" in rule.values:
        needed = (*needed, "band_low", "band_high", "settle")
    for name in needed:
        if name not in rule.values:
            raise LimitError(
                f"measure {rule.measure!r} needs {name!r} ({LIMIT_RULE.fields[name].text})",
                where=where,
            )
