# SPDX-License-Identifier: Apache-2.0
"""The panels of a run's own generation and of its machines' shafts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from powermodel.report.panels import BLUE, GREEN, ORANGE, SKY, SMALL, heading
from powermodel.report.view import View

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLORS = (BLUE, ORANGE, GREEN, SKY)


def onsite(axes: Axes, view: View) -> None:
    """Draw the power of the own generation over the whole run."""
    assert view.fed.onsite is not None
    found = view.fed.onsite
    axes.fill_between(
        found.edge_s, [*found.low, found.low[-1]], [*found.high, found.high[-1]], step="post",
        color=ORANGE, alpha=0.35, linewidth=0.6,
    )  # fmt: skip
    axes.stairs(found.mean, found.mean_edge_s, baseline=None, color=ORANGE, linewidth=1.1)
    axes.set_xlim(float(found.edge_s[0]), float(found.edge_s[-1]))
    axes.set_ylim(0.0, max(1.08 * float(found.high.max()), 1e-9))
    axes.set_ylabel(f"power [{view.unit}]")
    heading(axes, "Own generation", "taken off the load")


def shafts(axes: Axes, view: View) -> None:
    """Draw the torque in the section of each shaft that twists most, at every sample."""
    for number, (name, torque) in enumerate(view.fed.torques.items()):
        color = _COLORS[number % len(_COLORS)]
        axes.plot(view.zoom_s, torque, color=color, linewidth=0.9, label=name)
    axes.set_xlim(float(view.zoom_s[0]), float(view.zoom_s[-1]))
    axes.set_ylabel("torque [per unit]")
    axes.legend(
        loc="lower right", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.2, ncols=4, fontsize=SMALL,
        frameon=False,
    )  # fmt: skip
    heading(axes, "Torque in the shaft section that twists most")
