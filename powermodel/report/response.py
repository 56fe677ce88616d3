# SPDX-License-Identifier: Apache-2.0
"""The picture of a grid response: gain and modes, the site's lines, and the play in time."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from powermodel.report.panels import BLUE, GRAY, GREEN, INK, ORANGE, SMALL
from powermodel.report.picture import picture
from powermodel.report.plot import dress

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from powermodel.response.curve import GridResponse
    from powermodel.response.play import PlayIn
    from powermodel.response.score import Score

_MHZ_PER_MW = 1e9
_TICKS_HZ = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_HEAD_ROOM = 2.4
"""What stands above the highest line: its name, upright."""
_NAMED_BELOW = 0.1
"""Modes damped less than this are named; all are drawn."""


def plot_response(
    response: GridResponse,
    found: Score | None,
    path: str | os.PathLike[str],
    play: PlayIn | None = None,
) -> Path:
    """Draw a response and write the picture.

    Parameters
    ----------
    response : GridResponse
        The grid.
    found : Score, optional
        What a run does to it.
    path : path-like
        The picture: .png, .svg or .pdf.
    play : PlayIn, optional
        The same in time.

    Raises
    ------
    ReportError
        If the format is unknown or the picture cannot be written.
    """
    return picture(
        path,
        lambda figure: draw_response(figure, response, found, play),
        height_in=6.0 if play is None else 8.0,
    )


def draw_response(
    figure: Figure, response: GridResponse, found: Score | None = None, play: PlayIn | None = None
) -> None:
    """Draw a response: gain above, the answer to the site's lines below, the play last."""
    count = 1 + (found is not None) + (play is not None)
    axes = [figure.add_subplot(count, 1, n + 1) for n in range(count)]
    for one in axes:
        dress(one)
    _gain(axes[0], response)
    if found is not None:
        _lines(axes[1], found)
        axes[1].set_xlim(axes[0].get_xlim())
    if play is not None:
        _play(axes[-1], play)


def _gain(axes: Axes, response: GridResponse) -> None:
    hz = response.frequency_hz
    axes.loglog(
        hz, response.largest_hz_w * _MHZ_PER_MW, color=BLUE, label="machine that moves most"
    )
    center = np.abs(response.center_hz_w) * _MHZ_PER_MW
    axes.loglog(hz, center, color=GRAY, linewidth=1.0, label="center of inertia")
    for mode in response.modes:
        axes.axvline(mode.frequency_hz, color=ORANGE, linewidth=0.8, alpha=0.7)
        if mode.damping < _NAMED_BELOW:
            axes.annotate(
                f"{mode.frequency_hz:.3g} Hz, {100 * mode.damping:.2g} %",
                (mode.frequency_hz, 0.02), xycoords=("data", "axes fraction"), rotation=90,
                xytext=(2, 0), textcoords="offset points", fontsize=6, color=INK,
            )  # fmt: skip
    axes.set_ylabel("gain [mHz/MW]")
    axes.set_xlim(float(hz[0]), float(hz[-1]))
    _plain_ticks(axes)
    axes.set_title(response.label, loc="left", fontsize=12, fontweight="bold", color=INK)
    axes.set_title(response.title, loc="right", fontsize=SMALL, color=GRAY)
    axes.legend(loc="upper right", fontsize=SMALL, frameon=False)
    axes.set_xlabel("frequency [Hz]; lines: modes of the grid")


def _plain_ticks(axes: Axes) -> None:
    from matplotlib.ticker import FixedLocator, NullFormatter

    axes.xaxis.set_major_locator(FixedLocator(list(_TICKS_HZ)))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter(NullFormatter())


def _lines(axes: Axes, found: Score) -> None:
    for line in found.lines:
        top = line.deviation_hz * 1e3
        axes.plot([line.frequency_hz] * 2, [0.0, top], color=BLUE, linewidth=2.0)
        text = f"{line.amplitude_w / 1e6:.3g} MW at {line.frequency_hz:.3g} Hz"
        axes.annotate(
            text, (line.frequency_hz, top), xytext=(0, 3), textcoords="offset points",
            ha="center", va="bottom", rotation=90, fontsize=7, color=INK,
        )  # fmt: skip
    axes.set_xscale("log")
    _plain_ticks(axes)
    highest = max((line.deviation_hz for line in found.lines), default=0.0)
    axes.set_ylim(0.0, _HEAD_ROOM * highest * 1e3 or 1.0)
    axes.set_xlabel("frequency [Hz]")
    axes.set_ylabel("answer [mHz, peak]")
    title = f"the site's lines; all of the band {found.rms_hz * 1e3:.3g} mHz rms ({found.machine})"
    axes.set_title(title, loc="left", fontsize=9.5, color=INK)


def _play(axes: Axes, play: PlayIn) -> None:
    time_s = (np.arange(play.lowest_hz.size) + 0.5) * play.cell_s
    low, high = play.lowest_hz * 1e3, play.highest_hz * 1e3
    axes.fill_between(time_s, low, high, color=GREEN, linewidth=0.8, edgecolor=GREEN)
    axes.set_xlim(0.0, play.lowest_hz.size * play.cell_s)
    axes.set_xlabel("time [s]")
    axes.set_ylabel("deviation [mHz]")
    title = f"played in: {play.rows[0].name} of {play.label}"
    axes.set_title(title, loc="left", fontsize=9.5, color=INK)
