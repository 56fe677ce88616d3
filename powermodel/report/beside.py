# SPDX-License-Identifier: Apache-2.0
"""Two runs in one picture: load, what carries it, batteries and hertz, one beside the other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from powermodel.indicators.conversion import load_path
from powermodel.indicators.series import one_series, time_grid
from powermodel.report.envelope import Envelope, FloatArray, envelope_of
from powermodel.report.errors import ReportError
from powermodel.report.panels import BLUE, GRAY, INK, ORANGE, SMALL, heading
from powermodel.report.picture import picture
from powermodel.report.plot import dress
from powermodel.report.view import title_of

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLORS = (BLUE, ORANGE)
_UNITS = ((1e6, "MW"), (1e3, "kW"), (1.0, "W"))
_HEADER_IN, _ROW_IN = 0.6, 2.4


@dataclass(frozen=True, slots=True)
class Beside:
    """One of the runs: its name, and the series that both may have, by path; power in W."""

    name: str
    title: str
    load: Envelope
    poi: Envelope
    buffered: bool
    """Whether something between load and POI makes them two series."""
    machines: Envelope | None
    batteries: list[Envelope]
    """Storage that follows the load, and grid-forming inverters."""
    hertz: Envelope | None


def plot_beside(
    one: tuple[str, xr.DataTree], other: tuple[str, xr.DataTree], path: str | os.PathLike[str]
) -> Path:
    """Draw two runs over their whole time, such as one with batteries and one without.

    Parameters
    ----------
    one, other : tuple of str and DataTree
        Name that the picture gives a run, and the run. One load is drawn, in gray: that of the
        first run in which it is not itself the power at the POI.
    path : path-like
        The picture: .png, .svg or .pdf.

    Returns
    -------
    Path
        Where the picture is.

    Raises
    ------
    ReportError
        If the runs have one name, the format is unknown, or the picture cannot be written.
    """
    if one[0] == other[0]:
        raise ReportError(
            f"expected runs of two names, got {one[0]!r} twice", hint="rename one of the stores"
        )
    runs = [read_beside(name, tree) for name, tree in (one, other)]
    rows = rows_beside(runs)
    height_in = _HEADER_IN + _ROW_IN * len(rows)
    return picture(path, lambda figure: draw_beside(figure, runs, rows), height_in=height_in)


def read_beside(name: str, tree: xr.DataTree) -> Beside:
    """Read what the picture shows of a run, under a name."""

    def cells(path: str) -> Envelope | None:
        if path.partition("/")[0] not in tree.children:
            return None
        found: xr.DataArray = tree[path]  # type: ignore[assignment]
        return envelope_of(tree, path, one_series(found), time_grid(found), 0, 1.0)

    load, poi = cells(load_path(tree)), cells("poi/power")
    assert load is not None
    assert poi is not None
    batteries = [cells(path) for path in ("storage/power", "forming/power")]
    return Beside(
        name, title_of(tree.attrs), load, poi, "load" in tree.children, cells("supply/power"),
        [found for found in batteries if found is not None], cells("supply/frequency"),
    )  # fmt: skip


Lines = list[tuple[str, str, Envelope]]
"""Label, color and series."""


def rows_beside(runs: list[Beside]) -> list[tuple[str, str, Lines]]:
    """Return heading, unit and lines of each panel."""
    before = _load(run for run in runs if run.buffered)
    title = "Load, and what is left of it at the POI" if before else "Power at the POI"
    found = [(title, "W", [*before, *_of(runs, "poi")])]
    machines = list(_of(runs, "machines"))
    if machines:
        carried = _load(run for run in runs if run.machines is not None)
        found.append(("Turbines and engines", "W", [*carried, *machines]))
    batteries = [
        (f"{run.name}{', grid-forming' if number else ''}", color, cells)
        for run, color in zip(runs, _COLORS, strict=True)
        for number, cells in enumerate(run.batteries)
    ]
    if batteries:
        found.append(("Batteries, discharging positive", "W", batteries))
    hertz = list(_of(runs, "hertz"))
    if hertz:
        found.append(("Frequency of the island", "Hz", hertz))
    return found


def _load(runs: Iterator[Beside]) -> Lines:
    return [(f"load, {run.name}", GRAY, run.load) for run in islice(runs, 1)]


def _of(runs: list[Beside], field: str) -> Iterator[tuple[str, str, Envelope]]:
    for run, color in zip(runs, _COLORS, strict=True):
        cells: Envelope | None = getattr(run, field)
        if cells is not None:
            yield run.name, color, cells


def draw_beside(figure: Figure, runs: list[Beside], rows: list[tuple[str, str, Lines]]) -> None:
    """Draw the panels of `rows_beside`."""
    heights = [_HEADER_IN, *[_ROW_IN] * len(rows)]
    grid = figure.add_gridspec(len(heights), 1, height_ratios=heights)
    top = figure.add_subplot(grid[0])
    top.axis("off")
    names = " and ".join(run.name for run in runs)
    at = top.transAxes
    top.text(0.0, 0.6, names, transform=at, fontsize=14, fontweight="bold", color=INK)
    titles = dict.fromkeys(run.title for run in runs)
    top.text(0.0, 0.05, "  |  ".join(titles), transform=at, fontsize=9.5, color=GRAY)
    peak_w = max(float(np.abs(run.load.high).max()) for run in runs)
    scale = next((pair for pair in _UNITS if peak_w >= pair[0]), _UNITS[-1])
    for number, (title, unit, lines) in enumerate(rows, start=1):
        axes = figure.add_subplot(grid[number])
        dress(axes)
        _panel(axes, lines, (1.0, unit) if unit == "Hz" else scale)
        heading(axes, title)
        what = "frequency" if unit == "Hz" else "power"
        axes.set_ylabel(f"{what} [{unit if unit == 'Hz' else scale[1]}]")
        if number == len(rows):
            axes.set_xlabel("time since the start of the run [s]")


def _panel(axes: Axes, lines: Lines, scale: tuple[float, str]) -> None:
    for label, color, cells in lines:
        low, high = (_stepped(values / scale[0]) for values in (cells.low, cells.high))
        axes.fill_between(
            cells.edge_s, low, high, step="post", color=color, alpha=0.3, linewidth=0.4
        )
        extent = f"{float(low.min()):.4g} to {float(high.max()):.4g} {scale[1]}"
        style = "--" if label.endswith("grid-forming") else "-"
        axes.stairs(
            cells.mean / scale[0], cells.mean_edge_s, baseline=None, color=color, linewidth=1.1,
            linestyle=style, label=f"{label}: {extent}",
        )  # fmt: skip
    axes.set_xlim(float(lines[0][2].edge_s[0]), max(float(cells.edge_s[-1]) for *_, cells in lines))
    axes.ticklabel_format(axis="y", useOffset=False)
    axes.legend(
        loc="lower right", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.2, ncols=len(lines),
        fontsize=SMALL, frameon=False,
    )  # fmt: skip


def _stepped(values: FloatArray) -> FloatArray:
    return np.append(values, values[-1])
