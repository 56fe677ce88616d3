# SPDX-License-Identifier: Apache-2.0
"""PSCAD File Read: a comment line, then time from 0.0 and up to ten columns."""

from __future__ import annotations

from pathlib import Path

from powermodel.exporters.columns import read_columns, write_columns
from powermodel.exporters.errors import ExportError
from powermodel.exporters.exporter import Check, Exporter, compared
from powermodel.exporters.series import PlannerSeries
from powermodel.indicators.inputs import FloatArray

LARGEST_CHANNELS = 10
MEGA = 1e6


def file_columns(series: PlannerSeries) -> list[tuple[str, FloatArray]]:
    """Return (title, values) in the units of network studies: MW, Mvar, pu, Hz."""
    scales = {"W": (MEGA, "MW"), "var": (MEGA, "Mvar"), "1": (1.0, "pu"), "Hz": (1.0, "Hz")}
    return [
        (f"{name}_{scales[unit][1]}", values / scales[unit][0])
        for name, unit, values in series.columns()
    ]


def checked_table(time_s: FloatArray, columns: list[FloatArray]) -> None:
    """Refuse what PSCAD File Read cannot take.

    Raises
    ------
    ExportError
        For more than ten channels, or a first time that is not 0.0.
    """
    if len(columns) > LARGEST_CHANNELS:
        raise ExportError(
            f"PSCAD File Read takes {LARGEST_CHANNELS} channels beside the time, got"
            f" {len(columns)}",
            where="columns",
            hint="write several files",
        )
    if time_s[0] != 0.0:
        raise ExportError(
            f"PSCAD File Read starts at 0.0 s, got {time_s[0]:g} s",
            where="time",
            hint="count the time from the first sample",
        )


def write_pscad(series: PlannerSeries, folder: Path) -> list[Path]:
    """Write the text file."""
    columns = file_columns(series)
    values = [column for _, column in columns]
    checked_table(series.time_s, values)
    titles = " ".join(["time_s", *(title for title, _ in columns)])
    head = f"! {titles} (load positive, linear interpolation, hold the last value)\n"
    path = folder / f"{series.name}_pscad.txt"
    return [write_columns(path, [series.time_s, *values], head=head, delimiter=" ")]


def check_pscad(series: PlannerSeries, paths: list[Path]) -> list[Check]:
    """Read the file back."""
    (path,) = paths
    time_s, *found = read_columns(path, skip=1, delimiter=" ")
    checks = [compared(path, "time", time_s, series.time_s, 0.0, "s")]
    for (title, source), values in zip(file_columns(series), found, strict=True):
        checks.append(compared(path, title, values, source, 0.0, title.rpartition("_")[2]))
    return checks


EXPORTERS = (Exporter("pscad", "PSCAD File Read text file (EMT)", write_pscad, check_pscad),)
