# SPDX-License-Identifier: Apache-2.0
"""The picture of a ride through sags: voltage, and what the site takes from the grid and stores."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from powermodel.indicators.indicator import display
from powermodel.report.panels import BLUE, GRAY, GREEN, INK, ORANGE, SMALL
from powermodel.report.picture import picture
from powermodel.report.plot import dress
from powermodel_kernels.constants import QUANTA_PER_W

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from powermodel.simulation.ridethrough import Ride

_POINTS = 20_000


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
    """Draw a ride through sags: voltage above, power below."""
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(1, 2.5))
    dress(above)
    dress(below)
    _voltage(above, found)
    _power(below, found)


def _kept(found: Ride) -> np.ndarray:
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


def _voltage(axes: Axes, found: Ride) -> None:
    at = _kept(found)
    axes.plot(at * found.question.duration_s / found.voltage.size, found.voltage[at], color=INK)
    axes.set_ylabel("voltage [1]")
    axes.set_ylim(0.0, 1.15)
    title = f"{found.scenario}: {len(found.question.sags)} sags, lost {display(found.lost_w, 'W')}"
    axes.set_title(title, loc="left", fontsize=12, fontweight="bold", color=INK)
    verdict = f"{found.verdict} {found.question.envelope}"
    axes.set_title(verdict, loc="right", fontsize=SMALL, color=GRAY)


def _power(axes: Axes, found: Ride) -> None:
    at = _kept(found)
    time_s = at * found.question.duration_s / found.voltage.size
    series = found.series
    axes.axhline(found.load_w / 1e6, color=GRAY, linestyle="--", linewidth=0.9, label="asked for")
    for label, values, color in (
        ("from the grid, refilling included", series.grid, BLUE),
        ("carried by the stores", series.store, GREEN),
        ("gone without", series.unserved, ORANGE),
    ):
        axes.plot(time_s, values[at] / QUANTA_PER_W / 1e6, color=color, linewidth=1.1, label=label)
    axes.set_xlim(0.0, found.question.duration_s)
    axes.set_xlabel("time [s]")
    axes.set_ylabel("power [MW]")
    axes.set_ylim(0.0, 1.25 * max(found.load_w, float(series.grid.max()) / QUANTA_PER_W) / 1e6)
    axes.legend(loc="upper right", fontsize=SMALL, frameon=False, ncols=4)
