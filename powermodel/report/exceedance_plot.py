# SPDX-License-Identifier: Apache-2.0
"""A picture of how often power and ramps are exceeded, over all samples of a study."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from powermodel.ensemble.exceedance import counted_quantities, exceedance
from powermodel.ensemble.horizon import POWER
from powermodel.report.panels import BLUE, GRAY, GREEN, INK, ORANGE, SKY, SMALL
from powermodel.report.picture import picture
from powermodel.report.plot import dress
from powermodel.report.study_plot import scale_of_unit

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLORS = (BLUE, ORANGE, GREEN, SKY, INK, GRAY)


def plot_exceedance(runs: xr.DataTree, path: str | os.PathLike[str]) -> Path:
    """Draw the share of time above each power, and above each ramp, and write the picture.

    Parameters
    ----------
    runs : DataTree
        From `powermodel.ensemble.open_study`, of a study that keeps ``exceedance``.
    path : path-like
        The picture: .png, .svg or .pdf.
    """
    exceedance(runs)  # says what is missing, before anything is drawn
    return picture(path, lambda figure: _draw(figure, runs), height_in=4.6)


def _draw(figure: Figure, runs: xr.DataTree) -> None:
    left, right = figure.subplots(1, 2)
    known = counted_quantities(runs)
    _curves(left, runs, [POWER], "power at the POI")
    _curves(right, runs, [name for name in known if name != POWER], "ramp, magnitude")
    right.set_yscale("log")
    left.set_title("share of all samples at or above", loc="left", fontsize=9.5, color=INK)
    right.set_title("the same of P(t + window) - P(t)", loc="left", fontsize=9.5, color=INK)
    samples = exceedance(runs).total
    under = f"{runs.attrs['runs_whole']:,} of {runs.attrs['runs']:,} runs, {samples:,} samples"
    figure.suptitle(f"{runs.attrs['title']}\n{under}", x=0.01, ha="left", fontsize=11, color=INK)


def _curves(axes: Axes, runs: xr.DataTree, names: list[str], what: str) -> None:
    dress(axes)
    found = {name: exceedance(runs, name).exceedance() for name in names}
    largest = max((float(abs(watts).max()) for watts, _ in found.values() if watts.size), default=1)
    scale, unit = scale_of_unit("W", largest)
    for color, (name, (watts, shares)) in zip(_COLORS, found.items(), strict=False):
        axes.step(watts / scale, shares, where="pre", color=color, label=name)
    axes.set_xlabel(f"{what} [{unit}]")
    axes.set_ylabel("share of samples")
    if len(found) > 1:
        axes.legend(frameon=False, fontsize=SMALL)
