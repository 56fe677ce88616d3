# SPDX-License-Identifier: Apache-2.0
"""What the buffering layers of a run did: swing before and after, throughput, losses, charge."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from powermodel.indicators.account import account
from powermodel.indicators.indicator import Indicator
from powermodel.indicators.inputs import NotAssessedError
from powermodel.indicators.power_levels import levels_statistic
from powermodel.indicators.power_ramps import DEFINITIONS, ramp_statistic
from powermodel.indicators.series import TimeGrid, blocks_of, one_series, time_grid
from powermodel.indicators.statistic import stream

if TYPE_CHECKING:
    import xarray as xr

_WINDOW_S = 1.0


def buffering(tree: xr.DataTree) -> list[Indicator]:
    """Return what the buffering layers of one run did; empty for a run without layers.

    Parameters
    ----------
    tree : DataTree
        A run, with the groups of its layers.
    """
    found: list[Indicator] = []
    energy_j = _sum(tree, "poi/power", np.asarray)
    if "load" in tree.children:
        found += _before_and_after(tree)
    if "storage" in tree.children:
        found += [*_storage(tree, energy_j), *account(tree)]
    if "rack_store" in tree.children:
        found += _rack_stores(tree, energy_j)
    if "rack_backup" in tree.children:
        found += _rack_backups(tree, energy_j)
    if "smoothing" in tree.children:
        found += _smoothing(tree, energy_j)
    return found


def _before_and_after(tree: xr.DataTree) -> Iterator[Indicator]:
    """Yield range and ramp at the POI beside those that the load would have made there."""
    ranges, ramps = {}, {}
    for name, path in (("load", "load/power"), ("poi", "poi/power")):
        series, grid = _series(tree, path)
        statistics = {"levels": levels_statistic(grid.dt_s)}
        ramp: Any = ramp_statistic(grid.dt_s, _WINDOW_S)
        states = stream(statistics | {"ramp": ramp}, blocks_of(series, grid))
        ranges[name] = statistics["levels"].finish(states["levels"]).dynamic_range_w
        try:
            change = ramp.finish(states["ramp"])
            ramps[name] = max(change.up_w, -change.down_w)
        except NotAssessedError:
            ramps = {}
    for quantity, values, definition in (
        ("dynamic_range", ranges, "peak minus minimum"),
        (f"ramp[{_WINDOW_S:g} s]", ramps, f"largest change: {DEFINITIONS['endpoint']}"),
    ):
        if not values:
            yield Indicator(f"{quantity}_left", None, "1", definition, reason="record too short")
            continue
        yield Indicator(f"load_{quantity}", values["load"], "W", f"{definition}, before storage")
        yield Indicator(f"poi_{quantity}", values["poi"], "W", f"{definition}, at the POI")
        yield _ratio(
            f"{quantity}_left", values["poi"], values["load"],
            f"{definition} at the POI divided by that of the load before storage",
        )  # fmt: skip


def _storage(tree: xr.DataTree, energy_j: float) -> Iterator[Indicator]:
    out_j = _sum(tree, "storage/power", lambda p: np.maximum(p, 0.0))
    in_j = _sum(tree, "storage/power", lambda p: np.maximum(-p, 0.0))
    loss_j = _sum(tree, "storage/loss", np.asarray)
    throughput_j = out_j + in_j
    yield Indicator("storage_discharged", out_j, "J", "energy given at the POI while discharging")
    yield Indicator("storage_charged", in_j, "J", "energy taken at the POI while charging")
    yield Indicator(
        "storage_loss", loss_j, "J", "losses of all storage: cells, inverters, auxiliary power"
    )
    yield _ratio(
        "storage_loss_per_throughput", loss_j, throughput_j,
        "storage_loss divided by the energy discharged and charged together",
    )  # fmt: skip
    yield _ratio(
        "storage_loss_per_site_energy", loss_j, energy_j,
        "energy overhead of the storage: storage_loss divided by the energy at the POI",
    )  # fmt: skip
    low, high, first, last = _extent(tree, "storage/soc")
    yield Indicator("soc_swing", high - low, "1", "largest minus smallest mean state of charge")
    yield Indicator("soc_drift", last - first, "1", "mean state of charge, last minus first sample")
    yield Indicator(
        "soc_lowest", _extent(tree, "storage/soc_min")[0], "1", "smallest of any unit at any time"
    )
    yield Indicator(
        "soc_highest", _extent(tree, "storage/soc_max")[1], "1", "largest of any unit at any time"
    )


def _rack_stores(tree: xr.DataTree, energy_j: float) -> Iterator[Indicator]:
    low, high, _, _ = _extent(tree, "rack_store/energy")
    loss_j = _sum(tree, "rack_store/loss", np.asarray)
    yield Indicator(
        "rack_store_throughput", _sum(tree, "rack_store/power", np.abs), "J",
        "energy that all rack stores gave and took at their buses",
    )  # fmt: skip
    yield Indicator(
        "rack_store_swing", high - low, "J", "largest minus smallest energy in all rack stores"
    )
    yield _ratio(
        "rack_store_loss_per_site_energy", loss_j, energy_j,
        "losses of all rack stores divided by the energy at the POI",
    )  # fmt: skip


def _rack_backups(tree: xr.DataTree, energy_j: float) -> Iterator[Indicator]:
    low, high, _, _ = _extent(tree, "rack_backup/energy")
    yield Indicator(
        "rack_backup_given", _sum(tree, "rack_backup/power", lambda p: np.maximum(p, 0.0)), "J",
        "energy that all rack backups gave to their buses",
    )  # fmt: skip
    yield Indicator(
        "rack_backup_taken", _sum(tree, "rack_backup/power", lambda p: np.maximum(-p, 0.0)), "J",
        "energy drawn to recharge them, losses included",
    )  # fmt: skip
    yield Indicator(
        "rack_backup_swing", high - low, "J", "largest minus smallest energy in all rack backups"
    )
    yield _ratio(
        "rack_backup_loss_per_site_energy", _sum(tree, "rack_backup/loss", np.asarray), energy_j,
        "losses of all rack backups divided by the energy at the POI",
    )  # fmt: skip
    yield Indicator(
        "rack_unserved", _sum(tree, "rack_backup/unserved", np.asarray), "J",
        "energy that racks asked for and neither input nor backup gave",
    )  # fmt: skip
    yield Indicator(
        "rack_unserved_time", _sum(tree, "rack_backup/unserved", lambda p: p > 0.0), "s",
        "in which some rack went without power",
    )  # fmt: skip


def _smoothing(tree: xr.DataTree, energy_j: float) -> Iterator[Indicator]:
    burnt_j = _sum(tree, "smoothing/burnt", np.asarray)
    held_j = _sum(tree, "smoothing/held_back", np.asarray)
    yield Indicator(
        "burnt_energy", burnt_j, "J", "energy that accelerators draw beyond their work, to smooth"
    )
    yield _ratio(
        "burnt_per_site_energy", burnt_j, energy_j, "burnt_energy divided by the energy at the POI"
    )
    yield Indicator(
        "held_back_energy", held_j, "J", "energy of work that smoothing kept from being drawn"
    )


def _ratio(name: str, part: float, whole: float, definition: str) -> Indicator:
    if whole == 0.0:
        return Indicator(name, None, "1", definition, reason="the denominator is zero")
    return Indicator(name, part / whole, "1", definition)


def _series(tree: xr.DataTree, path: str) -> tuple[xr.DataArray, TimeGrid]:
    series: xr.DataArray = tree[path]  # type: ignore[assignment]
    return one_series(series), time_grid(series)


def _sum(tree: xr.DataTree, path: str, of: Callable[[Any], Any]) -> float:
    """Return a series, seen through a function, summed over time."""
    series, grid = _series(tree, path)
    return sum(float(np.sum(of(block))) for block in blocks_of(series, grid)) * grid.dt_s


def _extent(tree: xr.DataTree, path: str) -> tuple[float, float, float, float]:
    """Return smallest, largest, first and last value of a series."""
    series, grid = _series(tree, path)
    blocks = [np.asarray(block, np.float64) for block in blocks_of(series, grid)]
    low, high = min(float(b.min()) for b in blocks), max(float(b.max()) for b in blocks)
    return low, high, float(blocks[0][0]), float(blocks[-1][-1])
