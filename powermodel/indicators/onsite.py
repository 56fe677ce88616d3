# SPDX-License-Identifier: Apache-2.0
"""What a site's own generation gave in a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from powermodel.indicators.indicator import Indicator
from powermodel.indicators.series import blocks_of, one_series, time_grid
from powermodel_kernels.constants import QUANTA_PER_W

if TYPE_CHECKING:
    import xarray as xr


def onsite(tree: xr.DataTree) -> list[Indicator]:
    """Return what the site's own generation gave; empty for a run without.

    Parameters
    ----------
    tree : DataTree
        One run.
    """
    if "onsite" not in tree.children:
        return []
    given_q, dt_s, peak_w = _total(tree, "onsite/power")
    load_q, _, _ = _total(tree, "load/power")
    share = given_q / load_q if load_q > 0 else None
    return [
        Indicator(
            "onsite_energy", given_q / QUANTA_PER_W * dt_s, "J",
            "energy of the site's own generation at the POI",
        ),
        Indicator(
            "onsite_share", share, "1",
            "energy of the site's own generation over the energy of the load before storage",
            reason=None if share is not None else "the load takes no energy",
        ),
        Indicator("onsite_peak", peak_w, "W", "largest power of the site's own generation"),
    ]  # fmt: skip


def _total(tree: xr.DataTree, path: str) -> tuple[int, float, float]:
    """Return the sum of a power in quanta, its step in s, and its largest sample in W."""
    found: xr.DataArray = tree[path]  # type: ignore[assignment]
    grid, total, peak_w = time_grid(found), 0, -np.inf
    for power_w in blocks_of(one_series(found), grid):
        total += int(np.rint(power_w * QUANTA_PER_W).astype(np.int64).sum())
        peak_w = max(peak_w, float(power_w.max()))
    return total, grid.dt_s, peak_w
