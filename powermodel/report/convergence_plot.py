# SPDX-License-Identifier: Apache-2.0
"""A picture of a percentile against the number of runs, with the interval it is known to."""

from __future__ import annotations

import os
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from powermodel.ensemble.convergence import TOLERANCE, Convergence
from powermodel.report.panels import BLUE, GRAY, INK, SMALL
from powermodel.report.picture import picture
from powermodel.report.plot import dress
from powermodel.report.study_plot import scale_of_unit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_WIDTH = 110


def plot_convergence(found: Convergence, path: str | os.PathLike[str]) -> Path:
    """Draw a percentile with its interval against the number of runs, and write the picture.

    Parameters
    ----------
    found : Convergence
        From `powermodel.ensemble.convergence`.
    path : path-like
        The picture: .png, .svg or .pdf.
    """
    return picture(path, lambda figure: _draw(figure, found), height_in=4.4)


def _draw(figure: Figure, found: Convergence) -> None:
    axes = figure.subplots()
    dress(axes)
    scale, unit = scale_of_unit(found.unit, float(abs(found.high).max()))
    last = found.values[-1] / scale
    axes.fill_between(
        found.numbers, found.low / scale, found.high / scale, color=BLUE, alpha=0.2, linewidth=0,
        label="95 % interval, bootstrap",
    )  # fmt: skip
    axes.plot(
        found.numbers, found.values / scale, "o-", color=BLUE, markersize=3,
        label=f"percentile {found.percent:g} of the first runs",
    )  # fmt: skip
    band = abs(last) * TOLERANCE
    for edge in (last - band, last + band):
        axes.axhline(edge, color=GRAY, linewidth=0.9, linestyle="--")
    axes.plot([], [], color=GRAY, linewidth=0.9, linestyle="--", label=f"last ± {TOLERANCE:.0%}")
    axes.set_xlabel("runs")
    axes.set_ylabel(f"{found.indicator} [{unit}]" if unit else found.indicator)
    axes.legend(frameon=False, fontsize=SMALL)
    at = f" at {found.at}" if found.at else ""
    words = textwrap.fill(f"{found.indicator}{at}: {found.verdict()}", _WIDTH)
    axes.set_title(words, loc="left", fontsize=9.5, color=INK)
