# SPDX-License-Identifier: Apache-2.0
"""Spectrum of a power series by Welch's method, whole or streamed, with its choices."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from powermodel.indicators.inputs import FloatArray, IndicatorError, checked_record
from powermodel.indicators.segments import Detrend, Segments, cut, taps_of
from powermodel.indicators.statistic import Edges, Statistic


@dataclass(frozen=True, slots=True)
class Spectrum:
    """One-sided spectrum of a power series.

    Parameters
    ----------
    frequency_hz : ndarray
        From 0 Hz to the Nyquist frequency at most, evenly spaced.
    density_w2_hz : ndarray
        Power spectral density [W**2/Hz]; its sum times the spacing is the mean square of the
        windowed segments.
    enbw_hz : float
        Equivalent noise bandwidth of the window [Hz].
    largest_w : float
        Largest magnitude of the power [W]: the scale of rounding.
    segments : Segments
        How the record was cut.
    """

    frequency_hz: FloatArray
    density_w2_hz: FloatArray
    enbw_hz: float
    largest_w: float
    segments: Segments

    @property
    def amplitude_w(self) -> FloatArray:
        """Amplitude [W, peak] of the sine that would give each value."""
        sides = np.full(self.frequency_hz.size, 2.0)
        sides[0] = 1.0
        if self.segments.length % 2 == 0:
            sides[-1] = 1.0
        amplitude: FloatArray = np.sqrt(sides * self.density_w2_hz * self.enbw_hz)
        return amplitude

    @property
    def varies(self) -> bool:
        """Whether there is any power above 0 Hz beyond rounding."""
        mean_square = float(self.density_w2_hz[1:].sum()) * self.segments.df_hz
        return math.sqrt(mean_square) > self.rounding_w

    @property
    def rounding_w(self) -> float:
        """Amplitude [W] below which there is only rounding of float64."""
        return 1e-12 * self.largest_w


def welch(
    power_w: npt.ArrayLike,
    dt_s: float,
    *,
    segment_s: float | None = None,
    window: str = "hann",
    overlap: float = 0.5,
    detrend: Detrend = "constant",
) -> Spectrum:
    """Spectrum of a record by Welch's method (mean of the segments' periodograms).

    Parameters
    ----------
    power_w : array_like
        Power samples [W].
    dt_s : float
        Time between samples [s].
    segment_s, window, overlap, detrend
        See `powermodel.indicators.segments.cut`.
    """
    series = checked_record(power_w)
    segments = cut(
        series.size, dt_s, segment_s=segment_s, window=window, overlap=overlap, detrend=detrend
    )
    statistic = welch_statistic(segments)
    return statistic.finish(statistic.of(series))


@dataclass(frozen=True, slots=True)
class WelchState:
    """Sum of the periodograms of the segments that lie whole in the part."""

    edges: Edges
    total: FloatArray
    segments: int = 0
    largest_w: float = 0.0


def welch_statistic(segments: Segments) -> Statistic[WelchState, Spectrum]:
    """Return the streaming form of `welch`.

    Periodograms are added in the order of time, so every cut into blocks gives the same bits;
    merged parts agree to rounding.

    Parameters
    ----------
    segments : Segments
        From `cut`, for the length of the whole record.
    """
    bins = segments.length // 2 + 1
    return Statistic(
        init=lambda start: WelchState(Edges.at(start, segments.length - 1), np.zeros(bins)),
        update=lambda state, block: _update(state, block, segments),
        merge=lambda earlier, later: _merge(earlier, later, segments),
        finish=lambda state: _finish(state, segments),
    )


def _update(state: WelchState, block: FloatArray, segments: Segments) -> WelchState:
    if block.size == 0:
        return state
    edges = state.edges
    samples = np.concatenate((edges.tail, block))
    added, count = _periodograms(samples, edges.end - edges.tail.size, segments, state.total)
    return WelchState(
        edges=edges.then(block),
        total=added,
        segments=state.segments + count,
        largest_w=max(state.largest_w, float(np.abs(block).max())),
    )


def _merge(earlier: WelchState, later: WelchState, segments: Segments) -> WelchState:
    joined = earlier.edges.join(later.edges)
    tail = earlier.edges.tail
    across = np.concatenate((tail, later.edges.head))
    added, count = _periodograms(across, earlier.edges.end - tail.size, segments, earlier.total)
    return replace(
        earlier,
        edges=joined,
        total=added + later.total,
        segments=earlier.segments + count + later.segments,
        largest_w=max(earlier.largest_w, later.largest_w),
    )


def _periodograms(
    samples: FloatArray, first: int, segments: Segments, total: FloatArray
) -> tuple[FloatArray, int]:
    """Add the periodograms of the segments that lie whole in `samples` to `total`."""
    from scipy.signal import periodogram

    starts = range(-first % segments.hop, samples.size - segments.length + 1, segments.hop)
    count = 0
    for start in starts:
        if (first + start) // segments.hop >= segments.count:
            break
        _, density = periodogram(
            samples[start : start + segments.length],
            fs=1.0 / segments.dt_s,
            window=segments.window,
            detrend=False if segments.detrend == "none" else segments.detrend,
        )
        total = total + density
        count += 1
    return total, count


def _finish(state: WelchState, segments: Segments) -> Spectrum:
    if state.segments != segments.count:
        raise IndicatorError(
            f"expected a record of {segments.count} segments, got {state.segments}",
            hint="plan the segments for the length of the whole record",
        )
    taps = taps_of(segments.window, segments.length)
    gain = float(np.square(taps).sum()) / float(taps.sum()) ** 2
    return Spectrum(
        frequency_hz=segments.frequency_hz(),
        density_w2_hz=state.total / segments.count,
        enbw_hz=gain / segments.dt_s,
        largest_w=state.largest_w,
        segments=segments,
    )
