# SPDX-License-Identifier: Apache-2.0
"""Levels of a power series: peak, minimum, mean, spread and energy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from powermodel.indicators.exact import exact_sum, exact_sum_of_squares
from powermodel.indicators.inputs import FloatArray, NotAssessedError, checked_dt, checked_record
from powermodel.indicators.statistic import Statistic, check_adjacent


@dataclass(frozen=True, slots=True)
class Extreme:
    """A value [W] and the number of the sample at which it was first reached."""

    value_w: float
    sample: int

    def or_higher(self, value_w: float, sample: int) -> Extreme:
        """Return this, or a later candidate if that is strictly higher."""
        return Extreme(value_w, sample) if value_w > self.value_w else self

    def or_lower(self, value_w: float, sample: int) -> Extreme:
        """Return this, or a later candidate if that is strictly lower."""
        return Extreme(value_w, sample) if value_w < self.value_w else self


NO_HIGH = Extreme(-math.inf, -1)
NO_LOW = Extreme(math.inf, -1)


@dataclass(frozen=True, slots=True)
class Levels:
    """Levels of one record. Times count from its first sample."""

    peak_w: float
    peak_at_s: float
    minimum_w: float
    minimum_at_s: float
    mean_w: float
    std_w: float
    energy_j: float
    """Sum of the samples times the step: each sample stands for the step that it opens."""

    @property
    def dynamic_range_w(self) -> float:
        """Peak minus minimum [W]."""
        return self.peak_w - self.minimum_w

    @property
    def peak_to_mean(self) -> float:
        """Peak divided by mean."""
        if self.mean_w <= 0:
            raise NotAssessedError(f"peak-to-mean needs a mean above 0 W, got {self.mean_w:g} W")
        return self.peak_w / self.mean_w


@dataclass(frozen=True, slots=True)
class LevelsState:
    """Extremes and exact sums of the samples `start` to `end` (exclusive)."""

    start: int
    end: int
    high: Extreme
    low: Extreme
    sum_w: Fraction
    sum_of_squares_w2: Fraction


def levels_statistic(dt_s: float) -> Statistic[LevelsState, Levels]:
    """Return the streaming form of `levels`.

    Sums are exact, so every partition of the series gives the same bits.

    Parameters
    ----------
    dt_s : float
        Time between samples [s].
    """
    step_s = checked_dt(dt_s)
    return Statistic(
        init=lambda start: LevelsState(start, start, NO_HIGH, NO_LOW, Fraction(0), Fraction(0)),
        update=_update,
        merge=_merge,
        finish=lambda state: _finish(state, step_s),
    )


def _update(state: LevelsState, block: FloatArray) -> LevelsState:
    if block.size == 0:
        return state
    top, bottom = int(np.argmax(block)), int(np.argmin(block))
    return LevelsState(
        start=state.start,
        end=state.end + block.size,
        high=state.high.or_higher(float(block[top]), state.end + top),
        low=state.low.or_lower(float(block[bottom]), state.end + bottom),
        sum_w=state.sum_w + exact_sum(block),
        sum_of_squares_w2=state.sum_of_squares_w2 + exact_sum_of_squares(block),
    )


def _merge(earlier: LevelsState, later: LevelsState) -> LevelsState:
    check_adjacent(earlier.end, later.start)
    return LevelsState(
        start=earlier.start,
        end=later.end,
        high=earlier.high.or_higher(later.high.value_w, later.high.sample),
        low=earlier.low.or_lower(later.low.value_w, later.low.sample),
        sum_w=earlier.sum_w + later.sum_w,
        sum_of_squares_w2=earlier.sum_of_squares_w2 + later.sum_of_squares_w2,
    )


def _finish(state: LevelsState, dt_s: float) -> Levels:
    n = state.end - state.start
    variance = state.sum_of_squares_w2 / n - (state.sum_w / n) ** 2
    return Levels(
        peak_w=state.high.value_w,
        peak_at_s=at_s(state.high.sample, dt_s),
        minimum_w=state.low.value_w,
        minimum_at_s=at_s(state.low.sample, dt_s),
        mean_w=float(state.sum_w / n),
        std_w=math.sqrt(variance),
        energy_j=float(state.sum_w) * dt_s,
    )


def at_s(sample: int, dt_s: float) -> float:
    """Time of a sample [s] from the first one, rounded to the tick of 1 ns."""
    return round(sample * dt_s, 9)


def levels(power_w: npt.ArrayLike, dt_s: float) -> Levels:
    """Peak, minimum, mean, standard deviation and energy of a record.

    Parameters
    ----------
    power_w : array_like
        Power samples [W].
    dt_s : float
        Time between samples [s].

    Returns
    -------
    Levels
        Mean and energy are the correctly rounded results of an exact sum; the energy is that of
        the samples times the step (rectangle rule), so it equals mean times n times `dt_s`. The
        standard deviation divides by n.
    """
    statistic = levels_statistic(dt_s)
    return statistic.finish(statistic.of(checked_record(power_w)))
