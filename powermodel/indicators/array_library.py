# SPDX-License-Identifier: Apache-2.0
"""Arrays of another library: a checked record, numbers put beside it, its filters, the way back."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any

import numpy as np

from powermodel.indicators.inputs import FloatArray, IndicatorError

_SIGNAL = {"numpy": "scipy.signal", "cupy": "cupyx.scipy.signal"}


def checked_array(values: Any) -> tuple[Any, Any]:
    """Return the library of an array and the array as one series of 64-bit floats.

    Parameters
    ----------
    values : array
        Samples, of CuPy or any library with the array API.
    """
    xp = _library_of(values)
    if values.ndim != 1 or values.shape[0] == 0:
        raise IndicatorError(f"expected one power series, got an array of shape {values.shape}")
    series = xp.astype(values, xp.float64)
    if not bool(xp.all(xp.isfinite(series))):
        bad = int(xp.argmax(xp.astype(~xp.isfinite(series), xp.int8)))
        raise IndicatorError(f"expected finite power, got {float(series[bad])} at sample {bad}")
    return xp, series


def signal_of(values: Any) -> Any:
    """Return the filters for an array: `scipy.signal`, or the same functions of CuPy.

    Call them without ``zi``: CuPy keeps the past samples of a filter there, SciPy its delays.

    Parameters
    ----------
    values : array
        Of NumPy or CuPy: recursive filters are not part of the array API.
    """
    library = _name_of(values)
    if library not in _SIGNAL:
        raise IndicatorError(
            f"expected an array of NumPy or CuPy, got {library}.{type(values).__name__}: no other"
            " library is known here to have recursive filters",
            hint="numpy.asarray(values), or cupy.asarray(values)",
        )
    with warnings.catch_warnings():
        # CuPy makes some of its filters with what it calls experimental, on import.
        warnings.filterwarnings("ignore", message=".*rawkernel is experimental")
        return import_module(_SIGNAL[library])


def _name_of(values: Any) -> str:
    return type(values).__module__.partition(".")[0]


def _library_of(values: Any) -> Any:
    if hasattr(values, "__array_namespace__"):
        return values.__array_namespace__()
    # CuPy 14 has the functions of the array API, but its arrays do not tell where these are.
    if _name_of(values) == "cupy":
        return import_module("cupy")
    raise IndicatorError(
        f"expected an array with the Python array API, got {type(values).__name__}",
        hint="numpy.asarray(values), or cupy.asarray(values)",
    )


def beside(xp: Any, series: Any, values: FloatArray) -> Any:
    """Return numbers where a series lies.

    Parameters
    ----------
    xp : module
        Library of the series.
    series : array
        The series.
    values : ndarray
        The numbers.
    """
    # CuPy 14 takes no device here: like all it computes, this goes to its current one.
    where = {} if _name_of(series) == "cupy" else {"device": series.device}
    return xp.asarray(values.tolist(), dtype=xp.float64, **where)


def on_host(values: Any) -> FloatArray:
    """Return numbers on the host; CuPy copies only when it is asked to.

    Parameters
    ----------
    values : array
        Of any library with the array API.
    """
    found = values.get() if hasattr(values, "get") else np.from_dlpack(values)
    return np.array(found, dtype=np.float64)
