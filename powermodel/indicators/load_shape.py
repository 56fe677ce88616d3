# SPDX-License-Identifier: Apache-2.0
"""Load factor, coincidence of several loads, and the strongest line followed over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from powermodel.indicators.inputs import (
    FloatArray,
    IndicatorError,
    NotAssessedError,
    checked_dt,
    checked_record,
    steps_in,
)
from powermodel.indicators.segments import LONGEST_SEGMENT_S
from powermodel.indicators.spectral_lines import lines


def load_factor(power_w: npt.ArrayLike, dt_s: float, interval_s: float) -> float:
    """Mean of a record over its largest demand.

    Parameters
    ----------
    power_w : array_like
        Power samples [W].
    dt_s : float
        Time between samples [s].
    interval_s : float
        Demand interval [s]: demand is the mean of each whole interval from the start on.

    Returns
    -------
    float
        Mean of the whole intervals over the largest of them.
    """
    series = checked_record(power_w)
    steps = steps_in(interval_s, dt_s)
    whole = series.size // steps
    if whole < 1:
        raise NotAssessedError(
            f"the record of {series.size * dt_s:g} s does not hold one interval of"
            f" {interval_s:g} s",
            hint="run for longer, or choose a shorter demand interval",
        )
    demand = series[: whole * steps].reshape(whole, steps).mean(axis=1)
    largest = float(demand.max())
    if largest <= 0:
        raise NotAssessedError(f"a load factor needs a demand above 0 W, got {largest:g} W")
    return float(demand.mean()) / largest


def coincidence_factor(parts_w: Sequence[npt.ArrayLike]) -> float:
    """Peak of a sum over the sum of the peaks of its parts.

    Parameters
    ----------
    parts_w : sequence of array_like
        Power samples of each part on one time axis [W].
    """
    parts = [checked_record(part) for part in parts_w]
    if not parts or len({part.size for part in parts}) != 1:
        raise IndicatorError("expected parts of the same length on one time axis, at least one")
    total = np.sum(parts, axis=0)
    peaks = sum(float(part.max()) for part in parts)
    if peaks <= 0:
        raise NotAssessedError(f"coincidence needs peaks above 0 W, got {peaks:g} W in all")
    return float(total.max()) / peaks


class LineTrack(NamedTuple):
    """The strongest line of each segment; NaN where a segment does not vary."""

    middle_s: FloatArray
    """Middle of each segment [s]."""
    frequency_hz: FloatArray
    amplitude_w: FloatArray
    """Amplitude (peak) [W]."""


def track_line(
    power_w: npt.ArrayLike, dt_s: float, segment_s: float, *, hop_s: float | None = None
) -> LineTrack:
    """Follow the strongest line of a power over time.

    Parameters
    ----------
    power_w : array_like
        Power samples [W].
    dt_s : float
        Time between samples [s].
    segment_s : float
        Over which a frequency is read (Hann window, constant taken out) [s].
    hop_s : float, optional
        From one segment to the next [s]; half a segment by default.
    """
    series = checked_record(power_w)
    step_s = checked_dt(dt_s)
    if segment_s > LONGEST_SEGMENT_S:
        raise IndicatorError(
            f"expected a segment up to {LONGEST_SEGMENT_S:g} s, got {segment_s:g} s"
        )
    length = steps_in(segment_s, step_s)
    hop = max(length // 2, 1) if hop_s is None else steps_in(hop_s, step_s)
    if series.size < length:
        raise NotAssessedError(
            f"the record of {series.size * step_s:g} s is shorter than a segment of"
            f" {segment_s:g} s",
            hint="run for longer, or choose a shorter segment",
        )
    starts = np.arange(0, series.size - length + 1, hop)
    found = np.full((starts.size, 2), np.nan)
    for row, start in zip(found, starts, strict=True):
        strongest = lines(series[start : start + length], step_s, 1)
        if strongest:
            row[:] = strongest[0].frequency_hz, strongest[0].amplitude_w
    middle_s = np.round((starts + length / 2) * step_s, 9)
    return LineTrack(middle_s, found[:, 0].copy(), found[:, 1].copy())
