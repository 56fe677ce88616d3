# SPDX-License-Identifier: Apache-2.0
"""Indicators of xarray objects: quantities with units in, labelled results with attributes out."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from powermodel.indicators.frequency_bands import (
    ENERGY_DEFINITION,
    GRID_BANDS_HZ,
    MAGNITUDE_DEFINITION,
    RMS_DEFINITION,
    Band,
    band_of,
    bins_in,
)
from powermodel.indicators.indicator import Summary
from powermodel.indicators.power_ramps import DEFINITIONS, Definition, Ramp, ramp_statistic
from powermodel.indicators.segments import Detrend, Segments, cut
from powermodel.indicators.series import (
    Labelled,
    TimeGrid,
    blocks_of,
    one_series,
    over_series,
    power_of,
    time_grid,
)
from powermodel.indicators.spectral_lines import Line, lines_of
from powermodel.indicators.spectrum import Spectrum, welch_statistic
from powermodel.indicators.statistic import stream
from powermodel.indicators.summary import WINDOWS_S, summarize_blocks
from powermodel.units import quantity

if TYPE_CHECKING:
    import xarray as xr


def ramp(
    labelled: Labelled, window: str = "1 s", definition: Definition = "endpoint"
) -> xr.Dataset:
    """Largest change of power within a window, of every series.

    Parameters
    ----------
    labelled : DataArray, Dataset or DataTree
        A power [W] over time, or a run (then the POI).
    window : str
        Such as ``"20 ms"``.
    definition : {"endpoint", "peak-to-peak", "block-mean"}
        What a change within a window is.

    Returns
    -------
    Dataset
        ``up`` and ``down`` [W], ``up_time`` and ``down_time`` [s], over the other dimensions.
    """
    power = power_of(labelled)
    grid = time_grid(power)
    window_s = quantity(window, "s")
    statistics = {"ramp": ramp_statistic(grid.dt_s, window_s, definition)}

    def answer(results: dict[str, Any]) -> dict[str, float]:
        found: Ramp = results["ramp"]
        return {
            "up": found.up_w,
            "down": found.down_w,
            "up_time": grid.begin_s + found.up_at_s,
            "down_time": grid.begin_s + found.down_at_s,
        }

    names = {
        "up": ("W", "largest increase of power within the window"),
        "down": ("W", "largest decrease of power within the window"),
        "up_time": ("s", "start of the window of the largest increase"),
        "down_time": ("s", "start of the window of the largest decrease"),
    }
    attributes = {
        "definition": definition,
        "definition_text": DEFINITIONS[definition],
        "window_s": window_s,
        "dt_s": grid.dt_s,
    }
    return _dataset(power, over_series(power, grid, statistics, answer), names, attributes)


def band(
    labelled: Labelled,
    lower: str,
    upper: str,
    *,
    segment: str | None = None,
    window: str = "boxcar",
    overlap: float = 0.5,
    detrend: Detrend = "constant",
) -> xr.Dataset:
    """Energy and summed magnitude of the variation inside a band, of every series.

    Parameters
    ----------
    labelled : DataArray, Dataset or DataTree
        A power [W] over time, or a run (then the POI).
    lower, upper : str
        Edges of the band, such as ``"0.1 Hz"``.
    segment : str, optional
        Length of a segment, such as ``"60 s"``.
    window, overlap, detrend
        See `powermodel.indicators.segments.cut`.

    Returns
    -------
    Dataset
        ``energy_share``, ``magnitude_sum`` [W] and ``rms`` [W] over the other dimensions; of a
        series that does not vary, the share is NaN.
    """
    power = power_of(labelled)
    grid = time_grid(power)
    lo_hz, hi_hz = quantity(lower, "Hz"), quantity(upper, "Hz")
    segments = _cut(grid, segment, window, overlap, detrend)

    def answer(results: dict[str, Any]) -> dict[str, float]:
        found: Spectrum = results["spectrum"]
        if not found.varies:
            bins_in(found, lo_hz, hi_hz)
            return {"energy_share": math.nan, "magnitude_sum": 0.0, "rms": 0.0}
        content = band_of(found, lo_hz, hi_hz)
        return {
            "energy_share": content.energy_share,
            "magnitude_sum": content.magnitude_sum_w,
            "rms": content.rms_w,
        }

    names = {
        "energy_share": ("1", ENERGY_DEFINITION),
        "magnitude_sum": ("W", MAGNITUDE_DEFINITION),
        "rms": ("W", RMS_DEFINITION),
    }
    attributes = {"lower_hz": lo_hz, "upper_hz": hi_hz, **segments.parameters()}
    statistics = {"spectrum": welch_statistic(segments)}
    return _dataset(power, over_series(power, grid, statistics, answer), names, attributes)


def spectrum(
    labelled: Labelled,
    *,
    segment: str | None = None,
    window: str = "hann",
    overlap: float = 0.5,
    detrend: Detrend = "constant",
) -> xr.Dataset:
    """Welch spectrum of every series.

    Parameters
    ----------
    labelled : DataArray, Dataset or DataTree
        A power [W] over time, or a run (then the POI).
    segment : str, optional
        Length of a segment, such as ``"60 s"``.
    window, overlap, detrend
        See `powermodel.indicators.segments.cut`.

    Returns
    -------
    Dataset
        ``density`` [W2 Hz-1] and ``amplitude`` [W] over the other dimensions and ``frequency``.
    """
    power = power_of(labelled)
    grid = time_grid(power)
    segments = _cut(grid, segment, window, overlap, detrend)
    names = {
        "density": ("W2 Hz-1", "power spectral density of the power, one-sided"),
        "amplitude": ("W", "amplitude (peak) of the sine that would give each value"),
    }
    found = over_series(
        power,
        grid,
        {"spectrum": welch_statistic(segments)},
        lambda results: {
            "density": results["spectrum"].density_w2_hz,
            "amplitude": results["spectrum"].amplitude_w,
        },
    )
    result = _dataset(power, found, names, segments.parameters(), last="frequency")
    return result.assign_coords(
        frequency=("frequency", segments.frequency_hz(), {"units": "Hz", "long_name": "frequency"})
    )


def lines(labelled: Labelled, count: int = 5, *, segment: str | None = None) -> list[Line]:
    """Strongest lines of one series, strongest first.

    Parameters
    ----------
    labelled : DataArray, Dataset or DataTree
        One power [W] over time, or a run (then the POI).
    count : int
        How many at most.
    segment : str, optional
        Length of a segment, such as ``"60 s"``.
    """
    power = one_series(power_of(labelled))
    grid = time_grid(power)
    statistic = welch_statistic(_cut(grid, segment, "hann", 0.5, "constant"))
    states = stream({"spectrum": statistic}, blocks_of(power, grid))
    return lines_of(statistic.finish(states["spectrum"]), count)


def summary(
    labelled: Labelled,
    *,
    windows: Iterable[str] | None = None,
    bands_hz: Iterable[Band] = GRID_BANDS_HZ,
    line_count: int = 3,
) -> Summary:
    """All indicators of one series, in one pass.

    Parameters
    ----------
    labelled : DataArray, Dataset or DataTree
        One power [W] over time, or a run (then the POI).
    windows : iterable of str, optional
        Windows of the ramps, such as ``["20 ms", "1 s"]``.
    bands_hz : iterable of (float, float)
        Bands [Hz].
    line_count : int
        How many of the strongest lines.
    """
    power = one_series(power_of(labelled))
    grid = time_grid(power)
    windows_s = WINDOWS_S if windows is None else [quantity(text, "s") for text in windows]
    return summarize_blocks(
        blocks_of(power, grid),
        grid.samples,
        grid.dt_s,
        windows_s=windows_s,
        bands_hz=bands_hz,
        lines=line_count,
        begin_s=grid.begin_s,
        point=_point(labelled),
    )


def _point(labelled: Labelled) -> str | None:
    """Name of the place in the run, where the object knows it."""
    import xarray as xr

    if isinstance(labelled, xr.DataTree):
        return "poi" if "poi" in labelled.children else labelled.name
    return None


def _cut(
    grid: TimeGrid, segment: str | None, window: str, overlap: float, detrend: Detrend
) -> Segments:
    plan = partial(cut, grid.samples, grid.dt_s, window=window, overlap=overlap, detrend=detrend)
    return plan() if segment is None else plan(segment_s=quantity(segment, "s"))


def _dataset(
    power: xr.DataArray,
    values: dict[str, Any],
    names: dict[str, tuple[str, str]],
    attributes: dict[str, Any],
    *,
    last: str | None = None,
) -> xr.Dataset:
    """Label results that lie over the dimensions of the power without time."""
    import xarray as xr

    dims = [dim for dim in power.dims if dim != "time"] + ([last] if last else [])
    coords = {name: item for name, item in power.coords.items() if "time" not in item.dims}
    variables = {
        name: (dims, values[name], {"units": unit, "long_name": text})
        for name, (unit, text) in names.items()
    }
    return xr.Dataset(variables, coords=coords, attrs=attributes)
