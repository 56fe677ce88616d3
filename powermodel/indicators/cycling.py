# SPDX-License-Identifier: Apache-2.0
"""Cycling: how often a power swings by at least so much.

A swing ends where the power has come back by the threshold from its extreme, so ripple and noise
smaller than the threshold neither count nor end one (turning points with hysteresis, as the first
step of a rainflow count, ASTM E1049).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from powermodel.indicators.inputs import FloatArray, IndicatorError, checked_record

DEFINITION = (
    "turning points between which the power moves by at least the threshold; two swings, one in"
    " each direction, are one cycle"
)


@dataclass(frozen=True, slots=True, eq=False)
class Cycling:
    """Swings of a record.

    Parameters
    ----------
    threshold_w : float
        What a swing must reach [W].
    swings_w : ndarray
        Size of each, upwards positive [W], in the order of time.
    at_s : ndarray
        When each starts [s]: time of its first turning point.
    duration_s : float
        Of the record [s].
    """

    threshold_w: float
    swings_w: FloatArray
    at_s: FloatArray
    duration_s: float

    @property
    def cycles(self) -> float:
        """Number of cycles: half the number of swings."""
        return self.swings_w.size / 2

    @property
    def cycles_per_hour(self) -> float:
        """Cycles over the length of the record."""
        return self.cycles * 3600 / self.duration_s


def cycling(power_w: npt.ArrayLike, dt_s: float, threshold_w: float) -> Cycling:
    """Swings of a power by at least a threshold.

    Parameters
    ----------
    power_w : array_like
        Power samples [W].
    dt_s : float
        Time between samples [s].
    threshold_w : float
        Smallest swing that counts [W].
    """
    series = checked_record(power_w)
    if not (math.isfinite(threshold_w) and threshold_w > 0):
        raise IndicatorError(f"expected a threshold above 0 W, got {threshold_w:g} W")
    places = _turning_points(series, threshold_w)
    return Cycling(
        threshold_w,
        np.diff(series[places]),
        np.round(places[:-1] * dt_s, 9),
        series.size * dt_s,
    )


def _turning_points(series: FloatArray, threshold_w: float) -> npt.NDArray[np.int64]:
    """Find the samples at which a swing of at least the threshold starts or ends."""
    slopes = np.sign(np.diff(series))
    moving = np.flatnonzero(slopes)
    turns = moving[1:][slopes[moving[1:]] != slopes[moving[:-1]]]
    # Only local extremes can be turning points: a plateau counts where it is left.
    candidates = np.concatenate(([0], turns, [series.size - 1])).astype(np.int64)
    found: list[int] = []
    low = high = int(candidates[0])
    rising: bool | None = None
    for place, value in zip(candidates.tolist(), series[candidates].tolist(), strict=True):
        if value > series[high]:
            high = place
        if value < series[low]:
            low = place
        if rising is not False and series[high] - value >= threshold_w:
            found.append(high)
            rising, low = False, place
        elif rising is not True and value - series[low] >= threshold_w:
            found.append(low)
            rising, high = True, place
    if rising is not None:
        found.append(high if rising else low)
    return np.array(_with_first(found, series, threshold_w), dtype=np.int64)


def _with_first(found: list[int], series: FloatArray, threshold_w: float) -> list[int]:
    """Add the extreme before the first turning point, if it is a swing away."""
    if not found:
        return []
    head = series[: found[0] + 1]
    first = int(np.argmin(head) if head[-1] > head[0] else np.argmax(head))
    return [first, *found] if abs(head[-1] - head[first]) >= threshold_w else found
