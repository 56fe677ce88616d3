# SPDX-License-Identifier: Apache-2.0
"""The picture of a ride through sags: voltage, and what the site takes from the grid and stores."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from powermodel.indicators.indicator import display
from powermodel.report.panels import BLUE, GRAY, GREEN, INK, ORANGE, SKY, SMALL
from powermodel.report.picture import picture
from powermodel.report.plot import dress
from powermodel_kernels.constants import QUANTA_PER_W

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from powermodel.simulation.ridethrough import Ride

_POINTS = 20_000
_AROUND, _SHORTEST_S = 0.2, 5.0
"""Shown before and after the sags, as a share of their span, which counts as at least so long."""


def plot_ride(found: Ride, path: str | os.PathLike[str]) -> Path:
    """Draw a ride through sags and write the picture.

    Parameters
    ----------
    found : Ride
        From `powermodel.simulation.ridethrough.ride`.
    path : path-like
        The picture: .png, .svg or .pdf.

    Raises
    ------
    ReportError
        If the format is unknown or the picture cannot be written.
    """
    return picture(path, lambda figure: draw_ride(figure, found))


def draw_ride(figure: Figure, found: Ride) -> None:
    """Draw a ride through sags: voltage above, power below; the sags, then the whole time."""
    spans = _spans(found)
    panels = figure.subplots(
        2, len(spans), sharex="col", sharey="row", height_ratios=(1, 2.5), squeeze=False
    )
    at = _kept(found)
    for column, (begin_s, end_s) in enumerate(spans):
        above, below = panels[:, column]
        dress(above)
        dress(below)
        _voltage(above, found, at)
        _power(below, found, at)
        below.set_xlim(begin_s, end_s)
    panels[0, 0].set_ylabel("voltage [1]")
    panels[1, 0].set_ylabel("power [MW]")
    handles, labels = panels[1, -1].get_legend_handles_labels()
    panels[1, -1].legend(
        handles[::-1], labels[::-1], loc="upper right", fontsize=SMALL, frameon=False, ncols=2
    )
    title = f"{found.scenario}: {len(found.question.sags)} sags, lost {display(found.lost_w, 'W')}"
    panels[0, 0].set_title(title, loc="left", fontsize=12, fontweight="bold", color=INK)
    verdict = f"{found.verdict} {found.question.envelope}"
    panels[0, -1].set_title(verdict, loc="right", fontsize=SMALL, color=GRAY)


def _spans(found: Ride) -> list[tuple[float, float]]:
    """Return the stretches of time to draw: the sags, where they are a small part, and all."""
    sags, end_s = found.question.sags, found.question.duration_s
    whole = (0.0, end_s)
    if not sags:
        return [whole]
    first_s, last_s = sags[0].start_s, sags[-1].start_s + sags[-1].duration_s
    around_s = _AROUND * max(last_s - first_s, _SHORTEST_S)
    near = (max(0.0, first_s - around_s), min(end_s, last_s + around_s))
    return [near, whole] if near[1] - near[0] < 0.5 * end_s else [whole]


def _kept(found: Ride) -> NDArray[np.intp]:
    """Return the samples to draw: where anything changes, so that no short sag is missed."""
    series = found.series
    columns = (found.voltage, series.grid, series.store, series.unserved)
    moves = np.zeros(found.voltage.size, bool)
    for column in columns:
        changed = np.flatnonzero(np.diff(column)) + 1
        moves[changed] = True
        moves[changed - 1] = True
    moves[:: max(1, moves.size // _POINTS)] = True
    moves[-1] = True
    return np.flatnonzero(moves)


def _times(found: Ride, at: NDArray[np.intp]) -> NDArray[np.float64]:
    time_s: NDArray[np.float64] = at * found.question.duration_s / found.voltage.size
    return time_s


def _voltage(axes: Axes, found: Ride, at: NDArray[np.intp]) -> None:
    axes.plot(_times(found, at), found.voltage[at], color=INK, linewidth=1.1)
    axes.set_ylim(0.0, 1.15)


def _power(axes: Axes, found: Ride, at: NDArray[np.intp]) -> None:
    """Stack where the load is, which adds up to what was asked for; the grid may give more."""
    series, time_s = found.series, _times(found, at)
    store, unserved, grid = (
        values[at] / QUANTA_PER_W / 1e6 for values in (series.store, series.unserved, series.grid)
    )
    asked_mw = found.load_w / 1e6
    served = np.maximum(asked_mw - store - unserved, 0.0)
    axes.stackplot(
        time_s, served, store, unserved, colors=(SKY, GREEN, ORANGE), alpha=0.75, linewidth=0.0,
        labels=("load on the grid", "load on the stores", "load gone without"),
    )  # fmt: skip
    axes.plot(time_s, grid, color=BLUE, linewidth=1.1, label="from the grid, refilling included")
    axes.axhline(asked_mw, color=INK, linestyle="--", linewidth=0.9, label="asked for")
    axes.set_xlabel("time [s]")
    axes.set_ylim(0.0, 1.3 * max(asked_mw, float(grid.max())))
