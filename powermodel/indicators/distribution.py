# SPDX-License-Identifier: Apache-2.0
"""How often a power, or a change of it, is exceeded: counts in bins, merged over time and runs.

Bins are those of a high dynamic range histogram: exact watts up to 512 W, above that 512 bins for
each doubling, so a value taken from the counts is within 0.1 % of the sample it stands for, or
within 0.5 W of it. Counts are whole numbers: no partition of time or runs changes them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from powermodel.indicators.inputs import FloatArray, IndicatorError, steps_in
from powermodel.indicators.statistic import Edges, Statistic

I64 = NDArray[np.int64]
_BITS = 9
_PER_DOUBLING = 1 << _BITS
_LARGEST_BITS = 40
_SIDE = (_LARGEST_BITS - _BITS + 1) * _PER_DOUBLING
BINS = 2 * _SIDE - 1
"""Bins of a distribution: negative values, zero, positive values up to 1 TW."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """Counts of values in W by bin, smallest values first."""

    counts: I64

    @property
    def total(self) -> int:
        """Number of values."""
        return int(self.counts.sum())

    def quantile(self, share: float) -> float:
        """Return the value [W] that a share of all values stay at or below.

        The middle of its bin: within 0.1 % of the value, or within 0.5 W of it.
        """
        if not 0.0 <= share <= 1.0:
            raise IndicatorError(f"expected a share from 0 to 1, got {share:g}")
        if self.total == 0:
            raise IndicatorError("expected a distribution with values, got one without")
        rank = max(1, int(np.ceil(share * self.total)))
        place = int(np.searchsorted(np.cumsum(self.counts), rank))
        low, high = _bounds()
        return float((low[place] + high[place]) / 2.0)

    def exceedance(self) -> tuple[FloatArray, FloatArray]:
        """Return values [W], rising, and the share of all that lie at or above each.

        One value for each bin that holds something: the low end of the bin, where the share is
        exact.
        """
        held = np.flatnonzero(self.counts)
        above = np.cumsum(self.counts[::-1])[::-1]
        return _bounds()[0][held], above[held] / max(1, self.total)

    def joined(self, other: Distribution) -> Distribution:
        """Return the distribution of both."""
        return Distribution(self.counts + other.counts)


@dataclass(frozen=True, slots=True)
class Counting:
    """Counts so far, and the samples that changes across the ends of the part need."""

    edges: Edges
    counts: I64


def distribution_statistic(
    dt_s: float = 1.0, window_s: float | None = None
) -> Statistic[Counting, Distribution]:
    """Return the streaming form of a distribution: same counts for every partition of the series.

    Parameters
    ----------
    dt_s : float
        Time between samples [s].
    window_s : float, optional
        Count magnitudes of P(t + window) - P(t), the window rolling by one sample; by default the
        power itself is counted.
    """
    steps = 0 if window_s is None else steps_in(window_s, dt_s)

    def values(samples: FloatArray) -> FloatArray:
        return samples if steps == 0 else np.abs(samples[steps:] - samples[:-steps])

    def update(state: Counting, block: FloatArray) -> Counting:
        found = values(np.concatenate((state.edges.tail, block)) if steps else block)
        edges = state.edges.then(block) if steps else _grown(state.edges, block.size)
        return Counting(edges, state.counts + counted(found))

    def merge(earlier: Counting, later: Counting) -> Counting:
        counts = earlier.counts + later.counts
        if steps:
            across = np.concatenate((earlier.edges.tail, later.edges.head))
            counts = counts + counted(values(across))
        return Counting(earlier.edges.join(later.edges), counts)

    return Statistic(
        init=lambda start: Counting(Edges.at(start, steps), np.zeros(BINS, dtype=np.int64)),
        update=update,
        merge=merge,
        finish=lambda state: Distribution(state.counts),
    )


def counted(power_w: FloatArray) -> I64:
    """Return how many values fall into each bin."""
    whole = np.rint(np.abs(power_w)).astype(np.int64)
    if whole.size and int(whole.max()) >> _LARGEST_BITS:
        raise IndicatorError(f"expected power below 1 TW, got {float(whole.max()):.3g} W")
    exponent = np.frexp(whole.astype(np.float64))[1].astype(np.int64) - 1
    shift = np.maximum(exponent - _BITS, 0)
    code = shift * _PER_DOUBLING + (whole >> shift)
    signed = np.where(power_w < 0.0, -code, code) + (_SIDE - 1)
    return np.bincount(signed, minlength=BINS).astype(np.int64)


def _bounds() -> tuple[FloatArray, FloatArray]:
    """Return the low and the high end of each bin, W: whole watts that round into it."""
    code = np.arange(_SIDE, dtype=np.int64)
    shift = np.maximum(code // _PER_DOUBLING - 1, 0)
    first = (code - shift * _PER_DOUBLING) << shift
    low, high = first - 0.5, first + (np.int64(1) << shift) - 0.5
    return np.concatenate((-high[:0:-1], low)), np.concatenate((-low[:0:-1], high))


def _grown(edges: Edges, samples: int) -> Edges:
    return Edges(0, edges.start, edges.size + samples, edges.head, edges.tail)


__all__ = ["BINS", "Counting", "Distribution", "counted", "distribution_statistic"]
