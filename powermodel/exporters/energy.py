# SPDX-License-Identifier: Apache-2.0
"""Energy of a series between any two times: what meters, tariffs and hourly models read.

A sample stands for the step that it opens, as in the energy of the indicators, so that means over
intervals and the energy of the whole record agree.
"""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path

import numpy as np

from powermodel.exporters.columns import write_text
from powermodel.exporters.errors import ExportError
from powermodel.exporters.exporter import Check, Exporter
from powermodel.exporters.series import TICKS_PER_S, PlannerSeries
from powermodel.indicators.inputs import FloatArray

_J_PER_MWH = 3.6e9
YEAR_H = (8760, 8784)
_TOLERANCE_MWH = 1e-6


def interval_means(
    series: PlannerSeries, interval_ticks: int, count: int | None = None
) -> tuple[FloatArray, FloatArray]:
    """Mean power [W] and length [s] of consecutive intervals.

    Parameters
    ----------
    series : PlannerSeries
        What is averaged.
    interval_ticks : int
        Length of an interval in ticks of 1 ns.
    count : int, optional
        How many; beyond the end the series begins again. By default as many as the record has,
        the last one perhaps shorter.
    """
    dt = series.dt_ticks
    total = series.samples * dt
    ends = -(-total // interval_ticks) if count is None else count
    edges = np.arange(ends + 1, dtype=np.int64) * interval_ticks
    if count is None:
        edges[-1] = min(int(edges[-1]), total)
    sums = np.concatenate(([0.0], np.cumsum(series.power_w - series.power_w.mean())))
    turns, inside = np.divmod(edges, total)
    whole, part = np.divmod(inside, dt)
    held = series.power_w[np.minimum(whole, series.samples - 1)] - series.power_w.mean()
    # Sums of deviations from the mean: small numbers, so that a year of 1 GW keeps its watts.
    deviation = turns * sums[-1] + sums[whole] + held * (part / dt)
    lengths = np.diff(edges) / TICKS_PER_S
    means = series.power_w.mean() + np.diff(deviation) * (dt / TICKS_PER_S) / lengths
    return means, lengths


def _write(series: PlannerSeries, path: Path, interval_s: int, count: int | None) -> list[Path]:
    means, lengths = interval_means(series, interval_s * TICKS_PER_S, count)
    start = series.basis.start_utc
    rows = ["start_utc,length_s,mean_MW,energy_MWh"]
    for place, (mean_w, length_s) in enumerate(zip(means.tolist(), lengths.tolist(), strict=True)):
        when = start + timedelta(seconds=place * interval_s)
        energy = mean_w * length_s / _J_PER_MWH
        rows.append(f"{when:%Y-%m-%dT%H:%M:%SZ},{length_s:g},{mean_w / 1e6!r},{energy!r}")
    return [write_text(path, "\n".join(rows) + "\n")]


def _energy_mwh(path: Path) -> float:
    with path.open(newline="", encoding="utf-8") as file:
        return float(np.sum([float(row["energy_MWh"]) for row in csv.DictReader(file)]))


def _check(series: PlannerSeries, path: Path, expected_mwh: float) -> list[Check]:
    error = abs(_energy_mwh(path) - expected_mwh)
    allowed = max(_TOLERANCE_MWH, 1e-9 * abs(expected_mwh))
    return [Check(path.name, "energy of all intervals", error, allowed, "MWh")]


def write_meter(series: PlannerSeries, folder: Path, minutes: int) -> list[Path]:
    """Write means and energies of intervals of some minutes."""
    path = folder / f"{series.name}_{minutes}min.csv"
    return _write(series, path, minutes * 60, None)


def check_meter(series: PlannerSeries, paths: list[Path]) -> list[Check]:
    """Compare the energy of all intervals with that of the series."""
    return _check(series, paths[0], series.energy_j / _J_PER_MWH)


def write_year(series: PlannerSeries, folder: Path) -> list[Path]:
    """Write 8,760 hourly means.

    Raises
    ------
    ExportError
        If the record is not a year and may not be repeated.
    """
    hours = series.duration_s / 3600
    if hours not in YEAR_H and not series.basis.repeat:
        raise ExportError(
            f"the record has {hours:g} h, a year has {YEAR_H[0]}",
            where="duration",
            hint="say that it may be repeated: --repeat",
        )
    count = int(hours) if hours in YEAR_H else YEAR_H[0]
    return _write(series, folder / f"{series.name}_8760.csv", 3600, count)


def check_year(series: PlannerSeries, paths: list[Path]) -> list[Check]:
    """Compare the energy of the year with whole records and the part of one that it holds."""
    hours = series.duration_s / 3600
    year_s = (int(hours) if hours in YEAR_H else YEAR_H[0]) * 3600
    turns, rest = divmod(year_s * TICKS_PER_S, series.samples * series.dt_ticks)
    whole, part = divmod(rest, series.dt_ticks)
    head_j = float(series.power_w[:whole].sum()) * series.dt_s
    if part:
        head_j += float(series.power_w[whole]) * part / TICKS_PER_S
    return _check(series, paths[0], (turns * series.energy_j + head_j) / _J_PER_MWH)


def _minutes(minutes: int) -> Exporter:
    return Exporter(
        f"meter-{minutes}min",
        f"CSV of {minutes} min means and energies, with an energy check",
        lambda series, folder: write_meter(series, folder, minutes),
        check_meter,
        needs=("start",),
        instant=False,
    )


EXPORTERS = (
    _minutes(5),
    _minutes(15),
    Exporter("8760", "CSV of 8,760 hourly means, with an energy check", write_year, check_year,
             needs=("start",), instant=False),
)  # fmt: skip
