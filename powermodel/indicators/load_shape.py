# SPDX-License-Identifier: Apache-2.0
"""Load factor, and coincidence of several loads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from powermodel.indicators.inputs import (
    FloatArray,
    IndicatorError,
    NotAssessedError,
    checked_record,
    steps_in,
)
from powermodel.indicators.statistic import Statistic
from powermodel.indicators.window_means import MeansState, window_means

FACTOR_DEFINITION = "mean over the largest, of the means of whole intervals side by side"
COINCIDENCE_DEFINITION = "largest sample of the sum over the sum of the largest samples of each"


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
    statistic = load_factor_statistic(series.size, dt_s, interval_s)
    return statistic.finish(statistic.of(series))


def load_factor_statistic(
    samples: int, dt_s: float, interval_s: float
) -> Statistic[MeansState, float]:
    """`load_factor`, streamed.

    Parameters
    ----------
    samples : int
        Length of the whole record.
    dt_s, interval_s
        See `load_factor`.
    """
    steps = steps_in(interval_s, dt_s)
    if samples < steps:
        raise NotAssessedError(
            f"the record of {samples * dt_s:g} s does not hold one interval of {interval_s:g} s",
            hint="run for longer, or choose a shorter demand interval",
        )
    means = window_means(steps)

    def finish(state: MeansState) -> float:
        demand = means.finish(state)
        largest = float(demand.max())
        if largest <= 0:
            raise NotAssessedError(f"a load factor needs a demand above 0 W, got {largest:g} W")
        return float(demand.mean()) / largest

    return Statistic(means.init, means.update, means.merge, finish)


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
    return coincidence_of_blocks([np.stack(parts)])


def coincidence_of_blocks(blocks: Iterable[FloatArray]) -> float:
    """`coincidence_factor`, streamed.

    Parameters
    ----------
    blocks : iterable of ndarray
        Power [W] of parts in rows over time, in the order of time.
    """
    peaks, total_w = None, -np.inf
    for block in blocks:
        largest = block.max(axis=1)
        peaks = largest if peaks is None else np.maximum(peaks, largest)
        # Row by row, so that the sum does not depend on the length of a block.
        together = block[0].astype(np.float64)
        for row in block[1:]:
            together += row
        total_w = max(total_w, float(together.max()))
    if peaks is None:
        raise IndicatorError("expected parts with samples, got none")
    apart_w = float(sum(peaks.tolist()))
    if apart_w <= 0:
        raise NotAssessedError(f"coincidence needs peaks above 0 W, got {apart_w:g} W in all")
    return total_w / apart_w
