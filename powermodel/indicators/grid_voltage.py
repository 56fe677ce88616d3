# SPDX-License-Identifier: Apache-2.0
"""What voltage a grid showed to a site: lowest, highest, and how far it moved within a second."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from powermodel.indicators.indicator import Indicator
from powermodel.indicators.inputs import NotAssessedError
from powermodel.indicators.island import Extremes
from powermodel.indicators.power_ramps import ramp_statistic
from powermodel.indicators.series import blocks_of, one_series, time_grid
from powermodel.indicators.statistic import stream

if TYPE_CHECKING:
    import xarray as xr

_WINDOW_S = 1.0
"""Changes within it count as a step: longer than any governor-less transient, shorter than what
regulators and tap changers follow."""


def grid_voltage(tree: xr.DataTree) -> list[Indicator]:
    """Return what voltage the grid of a run showed; empty where none was computed.

    Parameters
    ----------
    tree : DataTree
        One run.
    """
    if "grid" not in tree.children:
        return []
    degree = math.pi / 180.0
    return [
        *voltage_extremes(_extremes(tree, "grid/voltage")),
        _step(tree, "grid/voltage", "voltage_step", 1.0, "1", "voltage at the POI, per unit"),
        _step(tree, "grid/angle", "phase_step", degree, "deg", "angle of that voltage"),
    ]


def voltage_extremes(found: Extremes) -> list[Indicator]:
    """Return lowest and highest voltage at the POI."""
    return [
        Indicator(
            "voltage_lowest", found.low, "1", "lowest voltage at the POI, per unit",
            at_s=found.low_at_s,
        ),
        Indicator(
            "voltage_highest", found.high, "1", "highest voltage at the POI, per unit",
            at_s=found.high_at_s,
        ),
    ]  # fmt: skip


def _extremes(tree: xr.DataTree, path: str) -> Extremes:
    one: xr.DataArray = tree[path]  # type: ignore[assignment]
    grid, found, seen = time_grid(one), Extremes(), 0
    for block in blocks_of(one_series(one), grid):
        found.add(np.asarray(block, np.float64), grid.begin_s + seen * grid.dt_s, grid.dt_s)
        seen += block.size
    return found


def _step(
    tree: xr.DataTree, path: str, name: str, per_unit: float, unit: str, what: str
) -> Indicator:
    """Return the largest change of a series within the window."""
    one: xr.DataArray = tree[path]  # type: ignore[assignment]
    grid = time_grid(one)
    name = f"{name}[{_WINDOW_S:g}s]"
    definition = f"largest minus smallest {what}, of the samples within {_WINDOW_S:g} s"
    try:
        statistic = ramp_statistic(grid.dt_s, _WINDOW_S, "peak-to-peak")
        state = stream({name: statistic}, blocks_of(one_series(one), grid))[name]
        found = statistic.finish(state)
    except NotAssessedError as error:
        return Indicator(name, None, unit, definition, reason=str(error))
    at_s = grid.begin_s + found.up_at_s
    return Indicator(name, found.up_w / per_unit, unit, definition, at_s=at_s)
