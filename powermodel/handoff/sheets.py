# SPDX-License-Identifier: Apache-2.0
"""The small tables of a package as CSV: compliance, spectrum, indicators."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from powermodel.exporters import Check
from powermodel.exporters.columns import read_columns, write_columns
from powermodel.handoff.scenes import COLUMNS as SCENES
from powermodel.indicators.indicator import Indicator
from powermodel.indicators.labelled import spectrum
from powermodel.limits.profiles import Verdict
from powermodel.observers import Reading
from powermodel.report.page.series import PageSeries
from powermodel.response.table import COLUMNS

COMPLIANCE = "compliance.csv"
SPECTRUM = "spectrum.csv"
INDICATORS = "indicators.csv"
SIZING = "sizing.csv"
RESPONSE = "response.csv"
SCENARIOS = "scenarios.csv"
INSTRUMENTS = "instruments.csv"

_COMPLIANCE = (
    "profile", "version", "rule", "title", "verdict", "status", "binding", "measured", "limit",
    "margin", "unit", "worst_time_s", "reason", "definition", "note", "source", "date",
    "confidence",
)  # fmt: skip
_INDICATORS = ("indicator", "value", "unit", "at_s", "reason", "definition", "parameters")


def write_compliance(verdicts: Iterable[Verdict], folder: Path) -> Check:
    """Write a row for every rule, and read the verdicts back."""
    rows = [row.to_row() for row in verdicts]
    return _write(folder / COMPLIANCE, _COMPLIANCE, rows)


def write_indicators(found: Iterable[Indicator], folder: Path) -> Check:
    """Write a row for every indicator with its definition and every choice in it."""
    rows = [
        {
            "indicator": item.name,
            "value": item.value,
            "unit": item.unit,
            "at_s": item.at_s,
            "reason": item.reason if item.value is None else None,
            "definition": item.definition,
            "parameters": "; ".join(f"{name}={value}" for name, value in item.parameters.items()),
        }
        for item in found
    ]
    return _write(folder / INDICATORS, _INDICATORS, rows)


def write_spectrum(series: Iterable[PageSeries], folder: Path) -> tuple[Check, dict[str, Any]]:
    """Write the spectra of powers side by side, and how they were made."""
    columns: list[np.ndarray] = []
    names: list[str] = []
    parameters: dict[str, Any] = {}
    for item in series:
        found = spectrum(item.samples)
        if not columns:
            columns, names = [found["frequency"].values], ["frequency [Hz]"]
        stem = item.path.partition("/")[0]
        names += [f"{stem} density [W2/Hz]", f"{stem} amplitude [W]"]
        columns += [found["density"].values, found["amplitude"].values]
        parameters = dict(found.attrs)
    path = write_columns(folder / SPECTRUM, columns, head=",".join(names) + "\n")
    back = read_columns(path, skip=1)
    worst = max(float(np.abs(a - b).max()) for a, b in zip(back, columns, strict=True))
    return Check(path.name, "frequency, density, amplitude", worst, 0.0, "(any unit)"), parameters


def write_instruments(seen: Sequence[Reading], folder: Path) -> Check:
    """Write a row for every instrument: what it would have shown of the run, and what it hides."""
    return _write(folder / INSTRUMENTS, Reading._fields, [item._asdict() for item in seen])


def write_sizing(rows: Sequence[Mapping[str, Any]], folder: Path) -> Check:
    """Write a row for every setting of a sizing."""
    return _write(folder / SIZING, tuple(rows[0]), rows)


def write_response(rows: Sequence[Mapping[str, Any]], folder: Path) -> Check:
    """Write what the site does to a grid: band, lines, modes, gain."""
    return _write(folder / RESPONSE, COLUMNS, rows)


def write_scenarios(rows: Sequence[Mapping[str, Any]], folder: Path) -> Check:
    """Write which situations there are, where, and what is missing for the others."""
    return _write(folder / SCENARIOS, SCENES, rows)


def _write(path: Path, names: tuple[str, ...], rows: Sequence[Mapping[str, Any]]) -> Check:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    with path.open(newline="", encoding="utf-8") as file:
        back = list(csv.DictReader(file))
    wrong = sum(
        found[name] != ("" if row[name] is None else str(row[name]))
        for found, row in zip(back, rows, strict=True)
        for name in names
    )
    return Check(path.name, f"{len(rows)} rows", float(wrong), 0.0, "cells")
