# SPDX-License-Identifier: Apache-2.0
"""Indicators of a power series: levels, ramps, spectra, bands, lines, each with its definition.

The functions here take NumPy arrays and a step and are the truth; `labelled` applies them to
xarray objects and `accessor` offers those as ``run.grid``. Each is also a `Statistic` that can be
streamed over blocks.
"""

from powermodel.indicators.frequency_bands import BandContent, band, band_of, bands
from powermodel.indicators.indicator import Indicator, Summary
from powermodel.indicators.inputs import IndicatorError, NotAssessedError
from powermodel.indicators.power_levels import Levels, levels
from powermodel.indicators.power_ramps import Ramp, ramp
from powermodel.indicators.spectral_lines import Line, lines
from powermodel.indicators.spectrum import Spectrum, welch
from powermodel.indicators.statistic import Statistic, stream
from powermodel.indicators.summary import summarize, summarize_blocks

__all__ = [
    "BandContent",
    "Indicator",
    "IndicatorError",
    "Levels",
    "Line",
    "NotAssessedError",
    "Ramp",
    "Spectrum",
    "Statistic",
    "Summary",
    "band",
    "band_of",
    "bands",
    "levels",
    "lines",
    "ramp",
    "stream",
    "summarize",
    "summarize_blocks",
    "welch",
]
