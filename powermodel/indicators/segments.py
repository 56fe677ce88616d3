# SPDX-License-Identifier: Apache-2.0
"""How a record is cut into segments for a spectrum."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from powermodel.indicators.inputs import (
    FloatArray,
    IndicatorError,
    NotAssessedError,
    checked_dt,
)

Detrend: TypeAlias = Literal["constant", "linear", "none"]

LONGEST_SEGMENT_S = 600.0
"""Length of segments where none is asked for and the record is longer: it bounds the memory."""


@dataclass(frozen=True, slots=True)
class Segments:
    """How a record is cut for a spectrum.

    Parameters
    ----------
    length, hop, count : int
        Samples per segment, samples from one start to the next, number of segments.
    dt_s : float
        Time between samples [s].
    window : str
        Name that `scipy.signal.get_window` knows.
    detrend : {"constant", "linear", "none"}
        What is taken out of each segment first.
    """

    length: int
    hop: int
    count: int
    dt_s: float
    window: str
    detrend: Detrend

    @property
    def df_hz(self) -> float:
        """Spacing of the frequencies [Hz]."""
        return 1.0 / (self.length * self.dt_s)

    @property
    def nyquist_hz(self) -> float:
        """Half the sample rate [Hz]."""
        return 0.5 / self.dt_s

    def frequency_hz(self) -> FloatArray:
        """Return the frequencies of the spectrum [Hz]."""
        bins = np.arange(self.length // 2 + 1, dtype=np.float64)
        frequency_hz: FloatArray = bins * self.df_hz
        return frequency_hz

    def parameters(self) -> dict[str, Any]:
        """Return the choices that a reader needs to repeat the spectrum."""
        return {
            "method": "welch",
            "window": self.window,
            "detrend": self.detrend,
            "segment_s": round(self.length * self.dt_s, 9),
            "overlap": round(1.0 - self.hop / self.length, 6) if self.count > 1 else 0.0,
            "segments": self.count,
            "bin_width_hz": self.df_hz,
            "sample_rate_hz": 1.0 / self.dt_s,
        }


def cut(
    samples: int,
    dt_s: float,
    *,
    segment_s: float | None = None,
    window: str = "hann",
    overlap: float = 0.5,
    detrend: Detrend = "constant",
) -> Segments:
    """Plan the segments of a record.

    Parameters
    ----------
    samples : int
        Length of the record.
    dt_s : float
        Time between samples [s].
    segment_s : float, optional
        Length of a segment [s]. Default: the whole record, up to `LONGEST_SEGMENT_S`.
    window : str
        Name that `scipy.signal.get_window` knows.
    overlap : float
        Least share of a segment that the next one repeats, in [0, 1). It is raised as far as
        needed for the last segment to reach the end of the record.
    detrend : {"constant", "linear", "none"}
        What is taken out of each segment first.
    """
    checked_dt(dt_s)
    if detrend not in get_args(Detrend):
        raise IndicatorError(
            f"unknown detrend {detrend!r}", hint=f"one of: {', '.join(get_args(Detrend))}"
        )
    if not 0 <= overlap < 1:
        raise IndicatorError(f"expected an overlap from 0 to below 1, got {overlap}")
    taps_of(window, 8)
    longest = LONGEST_SEGMENT_S if segment_s is None else segment_s
    if not (math.isfinite(longest) and longest > 0):
        raise IndicatorError(f"expected a segment above 0 s, got {longest} s")
    length = max(round(longest / dt_s), 1)
    if segment_s is None:
        length = min(length, samples)
    if length < 8 or length > samples:
        raise NotAssessedError(
            f"a spectrum with segments of {length * dt_s:g} s needs at least 8 samples a segment"
            f" and one whole segment, got a record of {samples} samples, {samples * dt_s:g} s",
            hint="run for longer or with a smaller dt, or choose another segment",
        )
    rest = samples - length
    count = 1 + math.ceil(rest / max(length * (1 - overlap), 1))
    hop = rest // (count - 1) if count > 1 else length
    return Segments(length, hop, count, dt_s, window, detrend)


def taps_of(name: str, length: int) -> FloatArray:
    """Return the samples of a window."""
    from scipy.signal import get_window

    try:
        taps: FloatArray = get_window(name, length)
    except ValueError as error:
        raise IndicatorError(
            f"unknown window {name!r} of a spectrum: {error}",
            hint="a name that scipy.signal.get_window knows, such as 'hann' or 'boxcar'",
        ) from None
    return taps
