# SPDX-License-Identifier: Apache-2.0
"""Marks for a spectrum: bands, inter-area modes of test grids, torsional modes, events; sourced."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import powermodel_datasets as facts
from powermodel_datasets.grid_kinds import modes

BAND, INTER_AREA, TORSIONAL = "band", "inter-area", "torsional"


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark. A mode has one frequency, which is both of its edges.

    Parameters
    ----------
    sort : str
        ``"band"``, ``"inter-area"``, ``"torsional"`` or ``"event"``.
    title : str
        What it is.
    low_hz, high_hz : float
        Edges [Hz].
    damping : float, optional
        Damping ratio of a mode, where it is published.
    source, date, confidence : str
        Where it comes from.
    record : str
        Kind and name of the record.
    """

    sort: str
    title: str
    low_hz: float
    high_hz: float
    damping: float | None
    source: str
    date: str
    confidence: str
    record: str

    def to_dict(self) -> dict[str, Any]:
        """Return it as a row."""
        return asdict(self)


def marks(*sorts: str) -> list[Mark]:
    """Return every mark, or those of some sorts, by sort and rising frequency.

    Parameters
    ----------
    *sorts : str
        ``"band"``, ``"inter-area"``, ``"torsional"``, ``"event"``; all unless given.
    """
    found = [*_frequency_marks(), *_modes("grid-case", INTER_AREA), *_modes("shaft", TORSIONAL)]
    kept = [mark for mark in found if not sorts or mark.sort in sorts]
    return sorted(kept, key=lambda mark: (mark.sort, mark.low_hz, mark.high_hz))


def _frequency_marks() -> list[Mark]:
    found = []
    for name in facts.names("frequency-mark"):
        record = facts.load("frequency-mark", name)
        if "low" in record:
            value = record["low"]
            edges = (value.value, record["high"].value)
            about = (value.source, value.date, value.confidence, f"frequency-mark/{name}")
            found.append(Mark(record.words["sort"], record.title, *edges, None, *about))
        else:
            found += _modes_of("frequency-mark", name, record.words["sort"])
    return found


def _modes(kind: str, sort: str) -> list[Mark]:
    return [mark for name in facts.names(kind) for mark in _modes_of(kind, name, sort)]


def _modes_of(kind: str, name: str, sort: str) -> list[Mark]:
    record = facts.load(kind, name)
    found = []
    for i, (frequency_hz, damping) in enumerate(modes(record), start=1):
        value = record[f"mode_{i}"]
        about = (value.source, value.date, value.confidence, f"{kind}/{name}")
        found.append(Mark(sort, record.title, frequency_hz, frequency_hz, damping, *about))
    return found
