# SPDX-License-Identifier: Apache-2.0
"""Measured traces: a CSV or Parquet file of time and power, read and checked before it is used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import field_validator, model_validator

from powermodel.errors import TraceError
from powermodel.scenario.base import Correlation, Finding, InvalidError, Part, close_to
from powermodel.units import Count, format_s, format_w, quantity

GAP_FACTOR = 10.0
"""A step longer than this many median steps is a gap."""

NAMEPLATE_FACTOR = 3.0
"""No accelerator draws more than this many TDP, so a larger number has a wrong unit."""


class Column(Part):
    """A column of the file and the unit of its numbers."""

    column: str
    unit: str


class TraceSpec(Part):
    """A measured trace that a job replays, once for every `accelerators_per_copy`."""

    file: str
    """CSV or Parquet; relative to the scenario file."""
    time: Column
    power: Column
    accelerators_per_copy: Count
    """How many accelerators the measured power belongs to."""
    correlation: Correlation
    """Between copies: 0 starts each anywhere in the trace, 1 lets all run in step."""
    loop: bool = False
    """Begin again at the end; otherwise the trace must be as long as the job."""

    @model_validator(mode="before")
    @classmethod
    def _says_how_copies_hang_together(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("correlation") is None:
            raise InvalidError(
                Finding(
                    "missing correlation: a trace is never silently multiplied, because copies in "
                    "step add up and independent ones average out",
                    hint="add correlation: 0 (independent) to 1 (all copies in step)",
                )
            )
        return data

    @field_validator("time", "power")
    @classmethod
    def _unit_fits(cls, column: Column, info: Any) -> Column:
        quantity(f"1 {column.unit}", "s" if info.field_name == "time" else "W")
        return column


@dataclass(frozen=True, slots=True)
class Trace:
    """A checked trace: time rises strictly from 0, and no power is missing or negative."""

    time_s: NDArray[np.float64]
    power_w: NDArray[np.float64]


def load_trace(spec: TraceSpec, base: Path, *, tdp_w: float | None = None) -> Trace:
    """Read and check a measured trace.

    Parameters
    ----------
    spec : TraceSpec
        From the scenario.
    base : Path
        Folder that a relative file name starts from.
    tdp_w : float, optional
        TDP of one accelerator in W, against which the unit of the power is checked.

    Returns
    -------
    Trace
        Time in s since the first sample, power in W.

    Raises
    ------
    TraceError
        Names the file and the row (the first row of data is row 1).
    """
    path = base / spec.file
    found = read_power(path, spec.time, spec.power)
    limit_w = None if tdp_w is None else NAMEPLATE_FACTOR * tdp_w * spec.accelerators_per_copy
    _check_power(path, spec, found.power_w, limit_w)
    return Trace(found.time_s - found.time_s[0], found.power_w)


def read_power(path: Path, time: Column, power: Column) -> Trace:
    """Read time and power from a file: finite, the time rising, neither shifted nor bounded.

    Raises
    ------
    TraceError
        Names the file and the row (the first row of data is row 1).
    """
    found = read_columns(path, time, (power.column,))
    return Trace(found[time.column], found[power.column] * quantity(f"1 {power.unit}", "W"))


def read_columns(
    path: Path, time: Column, names: Sequence[str], optional: Sequence[str] = ()
) -> dict[str, NDArray[np.float64]]:
    """Read columns of a file by their names: all of them finite, the time rising without a gap.

    Parameters
    ----------
    path : Path
        CSV or Parquet.
    time : Column
        Of the time, which comes back in s.
    names, optional : sequence of str
        Columns that must be there, and those that are read where they are.

    Raises
    ------
    TraceError
        Names the file and the row (the first row of data is row 1).
    """
    table = _table(path)
    wanted = [time.column, *names, *(name for name in optional if name in table.column_names)]
    found = dict(zip(wanted, _columns(path, table, wanted), strict=True))
    for name, values in found.items():
        _check_finite(path, name, values)
    found[time.column] = found[time.column] * quantity(f"1 {time.unit}", "s")
    _check_time(path, time.column, found[time.column])
    return found


def _columns(path: Path, table: Any, names: Sequence[str]) -> list[NDArray[np.float64]]:
    import pyarrow as pa  # slow to import, and few scenarios have traces
    import pyarrow.compute as pc

    for name in names:
        if name not in table.column_names:
            raise TraceError(
                f"no column {name!r}; the file has {', '.join(map(repr, table.column_names))}",
                where=str(path),
                hint=close_to(name, table.column_names),
            )
        if table.column_names.count(name) > 1:
            raise TraceError(f"column {name!r} is there twice", where=str(path))
    if table.num_rows < 2:
        raise TraceError(f"expected at least 2 rows of data, got {table.num_rows}", where=str(path))
    arrays = []
    for name in names:
        column = table[name]
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            raise TraceError(_text_in(name, column.to_pylist()), where=str(path))
        if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
            raise TraceError(
                f"column {name!r} holds {column.type}, expected numbers", where=str(path)
            )
        if column.null_count:
            row = pc.index(column.is_null(), value=True).as_py() + 1
            raise TraceError(
                f"column {name!r} has no value in row {row}",
                where=str(path),
                hint="fill or cut what is missing before the trace is replayed",
            )
        arrays.append(column.to_numpy().astype(np.float64))
    return arrays


def _table(path: Path) -> Any:
    import pyarrow as pa

    if path.suffix not in (".csv", ".parquet"):
        raise TraceError(
            f"expected a .csv or .parquet file, got {path.suffix or 'no suffix'!r}", where=str(path)
        )
    try:
        if path.stat().st_size == 0:
            raise TraceError("the file is empty", where=str(path))
        if path.suffix == ".csv":
            from pyarrow import csv

            return csv.read_csv(path)
        from pyarrow import parquet

        return parquet.read_table(path)
    except OSError as error:
        raise TraceError(
            f"cannot read the trace: {error.strerror or error}", where=str(path)
        ) from None
    except pa.ArrowInvalid as error:
        raise TraceError(f"cannot read the trace: {error}", where=str(path)) from None


def _text_in(name: str, cells: list[str | None]) -> str:
    for row, cell in enumerate(cells, start=1):
        try:
            float(cell or "nan")
        except ValueError:
            return f"column {name!r} has text in row {row}: expected a number, got {cell!r}"
    return f"column {name!r} holds text, expected numbers"


def _check_finite(path: Path, name: str, values: NDArray[np.float64]) -> None:
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        raise TraceError(
            f"column {name!r} has {values[bad[0]]} in row {bad[0] + 1}"
            + (f" and {bad.size - 1} more" if bad.size > 1 else ""),
            where=str(path),
            hint="fill or cut what is missing before the trace is replayed",
        )


def _check_time(path: Path, name: str, time_s: NDArray[np.float64]) -> None:
    steps = np.diff(time_s)
    wrong = np.flatnonzero(steps <= 0)
    if wrong.size:
        row = wrong[0] + 2
        what = "the same time as" if steps[wrong[0]] == 0 else "an earlier time than"
        raise TraceError(
            f"column {name!r} has in row {row} {what} the row before it",
            where=str(path),
            hint="sort the rows by time and keep one row for each time",
        )
    median_s = float(np.median(steps))
    gap = int(np.argmax(steps))
    if steps[gap] > GAP_FACTOR * median_s:
        raise TraceError(
            f"gap of {format_s(float(steps[gap]))} between rows {gap + 1} and {gap + 2}, from "
            f"{time_s[gap]:g} s; the median step is {format_s(median_s)}",
            where=str(path),
            hint=f"fill the gap or cut the trace; a gap is more than {GAP_FACTOR:g} median steps",
        )


def _check_power(
    path: Path, spec: TraceSpec, power_w: NDArray[np.float64], limit_w: float | None
) -> None:
    low, high = int(np.argmin(power_w)), int(np.argmax(power_w))
    if power_w[low] < 0:
        raise TraceError(
            f"negative power in row {low + 1}: {power_w[low]:g} W",
            where=str(path),
            hint="load is positive here; turn the sign if the meter counts the other way",
        )
    if limit_w is not None and power_w[high] > limit_w:
        raise TraceError(
            f"power in row {high + 1} is {format_w(float(power_w[high]))}, above "
            f"{NAMEPLATE_FACTOR:g} x TDP of {spec.accelerators_per_copy} accelerators, "
            f"{format_w(limit_w)}",
            where=str(path),
            hint=f"is the column in {spec.power.unit}? is accelerators_per_copy right?",
        )
