# SPDX-License-Identifier: Apache-2.0
"""What a site took beyond what its grid connection allows: energy, time, and the worst moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from powermodel.indicators.indicator import Indicator
from powermodel.indicators.series import blocks_of, one_series, time_grid
from powermodel_kernels.constants import QUANTA_PER_W

if TYPE_CHECKING:
    import xarray as xr


class ConnectionStream:
    """Power at the POI against what the connection allows, block by block; sums are integers.

    Parameters
    ----------
    dt_s : float
        Time between samples, s.
    begin_s : float
        Time of the first sample, s.
    """

    def __init__(self, dt_s: float, begin_s: float = 0.0) -> None:
        self._dt_s, self._begin_s = dt_s, begin_s
        self._samples = self._above = self._energy_q = 0
        self._excess_w, self._at_s = 0.0, begin_s
        self._use = -np.inf

    def add(self, poi_w: np.ndarray, allowed_w: np.ndarray) -> None:
        """Take in the samples that follow."""
        if not poi_w.size:
            return
        excess_w = poi_w - allowed_w
        above = excess_w > 0.0
        self._above += int(np.count_nonzero(above))
        self._energy_q += int(np.rint(excess_w[above] * QUANTA_PER_W).astype(np.int64).sum())
        worst = int(np.argmax(excess_w))
        if excess_w[worst] > self._excess_w:
            self._excess_w = float(excess_w[worst])
            self._at_s = self._begin_s + (self._samples + worst) * self._dt_s
        with np.errstate(divide="ignore", invalid="ignore"):
            use = np.where(allowed_w > 0.0, poi_w / allowed_w, np.where(above, np.inf, 0.0))
        self._use = max(self._use, float(use.max()))
        self._samples += poi_w.size

    def finish(self) -> list[Indicator]:
        """Return the results."""
        at_s = self._at_s if self._above else None
        nothing = None if np.isfinite(self._use) else "the connection allows nothing at some time"
        use = None if nothing else self._use
        return [
            Indicator(
                "above_connection", self._energy_q / QUANTA_PER_W * self._dt_s, "J",
                "energy taken at the POI above what the grid connection allows",
            ),
            Indicator(
                "time_above_connection", self._above * self._dt_s, "s",
                "samples above what the grid connection allows, times the step",
            ),
            Indicator(
                "excess_over_connection", self._excess_w, "W",
                "largest power at the POI above what the connection allows at that instant",
                at_s=at_s,
            ),
            Indicator(
                "connection_use", use, "1",
                "largest ratio of the power at the POI to what the connection allows",
                reason=nothing,
            ),
        ]  # fmt: skip


def connection(tree: xr.DataTree) -> list[Indicator]:
    """Return how a run kept to its grid connection; empty where none is stated.

    Parameters
    ----------
    tree : DataTree
        One run.
    """
    if "connection" not in tree.children:
        return []
    poi: xr.DataArray = tree["poi/power"]  # type: ignore[assignment]
    allowed: xr.DataArray = tree["connection/allowed"]  # type: ignore[assignment]
    grid = time_grid(poi)
    found = ConnectionStream(grid.dt_s, grid.begin_s)
    for power_w, limit_w in zip(
        blocks_of(one_series(poi), grid), blocks_of(one_series(allowed), grid), strict=True
    ):
        found.add(power_w, limit_w)
    return found.finish()
