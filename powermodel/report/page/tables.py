# SPDX-License-Identifier: Apache-2.0
"""The tables of a page: rules, indicators, assumptions, where the result comes from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from powermodel.indicators.indicator import Indicator

if TYPE_CHECKING:
    from powermodel.evidence import Row
    from powermodel.limits.profiles import Verdict
    from powermodel.scenario.hardware import Assumption

_LEAST_CERTAIN_FIRST = ("K", "L", "M", "H")
_PROVENANCE = ("source", "engine", "device", "seed", "dt_s", "duration_s", "scenario_digest")
_VERSION = "_version"


class Compliance(NamedTuple):
    """A rule as a row of the page."""

    rule: str
    title: str
    verdict: str
    """``"pass"``, ``"fail"`` or ``"not assessed"``."""
    status: str
    binds: bool
    measured: str
    limit: str
    margin: str
    worst: str
    detail: str
    """Reason, definition, source: what stands below the row."""


class Shown(NamedTuple):
    """An indicator as a row of the page."""

    label: str
    value: str
    at: str
    definition: str


class Assumed(NamedTuple):
    """A value of the datasets as a row of the page."""

    path: str
    value: str
    confidence: str
    source: str


def compliance_rows(verdicts: Iterable[Verdict]) -> list[Compliance]:
    """Return the rows of the rules of operators."""
    return [
        Compliance(
            row.rule.name, row.rule.title, row.verdict, row.rule.status, row.rule.binds,
            row.shown(row.measured), row.shown(row.limit), row.shown(row.margin),
            "" if row.at_s is None else f"{row.at_s:.10g} s",
            _sentences(
                row.reason, row.definition, row.rule.note,
                f"profile {row.rule.profile}, version {row.rule.version}, {row.rule.date};"
                f" source {row.rule.source}, confidence {row.rule.confidence}",
            ),
        )
        for row in verdicts
    ]  # fmt: skip


def evidence_rows(rows: Iterable[Row]) -> list[Compliance]:
    """Return the rows of a qualification of storage."""
    return [
        Compliance(
            f"{row.test}: {row.criterion}", "", row.verdict, "", True,
            _number(row.measured, row.unit), _number(row.limit, row.unit),
            _number(row.margin, row.unit), "",
            _sentences(
                row.reason, row.definition,
                f"source {row.source}, confidence {row.confidence}" if row.source else "",
            ),
        )
        for row in rows
    ]  # fmt: skip


def counted(rows: Sequence[Compliance]) -> str:
    """Say how many rules pass, fail and are not assessed, and how many of them bind."""
    if not rows:
        return "No rule was asked for."
    words = []
    for verdict in ("fail", "pass", "not assessed"):
        same = [row for row in rows if row.verdict == verdict]
        if same:
            binding = sum(row.binds for row in same)
            words.append(f"{len(same)} {verdict} ({binding} of them in force)")
    return ", ".join(words) + "."


def indicator_rows(found: Iterable[Indicator]) -> list[Shown]:
    """Return the rows of indicators, each with its definition and every choice in it."""
    return [
        Shown(
            item.label,
            item.display(),
            "" if item.at_s is None else f"{item.at_s:.10g} s",
            _sentences(
                item.reason if item.value is None else item.note,
                item.definition,
                _choices(item.parameters),
            ),
        )
        for item in found
    ]


def assumption_rows(assumptions: Iterable[Assumption]) -> list[Assumed]:
    """Return the rows of what the scenario rests on, least certain first."""
    ordered = sorted(assumptions, key=lambda item: _LEAST_CERTAIN_FIRST.index(item.confidence))
    return [
        Assumed(
            item.path,
            item.value if isinstance(item.value, str) else _number(item.value, item.unit),
            item.confidence,
            item.source,
        )
        for item in ordered
    ]


def provenance_rows(attributes: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return where the result comes from: what made it, with which versions."""
    rows = [(name, _plain(attributes[name])) for name in _PROVENANCE if name in attributes]
    rows += [
        (f"{name.removesuffix(_VERSION)} version", _plain(value))
        for name, value in attributes.items()
        if name.endswith(_VERSION)
    ]
    return rows


def _number(value: float | None, unit: str) -> str:
    return "" if value is None else f"{value:.6g} {unit}".removesuffix(" 1")


def _plain(value: Any) -> str:
    return f"{value:.9g}" if isinstance(value, float) else str(value)


def _choices(parameters: Mapping[str, Any]) -> str:
    named = ", ".join(f"{name} {_plain(value)}" for name, value in parameters.items())
    return f"with {named}" if named else ""


def _sentences(*parts: str | None) -> str:
    """Join what has something to say; the template ends the last sentence."""
    said = (part.rstrip(".") for part in parts if part)
    return ". ".join(part[:1].upper() + part[1:] for part in said)
