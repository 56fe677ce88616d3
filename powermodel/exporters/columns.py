# SPDX-License-Identifier: Apache-2.0
"""Columns of numbers in text files: written fast, shortest digits that read as the same float."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt

from powermodel.indicators.inputs import FloatArray


def write_columns(
    path: Path,
    columns: Sequence[npt.NDArray],
    *,
    head: str = "",
    delimiter: str = ",",
    end: str = "\n",
) -> Path:
    """Write columns below a head.

    Parameters
    ----------
    path : Path
        The file.
    columns : sequence of ndarray
        Numbers, of the same length.
    head : str
        What comes before, with its line ends.
    delimiter : str
        Between columns.
    end : str
        Of a line.
    """
    import pyarrow as pa
    from pyarrow import csv

    table = pa.table({str(place): column for place, column in enumerate(columns)})
    options = csv.WriteOptions(include_header=False, delimiter=delimiter, quoting_style="none")
    body = BytesIO()
    csv.write_csv(table, body, options)
    content = body.getvalue()
    if end != "\n":
        content = content.replace(b"\n", end.encode())
    path.write_bytes(head.encode() + content)
    return path


def read_columns(path: Path, *, skip: int = 0, delimiter: str = ",") -> list[FloatArray]:
    """Read columns of numbers.

    Parameters
    ----------
    path : Path
        The file.
    skip : int
        Lines of the head.
    delimiter : str
        Between columns.
    """
    from pyarrow import csv

    table = csv.read_csv(
        path,
        read_options=csv.ReadOptions(skip_rows=skip, autogenerate_column_names=True),
        parse_options=csv.ParseOptions(delimiter=delimiter),
    )
    return [np.asarray(column.to_numpy(), dtype=np.float64) for column in table.columns]


def write_text(path: Path, text: str) -> Path:
    """Write a text file with plain line ends and return its path."""
    path.write_text(text, encoding="utf-8", newline="\n")
    return path
