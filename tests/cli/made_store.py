# SPDX-License-Identifier: Apache-2.0
"""A made-up store whose numbers are known: a sine at the POI."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from powermodel.provenance import run_attributes
from powermodel.store import StoreLayout, StoreWriter

MEAN_W = 50e6
SWING_W = 20e6
LINE_HZ = 0.5
BLOCK_S = 10
BLOCKS = 6


def write_store(path: Path, blocks: int = BLOCKS) -> Path:
    """A sine of known mean, swing and frequency at 10 ms, of which some blocks are whole."""
    layout = StoreLayout(
        dt_ticks=10_000_000, n_samples=BLOCKS * BLOCK_S * 100, block_samples=BLOCK_S * 100
    )
    attributes = run_attributes(
        "name: made-up\n",
        "0123abcd",
        seed=7,
        engine="events",
        device="cpu",
        dt_s=0.01,
        duration_s=layout.duration_s,
    )
    time_s = np.arange(layout.n_samples) / 100
    power = MEAN_W + SWING_W / 2 * np.sin(2 * np.pi * LINE_HZ * time_s)
    with StoreWriter.create(path, layout, attributes) as writer:
        for block in range(blocks):
            writer.write(block, {"poi/power": power[layout.samples(block)]})
        if blocks == BLOCKS:
            writer.finish()
    return path
