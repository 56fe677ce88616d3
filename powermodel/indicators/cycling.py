# SPDX-License-Identifier: Apache-2.0
"""Cycling: how often a power swings by at least so much.

A swing ends where the power has come back by the threshold from its extreme, so ripple and noise
smaller than the threshold neither count nor end one (turning points with hysteresis, as the first
step of a rainflow count, ASTM E1049).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from powermodel.indicators.inputs import FloatArray, IndicatorError, checked_dt, checked_record
from powermodel.indicators.statistic import Statistic, not_merged

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


@dataclass(frozen=True, slots=True)
class _Walk:
    """Where the power is between two turning points; extremes as (sample, power)."""

    low: tuple[int, float]
    high: tuple[int, float]
    rising: bool | None = None


@dataclass(frozen=True, slots=True)
class CyclingState:
    """Turning points so far, and what decides on the next one."""

    size: int = 0
    last_w: float = 0.0
    direction: float = 0.0
    """Sign of the last change of the power; 0 as long as there is none."""
    walk: _Walk | None = None
    turns: tuple[tuple[tuple[int, float], ...], ...] = ()
    """Of each block."""


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
    statistic = cycling_statistic(dt_s, threshold_w)
    return statistic.finish(statistic.of(checked_record(power_w)))


def cycling_statistic(dt_s: float, threshold_w: float) -> Statistic[CyclingState, Cycling]:
    """`cycling`, streamed.

    Parameters
    ----------
    dt_s, threshold_w
        See `cycling`.
    """
    step_s = checked_dt(dt_s)
    if not (math.isfinite(threshold_w) and threshold_w > 0):
        raise IndicatorError(f"expected a threshold above 0 W, got {threshold_w:g} W")

    def update(state: CyclingState, block: FloatArray) -> CyclingState:
        if block.size == 0:
            return state
        places, direction = _turns(state, block)
        first = (0, float(block[0]))
        walk = state.walk or _Walk(first, first)
        values = block[places] if state.size == 0 else _with_last(state, block)[places]
        offset = max(state.size - 1, 0)
        points = zip((places + offset).tolist(), values.tolist(), strict=True)
        walk, found = _walked(walk, points, threshold_w)
        return CyclingState(
            state.size + block.size, float(block[-1]), direction, walk, (*state.turns, found)
        )

    def finish(state: CyclingState) -> Cycling:
        turns = [point for found in state.turns for point in found]
        if state.walk is not None:
            end = [(state.size - 1, state.last_w)]
            walk, found = _walked(state.walk, end, threshold_w)
            turns += found
            if walk.rising is not None:
                turns.append(walk.high if walk.rising else walk.low)
        places = np.array([place for place, _ in turns], dtype=np.int64)
        swings_w = np.diff(np.array([value for _, value in turns], dtype=np.float64))
        at_s = np.round(places[:-1] * step_s, 9)
        return Cycling(threshold_w, swings_w, at_s, state.size * step_s)

    return Statistic(lambda _start: CyclingState(), update, not_merged, finish)


def _with_last(state: CyclingState, block: FloatArray) -> FloatArray:
    return np.concatenate(([state.last_w], block))


def _turns(state: CyclingState, block: FloatArray) -> tuple[npt.NDArray[np.intp], float]:
    """Find local extremes, a plateau where it is left, and the direction at the end.

    Places count from the last sample of the block before, if there is one.
    """
    samples = block if state.size == 0 else _with_last(state, block)
    slopes = np.sign(np.diff(samples))
    moving = np.flatnonzero(slopes)
    if moving.size == 0:
        return moving, state.direction
    directions = slopes[moving]
    before = np.concatenate(([state.direction or directions[0]], directions[:-1]))
    return moving[directions != before], float(directions[-1])


def _walked(
    walk: _Walk, points: Iterable[tuple[int, float]], threshold_w: float
) -> tuple[_Walk, tuple[tuple[int, float], ...]]:
    """Follow the power from extreme to extreme; return the turning points that this settles."""
    low, high, rising = walk.low, walk.high, walk.rising
    found = []
    for point in points:
        value = point[1]
        if value > high[1]:
            high = point
        if value < low[1]:
            low = point
        if rising is not False and high[1] - value >= threshold_w:
            found.append(high)
            rising, low = False, point
        elif rising is not True and value - low[1] >= threshold_w:
            found.append(low)
            rising, high = True, point
    return replace(walk, low=low, high=high, rising=rising), tuple(found)
