# SPDX-License-Identifier: Apache-2.0
"""Instruments that report means (counters, revenue meters) or single samples (SCADA)."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from powermodel.indicators.inputs import checked_dt, checked_record
from powermodel.observers.observation import Observation, ObserverError, steps_of


def moving_means(
    power_w: npt.ArrayLike,
    dt_s: float,
    *,
    window_s: float,
    period_s: float,
    instrument: str = "mean",
) -> Observation:
    """Report the mean of the last window: NVML counters, revenue meters.

    Parameters
    ----------
    power_w : array_like
        Power samples [W]; each stands for the step that it opens.
    dt_s : float
        Time between samples [s].
    window_s : float
        Over which a reading is the mean [s].
    period_s : float
        From one reading to the next [s]; longer than the window, it leaves gaps unseen.
    instrument : str
        What it is called.

    Returns
    -------
    Observation
        Stamped at the end of each window; the first window starts with the record.
    """
    series = checked_record(power_w)
    step_s = checked_dt(dt_s)
    window, period = steps_of("window", window_s, step_s), steps_of("period", period_s, step_s)
    if series.size < window:
        raise ObserverError(
            f"the record of {series.size * step_s:g} s is shorter than the window of"
            f" {window_s:g} s",
            hint="run for longer",
        )
    # Deviations from the first sample: sums of small numbers keep their digits.
    sums = np.concatenate(([0.0], np.cumsum(series - series[0])))
    ends = np.arange(window, series.size + 1, period)
    means = series[0] + (sums[ends] - sums[ends - window]) / window
    return Observation(
        instrument,
        np.round(ends * step_s, 9),
        means,
        "mean of the samples of the window before each reading",
        {"window_s": window_s, "period_s": period_s, "dt_s": step_s},
    )


def transducer_samples(
    power_w: npt.ArrayLike,
    dt_s: float,
    *,
    period_s: float,
    lag_s: float,
    phase_s: float = 0.0,
    instrument: str = "sample",
) -> Observation:
    """Report what a transducer with a first-order lag says, once in each period: SCADA.

    Parameters
    ----------
    power_w : array_like
        Power samples [W], each held for its step.
    dt_s : float
        Time between samples [s].
    period_s : float
        From one reading to the next [s].
    lag_s : float
        Time constant of the transducer [s]; 0 for none.
    phase_s : float
        Time of the first reading [s].
    instrument : str
        What it is called.
    """
    from scipy.signal import lfilter

    series = checked_record(power_w)
    step_s = checked_dt(dt_s)
    period = steps_of("period", period_s, step_s)
    first = 0 if phase_s == 0 else steps_of("phase", phase_s, step_s)
    if not (math.isfinite(lag_s) and lag_s >= 0):
        raise ObserverError(f"expected a lag of at least 0 s, got {lag_s:g} s")
    if first >= series.size:
        raise ObserverError(f"the first reading at {phase_s:g} s is after the end of the record")
    out = series
    if lag_s > 0:
        # Exact for a power that is held over each step; at rest on the first sample.
        keep = math.exp(-step_s / lag_s)
        held, _ = lfilter([1 - keep], [1, -keep], series[:-1], zi=[keep * series[0]])
        out = np.concatenate(([series[0]], held))
    places = np.arange(first, series.size, period)
    return Observation(
        instrument,
        np.round(places * step_s, 9),
        out[places],
        "output of a first-order transducer at the time of each reading",
        {"period_s": period_s, "lag_s": lag_s, "phase_s": phase_s, "dt_s": step_s},
    )
