# SPDX-License-Identifier: Apache-2.0
"""What a site draws beyond its racks: losses of the stages, cooling, PUE, power factor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from powermodel.indicators.indicator import Indicator
from powermodel.indicators.series import blocks_of, one_series, time_grid
from powermodel.schema.chain import stage_path
from powermodel_datasets.supply_kinds import SLOTS

if TYPE_CHECKING:
    import xarray as xr

OUTSIDE = SLOTS[: SLOTS.index("rack")]
"""Slots between the point of interconnection and the racks."""
COOLING, REACTIVE, BUFFERED = "cooling/power", "chain/reactive", "chain/buffered"
_DENOMINATOR = "of the energy of the load before its storage"


@dataclass(frozen=True, slots=True)
class Extent:
    """Mean, smallest and largest value of a series over a run, in its unit."""

    mean: float
    low: float
    high: float
    high_at_s: float
    duration_s: float


def load_path(tree: xr.DataTree) -> str:
    """Return the series that holds the load before its storage."""
    return "load/power" if "load" in tree.children else "poi/power"


def extent_of(tree: xr.DataTree, path: str) -> Extent:
    """Return mean and extremes of one series of a run, read block by block."""
    one: xr.DataArray = tree[path]  # type: ignore[assignment]
    series, grid = one_series(one), time_grid(one)
    total, low, high, high_at, seen = 0.0, np.inf, -np.inf, 0, 0
    for block in blocks_of(series, grid):
        values = np.asarray(block, np.float64)
        total += float(values.sum())
        low = min(low, float(values.min()))
        if values.max() > high:
            high, high_at = float(values.max()), seen + int(np.argmax(values))
        seen += values.size
    at_s = grid.begin_s + high_at * grid.dt_s
    return Extent(total / seen, low, high, at_s, seen * grid.dt_s)


def lowest_power_factor(tree: xr.DataTree) -> tuple[float, float]:
    """Return the lowest power factor of the load, and when it was, s."""
    active: xr.DataArray = tree[load_path(tree)]  # type: ignore[assignment]
    reactive: xr.DataArray = tree[REACTIVE]  # type: ignore[assignment]
    grid = time_grid(active)
    lowest, lowest_at, seen = 1.0, 0, 0
    pairs = zip(
        blocks_of(one_series(active), grid), blocks_of(one_series(reactive), grid), strict=True
    )
    for power_w, power_var in pairs:
        apparent = np.hypot(power_w, power_var)
        factor = np.divide(power_w, apparent, out=np.ones_like(apparent), where=apparent > 0.0)
        if factor.min() < lowest:
            lowest, lowest_at = float(factor.min()), seen + int(np.argmin(factor))
        seen += factor.size
    return lowest, grid.begin_s + lowest_at * grid.dt_s


def racks_mean_w(tree: xr.DataTree) -> float:
    """Return the mean power of all racks at the input of their supplies, W."""
    beyond = [stage_path(slot) for slot in OUTSIDE] if "losses" in tree.children else []
    beyond += [BUFFERED] if "chain" in tree.children else []
    beyond += [COOLING] if "cooling" in tree.children else []
    load = extent_of(tree, load_path(tree))
    return load.mean - sum(extent_of(tree, path).mean for path in beyond)


def conversion(tree: xr.DataTree) -> list[Indicator]:
    """Return what a run drew beyond its racks; empty where two numbers stand for all of that.

    Parameters
    ----------
    tree : DataTree
        One run.
    """
    return list(_found(tree))


def _found(tree: xr.DataTree) -> Iterator[Indicator]:
    parts = [name for name in ("losses", "cooling") if name in tree.children]
    if not parts:
        return
    load = extent_of(tree, load_path(tree))
    contents: dict[str, Any] = {"contains": " and ".join(parts)}
    yield Indicator(
        "pue", load.mean / racks_mean_w(tree), "1",
        "energy of the load before its storage over that of all racks at the input of their"
        " supplies: power usage effectiveness of this run, a result", contents,
    )  # fmt: skip
    if "cooling" in parts:
        cooling = extent_of(tree, COOLING)
        yield Indicator(
            "cooling_share", cooling.mean / load.mean, "1", f"energy of cooling, {_DENOMINATOR}"
        )
        yield Indicator(
            "cooling_peak", cooling.high, "W", "largest power of cooling", at_s=cooling.high_at_s
        )
    if "losses" in parts:
        yield from _stages(tree, load)


def _stages(tree: xr.DataTree, load: Extent) -> Iterator[Indicator]:
    for slot in SLOTS:
        inside = "" if slot in OUTSIDE else "; contained in the load of the racks"
        share = extent_of(tree, stage_path(slot)).mean / load.mean
        yield Indicator(
            f"loss_share[{slot}]", share, "1", f"energy lost in this slot, {_DENOMINATOR}{inside}"
        )
    lowest, at_s = lowest_power_factor(tree)
    yield Indicator(
        "power_factor_lowest", lowest, "1",
        "lowest of active over apparent power of the load before its storage", at_s=at_s,
    )  # fmt: skip
