# SPDX-License-Identifier: Apache-2.0
"""Which cells of which overview level a block makes whole, and their values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from powermodel import schema
from powermodel.store.arrays import ArraySpec, Level
from powermodel.store.layout import StoreLayout
from powermodel.store.overview import Cells, cell_weights
from powermodel.store.progress import Progress

Piece = tuple[ArraySpec, np.ndarray]
"""An array, and the values of its file that the block ends."""


def overview_of_block(
    layout: StoreLayout,
    arrays: Any,
    progress: Progress,
    run: int,
    block: int,
    samples: Mapping[str, np.ndarray],
) -> Iterator[Piece]:
    """Yield what a block adds to the overview, finest level first.

    A level whose cells fit a block is reduced from the block's samples. A coarser one is reduced
    from the level below as it stands in the store, when the last block of its span is there; so
    each piece must be written before the next one is asked for.

    Parameters
    ----------
    layout : StoreLayout
        The layout.
    arrays : zarr.Group or mapping
        The store's arrays by path.
    progress : Progress
        What is whole so far, of this run.
    run, block : int
        The block.
    samples : mapping of str to ndarray
        Its samples by path, in W.
    """
    sources = [source for source in schema.REDUCED if source.path in samples]
    cells = {source.path: Cells.of_samples(samples[source.path]) for source in sources}
    for level in layout.levels():
        specs = layout.overview(level)
        ratio = level.cell // (level.source.cell if level.source else 1)
        first = block // level.span_blocks * level.span_blocks
        if level.span_blocks > 1:
            if not progress.completes(specs[0], block):
                return  # the span of every coarser level holds this one
            part = layout.samples(first, level.span_blocks)
            cells = {
                source.path: _stored(layout, arrays, level.source, source, run, part)
                for source in sources
            }
        cells = {path: finer.reduced(ratio) for path, finer in cells.items()}
        by_path = {spec.path: spec for spec in specs}
        for source in sources:
            found = cells[source.path]
            values = {"min": found.min, "mean": found.mean, "max": found.max}
            for statistic in schema.STATISTICS:
                spec = by_path[schema.overview_variable(level.name, source, statistic).path]
                yield spec, values[statistic]


def _stored(
    layout: StoreLayout,
    arrays: Any,
    level: Level | None,
    source: schema.Variable,
    run: int,
    part: slice,
) -> Cells:
    """Read the cells of a level, or the samples for None, that cover the samples in `part`."""
    if level is None:
        return Cells.of_samples(arrays[source.path][run, part])
    cells = slice(part.start // level.cell, -(-part.stop // level.cell))
    low, mean, high = (
        arrays[schema.overview_variable(level.name, source, statistic).path][run, cells]
        for statistic in schema.STATISTICS
    )
    return Cells(low, mean, high, cell_weights(layout.n_samples, level.cell, cells))
