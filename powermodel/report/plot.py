# SPDX-License-Identifier: Apache-2.0
"""One picture of a run: what the grid gets, over the whole time, in detail, and over frequency."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from powermodel.report import backup, fed, island, jobs, panels
from powermodel.report.jobs_view import JobsView
from powermodel.report.picture import WIDTH_IN, picture
from powermodel.report.view import View, view_run

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.gridspec import SubplotSpec

_HEADER_IN = 0.5

Draw: TypeAlias = "Callable[[Axes, View], None]"


@dataclass(frozen=True, slots=True)
class Row:
    """Panels side by side: height [in], and (share of the width, panel) from left to right."""

    height_in: float
    panels: tuple[tuple[float, Draw], ...]


ROWS: tuple[Row, ...] = (
    Row(2.3, ((1.0, panels.whole_run),)),
    Row(2.5, ((1.0, panels.zoom),)),
    Row(4.7, ((0.66, panels.spectrum), (0.34, panels.table))),
)
"""The picture from top to bottom. A further series is a further row."""

STORAGE_ROW = Row(2.2, ((1.0, panels.storage),))
"""Stands below the whole run where the site has storage."""

BACKUP_ROW = Row(2.0, ((1.0, backup.backups),))
"""Stands below that where racks have backups."""

ISLAND_ROWS = (Row(1.8, ((1.0, island.frequency),)), Row(2.6, ((1.0, island.powers),)))
"""Stand below them where the site is an island."""

SHAFT_ROW = Row(1.8, ((1.0, fed.shafts),))
"""Stands below them where torsion is asked for."""

ONSITE_ROW = Row(1.6, ((1.0, fed.onsite),))
"""Stands below the whole run where the site has its own generation."""


def _jobs_row(found: JobsView | None) -> tuple[Row, ...]:
    """Return the row that stands below the whole run where there are several jobs."""
    return () if found is None else (Row(found.height_in, ((1.0, jobs.jobs),)),)


def rows_of(view: View) -> tuple[Row, ...]:
    """Return the rows of a view's picture."""
    storage = () if view.buffering is None else (STORAGE_ROW,)
    machines = () if view.island is None else ISLAND_ROWS
    own = () if view.fed.onsite is None else (ONSITE_ROW,)
    shafts = (SHAFT_ROW,) if view.fed.torques else ()
    backups = () if view.backup is None else (BACKUP_ROW,)
    return (ROWS[0], *_jobs_row(view.jobs), *own, *storage, *backups, *machines, *shafts, *ROWS[1:])


def plot_run(tree: xr.DataTree, path: str | os.PathLike[str], *, run: int = 0) -> Path:
    """Draw a run and write the picture.

    Parameters
    ----------
    tree : DataTree
        A run, as `powermodel.store.open_run` gives it.
    path : path-like
        The picture: .png, .svg or .pdf.
    run : int
        Position of the run in an ensemble.

    Returns
    -------
    Path
        Where the picture is.

    Raises
    ------
    ReportError
        If the format is unknown or the picture cannot be written.
    """
    return picture(path, lambda figure: _fill(figure, view_run(tree, run)))


def draw(view: View, rows: tuple[Row, ...] | None = None) -> Figure:
    """Draw the panels of a view, without any state outside the figure.

    Parameters
    ----------
    view : View
        What to show.
    rows : tuple of Row, optional
        Which panels; those of `rows_of` unless given.
    """
    from matplotlib.figure import Figure

    figure = Figure(layout="constrained")
    _fill(figure, view, rows)
    return figure


def _fill(figure: Figure, view: View, rows: tuple[Row, ...] | None = None) -> None:
    rows = rows_of(view) if rows is None else rows
    heights = [_HEADER_IN] + [row.height_in for row in rows]
    figure.set_size_inches(WIDTH_IN, sum(heights))
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.set(w_pad=0.12, h_pad=0.1)  # type: ignore[call-arg]
    grid = figure.add_gridspec(len(heights), 1, height_ratios=heights)
    panels.header(figure.add_subplot(grid[0]), view)
    for number, row in enumerate(rows, start=1):
        shares = [share for share, _ in row.panels]
        # A panel of full width is a direct child of the outer grid: only these align.
        alone = len(shares) == 1
        slots = [grid[number]] if alone else list(_side_by_side(grid[number], shares))
        for slot, (_, panel) in zip(slots, row.panels, strict=True):
            axes = figure.add_subplot(slot)
            dress(axes)
            panel(axes, view)


def _side_by_side(slot: SubplotSpec, shares: list[float]) -> Iterator[SubplotSpec]:
    inner = slot.subgridspec(1, len(shares), width_ratios=shares)
    return (inner[position] for position in range(len(shares)))


def dress(axes: Axes) -> None:
    """Give axes the common look."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, color=panels.GRAY, alpha=0.22, linewidth=0.6)
    axes.tick_params(labelsize=9)
    axes.set_axisbelow(True)
