# SPDX-License-Identifier: Apache-2.0
"""The strongest lines of a spectrum: frequency and amplitude, finer than the bins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from powermodel.indicators.inputs import FloatArray, IndicatorError
from powermodel.indicators.spectrum import Spectrum, welch

# Lines nearer than this many bins are one line: the main lobe of a Hann window and its first side
# lobes reach that far.
_APART = 4


@dataclass(frozen=True, slots=True)
class Line:
    """One line.

    Parameters
    ----------
    frequency_hz : float
        Its frequency [Hz].
    amplitude_w : float
        Its amplitude [W, peak].
    parameters : dict
        How the spectrum was made and the line was read from it.
    """

    frequency_hz: float
    amplitude_w: float
    parameters: dict[str, Any]


def lines(
    power_w: npt.ArrayLike, dt_s: float, count: int = 5, *, segment_s: float | None = None
) -> list[Line]:
    """Strongest lines of a record, strongest first.

    Parameters
    ----------
    power_w : array_like
        Power samples [W].
    dt_s : float
        Time between samples [s].
    count : int
        How many at most.
    segment_s : float, optional
        Length of a segment [s], see `powermodel.indicators.segments.cut`.
    """
    return lines_of(welch(power_w, dt_s, segment_s=segment_s, window="hann"), count)


def lines_of(spectrum: Spectrum, count: int = 5) -> list[Line]:
    """Strongest lines of a spectrum, strongest first; none if the power does not vary.

    A line is a local maximum of the amplitude at least four bins from a stronger one and two from
    0 Hz.

    Parameters
    ----------
    spectrum : Spectrum
        From `powermodel.indicators.spectrum.welch` with a Hann window.
    count : int
        How many at most.
    """
    if count < 1:
        raise IndicatorError(f"expected at least one line to look for, got {count}")
    if spectrum.segments.window != "hann":
        raise IndicatorError(
            f"lines are read from a spectrum with a Hann window, got {spectrum.segments.window!r}"
        )
    amplitude_w = spectrum.amplitude_w
    parameters = spectrum.segments.parameters() | {
        "interpolation": "two bins of the Hann main lobe",
        "least_distance_hz": _APART * spectrum.segments.df_hz,
    }
    found = []
    for top in _tops(amplitude_w, spectrum.rounding_w, count):
        shift, top_w = _interpolate(*(float(bin_w) for bin_w in amplitude_w[top - 1 : top + 2]))
        found.append(Line((top + shift) * spectrum.segments.df_hz, top_w, parameters))
    return found


def _tops(amplitude_w: FloatArray, rounding_w: float, count: int) -> list[int]:
    """Bins of the strongest local maxima, strongest first."""
    inner = amplitude_w[1:-1]
    is_top = (inner > amplitude_w[:-2]) & (inner >= amplitude_w[2:]) & (inner > rounding_w)
    tops = np.flatnonzero(is_top) + 1
    tops = tops[tops >= 2]
    kept: list[int] = []
    for top in tops[np.argsort(-amplitude_w[tops], kind="stable")]:
        if all(abs(int(top) - other) >= _APART for other in kept):
            kept.append(int(top))
        if len(kept) == count:
            break
    return kept


def _interpolate(left_w: float, top_w: float, right_w: float) -> tuple[float, float]:
    """Offset from the top bin, in bins, and amplitude [W] of a sine seen through a Hann window.

    Grandke, IEEE Trans. Instrum. Meas. 32 (1983): at an offset d from 0 to 1 the amplitudes of the
    two bins around the line are as (1 + d) to (2 - d), and the nearer one is low by
    sinc(d) / (1 - d**2).
    """
    side = 1.0 if right_w >= left_w else -1.0
    ratio = max(left_w, right_w) / top_w
    offset = max((2.0 * ratio - 1.0) / (1.0 + ratio), 0.0)
    return side * offset, top_w * (1.0 - offset**2) / float(np.sinc(offset))
