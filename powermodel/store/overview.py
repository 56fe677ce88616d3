# SPDX-License-Identifier: Apache-2.0
"""Minimum, mean and maximum of each cell, from samples or from a finer level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Cells:
    """Statistics of consecutive cells; cells on the first axis.

    Parameters
    ----------
    min, mean, max : ndarray
        In W, float64, all of one shape.
    weight : ndarray
        Samples in each cell, one-dimensional.
    """

    min: np.ndarray
    mean: np.ndarray
    max: np.ndarray
    weight: np.ndarray

    @classmethod
    def of_samples(cls, values: np.ndarray) -> Cells:
        """See samples as cells of one sample each."""
        values = np.asarray(values, dtype=np.float64)
        return cls(values, values, values, np.ones(len(values)))

    def reduced(self, ratio: int) -> Cells:
        """Join `ratio` cells into one; the last joins what is left.

        The result of a cell depends on the values in that cell alone, bit for bit: how many cells
        are reduced at once, and so the size of a block, cannot change it.

        Parameters
        ----------
        ratio : int
            Finer cells in a coarser one.
        """
        low = _folded(self.min, ratio, np.inf).min(axis=-1)
        high = _folded(self.max, ratio, -np.inf).max(axis=-1)
        weight = _folded(self.weight, ratio, 0.0)
        weighted = self.mean * self.weight.reshape(-1, *[1] * (self.mean.ndim - 1))
        total = weight.sum(axis=-1)
        mean = _folded(weighted, ratio, 0.0).sum(axis=-1)
        mean /= total.reshape(-1, *[1] * (mean.ndim - 1))
        # Rounding of a mean of equal values may step outside them by one bit.
        return Cells(low, np.clip(mean, low, high), high, total)


def _folded(values: np.ndarray, ratio: int, padding: float) -> np.ndarray:
    """Move each cell's `ratio` values to the last, contiguous axis; pad the last cell."""
    missing = -len(values) % ratio
    if missing:
        tail = np.full((missing, *values.shape[1:]), padding)
        values = np.concatenate([values, tail])
    folded: np.ndarray = values.reshape(-1, ratio, *values.shape[1:])
    return np.ascontiguousarray(np.moveaxis(folded, 1, -1))


def cell_weights(n_samples: int, cell: int, part: slice) -> np.ndarray:
    """Return the samples in each cell of a level, for the cells in `part`.

    Parameters
    ----------
    n_samples : int
        Samples of the run.
    cell : int
        Samples of a whole cell.
    part : slice
        Cells, with start and stop.
    """
    starts = np.arange(part.start, part.stop, dtype=np.int64) * cell
    return np.asarray(np.minimum(cell, n_samples - starts), dtype=np.float64)
