# SPDX-License-Identifier: Apache-2.0
"""The rolling peak-to-peak of a power over time, as the rules that limit it measure it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from powermodel.indicators.filtered import BandPass
from powermodel.indicators.inputs import FloatArray, NotAssessedError, steps_in
from powermodel.indicators.series import TimeGrid, blocks_of

if TYPE_CHECKING:
    import xarray as xr

CELLS = 1500
"""Cells of the whole run: as many as a screen can show."""


@dataclass(frozen=True, slots=True, eq=False)
class Rolling:
    """Largest peak-to-peak within a window that starts in each cell [W].

    Parameters
    ----------
    begin_s, cell_s : float
        Start of the first cell, length of each; the last may be shorter.
    values_w : ndarray
        Of each cell.
    """

    begin_s: float
    cell_s: float
    values_w: FloatArray


def rolling(
    power: xr.DataArray, grid: TimeGrid, window_s: float, band: BandPass | None = None
) -> Rolling:
    """Return the rolling peak-to-peak of one power, block by block.

    Parameters
    ----------
    power : DataArray
        One series [W].
    grid : TimeGrid
        Its time axis.
    window_s : float
        Length of the window [s]; both ends count.
    band : BandPass, optional
        Filter before it, and how long it settles.

    Raises
    ------
    NotAssessedError
        If the record is shorter than the window, or too coarse.
    """
    steps = steps_in(window_s, grid.dt_s)
    settle = 0 if band is None else round(band.settle_s / grid.dt_s)
    count = grid.samples - settle - steps
    if count < 1:
        raise NotAssessedError(
            f"a record of {grid.samples * grid.dt_s:g} s is too short for a window of"
            f" {window_s:g} s"
            + ("" if band is None else f" after {band.settle_s:g} s of settling"),
            hint="run for longer",
        )
    blocks = blocks_of(power, grid)
    if band is not None:
        blocks = _filtered(blocks, band, grid.dt_s, settle)
    per_cell = -(-count // CELLS)
    found = np.full(-(-count // per_cell), -np.inf)
    first = 0
    for spans in _ranges(blocks, steps):
        cell = (first + np.arange(spans.size)) // per_cell
        starts = np.flatnonzero(np.diff(cell, prepend=-1))
        largest = np.maximum.reduceat(spans, starts)
        found[cell[starts]] = np.maximum(found[cell[starts]], largest)
        first += spans.size
    begin_s = round(grid.begin_s + settle * grid.dt_s, 9)
    return Rolling(begin_s, round(per_cell * grid.dt_s, 9), found)


def _filtered(
    blocks: Iterable[FloatArray], band: BandPass, dt_s: float, settle: int
) -> Iterator[FloatArray]:
    """Filter as the rules' own meter does, and leave out the settling."""
    from scipy import signal

    sections = band.sections(dt_s)
    memory, seen = None, 0
    for block in blocks:
        if memory is None:
            memory = signal.sosfilt_zi(sections) * block[0]
        out, memory = signal.sosfilt(sections, block, zi=memory)
        counted = out[max(settle - seen, 0) :]
        seen += block.size
        if counted.size:
            yield counted


def _ranges(blocks: Iterable[FloatArray], steps: int) -> Iterator[FloatArray]:
    """Yield maximum less minimum of the `steps` + 1 samples from each one on."""
    from scipy import ndimage

    left = np.empty(0)
    for block in blocks:
        samples = np.concatenate((left, block)).astype(np.float64)
        whole = samples.size - steps
        if whole > 0:
            # The filter is centered; its window from a sample on is that of the one `half` later.
            half = (steps + 1) // 2
            high = ndimage.maximum_filter1d(samples, steps + 1)[half : half + whole]
            low = ndimage.minimum_filter1d(samples, steps + 1)[half : half + whole]
            yield high - low
        left = samples[max(whole, 0) :]
