# SPDX-License-Identifier: Apache-2.0
"""What the panels of a picture draw: read once from a run, in the unit of the picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from powermodel.indicators.indicator import Indicator, Summary
from powermodel.indicators.labelled import spectrum, summary
from powermodel.indicators.series import TimeGrid, one_series, power_of, time_grid
from powermodel.report.envelope import Envelope, FloatArray, envelope_of, legible
from powermodel.report.errors import ReportError
from powermodel.report.fed_view import FedView, fed_view
from powermodel.report.jobs_view import JobsView, jobs_view

if TYPE_CHECKING:
    import xarray as xr

_UNITS = ((1e6, "MW"), (1e3, "kW"), (1.0, "W"))
_ZOOM_SAMPLES = 60_000
_SHORTEST_ZOOM_S = 2.0
_LONGEST_ZOOM_S = 60.0
_PERIODS = 2.0


@dataclass(frozen=True, slots=True)
class View:
    """All that a picture shows. Powers are in `unit`, which is `unit_w` W."""

    title: str
    subtitle: str
    unit: str
    unit_w: float
    envelope: Envelope
    zoom_s: FloatArray
    zoom: FloatArray
    ramp: Indicator | None
    frequency_hz: FloatArray
    density: FloatArray
    """Amplitude spectral density in `unit` per square root of Hz, without 0 Hz."""
    spectrum_parameters: dict[str, Any]
    summary: Summary
    fed: FedView
    """Own generation, grid connection, shafts: what the run has of them."""
    buffering: Buffering | None = None
    """What the storage does; None for a run without."""
    island: IslandView | None = None
    """What the machines of an island do; None for a run on a grid."""
    backup: BackupView | None = None
    """What the backups of the racks do; None for a run without."""
    jobs: JobsView | None = None
    """Which jobs run when; None for a run of one job."""


@dataclass(frozen=True, slots=True)
class BackupView:
    """What the backups of the racks do. Powers are in the unit of the picture."""

    power: Envelope
    unserved: Envelope
    """Load that nothing carried."""
    energy: Envelope
    """Share of the largest in the run, in percent."""


@dataclass(frozen=True, slots=True)
class IslandView:
    """What the machines of an island do. Powers are in the unit of the picture."""

    frequency: Envelope
    """Hz, over the whole run."""
    zoom_load: FloatArray
    """Before storage."""
    zoom_machines: FloatArray
    zoom_kinds: dict[str, FloatArray]
    """The same, by type of machine; empty where there is one type."""
    zoom_storage: FloatArray | None
    """All batteries, grid-forming ones included; None without any."""
    zoom_frequency: FloatArray
    """Hz."""


@dataclass(frozen=True, slots=True)
class Buffering:
    """Load before the storage, power and state of charge of the storage."""

    load: Envelope
    storage: Envelope
    soc: Envelope
    """State of charge in percent."""
    zoom_load: FloatArray
    zoom_storage: FloatArray
    fast: Envelope | None


def view_run(tree: xr.DataTree, run: int = 0) -> View:
    """Read what a picture of one run shows.

    Parameters
    ----------
    tree : DataTree
        With ``/poi`` power, and ``/overview`` where the run is long.
    run : int
        Position of the run in an ensemble.
    """
    power = power_of(tree)
    if "run" in power.dims:
        if not 0 <= run < power.sizes["run"]:
            raise ReportError(f"expected a run from 0 to {power.sizes['run'] - 1}, got {run}")
        power = power.isel(run=run)
    power = one_series(power)
    grid = time_grid(power)
    found = summary(power)
    peak_w = abs(found["peak"].value or 0.0)
    unit_w, unit = next((pair for pair in _UNITS if peak_w >= pair[0]), _UNITS[-1])
    ramp = _largest_ramp(found)
    period_s = _period(found)
    first, width = _zoom(grid, period_s, ramp)
    zoom_s = grid.begin_s + np.arange(first, first + width, dtype=np.float64) * grid.dt_s
    spectral = spectrum(power)
    return View(
        title=title_of(tree.attrs),
        subtitle=_subtitle(tree.attrs, grid),
        unit=unit,
        unit_w=unit_w,
        envelope=legible(envelope_of(tree, "poi/power", power, grid, run, unit_w), period_s),
        zoom_s=zoom_s,
        zoom=_values(power, first, width) / unit_w,
        ramp=ramp,
        frequency_hz=spectral["frequency"].values[1:],
        density=np.sqrt(spectral["density"].values[1:]) / unit_w,
        spectrum_parameters=dict(spectral.attrs),
        summary=found,
        fed=fed_view(tree, grid, run, unit_w, (first, width)),
        buffering=_buffering(tree, grid, run, unit_w, period_s, (first, width)),
        island=_island(tree, grid, run, unit_w, (first, width)),
        backup=_backup(tree, grid, run, unit_w),
        jobs=jobs_view(tree.attrs, grid.begin_s, grid.begin_s + grid.samples * grid.dt_s),
    )


def _backup(tree: xr.DataTree, grid: TimeGrid, run: int, unit_w: float) -> BackupView | None:
    """Read what the backups of the racks do, if they have some."""
    if "rack_backup" not in tree.children:
        return None

    def cells(name: str, scale: float) -> Envelope:
        path = f"rack_backup/{name}"
        found: xr.DataArray = tree[path]  # type: ignore[assignment]
        series = found.isel(run=run) if "run" in found.dims else found
        return envelope_of(tree, path, series, grid, run, scale)

    energy = cells("energy", 1.0)
    full_j = float(energy.high.max())
    return BackupView(
        power=cells("power", unit_w),
        unserved=cells("unserved", unit_w),
        energy=energy.scaled(100.0 / full_j),
    )


def _island(
    tree: xr.DataTree, grid: TimeGrid, run: int, unit_w: float, zoom: tuple[int, int]
) -> IslandView | None:
    """Read what the machines of an island do, if the site stands on one."""
    if "supply" not in tree.children:
        return None

    def series(path: str) -> xr.DataArray:
        found: xr.DataArray = tree[path]  # type: ignore[assignment]
        return found.isel(run=run) if "run" in found.dims else found

    def part(path: str) -> FloatArray:
        return _values(series(path), *zoom)

    frequency = series("supply/frequency")
    batteries = [part(f"{of}/power") for of in ("storage", "forming") if of in tree.children]
    return IslandView(
        frequency=envelope_of(tree, "supply/frequency", frequency, grid, run, 1.0),
        zoom_load=part("load/power" if "load" in tree.children else "poi/power") / unit_w,
        zoom_machines=part("supply/power") / unit_w,
        zoom_kinds=_kinds(series("machine/power"), unit_w, zoom),
        zoom_storage=np.sum(batteries, axis=0) / unit_w if batteries else None,
        zoom_frequency=part("supply/frequency"),
    )


def _buffering(
    tree: xr.DataTree,
    grid: TimeGrid,
    run: int,
    unit_w: float,
    period_s: float | None,
    zoom: tuple[int, int],
) -> Buffering | None:
    """Read what the storage of a run does, if it has one."""
    if "storage" not in tree.children:
        return None

    def series(path: str) -> xr.DataArray:
        found: xr.DataArray = tree[path]  # type: ignore[assignment]
        return found.isel(run=run) if "run" in found.dims else found

    def cells(path: str, scale: float) -> Envelope:
        return legible(envelope_of(tree, path, series(path), grid, run, scale), period_s)

    return Buffering(
        load=cells("load/power", unit_w),
        storage=cells("storage/power", unit_w),
        soc=cells("storage/soc", 0.01),
        zoom_load=_values(series("load/power"), *zoom) / unit_w,
        zoom_storage=_values(series("storage/power"), *zoom) / unit_w,
        fast=cells("fast_storage/power", unit_w) if "fast_storage" in tree.children else None,
    )


def _kinds(power: xr.DataArray, unit_w: float, zoom: tuple[int, int]) -> dict[str, FloatArray]:
    names = [str(name) for name in power["machine"].values]
    if len(names) < 2:
        return {}
    return {name: _values(power.isel(machine=n), *zoom) / unit_w for n, name in enumerate(names)}


def _values(series: xr.DataArray, first: int, width: int) -> FloatArray:
    return np.asarray(series.isel(time=slice(first, first + width)).values, dtype=np.float64)


def title_of(attributes: Mapping[Any, Any]) -> str:
    """Name the scenario, its accelerators and the seed, as far as the run knows them."""
    import yaml

    scenario = yaml.safe_load(attributes.get("scenario") or "{}") or {}
    parts = [str(scenario.get("name", "Electrical load of an AI training site"))]
    counts = [
        job.get("accelerators", 0) * (job.get("arrivals") or {}).get("places", 1)
        for job in scenario.get("jobs", [])
    ]
    if counts:
        parts.append(f"{sum(counts):,} accelerators")
    if "seed" in attributes:
        parts.append(f"seed {attributes['seed']}")
    return "  ·  ".join(parts)


def _subtitle(attributes: Mapping[Any, Any], grid: TimeGrid) -> str:
    parts = [
        "load at the point of interconnection (POI)",
        f"{grid.samples * grid.dt_s:g} s at {grid.dt_s * 1e3:g} ms",
    ]
    if "source" in attributes:
        parts.append(str(attributes["source"]))
    if attributes.get("complete") == 0:
        parts.append(f"INCOMPLETE: the first {attributes.get('whole_s', 0):g} s of the run")
    return "  ·  ".join(parts)


def _largest_ramp(found: Summary) -> Indicator | None:
    """Return the largest ramp within 1 s, or within 20 ms where the record is shorter."""
    for window in ("1 s", "20 ms"):
        ramps = [found[f"ramp_up[{window}]"], found[f"ramp_down[{window}]"]]
        known = [ramp for ramp in ramps if ramp.value is not None]
        if known:
            return max(known, key=lambda ramp: abs(ramp.value or 0.0))
    return None


def _period(found: Summary) -> float | None:
    """Return the period of the strongest line [s]."""
    line = found["line[1]"]
    return None if line.value is None else 1.0 / float(line.parameters["frequency_hz"])


def _zoom(grid: TimeGrid, period_s: float | None, ramp: Indicator | None) -> tuple[int, int]:
    """Return first sample and number of samples of about two iterations at the largest ramp."""
    wanted_s = _PERIODS * (period_s or 0.0)
    width_s = min(max(wanted_s, _SHORTEST_ZOOM_S), _LONGEST_ZOOM_S)
    width = min(round(width_s / grid.dt_s), grid.samples, _ZOOM_SAMPLES)
    center_s = grid.begin_s
    if ramp is not None and ramp.at_s is not None:
        center_s = ramp.at_s + 0.5 * float(ramp.parameters["window_s"])
    first = round((center_s - grid.begin_s) / grid.dt_s) - width // 2
    return min(max(first, 0), grid.samples - width), width
