# SPDX-License-Identifier: Apache-2.0
"""The panel of the racks' backups: what they give and take, what nothing carried, their charge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from powermodel.report.envelope import Envelope, FloatArray
from powermodel.report.panels import BLUE, GREEN, INK, ORANGE, SMALL
from powermodel.report.view import View

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LEAST_RANGE = 1.0
"""Percent: a change of a thousandth must not look like an empty battery."""


def backups(axes: Axes, view: View) -> None:
    """Draw power and unserved load of the backups over the whole run, and their energy."""
    assert view.backup is not None
    found = view.backup
    _cells(axes, found.power, BLUE, "all rack backups, discharging positive")
    if float(found.unserved.high.max()) > 0.0:
        _cells(axes, found.unserved, ORANGE, "load that nothing carried")
    axes.axhline(0.0, color=INK, linewidth=0.6)
    axes.set_xlim(float(found.power.edge_s[0]), float(found.power.edge_s[-1]))
    axes.set_ylabel(f"power [{view.unit}]")
    charge = axes.twinx()
    charge.spines[["top"]].set_visible(False)
    charge.stairs(
        found.energy.mean, found.energy.mean_edge_s, baseline=None, color=GREEN, linewidth=1.1
    )
    charge.set_ylim(min(float(found.energy.low.min()), 100.0 - _LEAST_RANGE) - 0.05, 100.05)
    charge.ticklabel_format(axis="y", useOffset=False)
    charge.tick_params(labelsize=9, colors=GREEN)
    charge.set_ylabel("energy [%]", color=GREEN)
    axes.plot([], [], color=GREEN, linewidth=1.1, label="energy, of its largest (right)")
    axes.set_title("Rack backups", loc="left", fontsize=10.5, fontweight="bold", color=INK)
    axes.legend(
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        borderaxespad=0.2,
        ncols=3,
        fontsize=SMALL,
        frameon=False,
    )


def _cells(axes: Axes, envelope: Envelope, color: str, label: str) -> None:
    """Fill from the minimum to the maximum of every cell, down to zero where it is beyond it."""
    axes.fill_between(
        envelope.edge_s,
        _closed(envelope.low.clip(max=0.0)),
        _closed(envelope.high.clip(min=0.0)),
        step="post",
        color=color,
        alpha=0.55,
        linewidth=0.8,
        label=label,
    )


def _closed(values: FloatArray) -> FloatArray:
    """Repeat the last value, so that steps reach the end of the last cell."""
    return values[[*range(values.size), -1]]
