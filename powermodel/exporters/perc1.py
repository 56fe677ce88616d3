# SPDX-License-Identifier: Apache-2.0
"""The PERC1 sheet: parameters of the planners' load model, each with where its value comes from."""

from __future__ import annotations

import csv
import math
from pathlib import Path

from powermodel.exporters.exporter import Check, Exporter
from powermodel.exporters.series import PlannerSeries
from powermodel_datasets import load
from powermodel_datasets.load_model_kinds import PERC1_NAMES

_HEAD = ("parameter", "value", "unit", "provenance", "source", "date", "confidence")
_SIMULATED = "simulated"
_DEFAULT = "default"


def _rows(series: PlannerSeries) -> list[tuple[str, float, str, str, str, str, str]]:
    """Values of the run first, then the defaults that nothing is known about."""
    mean_mw = math.fsum(series.power_w.tolist()) / series.samples / 1e6
    run = "mean power of the record"
    found = [("Pload", mean_mw, "MW", _SIMULATED, run, "", "")]
    ratio = series.basis.reactive_ratio
    for field, value in load("load-model", "perc1").items():
        name = PERC1_NAMES[field]
        if field == "reactive_ratio" and ratio is not None:
            found.append((name, ratio, "1", "given", "power factor of the site", "", ""))
            continue
        origin = (value.source, value.date, value.confidence)
        found.append((name, value.value, value.unit, _DEFAULT, *origin))
    return found


def write_perc1(series: PlannerSeries, folder: Path) -> list[Path]:
    """Write the sheet as CSV."""
    path = folder / f"{series.name}_perc1.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_HEAD)
        writer.writerows(_rows(series))
    return [path]


def check_perc1(series: PlannerSeries, paths: list[Path]) -> list[Check]:
    """Read every value back, and that each says where it comes from."""
    (path,) = paths
    with path.open(newline="", encoding="utf-8") as file:
        found = list(csv.DictReader(file))
    expected = _rows(series)
    error = max(
        abs(float(row["value"]) - value)
        for row, (_, value, *_) in zip(found, expected, strict=True)
    )
    nameless = sum(not row["provenance"] for row in found)
    return [
        Check(path.name, "values", error, 0.0, ""),
        Check(path.name, "values without provenance", float(nameless), 0.0, ""),
    ]


EXPORTERS = (
    Exporter("perc1", "PERC1 load model sheet with the provenance of each value", write_perc1,
             check_perc1, instant=False),
)  # fmt: skip
