# SPDX-License-Identifier: Apache-2.0
"""Ramps: how much the power changes within a window, in each of the usual readings of "ramp".

Published ramp limits leave open which reading they mean, and the readings differ by factors, so
the definition is an argument and stays in the result.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from powermodel.indicators.inputs import (
    FloatArray,
    IndicatorError,
    NotAssessedError,
    checked_record,
    steps_in,
)
from powermodel.indicators.power_levels import NO_HIGH, NO_LOW, Extreme, at_s
from powermodel.indicators.statistic import EMPTY, Edges, Statistic, check_adjacent

Definition: TypeAlias = Literal["endpoint", "peak-to-peak", "block-mean"]

DEFINITIONS: dict[Definition, str] = {
    "endpoint": "P(t + window) - P(t), window rolling by one sample",
    "peak-to-peak": "maximum minus minimum of the samples from t to t + window, both included,"
    " window rolling by one sample",
    "block-mean": "mean of one window minus mean of the window before it, windows adjacent,"
    " the first one at the start of the record, an incomplete last one left out",
}


@dataclass(frozen=True, slots=True)
class Ramp:
    """The largest change upwards and downwards.

    ``peak-to-peak`` has no direction: there `down_w` is ``-up_w`` at the same time. A time is the
    start of the (earlier) window, counted from the first sample of the record.
    """

    up_w: float
    up_at_s: float
    down_w: float
    down_at_s: float
    window_s: float
    definition: Definition

    @property
    def largest_w(self) -> float:
        """Larger magnitude of the two directions [W]."""
        return max(self.up_w, -self.down_w)

    @property
    def largest_at_s(self) -> float:
        """Time of that one [s]."""
        return self.up_at_s if self.up_w >= -self.down_w else self.down_at_s


def ramp(
    power_w: npt.ArrayLike, dt_s: float, window_s: float, definition: Definition = "endpoint"
) -> Ramp:
    """Largest change of power within a window.

    Parameters
    ----------
    power_w : array_like
        Power samples [W].
    dt_s : float
        Time between samples [s].
    window_s : float
        Length of the window [s]: a whole number of steps, at least two.
    definition : {"endpoint", "peak-to-peak", "block-mean"}
        What a change within a window is, see `DEFINITIONS`.

    Returns
    -------
    Ramp
        In W over the window. Divide by `window_s` for a rate.

    Raises
    ------
    NotAssessedError
        If the record is shorter than what the definition needs, or the step is too coarse.
    """
    series = checked_record(power_w)
    statistic = ramp_statistic(dt_s, window_s, definition)
    return statistic.finish(statistic.of(series))


def ramp_statistic(
    dt_s: float, window_s: float, definition: Definition = "endpoint"
) -> Statistic[Any, Ramp]:
    """Return the streaming form of `ramp`: same bits for every partition of the series.

    Parameters
    ----------
    dt_s : float
        Time between samples [s].
    window_s : float
        Length of the window [s].
    definition : {"endpoint", "peak-to-peak", "block-mean"}
        What a change within a window is.
    """
    if definition not in get_args(Definition):
        raise IndicatorError(
            f"unknown definition of a ramp {definition!r}",
            hint=f"one of: {', '.join(get_args(Definition))}",
        )
    steps = steps_in(window_s, dt_s)

    def finish(up: Extreme, down: Extreme, size: int) -> Ramp:
        if up.sample < 0:
            blocks = "two windows" if definition == "block-mean" else "one window"
            raise NotAssessedError(
                f"the record of {size * dt_s:g} s does not hold {blocks} of {window_s:g} s",
                hint="run for longer, or ask for a shorter window",
            )
        return Ramp(
            up_w=up.value_w,
            up_at_s=at_s(up.sample, dt_s),
            down_w=down.value_w,
            down_at_s=at_s(down.sample, dt_s),
            window_s=window_s,
            definition=definition,
        )

    if definition == "block-mean":
        return Statistic(
            init=lambda start: BlockMeans(steps, start, start, EMPTY, EMPTY),
            update=_update_means,
            merge=_merge_means,
            finish=lambda state: finish(state.up, state.down, state.end - state.start),
        )
    law = _endpoint if definition == "endpoint" else _peak_to_peak
    return Statistic(
        init=lambda start: Rolling(Edges.at(start, steps)),
        update=lambda state, block: _update_rolling(state, block, law),
        merge=lambda earlier, later: _merge_rolling(earlier, later, law),
        finish=lambda state: finish(state.up, state.down, state.edges.size),
    )


# --- rolling windows of `steps` + 1 samples -------------------------------------------------------

Law: TypeAlias = Callable[[FloatArray, int], tuple[FloatArray, FloatArray]]
"""(samples, steps) to the change upwards and downwards in every whole window."""


@dataclass(frozen=True, slots=True)
class Rolling:
    """Largest changes so far, and the samples that windows across the ends of the part need."""

    edges: Edges
    up: Extreme = NO_HIGH
    down: Extreme = NO_LOW


def _endpoint(power_w: FloatArray, steps: int) -> tuple[FloatArray, FloatArray]:
    change = power_w[steps:] - power_w[:-steps]
    return change, change


def _peak_to_peak(power_w: FloatArray, steps: int) -> tuple[FloatArray, FloatArray]:
    from scipy.ndimage import maximum_filter1d, minimum_filter1d

    width = steps + 1
    whole = slice(width // 2, width // 2 + power_w.size - steps)
    swing = maximum_filter1d(power_w, width)[whole] - minimum_filter1d(power_w, width)[whole]
    return swing, -swing


def _look(state: Rolling, samples: FloatArray, first: int, law: Law) -> Rolling:
    """Take in the windows inside `samples`, the first of which is sample number `first`."""
    if samples.size <= state.edges.width:
        return state
    ups, downs = law(samples, state.edges.width)
    top, bottom = int(np.argmax(ups)), int(np.argmin(downs))
    return replace(
        state,
        up=state.up.or_higher(float(ups[top]), first + top),
        down=state.down.or_lower(float(downs[bottom]), first + bottom),
    )


def _update_rolling(state: Rolling, block: FloatArray, law: Law) -> Rolling:
    edges = state.edges
    looked = _look(state, np.concatenate((edges.tail, block)), edges.end - edges.tail.size, law)
    return replace(looked, edges=edges.then(block))


def _merge_rolling(earlier: Rolling, later: Rolling, law: Law) -> Rolling:
    before, after = earlier.edges, later.edges
    joined = before.join(after)
    across = np.concatenate((before.tail, after.head))
    looked = _look(earlier, across, before.end - before.tail.size, law)
    return Rolling(
        joined,
        up=looked.up.or_higher(later.up.value_w, later.up.sample),
        down=looked.down.or_lower(later.down.value_w, later.down.sample),
    )


# --- adjacent blocks of `steps` samples, aligned to the start of the record -----------------------


@dataclass(frozen=True, slots=True)
class BlockMeans:
    """Largest changes so far, and the incomplete blocks at both ends of the part."""

    steps: int
    start: int
    end: int
    head: FloatArray
    """Samples before the first block boundary of the part."""
    tail: FloatArray
    """Samples after the last one."""
    first: float | None = None
    last: float | None = None
    up: Extreme = NO_HIGH
    down: Extreme = NO_LOW


def _update_means(state: BlockMeans, block: FloatArray) -> BlockMeans:
    steps = state.steps
    missing = min(-state.start % steps - state.head.size, block.size)
    head = np.concatenate((state.head, block[:missing])) if missing else state.head
    samples = np.concatenate((state.tail, block[missing:]))
    whole = samples.size // steps
    at = state.end + missing - state.tail.size
    grown = replace(
        state, end=state.end + block.size, head=head, tail=samples[whole * steps :].copy()
    )
    if whole == 0:
        return grown
    means = samples[: whole * steps].reshape(whole, steps).mean(axis=1)
    return _chain_means(grown, means, at)


def _chain_means(state: BlockMeans, means: FloatArray, at: int) -> BlockMeans:
    """Take in the means of blocks that follow, the first of which starts at sample `at`."""
    first, last = float(means[0]), float(means[-1])
    known = means if state.last is None else np.concatenate(([state.last], means))
    begin = at if state.last is None else at - state.steps
    grown = replace(state, first=first if state.first is None else state.first, last=last)
    if known.size < 2:
        return grown
    change = np.diff(known)
    top, bottom = int(np.argmax(change)), int(np.argmin(change))
    return replace(
        grown,
        up=state.up.or_higher(float(change[top]), begin + top * state.steps),
        down=state.down.or_lower(float(change[bottom]), begin + bottom * state.steps),
    )


def _merge_means(earlier: BlockMeans, later: BlockMeans) -> BlockMeans:
    check_adjacent(earlier.end, later.start)
    # The head of the later part ends at a block boundary, or is all there is of it.
    joined = _update_means(earlier, later.head)
    boundary = joined.end
    if later.first is not None and later.last is not None:
        joined = _chain_means(joined, np.array([later.first]), boundary)
        joined = replace(
            joined,
            last=later.last,
            up=joined.up.or_higher(later.up.value_w, later.up.sample),
            down=joined.down.or_lower(later.down.value_w, later.down.sample),
        )
    tail = later.tail if boundary < later.end else joined.tail
    return replace(joined, end=later.end, tail=tail)
