# SPDX-License-Identifier: Apache-2.0
"""The picture of a loss waterfall: what is left after every stage, what it takes, and when."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from powermodel.indicators.conversion import COOLING, load_path, stage_path
from powermodel.indicators.indicator import display
from powermodel.indicators.series import one_series, time_grid
from powermodel.report.envelope import Envelope, envelope_of
from powermodel.report.panels import BLUE, GRAY, GREEN, INK, ORANGE, SKY, SMALL
from powermodel.report.picture import picture
from powermodel.report.plot import dress
from powermodel_datasets.supply_kinds import SLOTS

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from powermodel.simulation.losses import Losses, LossRow

_PURPLE, _YELLOW = "#CC79A7", "#E69F00"
_COLORS = (INK, GRAY, ORANGE, _YELLOW, BLUE, SKY, _PURPLE)
_UNIT_W, _UNIT = 1e6, "MW"


def plot_losses(
    found: Losses, path: str | os.PathLike[str], tree: xr.DataTree | None = None
) -> Path:
    """Draw a loss waterfall, of a run also through time, and write the picture.

    Parameters
    ----------
    found : Losses
        From `powermodel.simulation.losses`.
    path : path-like
        The picture: .png, .svg or .pdf.
    tree : DataTree, optional
        The run that it is the mean of.

    Raises
    ------
    ReportError
        If the format is unknown or the picture cannot be written.
    """
    rows = 1 if tree is None else 2

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot(rows, 1, 1)
        dress(axes)
        draw_losses(axes, found)
        if tree is not None:
            below = figure.add_subplot(rows, 1, 2)
            dress(below)
            draw_through_time(below, tree)

    return picture(path, draw, height_in=6.0 * rows)


def draw_losses(axes: Axes, found: Losses) -> None:
    """Draw the bars from the grid to the die."""
    last = len(found.rows) + 1
    highest = found.grid_w
    for place, power_w in ((0, found.grid_w), (last, found.die_w)):
        axes.bar(place, power_w / highest, color=BLUE, width=0.7)
        axes.annotate(
            display(power_w, "W"),
            (place, power_w / highest),
            ha="center",
            va="bottom",
            fontsize=9,
            fontweight="bold",
        )
    for place, row in enumerate(found.rows, start=1):
        left, lost = row.delivered_w / highest, row.loss_w / highest
        axes.bar(place, left, color=GRAY, alpha=0.25, width=0.7)
        color = GREEN if row.is_branch else ORANGE
        axes.bar(place, lost, bottom=left, color=color, width=0.7)
        words = f"−{display(row.loss_w, 'W')}\n{100.0 * lost:.2f} %"
        axes.annotate(words, (place, left + lost), ha="center", va="bottom", fontsize=SMALL)
    names = [f"grid\n{volts(found.grid_v)}", *map(_label, found.rows), f"die\n{volts(found.die_v)}"]
    axes.set_xticks(range(last + 1), names, fontsize=SMALL)
    axes.set_ylim(0.0, 1.15)
    axes.set_ylabel("share of the power from the grid")
    axes.set_title(heading(found), loc="left", fontsize=12, fontweight="bold", color=INK)
    ratio = f"{found.voltage_ratio:,.0f} : 1 in voltage, {amperes(found.die_a)} on the dies"
    axes.set_title(ratio, loc="right", fontsize=SMALL, color=GRAY)


def heading(found: Losses) -> str:
    """Say what a waterfall is of."""
    when = "" if found.duration_s is None else f", mean of {found.duration_s:g} s"
    share = f"{100 * found.load_share:.4g} % of TDP"
    return f"{found.scenario}: {share} through {found.architecture}{when}"


def draw_through_time(axes: Axes, tree: xr.DataTree) -> None:
    """Draw the losses of every stage stacked, means of cells, and above them cooling."""
    lower: np.ndarray | None = None
    for slot, color in zip(SLOTS, _COLORS, strict=True):
        cells = _cells(tree, stage_path(slot))
        upper = cells.mean / _UNIT_W + (0.0 if lower is None else lower)
        _band(axes, cells, lower, upper, color, slot)
        lower = upper
    if "cooling" in tree.children:
        cells = _cells(tree, COOLING)
        edge_s, mean = cells.mean_edge_s, cells.mean / _UNIT_W
        axes.stairs(mean, edge_s, baseline=None, color=GREEN, linewidth=1.6, label="cooling")
    axes.set_xlim(float(cells.edge_s[0]), float(cells.edge_s[-1]))
    axes.set_ylim(bottom=0.0)
    axes.set_xlabel("time since the start of the run [s]")
    axes.set_ylabel(f"power [{_UNIT}]")
    load = _cells(tree, load_path(tree))
    axes.plot([], [], color=GRAY, linewidth=0.8, linestyle=":", label="load (right)")
    beside = axes.twinx()
    beside.spines[["top"]].set_visible(False)
    beside.stairs(
        load.mean / _UNIT_W, load.mean_edge_s, baseline=None, color=GRAY, linewidth=0.8,
        linestyle=":",
    )  # fmt: skip
    beside.set_ylim(bottom=0.0)
    beside.set_ylabel(f"load [{_UNIT}]", color=GRAY)
    axes.set_title(
        "Losses through time, stacked", loc="left", fontsize=10.5, fontweight="bold", color=INK
    )
    axes.legend(
        loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=len(SLOTS) + 2, fontsize=SMALL,
        frameon=False,
    )  # fmt: skip


def _cells(tree: xr.DataTree, path: str) -> Envelope:
    one: xr.DataArray = tree[path]  # type: ignore[assignment]
    return envelope_of(tree, path, one_series(one), time_grid(one), 0, 1.0)


def _band(
    axes: Axes, cells: Envelope, lower: np.ndarray | None, upper: np.ndarray, color: str, name: str
) -> None:
    baseline = np.zeros_like(upper) if lower is None else lower
    axes.stairs(
        upper, cells.mean_edge_s, baseline=baseline, fill=True, color=color, alpha=0.8, label=name
    )


def _label(row: LossRow) -> str:
    behind = "" if row.output_v is None else f"\nto {volts(row.output_v)}"
    return f"{row.slot.replace(' of ', ' of' + chr(10))}{behind}"


def volts(voltage_v: float) -> str:
    """Write a voltage for people: ``volts(330e3) == "330 kV"``."""
    return f"{voltage_v / 1e3:g} kV" if voltage_v >= 1e3 else f"{voltage_v:g} V"


def amperes(current_a: float) -> str:
    """Write a current for people: ``amperes(1.25e9) == "1.25 GA"``."""
    for size, unit in ((1e9, "GA"), (1e6, "MA"), (1e3, "kA")):
        if current_a >= size:
            return f"{current_a / size:.3g} {unit}"
    return f"{current_a:.3g} A"
