# SPDX-License-Identifier: Apache-2.0
"""One picture of a study: percentiles of an indicator along its axes, and what each axis does."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from powermodel.ensemble.reduction import PERCENTILES, percentiles, tornado
from powermodel.indicators.indicator import display
from powermodel.report.panels import BLUE, GRAY, GREEN, INK, ORANGE, SKY, SMALL
from powermodel.report.picture import picture
from powermodel.report.plot import dress

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLORS = (BLUE, ORANGE, GREEN, SKY, INK, GRAY)
_MARKS = "osD^vP"


def plot_study(runs: xr.DataTree, indicator: str, path: str | os.PathLike[str]) -> Path:
    """Draw an indicator of a study and write the picture.

    Parameters
    ----------
    runs : DataTree
        From `powermodel.ensemble.open_study`.
    indicator : str
        Such as ``"swing[1 s]"``.
    path : path-like
        The picture: .png, .svg or .pdf.

    Returns
    -------
    Path
        Where the picture is.

    Raises
    ------
    PowermodelError
        If there is no such indicator, or the picture cannot be written.
    """
    return picture(path, lambda figure: _draw(figure, runs, indicator), height_in=5.2)


def _draw(figure: Figure, runs: xr.DataTree, indicator: str) -> None:
    bars = tornado(runs, indicator)
    left, right = figure.subplots(1, 2, width_ratios=(1.7, 1.0))
    for axes in (left, right):
        dress(axes)
    _percentiles(left, runs, indicator)
    _tornado(right, runs, indicator, bars)
    seeds, whole = runs.sizes["seed"], runs.attrs["runs_whole"]
    under = f"{whole:,} of {runs.attrs['runs']:,} runs, {seeds} seeds"
    figure.suptitle(f"{runs.attrs['title']}\n{under}", x=0.01, ha="left", fontsize=11, color=INK)


def _percentiles(axes: Axes, runs: xr.DataTree, indicator: str) -> None:
    """Draw the median and a band over the seeds: along one axis, a line for each other's value."""
    found = percentiles(runs)[indicator]
    along, across, rest = roles_of(found)
    scale, unit = scale_of(found)
    # Axes beyond two are shown at their first value.
    fixed = dict.fromkeys(rest, 0)
    shown = found.isel(fixed)
    x = abscissa(shown, along)
    lines = range(shown.sizes[across]) if across else range(1)
    for number in lines:
        one = shown.isel({across: number}) if across else shown
        low, middle, high = (one.sel(percentile=q).to_numpy() / scale for q in PERCENTILES)
        color = _COLORS[number % len(_COLORS)]
        label = f"{across} {shown[across].to_numpy()[number]}" if across else "median"
        mark = _MARKS[number % len(_MARKS)]
        axes.plot(x, np.atleast_1d(middle), f"{mark}-", color=color, label=label, markersize=4.5)
        axes.fill_between(x, np.atleast_1d(low), np.atleast_1d(high), color=color, alpha=0.2)
    if along:
        axes.set_xticks(x, [str(value) for value in shown[along].to_numpy()])
        axes.set_xlabel(along)
    axes.set_ylabel(f"{indicator} [{unit}]" if unit else indicator)
    at = ", ".join(f"{name} {found[name].to_numpy()[0]}" for name in rest)
    low_q, _, high_q = PERCENTILES
    title = f"median and {low_q:g} to {high_q:g} % of seeds"
    axes.set_title(f"{title}, at {at}" if at else title, loc="left", fontsize=9.5, color=INK)
    axes.legend(frameon=False, fontsize=SMALL)


def roles_of(found: xr.DataArray) -> tuple[str | None, str | None, list[str]]:
    """Choose the longest axis for the abscissa and the next for the lines."""
    dims = [str(dim) for dim in found.dims if dim != "percentile" and found.sizes[dim] > 1]
    ordered = sorted(dims, key=lambda dim: -found.sizes[dim])
    along = ordered[0] if ordered else None
    across = ordered[1] if len(ordered) > 1 and found.sizes[ordered[1]] <= len(_COLORS) else None
    single = [str(d) for d in found.dims if d != "percentile" and found.sizes[d] == 1]
    rest = [dim for dim in ordered if dim not in (along, across)] + single
    return along, across, rest


def abscissa(shown: xr.DataArray, along: str | None) -> np.ndarray:
    """Return where the values of an axis stand: numbers where they are, else places."""
    if along is None:
        return np.zeros(1)
    values: Any = shown[along].to_numpy()
    return values if values.dtype.kind in "if" else np.arange(len(values))


def _tornado(
    axes: Axes, runs: xr.DataTree, indicator: str, bars: list[tuple[str, float, float]]
) -> None:
    """Draw the span of the mean at each value of an axis, the widest on top."""
    values = runs.to_dataset()[indicator]
    unit = str(values.attrs["units"])
    scale, shown_unit = scale_of(values)
    middle = float(values.mean()) / scale
    for place, (_, low, high) in enumerate(bars):
        axes.barh(-place, (high - low) / scale, left=low / scale, color=BLUE, height=0.55)
        text = display(high - low, unit)
        axes.annotate(
            text, (high / scale, -place), xytext=(4, 0), textcoords="offset points",
            va="center", fontsize=SMALL, color=GRAY,
        )  # fmt: skip
    axes.axvline(middle, color=INK, linewidth=0.9)
    axes.set_yticks([-place for place in range(len(bars))], [name for name, _, _ in bars])
    axes.use_sticky_edges = False
    axes.margins(x=0.18)
    axes.set_xlabel(f"{indicator} [{shown_unit}]" if shown_unit else indicator)
    axes.set_title("span of the mean along each axis", loc="left", fontsize=9.5, color=INK)


def scale_of(values: xr.DataArray) -> tuple[float, str]:
    """Return what to divide values by, and the unit that they then have."""
    return scale_of_unit(str(values.attrs["units"]), float(np.nanmax(np.abs(values.to_numpy()))))


def scale_of_unit(unit: str, largest: float) -> tuple[float, str]:
    """Return what to divide values up to the largest by, and the unit that they then have."""
    if unit not in ("W", "J"):
        return 1.0, unit if unit != "1" else ""
    for name, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if largest >= size:
            return size, name + unit
    return 1.0, unit
