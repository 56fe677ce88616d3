# SPDX-License-Identifier: Apache-2.0
"""What an indicator accepts: checked series, steps and windows, and errors for the rest."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from powermodel.errors import PowermodelError

FloatArray = npt.NDArray[np.float64]

# A window or a time stamp may miss the grid by this share of a step: float rounding, not a slip.
GRID_TOLERANCE = 1e-3


class IndicatorError(PowermodelError):
    """An indicator that was asked for in a way that makes no sense."""

    exit_code = 2


class NotAssessedError(IndicatorError):
    """An indicator that this record cannot answer: too short, too coarse, or without variation."""


def checked_power(power_w: npt.ArrayLike, *, first_sample: int = 0) -> FloatArray:
    """Return the power as a 1-D float64 array, or say what is wrong with it.

    Parameters
    ----------
    power_w : array_like
        Power samples [W].
    first_sample : int
        Number of the first sample in the record, for the message.

    Raises
    ------
    IndicatorError
        If it is not one series of finite numbers.
    """
    array = np.asarray(power_w)
    if array.dtype.kind not in "fiu":
        raise IndicatorError(f"expected power in W as numbers, got values of type {array.dtype}")
    if array.ndim != 1:
        raise IndicatorError(
            f"expected one power series, got an array with {array.ndim} dimensions",
            hint="pass one series at a time, or use the functions on xarray objects",
        )
    series = array.astype(np.float64, copy=False)
    finite = np.isfinite(series)
    if not finite.all():
        bad = int(np.argmin(finite))
        raise IndicatorError(
            f"expected finite power, got {series[bad]} at sample {first_sample + bad}"
            f" ({int(np.count_nonzero(~finite))} such samples in this part)",
            hint="a store that was interrupted is completed with --resume;"
            " a measured series needs its gaps filled or cut first",
        )
    return series


def checked_record(power_w: npt.ArrayLike) -> FloatArray:
    """Return a whole record as a 1-D float64 array that holds at least one sample.

    Parameters
    ----------
    power_w : array_like
        Power samples [W].
    """
    series = checked_power(power_w)
    if series.size == 0:
        raise IndicatorError("expected a power series, got one without samples")
    return series


def checked_dt(dt_s: float) -> float:
    """Return the step [s], or say what is wrong with it."""
    if not (math.isfinite(dt_s) and dt_s > 0):
        raise IndicatorError(f"expected a time step above 0 s, got {dt_s} s")
    return float(dt_s)


def steps_in(window_s: float, dt_s: float) -> int:
    """Count the steps of a window.

    Parameters
    ----------
    window_s : float
        Length of the window [s].
    dt_s : float
        Time between samples [s].

    Returns
    -------
    int
        At least 2.

    Raises
    ------
    IndicatorError
        If the window is not above 0 s.
    NotAssessedError
        If the step is too coarse for the window, or does not divide it.
    """
    checked_dt(dt_s)
    if not (math.isfinite(window_s) and window_s > 0):
        raise IndicatorError(f"expected a window above 0 s, got {window_s} s")
    ratio = window_s / dt_s
    steps = round(ratio)
    if ratio < 2 - GRID_TOLERANCE:
        raise NotAssessedError(
            f"the window of {window_s:g} s needs a step of at most {window_s / 2:g} s,"
            f" got {dt_s:g} s",
            hint="run with a smaller dt, or ask for a longer window",
        )
    if abs(ratio - steps) > GRID_TOLERANCE:
        raise NotAssessedError(
            f"the window of {window_s:g} s is not a whole number of steps of {dt_s:g} s",
            hint=f"ask for {steps * dt_s:g} s, or run with a dt that divides the window",
        )
    return steps


def checked_band(lo_hz: float, hi_hz: float) -> tuple[float, float]:
    """Return the edges of a band [Hz], or say what is wrong with them."""
    if not (math.isfinite(lo_hz) and math.isfinite(hi_hz) and 0 <= lo_hz < hi_hz):
        raise IndicatorError(
            "expected a band from a lower to a higher frequency, from 0 Hz up,"
            f" got {lo_hz:g} Hz to {hi_hz:g} Hz"
        )
    return float(lo_hz), float(hi_hz)
