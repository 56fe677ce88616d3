# SPDX-License-Identifier: Apache-2.0
"""A tornado: what each axis or sampled value of a study does to an indicator, the most on top."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from powermodel.ensemble.reduction import indicator_of, main_effects, tornado
from powermodel.ensemble.sensitivity import sensitivity
from powermodel.ensemble.study import Study
from powermodel.indicators.indicator import display
from powermodel.report.errors import ReportError
from powermodel.report.panels import BLUE, GRAY, INK, ORANGE, SMALL
from powermodel.report.picture import picture
from powermodel.report.plot import dress
from powermodel.report.study_plot import scale_of

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW_IN = 0.55
_EDGE_IN = 2.1


def plot_tornado(runs: xr.DataTree, indicator: str, path: str | os.PathLike[str]) -> Path:
    """Draw what moves an indicator of a study, and write the picture.

    Bars are spans of the mean along each axis. Of a study with Saltelli or Morris samples they are
    first and total order indices, or mean magnitudes of the effect, with 95 % intervals.

    Parameters
    ----------
    runs : DataTree
        From `powermodel.ensemble.open_study`.
    indicator : str
        Such as ``"swing[1 s]"``.
    path : path-like
        The picture: .png, .svg or .pdf.
    """
    samples = Study.from_yaml(runs.attrs["study"]).samples
    if samples is not None and samples.method in ("saltelli", "morris"):
        found = sensitivity(runs, indicator)
        found = found.isel({dim: 0 for dim in found.dims if dim != "parameter"})
        rows = found.sizes["parameter"]
        return picture(path, lambda figure: _indices(figure, runs, found), height_in=_height(rows))
    bars = [bar for bar in tornado(runs, indicator) if runs[bar[0]].ndim]
    if not bars:
        raise ReportError(
            f"no axis moves {indicator!r}: expected one with two values or more",
            hint="a study with axes, or with samples by saltelli or morris, has a tornado",
        )
    return picture(
        path, lambda figure: _spans(figure, runs, indicator, bars), height_in=_height(len(bars))
    )


def _height(rows: int) -> float:
    return _EDGE_IN + _ROW_IN * rows


def _spans(
    figure: Figure, runs: xr.DataTree, indicator: str, bars: list[tuple[str, float, float]]
) -> None:
    axes = figure.subplots()
    dress(axes)
    values = indicator_of(runs, indicator)
    scale, unit = scale_of(values)
    effects = main_effects(runs, indicator)
    middle = float(values.mean()) / scale
    for place, (name, low, high) in enumerate(bars):
        means = effects[name]
        at_low, at_high = int(np.nanargmin(means.data)), int(np.nanargmax(means.data))
        for end, color in ((low, BLUE), (high, ORANGE)):
            axes.barh(-place, end / scale - middle, left=middle, color=color, height=0.55)
        labels = runs[name].to_numpy()
        for end, at, side in ((low, at_low, "right"), (high, at_high, "left")):
            shift = -4 if side == "right" else 4
            axes.annotate(
                str(labels[at]), (end / scale, -place), xytext=(shift, 0),
                textcoords="offset points", ha=side, va="center", fontsize=SMALL, color=INK,
            )  # fmt: skip
    unit_of = str(values.attrs["units"])
    names = [f"{name}\n{display(high - low, unit_of)}" for name, low, high in bars]
    axes.set_yticks([-place for place in range(len(bars))], names)
    axes.axvline(middle, color=INK, linewidth=0.9)
    axes.margins(x=0.12)
    axes.use_sticky_edges = False
    axes.set_xlabel(f"{indicator} [{unit}]" if unit else indicator)
    axes.set_title(
        "mean over all other axes, at the value where it is smallest and largest",
        loc="left", fontsize=9.5, color=INK,
    )  # fmt: skip
    _title(figure, runs)


def _indices(figure: Figure, runs: xr.DataTree, found: xr.Dataset) -> None:
    axes = figure.subplots()
    dress(axes)
    saltelli = found.attrs["method"] == "saltelli"
    order = "total" if saltelli else "importance"
    ranked = found.isel(parameter=np.argsort(-np.nan_to_num(found[order].to_numpy())))
    if saltelli:
        _bars(axes, ranked, "first", 0.18, BLUE, "alone (first order)")
        _bars(axes, ranked, "total", -0.18, ORANGE, "with interactions (total order)")
        axes.set_xlabel(f"share of the variance of {found.attrs['indicator']}")
    else:
        _bars(axes, ranked, "importance", 0.18, BLUE, "mean magnitude of the change")
        _bars(axes, ranked, "spread", -0.18, ORANGE, "its spread: bends and interactions")
        unit = str(found[order].attrs["units"])
        axes.set_xlabel(f"change of {found.attrs['indicator']} over the range [{unit}]")
    axes.set_yticks([-place for place in range(len(ranked["parameter"]))], ranked["parameter"].data)
    axes.axvline(0.0, color=INK, linewidth=0.9)
    axes.legend(frameon=False, fontsize=SMALL, loc="lower right")
    title = "Sobol indices" if saltelli else "Morris screening"
    axes.set_title(f"{title}, bars with 95 % intervals", loc="left", fontsize=9.5, color=INK)
    _title(figure, runs)


def _bars(axes: Axes, found: xr.Dataset, name: str, up: float, color: str, label: str) -> None:
    values = found[name].to_numpy()
    y = up - np.arange(len(values))
    half = found[f"{name}_interval"].to_numpy() if f"{name}_interval" in found else None
    axes.barh(
        y, values, height=0.33, color=color, label=label, xerr=half,
        error_kw={"ecolor": GRAY, "elinewidth": 1.0, "capsize": 2.5},
    )  # fmt: skip


def _title(figure: Figure, runs: xr.DataTree) -> None:
    under = f"{runs.attrs['runs_whole']:,} of {runs.attrs['runs']:,} runs"
    figure.suptitle(f"{runs.attrs['title']}\n{under}", x=0.01, ha="left", fontsize=11, color=INK)
