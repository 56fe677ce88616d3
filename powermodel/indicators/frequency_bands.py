# SPDX-License-Identifier: Apache-2.0
"""How much of the variation lies in a frequency band: as energy and as summed magnitude.

The two disagree (a few tall lines hold the energy, many low ones the magnitude), and published
statements use either without saying which. Both are always given.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from powermodel.indicators.inputs import NotAssessedError, checked_band
from powermodel.indicators.segments import Detrend
from powermodel.indicators.spectrum import Spectrum, welch

Band = tuple[float, float]

GRID_BANDS_HZ: tuple[Band, ...] = ((0.0, 0.1), (0.1, 1.0), (1.0, 2.5), (2.5, 5.0), (5.0, 55.0))
"""By concern: reserves, inter-area modes, local modes, between, sub-synchronous and shafts."""

ARXIV_2508_14318_BANDS_HZ: tuple[Band, ...] = (
    (0.02, 0.1),
    (0.1, 0.2),
    (0.2, 3.0),
    (3.0, 7.0),
    (7.0, 20.0),
)
"""Bands of Fig. 3 of arXiv 2508.14318."""

ENERGY_DEFINITION = (
    "sum of |X(f)|^2 over the bins in [lower, upper), divided by the same sum over all bins"
    " above 0 Hz; a band that ends at the Nyquist frequency includes it"
)
MAGNITUDE_DEFINITION = (
    "sum over the bins in [lower, upper) of the amplitude (peak) of each bin;"
    " depends on the bin width"
)
RMS_DEFINITION = "square root of the sum of the power spectral density over the band times df"


@dataclass(frozen=True, slots=True)
class BandContent:
    """Variation inside one band.

    Parameters
    ----------
    lo_hz, hi_hz : float
        Edges [Hz].
    energy_share : float
        Share of the energy above 0 Hz, see `ENERGY_DEFINITION`.
    magnitude_sum_w : float
        Sum of amplitudes [W], see `MAGNITUDE_DEFINITION`.
    magnitude_share : float
        The same as a share of the sum over all bins above 0 Hz.
    rms_w : float
        Root mean square of the variation inside the band [W].
    bins : int
        Number of frequencies inside the band.
    parameters : dict
        How the spectrum was made.
    """

    lo_hz: float
    hi_hz: float
    energy_share: float
    magnitude_sum_w: float
    magnitude_share: float
    rms_w: float
    bins: int
    parameters: dict[str, Any]


def band(
    power_w: npt.ArrayLike,
    dt_s: float,
    lo_hz: float,
    hi_hz: float,
    *,
    segment_s: float | None = None,
    window: str = "boxcar",
    overlap: float = 0.5,
    detrend: Detrend = "constant",
) -> BandContent:
    """Energy and summed magnitude of the variation inside a band.

    Parameters
    ----------
    power_w : array_like
        Power samples [W].
    dt_s : float
        Time between samples [s].
    lo_hz, hi_hz : float
        Edges of the band [Hz]. The mean (0 Hz) is never part of it.
    segment_s, window, overlap, detrend
        See `powermodel.indicators.segments.cut`. The default window is the plain one: with it and
        one segment the energies of all bands add up to the variance (Parseval), and a line counts
        once in the magnitudes.
    """
    checked_band(lo_hz, hi_hz)
    spectrum = welch(
        power_w, dt_s, segment_s=segment_s, window=window, overlap=overlap, detrend=detrend
    )
    return band_of(spectrum, lo_hz, hi_hz)


def bands(spectrum: Spectrum, edges_hz: Iterable[Band]) -> list[BandContent]:
    """Return the content of many bands of one spectrum."""
    return [band_of(spectrum, lo_hz, hi_hz) for lo_hz, hi_hz in edges_hz]


def band_of(spectrum: Spectrum, lo_hz: float, hi_hz: float) -> BandContent:
    """Energy and summed magnitude inside a band of a spectrum.

    Parameters
    ----------
    spectrum : Spectrum
        From `powermodel.indicators.spectrum.welch`.
    lo_hz, hi_hz : float
        Edges of the band [Hz].
    """
    inside = bins_in(spectrum, lo_hz, hi_hz)
    if not spectrum.varies:
        raise NotAssessedError("the power does not vary, so it has no bands")
    energy = spectrum.density_w2_hz
    amplitude_w = spectrum.amplitude_w
    return BandContent(
        lo_hz=lo_hz,
        hi_hz=hi_hz,
        energy_share=float(energy[inside].sum() / energy[1:].sum()),
        magnitude_sum_w=float(amplitude_w[inside].sum()),
        magnitude_share=float(amplitude_w[inside].sum() / amplitude_w[1:].sum()),
        rms_w=math.sqrt(float(energy[inside].sum()) * spectrum.segments.df_hz),
        bins=inside.stop - inside.start,
        parameters=spectrum.segments.parameters(),
    )


def bins_in(spectrum: Spectrum, lo_hz: float, hi_hz: float) -> slice:
    """Return the bins of a band, without 0 Hz.

    Raises
    ------
    IndicatorError
        If the edges make no sense.
    NotAssessedError
        If the band reaches above the Nyquist frequency, or lies between two bins.
    """
    checked_band(lo_hz, hi_hz)
    cuts = spectrum.segments
    # Edges that differ from a bin by rounding only are on it.
    slack = 1e-9 * cuts.length
    if hi_hz > cuts.nyquist_hz + slack * cuts.df_hz:
        raise NotAssessedError(
            f"a band up to {hi_hz:g} Hz needs a step of at most {0.5 / hi_hz:g} s,"
            f" got {cuts.dt_s:g} s",
            hint="run with a smaller dt",
        )
    first = max(math.ceil(lo_hz / cuts.df_hz - slack), 1)
    end = math.ceil(hi_hz / cuts.df_hz - slack)
    if hi_hz >= cuts.nyquist_hz - slack * cuts.df_hz:
        end = spectrum.frequency_hz.size
    if end <= first:
        raise NotAssessedError(
            f"the band {lo_hz:g} to {hi_hz:g} Hz holds no frequency of segments of"
            f" {cuts.length * cuts.dt_s:g} s ({cuts.df_hz:g} Hz apart)",
            hint="run for longer",
        )
    return slice(first, end)
