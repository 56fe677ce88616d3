# SPDX-License-Identifier: Apache-2.0
"""Columns that were measured or read from a file, checked and turned into a planner's series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from powermodel.exporters.basis import Basis
from powermodel.exporters.errors import ExportError
from powermodel.exporters.series import (
    TICKS_PER_S,
    PlannerSeries,
    check_column,
    with_reactive,
)
from powermodel.indicators.inputs import FloatArray, IndicatorError
from powermodel.indicators.series import time_grid

if TYPE_CHECKING:
    import xarray as xr

_UNITS = {"W": 1.0, "kW": 1e3, "MW": 1e6, "GW": 1e9}


def series_of_columns(
    time_s: npt.ArrayLike,
    columns: Sequence[npt.ArrayLike],
    *,
    declared: Sequence[str],
    unit: str | None,
    basis: Basis,
    name: str = "campus",
    averaged: bool = False,
) -> PlannerSeries:
    """Return the series of columns that were measured or read from a file.

    Parameters
    ----------
    time_s : array_like
        Times [s], even.
    columns : sequence of array_like
        P, or P and Q.
    declared : sequence of str
        What the columns are: ``["P"]`` or ``["P", "Q"]``.
    unit : str
        ``"W"``, ``"kW"``, ``"MW"`` or ``"GW"`` of P (of Q the same in var).
    basis : Basis
        Bases, frequency, time origin.
    name : str
        For files and objects in the tools.
    averaged : bool
        Whether a sample stands for the mean of its step.
    """
    if list(declared) not in (["P"], ["P", "Q"]):
        raise ExportError(f"expected the columns P, or P and Q, got {list(declared)}")
    if len(columns) != len(declared):
        raise ExportError(
            f"expected {len(declared)} columns ({', '.join(declared)}), got {len(columns)}",
            where="columns",
            hint="declare each column once",
        )
    if unit is None:
        raise ExportError("missing unit of the power", where="unit", hint="one of W, kW, MW, GW")
    if unit not in _UNITS:
        raise ExportError(f"unknown unit {unit!r}", where="unit", hint="one of W, kW, MW, GW")
    stamps = _numbers("time", time_s)
    found = [_numbers(label, values) for label, values in zip(declared, columns, strict=True)]
    for label, values in zip(declared, found, strict=True):
        check_column(label, values, stamps.size)
    series = with_reactive(
        name, _even_ticks(stamps), found[0] * _UNITS[unit], basis, averaged=averaged
    )
    return series if len(found) == 1 else replace(series, reactive_var=found[1] * _UNITS[unit])


def _numbers(label: str, values: npt.ArrayLike) -> FloatArray:
    array = np.asarray(values)
    if array.dtype.kind not in "fiu":
        raise ExportError(f"expected numbers, got values of type {array.dtype}", where=label)
    if array.ndim != 1:
        raise ExportError(f"expected one column, got {array.ndim} dimensions", where=label)
    return array.astype(np.float64)


def _even_ticks(time_s: FloatArray) -> int:
    """Step of even, increasing stamps, in ticks of 1 ns."""
    if time_s.size < 2:
        raise ExportError(f"expected at least 2 samples, got {time_s.size}", where="time")
    steps = np.diff(time_s)
    if not (steps > 0).all():
        bad = int(np.argmin(steps > 0)) + 1
        what = "the same time twice" if steps[bad - 1] == 0 else "a time that goes back"
        raise ExportError(
            f"{what}: {time_s[bad]:.10g} s at sample {bad}", where="time", hint="sort and merge"
        )
    try:
        return round(time_grid(_stamped(time_s)).dt_s * TICKS_PER_S)
    except IndicatorError as error:
        raise ExportError(error.message, where="time", hint=error.hint) from None


def _stamped(time_s: FloatArray) -> xr.DataArray:
    import xarray as xr

    return xr.DataArray(np.zeros(time_s.size), dims="time", coords={"time": time_s})
