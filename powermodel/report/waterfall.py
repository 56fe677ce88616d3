# SPDX-License-Identifier: Apache-2.0
"""The picture of a loss waterfall: what is left after every stage, and what the stage takes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from powermodel.indicators.indicator import display
from powermodel.report.panels import BLUE, GRAY, INK, ORANGE, SMALL
from powermodel.report.plot import checked_target, dress, save

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from powermodel.simulation.losses import Losses, LossRow


def plot_losses(found: Losses, path: str | os.PathLike[str]) -> Path:
    """Draw a loss waterfall and write the picture.

    Parameters
    ----------
    found : Losses
        From `powermodel.simulation.losses.losses_of`.
    path : path-like
        The picture: .png, .svg or .pdf.

    Raises
    ------
    ReportError
        If the format is unknown or the picture cannot be written.
    """
    from matplotlib.figure import Figure

    target = checked_target(Path(path))
    figure = Figure(figsize=(12.0, 6.0), dpi=150, layout="constrained")
    axes = figure.add_subplot()
    dress(axes)
    draw_losses(axes, found)
    save(figure, target)
    return target


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
        axes.bar(place, lost, bottom=left, color=ORANGE, width=0.7)
        words = f"−{display(row.loss_w, 'W')}\n{100.0 * lost:.2f} %"
        axes.annotate(words, (place, left + lost), ha="center", va="bottom", fontsize=SMALL)
    names = [f"grid\n{volts(found.grid_v)}", *map(_label, found.rows), f"die\n{volts(found.die_v)}"]
    axes.set_xticks(range(last + 1), names, fontsize=SMALL)
    axes.set_ylim(0.0, 1.15)
    axes.set_ylabel("share of the power from the grid")
    title = f"{found.scenario}: {100 * found.load_share:g} % of TDP through {found.architecture}"
    axes.set_title(title, loc="left", fontsize=12, fontweight="bold", color=INK)
    ratio = f"{found.voltage_ratio:,.0f} : 1 in voltage, {amperes(found.die_a)} on the dies"
    axes.set_title(ratio, loc="right", fontsize=SMALL, color=GRAY)


def _label(row: LossRow) -> str:
    behind = "" if row.output_v is None else f"\nto {volts(row.output_v)}"
    return f"{row.slot}{behind}"


def volts(voltage_v: float) -> str:
    """Write a voltage for people: ``volts(330e3) == "330 kV"``."""
    return f"{voltage_v / 1e3:g} kV" if voltage_v >= 1e3 else f"{voltage_v:g} V"


def amperes(current_a: float) -> str:
    """Write a current for people: ``amperes(1.25e9) == "1.25 GA"``."""
    for size, unit in ((1e9, "GA"), (1e6, "MA"), (1e3, "kA")):
        if current_a >= size:
            return f"{current_a / size:.3g} {unit}"
    return f"{current_a:.3g} A"
