# SPDX-License-Identifier: Apache-2.0
"""DIgSILENT PowerFactory measurement file (ElmFile): number of variables, then time and columns."""

from __future__ import annotations

from pathlib import Path

from powermodel.exporters.columns import read_columns, write_columns
from powermodel.exporters.errors import ExportError
from powermodel.exporters.exporter import Check, Exporter, compared
from powermodel.exporters.pscad import file_columns
from powermodel.exporters.series import PlannerSeries

LARGEST_OUTPUTS = 24
LONGEST_LINE = 1024


def checked_lines(text: str) -> int:
    """Check the grammar of a file and return its number of variables.

    Parameters
    ----------
    text : str
        The whole file.

    Raises
    ------
    ExportError
        For blank or long lines, a decimal comma, or other than the declared columns.
    """
    lines = text.splitlines()
    count = int(lines[0]) if lines and lines[0].strip().isdigit() else 0
    if not 1 <= count <= LARGEST_OUTPUTS:
        raise ExportError(
            f"ElmFile has 1 to {LARGEST_OUTPUTS} outputs, the first line says"
            f" {lines[0] if lines else ''!r}",
            where="line 1",
            hint="write several files",
        )
    for place, line in enumerate(lines[1:], start=2):
        problem = _problem(line, count)
        if problem:
            raise ExportError(problem, where=f"line {place}")
    return count


def _problem(line: str, count: int) -> str:
    if not line.strip():
        return "a blank line: ElmFile has none"
    if len(line) > LONGEST_LINE:
        return f"{len(line)} characters: ElmFile takes at most {LONGEST_LINE}"
    words = line.split()
    if any("," in word for word in words):
        return "a decimal comma: ElmFile takes a decimal point"
    if len(words) != count + 1:
        return f"{len(words)} columns, expected the time and {count}"
    return ""


def write_powerfactory(series: PlannerSeries, folder: Path) -> list[Path]:
    """Write the measurement file; columns are y1, y2 ... in the order of the CSV of its name."""
    columns = file_columns(series)
    if len(columns) > LARGEST_OUTPUTS:
        raise ExportError(
            f"ElmFile has {LARGEST_OUTPUTS} outputs, got {len(columns)} columns",
            where="columns",
            hint="write several files",
        )
    path = folder / f"{series.name}_elmfile.txt"
    values = [column for _, column in columns]
    write_columns(path, [series.time_s, *values], head=f"{len(values)}\n", delimiter=" ")
    return [path]


def check_powerfactory(series: PlannerSeries, paths: list[Path]) -> list[Check]:
    """Check the grammar of the first lines and read all values back."""
    (path,) = paths
    with path.open(encoding="ascii") as file:
        checked_lines("".join(line for line, _ in zip(file, range(1000), strict=False)))
    time_s, *found = read_columns(path, skip=1, delimiter=" ")
    checks = [compared(path, "time", time_s, series.time_s, 0.0, "s")]
    for (title, source), values in zip(file_columns(series), found, strict=True):
        checks.append(compared(path, title, values, source, 0.0, title.rpartition("_")[2]))
    return checks


EXPORTERS = (
    Exporter(
        "powerfactory",
        "DIgSILENT PowerFactory measurement file (ElmFile)",
        write_powerfactory,
        check_powerfactory,
    ),
)
