# SPDX-License-Identifier: Apache-2.0
"""The series of a run as a page holds them: cells of the whole run, and samples of short parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from powermodel import schema
from powermodel.indicators.series import TimeGrid, blocks_of, one_series, time_grid

if TYPE_CHECKING:
    import xarray as xr

FloatArray = npt.NDArray[np.float64]

MAX_CELLS = 40_000
"""Cells of one series in a page: 480 kB of 32-bit numbers, of which a screen shows a tenth."""

_STATISTICS = ("min", "mean", "max")


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Minimum, mean and maximum of even cells of time, in the unit of the variable.

    Parameters
    ----------
    begin_s, cell_s, end_s : float
        Start of the first cell, length of each, end of the last, which may be shorter.
    low, mean, high : ndarray
        Of each cell. Where a cell is one sample, all three are that sample.
    """

    begin_s: float
    cell_s: float
    end_s: float
    low: FloatArray
    mean: FloatArray
    high: FloatArray

    @property
    def single(self) -> bool:
        """Whether each cell is one sample."""
        return self.low is self.high

    def merged(self, count: int) -> Cells:
        """Return cells that are `count` times as long."""
        if count == 1:
            return self
        starts = np.arange(0, self.mean.size, count)
        lengths = np.full(self.mean.size, self.cell_s)
        lengths[-1] = self.end_s - self.begin_s - self.cell_s * (self.mean.size - 1)
        total = np.add.reduceat(self.mean * lengths, starts)
        return Cells(
            self.begin_s,
            round(self.cell_s * count, 9),
            self.end_s,
            np.minimum.reduceat(self.low, starts),
            total / np.add.reduceat(lengths, starts),
            np.maximum.reduceat(self.high, starts),
        )


@dataclass(frozen=True, slots=True, eq=False)
class PageSeries:
    """One variable of a run over its whole time.

    Parameters
    ----------
    variable : Variable
        What it is, with unit and definition.
    samples : DataArray
        Its samples, read when they are asked for.
    grid : TimeGrid
        Their time axis.
    cells : Cells
        The whole run.
    """

    variable: schema.Variable
    samples: xr.DataArray
    grid: TimeGrid
    cells: Cells

    @property
    def path(self) -> str:
        """Of the variable: ``"poi/power"``."""
        return self.variable.path

    def part(self, first: int, count: int) -> FloatArray:
        """Return that many samples from one on."""
        values = self.samples.isel(time=slice(first, first + count)).values
        return np.asarray(values, dtype=np.float64)


def site_series(tree: xr.DataTree, max_cells: int = MAX_CELLS) -> list[PageSeries]:
    """Return every series of the whole site that one run holds, in the order of the schema.

    Parameters
    ----------
    tree : DataTree
        One run.
    max_cells : int
        Most cells of each series.
    """
    return list(_series(tree, max_cells))


def _series(tree: xr.DataTree, max_cells: int) -> Iterator[PageSeries]:
    for variable in schema.SAMPLES:
        if variable.dims != ("run", "time") or variable.group not in tree.children:
            continue
        if variable.name not in tree[variable.group].data_vars:
            continue
        found: xr.DataArray = tree[variable.path]  # type: ignore[assignment]
        samples, grid = one_series(found), time_grid(found)
        yield PageSeries(variable, samples, grid, cells_of(tree, variable, grid, max_cells))


def cells_of(
    tree: xr.DataTree, variable: schema.Variable, grid: TimeGrid, max_cells: int = MAX_CELLS
) -> Cells:
    """Return a variable as at most `max_cells` cells: every sample where they are as few.

    Parameters
    ----------
    tree : DataTree
        One run; its overview levels are read where they are fine enough.
    variable : Variable
        Over run and time.
    grid : TimeGrid
        Its time axis.
    max_cells : int
        Most cells.
    """
    samples: xr.DataArray = one_series(tree[variable.path])  # type: ignore[arg-type]
    if grid.samples <= max_cells:
        values = np.concatenate(list(blocks_of(samples, grid))).astype(np.float64)
        end_s = grid.begin_s + grid.samples * grid.dt_s
        return Cells(grid.begin_s, grid.dt_s, end_s, values, values, values)
    found = _overview(tree, variable, grid, max_cells)
    return _reduced(samples, grid, max_cells) if found is None else found


def _overview(
    tree: xr.DataTree, variable: schema.Variable, grid: TimeGrid, max_cells: int
) -> Cells | None:
    """Return the coarsest overview level that still fills half of the cells, merged to fit."""
    stem = variable.path.replace("/", "_")
    levels = []
    for node in tree["overview"].children.values() if "overview" in tree.children else ():
        dataset = node.to_dataset()
        if f"{stem}_mean" in dataset and 2 * dataset.sizes["time"] >= max_cells:
            levels.append(dataset)
    if not levels:
        return None
    level = min(levels, key=lambda dataset: dataset.sizes["time"])
    low, mean, high = (
        np.asarray(one_series(level[f"{stem}_{kind}"]).values, dtype=np.float64)
        for kind in _STATISTICS
    )
    start_s = level["time"].values[:2]
    cell_s = round(float(start_s[1] - start_s[0]), 9)
    # Of a run that is not whole, the level ends with its last whole cell.
    end_s = min(grid.begin_s + grid.samples * grid.dt_s, float(start_s[0]) + mean.size * cell_s)
    cells = Cells(float(start_s[0]), cell_s, round(end_s, 9), low, mean, high)
    return cells.merged(-(-mean.size // max_cells))


def _reduced(samples: xr.DataArray, grid: TimeGrid, max_cells: int) -> Cells:
    """Reduce the samples themselves, block by block."""
    per_cell = -(-grid.samples // max_cells)
    parts: list[tuple[FloatArray, FloatArray, FloatArray]] = []
    left = np.empty(0)
    for block in blocks_of(samples, grid):
        values = np.concatenate((left, block))
        whole = values.size // per_cell * per_cell
        if whole:
            shaped = values[:whole].reshape(-1, per_cell)
            parts.append((shaped.min(axis=1), shaped.mean(axis=1), shaped.max(axis=1)))
        left = values[whole:]
    if left.size:
        parts.append(tuple(np.array([f(left)]) for f in (np.min, np.mean, np.max)))  # type: ignore[arg-type]
    low, mean, high = (np.concatenate(part) for part in zip(*parts, strict=True))
    end_s = grid.begin_s + grid.samples * grid.dt_s
    return Cells(grid.begin_s, round(per_cell * grid.dt_s, 9), round(end_s, 9), low, mean, high)
