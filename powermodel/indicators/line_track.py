# SPDX-License-Identifier: Apache-2.0
"""The strongest line of a power followed over time."""

from __future__ import annotations

from dataclasses import dataclass
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
from powermodel.indicators.statistic import EMPTY, Statistic, not_merged

DEFINITION = "strongest line of each segment (Hann window, constant taken out)"


class LineTrack(NamedTuple):
    """The strongest line of each segment; NaN where a segment does not vary."""

    middle_s: FloatArray
    """Middle of each segment [s]."""
    frequency_hz: FloatArray
    amplitude_w: FloatArray
    """Amplitude (peak) [W]."""


@dataclass(frozen=True, slots=True)
class TrackState:
    """Lines so far, and the samples that later segments need."""

    waiting: FloatArray
    first: int = 0
    """Number of the first waiting sample."""
    found: tuple[tuple[float, float], ...] = ()


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
    statistic = track_statistic(series.size, dt_s, segment_s, hop_s=hop_s)
    return statistic.finish(statistic.of(series))


def track_statistic(
    samples: int, dt_s: float, segment_s: float, *, hop_s: float | None = None
) -> Statistic[TrackState, LineTrack]:
    """`track_line`, streamed, in the memory of a block and a segment.

    Parameters
    ----------
    samples : int
        Length of the whole record.
    dt_s, segment_s, hop_s
        See `track_line`.
    """
    step_s = checked_dt(dt_s)
    if segment_s > LONGEST_SEGMENT_S:
        raise IndicatorError(
            f"expected a segment up to {LONGEST_SEGMENT_S:g} s, got {segment_s:g} s"
        )
    length = steps_in(segment_s, step_s)
    hop = max(length // 2, 1) if hop_s is None else steps_in(hop_s, step_s)
    if samples < length:
        raise NotAssessedError(
            f"the record of {samples * step_s:g} s is shorter than a segment of {segment_s:g} s",
            hint="run for longer, or choose a shorter segment",
        )

    def update(state: TrackState, block: FloatArray) -> TrackState:
        series = np.concatenate((state.waiting, block))
        end = state.first + series.size
        found = list(state.found)
        while len(found) * hop + length <= end:
            start = len(found) * hop - state.first
            strongest = lines(series[start : start + length], step_s, 1)
            line = strongest[0] if strongest else None
            found.append((line.frequency_hz, line.amplitude_w) if line else (np.nan, np.nan))
        first = min(max(len(found) * hop, state.first), end)
        return TrackState(series[first - state.first :].copy(), first, tuple(found))

    def finish(state: TrackState) -> LineTrack:
        found = np.array(state.found)
        middle_s = np.round((np.arange(found.shape[0]) * hop + length / 2) * step_s, 9)
        return LineTrack(middle_s, found[:, 0].copy(), found[:, 1].copy())

    return Statistic(lambda _start: TrackState(EMPTY), update, not_merged, finish)
