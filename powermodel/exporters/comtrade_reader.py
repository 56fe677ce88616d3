# SPDX-License-Identifier: Apache-2.0
"""A reader of COMTRADE files of analog channels, for the check of what was written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from powermodel.exporters.columns import read_columns
from powermodel.exporters.errors import ExportError
from powermodel.indicators.inputs import FloatArray

_ITEMS = {"BINARY": "<i2", "BINARY32": "<i4", "FLOAT32": "<f4"}


@dataclass(frozen=True, slots=True)
class ComtradeRecord:
    """What stands in a pair of files."""

    station: str
    data: str
    names: list[str]
    units: list[str]
    time_s: FloatArray
    values: list[FloatArray]


def read_comtrade(cfg: Path, dat: Path) -> ComtradeRecord:
    """Read configuration and data.

    Parameters
    ----------
    cfg, dat : Path
        The two files.

    Raises
    ------
    ExportError
        If a stamp wraps or stands out of order.
    """
    lines = [line.split(",") for line in cfg.read_text(encoding="ascii").splitlines()]
    analogs = int(lines[1][1].rstrip("A"))
    rows = lines[2 : 2 + analogs]
    rest = lines[2 + analogs :]
    rates = max(int(rest[1][0]), 1)
    data, timemult = rest[4 + rates][0], float(rest[5 + rates][0])
    stamps, raw = _raw(dat, data, analogs)
    if (np.diff(stamps) <= 0).any():
        bad = int(np.argmin(np.diff(stamps) > 0)) + 1
        raise ExportError(
            f"the stamp of sample {bad + 1} is {stamps[bad]:.0f}, not after {stamps[bad - 1]:.0f}",
            where=str(dat),
            hint="a 32-bit stamp has wrapped: raise timemult or split the record",
        )
    scales = [(float(row[5]), float(row[6])) for row in rows]
    return ComtradeRecord(
        station=lines[0][0],
        data=data,
        names=[row[1] for row in rows],
        units=[row[4] for row in rows],
        time_s=(stamps - stamps[0]) * timemult / 1e6,
        values=[a * column + b for (a, b), column in zip(scales, raw, strict=True)],
    )


def _raw(dat: Path, data: str, analogs: int) -> tuple[FloatArray, list[FloatArray]]:
    if data == "ASCII":
        columns = read_columns(dat)
        return columns[1], columns[2:]
    fields = [("n", "<u4"), ("t", "<u4"), ("x", _ITEMS[data], (analogs,))]
    records = np.frombuffer(dat.read_bytes(), dtype=fields)
    values = records["x"].astype(np.float64)
    return records["t"].astype(np.float64), [values[:, place] for place in range(analogs)]
