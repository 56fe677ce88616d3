# SPDX-License-Identifier: Apache-2.0
"""Forced oscillation: the energy of a power inside a band, over the record and where it is most.

Detectors on phasor measurements watch the root mean square of a band over some of its periods. A
load that keeps it up drives the grid's own modes in that band; a short burst does not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from powermodel.indicators.filtered import BandPass, filtered, mapped
from powermodel.indicators.inputs import (
    IndicatorError,
    NotAssessedError,
    checked_dt,
    checked_record,
    steps_in,
)
from powermodel.indicators.statistic import Statistic
from powermodel.indicators.window_means import window_means

ORDER = 2
SETTLE_PERIODS = 2
WINDOW_PERIODS = 6


@dataclass(frozen=True, slots=True)
class Oscillation:
    """What swings inside a band.

    Parameters
    ----------
    rms_w : float
        Root mean square behind the band-pass, over all whole windows [W].
    largest_w, at_s : float
        The same over the worst window [W], and when that starts, from the first sample on [s].
    energy_w2_s : float
        Sum of the squares over all whole windows, times the step [W2 s].
    parameters : dict
        Filter and window.
    """

    rms_w: float
    largest_w: float
    at_s: float
    energy_w2_s: float
    parameters: dict[str, Any]


def oscillation(power_w: npt.ArrayLike, dt_s: float, lo_hz: float, hi_hz: float) -> Oscillation:
    """Energy of the oscillation inside a band.

    Parameters
    ----------
    power_w : array_like
        Power samples [W].
    dt_s : float
        Time between samples [s].
    lo_hz, hi_hz : float
        Edges of the band [Hz]; both above 0.
    """
    series = checked_record(power_w)
    statistic = oscillation_statistic(series.size, dt_s, lo_hz, hi_hz)
    return statistic.finish(statistic.of(series))


def oscillation_statistic(
    samples: int, dt_s: float, lo_hz: float, hi_hz: float
) -> Statistic[Any, Oscillation]:
    """`oscillation`, streamed.

    Parameters
    ----------
    samples : int
        Length of the whole record.
    dt_s, lo_hz, hi_hz
        See `oscillation`.

    Raises
    ------
    NotAssessedError
        If the record is too short for one window, or too coarse for the band.
    """
    step_s = checked_dt(dt_s)
    if not lo_hz > 0:
        raise IndicatorError(f"expected a band above 0 Hz, got {lo_hz:g} Hz")
    band = BandPass(lo_hz, hi_hz, ORDER, _whole(SETTLE_PERIODS / lo_hz, step_s))
    band.sections(step_s)
    window_s = _whole(WINDOW_PERIODS / lo_hz, step_s)
    if samples * step_s < (band.settle_s + window_s) * (1 - 1e-9):
        raise NotAssessedError(
            f"an oscillation from {lo_hz:g} Hz on needs {band.settle_s + window_s:g} s,"
            f" got {samples * step_s:g} s",
            hint="run for longer",
        )
    squares = mapped(window_means(steps_in(window_s, step_s)), np.square)
    behind = filtered(squares, band, step_s)
    parameters = {
        "filter": band.describe(),
        "window_s": window_s,
        "windows": "side by side, whole ones only",
    }

    def finish(state: Any) -> Oscillation:
        means = behind.finish(state)
        worst = int(np.argmax(means))
        return Oscillation(
            math.sqrt(float(means.mean())),
            math.sqrt(float(means[worst])),
            round(band.settle_s + worst * window_s, 9),
            float(means.sum()) * window_s,
            parameters,
        )

    return Statistic(behind.init, behind.update, behind.merge, finish)


def _whole(time_s: float, dt_s: float) -> float:
    """Return the time as a whole number of steps."""
    return round(math.ceil(time_s / dt_s - 1e-9) * dt_s, 9)
