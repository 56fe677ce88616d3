# SPDX-License-Identifier: Apache-2.0
"""The picture of a loss waterfall: what is left after every stage, what it takes, and when."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from powermodel.indicators.conversion import COOLING, load_path
from powermodel.indicators.indicator import display
from powermodel.indicators.series import one_series, time_grid
from powermodel.report.envelope import Envelope, envelope_of
from powermodel.report.panels import BLUE, GRAY, GREEN, INK, ORANGE, SKY, SMALL
from powermodel.report.picture import picture
from powermodel.report.plot import dress
from powermodel.schema.chain import stage_path
from powermodel_datasets.supply_kinds import SLOTS

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from powermodel.simulation.losses import Losses, LossRow

_PURPLE, _YELLOW = "#CC79A7", "#E69F00"
_COLORS = (INK, GRAY, ORANGE, _YELLOW, BLUE, SKY, _PURPLE)
_UNITS = ((1e6, "MW"), (1e3, "kW"), (1.0, "W"))


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
    heights_in = (6.0,) if tree is None else (5.5, 3.5, 2.5)

    def draw(figure: Figure) -> None:
        grid = figure.add_gridspec(len(heights_in), 1, height_ratios=heights_in)
        panels = [figure.add_subplot(grid[row]) for row in range(len(heights_in))]
        for axes in panels:
            dress(axes)
        draw_losses(panels[0], found)
        if tree is not None:
            draw_through_time(panels[1], tree)
            draw_load(panels[2], tree)

    return picture(path, draw, height_in=sum(heights_in))


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
        sign = "−" if lost >= 0.0 else "+"
        words = f"{sign}{display(abs(row.loss_w), 'W')}\n{100.0 * abs(lost):.2f} %"
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
    """Draw the losses of every stage of a run, stacked: means of cells."""
    envelopes = [_cells(tree, stage_path(slot)) for slot in SLOTS]
    edge_s, upper = envelopes[0].mean_edge_s, np.cumsum([cells.mean for cells in envelopes], axis=0)
    unit_w, unit = _unit(float(upper.max()))
    lower = np.zeros_like(upper[0])
    for slot, color, top in zip(SLOTS, _COLORS, upper, strict=True):
        axes.stairs(
            top / unit_w, edge_s, baseline=lower / unit_w, fill=True, color=color, label=slot
        )
        lower = top
    axes.set_ylabel(f"losses [{unit}]")
    _dress_time(axes, edge_s, "Losses of the stages, stacked")


def draw_load(axes: Axes, tree: xr.DataTree) -> None:
    """Draw the load of a run before its storage, its extent and mean, and cooling below it."""
    load = _cells(tree, load_path(tree))
    unit_w, unit = _unit(float(load.high.max()))
    low, high = (np.append(part, part[-1]) / unit_w for part in (load.low, load.high))
    axes.fill_between(load.edge_s, low, high, step="post", color=SKY, alpha=0.6, label="load")
    if "cooling" in tree.children:
        cells = _cells(tree, COOLING)
        mean = cells.mean / unit_w
        axes.stairs(mean, cells.mean_edge_s, baseline=None, color=GREEN, lw=1.6, label="cooling")
    axes.set_xlabel("time since the start of the run [s]")
    axes.set_ylabel(f"power [{unit}]")
    _dress_time(axes, load.edge_s, "Load before storage")


def _dress_time(axes: Axes, edge_s: np.ndarray, title: str) -> None:
    axes.set_xlim(float(edge_s[0]), float(edge_s[-1]))
    axes.set_ylim(bottom=0.0)
    axes.set_title(title, loc="left", fontsize=10.5, fontweight="bold", color=INK)
    axes.legend(
        loc="upper left", bbox_to_anchor=(1.0, 1.0), reverse=True, fontsize=SMALL, frameon=False
    )


def _unit(power_w: float) -> tuple[float, str]:
    return next((pair for pair in _UNITS if power_w >= pair[0]), _UNITS[-1])


def _cells(tree: xr.DataTree, path: str) -> Envelope:
    one: xr.DataArray = tree[path]  # type: ignore[assignment]
    return envelope_of(tree, path, one_series(one), time_grid(one), 0, 1.0)


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
