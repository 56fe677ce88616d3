# SPDX-License-Identifier: Apache-2.0
"""The series of a package: every variable of the site at every step, in one Parquet file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from powermodel.exporters import Check
from powermodel.indicators.series import blocks_of
from powermodel.report.page.series import PageSeries

if TYPE_CHECKING:
    import pyarrow as pa

NAME = "series.parquet"


def write_series(found: list[PageSeries], path: Path) -> Check:
    """Write the series of the site and read them back.

    Parameters
    ----------
    found : list of PageSeries
        With one time axis.
    path : Path
        The file.

    Returns
    -------
    Check
        Whether every number came back as it was.
    """
    from pyarrow import parquet

    grid = found[0].grid
    schema = _schema(found)
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        first = 0
        for blocks in zip(*(blocks_of(item.samples, item.grid) for item in found), strict=True):
            ticks = first + np.arange(blocks[0].size)
            writer.write_table(_table(schema, grid.begin_s + ticks * grid.dt_s, blocks))
            first += blocks[0].size
    return _read_back(found, path)


def _schema(found: list[PageSeries]) -> pa.Schema:
    import pyarrow as pa

    fields = [pa.field("time", pa.float64(), metadata=_words("s", "Time since the start"))]
    for item in found:
        variable = item.variable
        kind = pa.float64() if variable.dtype == "float64" else pa.float32()
        comment = f"{variable.long_name}. {variable.comment or ''}".strip()
        fields.append(
            pa.field(variable.path, kind, metadata=_words(variable.units or "1", comment))
        )
    return pa.schema(fields)


def _words(unit: str, text: str) -> dict[bytes | str, bytes | str]:
    return {"units": unit, "long_name": text}


def _table(schema: pa.Schema, time_s: np.ndarray, blocks: tuple[np.ndarray, ...]) -> pa.Table:
    import pyarrow as pa

    arrays = [np.round(time_s, 9), *blocks]
    return pa.table(
        [pa.array(values, field.type) for values, field in zip(arrays, schema, strict=True)],
        schema=schema,
    )


def _read_back(found: list[PageSeries], path: Path) -> Check:
    """Compare every column, block by block; the worst difference counts."""
    from pyarrow import parquet

    worst = 0.0
    with parquet.ParquetFile(path) as file:
        for item in found:
            groups = range(file.num_row_groups)
            read = (file.read_row_group(group, [item.path])[0].to_numpy() for group in groups)
            values = np.concatenate(list(read))
            source = np.concatenate(list(blocks_of(item.samples, item.grid)))
            worst = max(worst, float(np.abs(values.astype(np.float64) - source).max()))
    names = json.dumps([item.path for item in found])
    return Check(path.name, f"{found[0].grid.samples} samples of {names}", worst, 0.0, "(any unit)")
