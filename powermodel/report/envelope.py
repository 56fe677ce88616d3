# SPDX-License-Identifier: Apache-2.0
"""A series drawn over a long time: minimum, maximum and mean of cells that can still be seen."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from powermodel.indicators.series import TimeGrid, blocks_of

if TYPE_CHECKING:
    import xarray as xr

FloatArray = npt.NDArray[np.float64]

# A picture is about this many pixels wide; more cells than that cannot be seen.
_CELLS = 1200
# A mean that follows each of more iterations than this is a solid block of ink; there it runs over
# a few of them instead.
_PERIODS_SHOWN = 100
_PERIODS_PER_MEAN = 4


@dataclass(frozen=True, slots=True)
class Envelope:
    """Minimum and maximum of cells of time, mean of the same or longer ones.

    Edges have one more entry than what lies between them.
    """

    edge_s: FloatArray
    low: FloatArray
    high: FloatArray
    mean_edge_s: FloatArray
    mean: FloatArray

    def scaled(self, factor: float) -> Envelope:
        """Return the envelope of the series times a positive factor."""
        low, high, mean = (values * factor for values in (self.low, self.high, self.mean))
        return replace(self, low=low, high=high, mean=mean)

    def with_longer_mean(self, cells: int) -> Envelope:
        """Return the envelope with means over that many cells; the last may be shorter."""
        starts = np.arange(0, self.mean.size, cells)
        edges = np.append(self.mean_edge_s[starts], self.mean_edge_s[-1])
        weighted = self.mean * np.diff(self.mean_edge_s)
        mean = np.add.reduceat(weighted, starts) / np.diff(edges)
        return replace(self, mean_edge_s=edges, mean=mean)


def envelope_of(
    tree: xr.DataTree, path: str, series: xr.DataArray, grid: TimeGrid, run: int, scale: float
) -> Envelope:
    """Return a series of a run as cells: the coarsest overview that still fills the picture.

    Where there is no such level the samples themselves are reduced.

    Parameters
    ----------
    tree : DataTree
        The run.
    path : str
        Of the variable, such as ``"poi/power"``.
    series : DataArray
        Its samples, of one run.
    grid : TimeGrid
        Their time axis.
    run : int
        Position of the run in an ensemble.
    scale : float
        What the values are divided by.
    """
    stem = path.replace("/", "_")
    levels = []
    for node in tree["overview"].children.values() if "overview" in tree.children else ():
        dataset = node.to_dataset()
        if f"{stem}_mean" in dataset and dataset.sizes["time"] >= _CELLS:
            levels.append(dataset)
    if not levels:
        return _reduced(series, grid, scale)
    level = min(levels, key=lambda dataset: dataset.sizes["time"])
    if "run" in level.dims:
        level = level.isel(run=run)
    start_s = level["time"].values.astype(np.float64)
    end_s = grid.begin_s + grid.samples * grid.dt_s
    low, mean, high = (level[f"{stem}_{name}"].values / scale for name in ("min", "mean", "max"))
    edge_s = np.append(start_s, end_s)
    return Envelope(edge_s, low, high, edge_s, mean)


def legible(envelope: Envelope, period_s: float | None) -> Envelope:
    """Lengthen the cells of the mean where it would follow iterations too narrow to see."""
    cell_s, shown_s = (float(envelope.edge_s[at] - envelope.edge_s[0]) for at in (1, -1))
    if period_s is None or shown_s <= _PERIODS_SHOWN * period_s:
        return envelope
    return envelope.with_longer_mean(math.ceil(_PERIODS_PER_MEAN * period_s / cell_s))


def _reduced(series: xr.DataArray, grid: TimeGrid, scale: float) -> Envelope:
    """Reduce the samples to cells; a short record keeps each sample as its own cell."""
    per_cell = max(grid.samples // (2 * _CELLS), 1)
    samples = np.concatenate(list(blocks_of(series, grid))).astype(np.float64) / scale
    starts = np.arange(0, grid.samples, per_cell)
    counts = np.diff(np.append(starts, grid.samples))
    edge_s = grid.begin_s + np.append(starts, grid.samples) * grid.dt_s
    return Envelope(
        edge_s=edge_s,
        low=np.minimum.reduceat(samples, starts),
        high=np.maximum.reduceat(samples, starts),
        mean_edge_s=edge_s,
        mean=np.add.reduceat(samples, starts) / counts,
    )
