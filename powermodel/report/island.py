# SPDX-License-Identifier: Apache-2.0
"""The panels of an island: its frequency over the run; load, machines, batteries, hertz in one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from powermodel.report.panels import BLUE, GRAY, GREEN, INK, ORANGE, SMALL
from powermodel.report.view import View

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LINE = 1.1


def frequency(axes: Axes, view: View) -> None:
    """Draw the frequency over the whole run, minimum to maximum of cells and their mean."""
    assert view.island is not None
    found = view.island.frequency
    axes.fill_between(
        found.edge_s,
        [*found.low, found.low[-1]],
        [*found.high, found.high[-1]],
        step="post",
        color=GREEN,
        alpha=0.35,
        linewidth=0.6,
        label="minimum to maximum of cells",
    )
    axes.stairs(
        found.mean,
        found.mean_edge_s,
        baseline=None,
        color=GREEN,
        linewidth=_LINE,
        label="mean",
    )
    axes.set_xlim(float(found.edge_s[0]), float(found.edge_s[-1]))
    axes.set_ylabel("frequency [Hz]")
    # A frequency is read off as it is, never as a rest above an offset.
    axes.ticklabel_format(axis="y", useOffset=False)
    _dress(axes, "Frequency of the island", ncols=2)


def powers(axes: Axes, view: View) -> None:
    """Draw every sample of load, machines and batteries, and the frequency on the right."""
    assert view.island is not None
    island, at_s = view.island, view.zoom_s
    axes.plot(at_s, island.zoom_load, color=GRAY, linewidth=0.9, label="load")
    axes.plot(at_s, island.zoom_machines, color=ORANGE, linewidth=_LINE, label="turbines, engines")
    styles = ("--", ":", "-.")
    for number, (name, power) in enumerate(island.zoom_kinds.items()):
        style = styles[number % len(styles)]
        axes.plot(at_s, power, color=ORANGE, linewidth=0.9, linestyle=style, label=name)
    if island.zoom_storage is not None:
        axes.plot(at_s, island.zoom_storage, color=BLUE, linewidth=_LINE, label="batteries")
    axes.axhline(0.0, color=INK, linewidth=0.6)
    axes.set_xlim(float(at_s[0]), float(at_s[-1]))
    axes.set_ylabel(f"power [{view.unit}]")
    hertz = axes.twinx()
    hertz.spines[["top"]].set_visible(False)
    hertz.plot(at_s, island.zoom_frequency, color=GREEN, linewidth=_LINE)
    hertz.ticklabel_format(axis="y", useOffset=False)
    hertz.tick_params(labelsize=9, colors=GREEN)
    hertz.set_ylabel("frequency [Hz]", color=GREEN)
    axes.plot([], [], color=GREEN, linewidth=_LINE, label="frequency (right)")
    _dress(axes, "Island around the largest ramp", ncols=4)


def _dress(axes: Axes, heading: str, ncols: int) -> None:
    axes.set_title(heading, loc="left", fontsize=10.5, fontweight="bold", color=INK)
    axes.legend(
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        borderaxespad=0.2,
        ncols=ncols,
        fontsize=SMALL,
        frameon=False,
    )
