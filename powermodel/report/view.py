# SPDX-License-Identifier: Apache-2.0
"""What the panels of a picture draw: read once from a run, in the unit of the picture."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from powermodel.indicators.indicator import Indicator, Summary
from powermodel.indicators.labelled import spectrum, summary
from powermodel.indicators.series import TimeGrid, blocks_of, one_series, power_of, time_grid
from powermodel.report.errors import ReportError

if TYPE_CHECKING:
    import xarray as xr

FloatArray = npt.NDArray[np.float64]

_UNITS = ((1e6, "MW"), (1e3, "kW"), (1.0, "W"))
# A picture is about this many pixels wide; more cells than that cannot be seen.
_CELLS = 1200
_ZOOM_SAMPLES = 60_000
_SHORTEST_ZOOM_S = 2.0
_LONGEST_ZOOM_S = 60.0
_PERIODS = 2.0
# A mean that follows each of more iterations than this is a solid block of ink; there it runs over
# a few of them instead.
_PERIODS_SHOWN = 100
_PERIODS_PER_MEAN = 4


@dataclass(frozen=True, slots=True)
class Envelope:
    """Minimum and maximum of cells of time, mean of the same or longer ones.

    Edges have one more entry than what lies between them.
    """

    edge_s: FloatArray
    low: FloatArray
    high: FloatArray
    mean_edge_s: FloatArray
    mean: FloatArray

    def with_longer_mean(self, cells: int) -> Envelope:
        """Return the envelope with means over that many cells; the last may be shorter."""
        starts = np.arange(0, self.mean.size, cells)
        edges = np.append(self.mean_edge_s[starts], self.mean_edge_s[-1])
        weighted = self.mean * np.diff(self.mean_edge_s)
        mean = np.add.reduceat(weighted, starts) / np.diff(edges)
        return replace(self, mean_edge_s=edges, mean=mean)


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
    zoom_s, zoom_w = _zoom(power, grid, period_s, ramp)
    spectral = spectrum(power)
    return View(
        title=title_of(tree.attrs),
        subtitle=_subtitle(tree.attrs, grid),
        unit=unit,
        unit_w=unit_w,
        envelope=_legible(_envelope(tree, power, grid, run, unit_w), period_s),
        zoom_s=zoom_s,
        zoom=zoom_w / unit_w,
        ramp=ramp,
        frequency_hz=spectral["frequency"].values[1:],
        density=np.sqrt(spectral["density"].values[1:]) / unit_w,
        spectrum_parameters=dict(spectral.attrs),
        summary=found,
    )


def title_of(attributes: Mapping[Any, Any]) -> str:
    """Name the scenario, its accelerators and the seed, as far as the run knows them."""
    import yaml

    scenario = yaml.safe_load(attributes.get("scenario") or "{}") or {}
    parts = [str(scenario.get("name", "Electrical load of an AI training site"))]
    counts = [job.get("accelerators", 0) for job in scenario.get("jobs", [])]
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


def _legible(envelope: Envelope, period_s: float | None) -> Envelope:
    """Lengthen the cells of the mean where it would follow iterations too narrow to see."""
    cell_s, shown_s = (float(envelope.edge_s[at] - envelope.edge_s[0]) for at in (1, -1))
    if period_s is None or shown_s <= _PERIODS_SHOWN * period_s:
        return envelope
    return envelope.with_longer_mean(math.ceil(_PERIODS_PER_MEAN * period_s / cell_s))


def _zoom(
    power: xr.DataArray, grid: TimeGrid, period_s: float | None, ramp: Indicator | None
) -> tuple[FloatArray, FloatArray]:
    """About two iterations around the largest ramp, every sample of them."""
    wanted_s = _PERIODS * (period_s or 0.0)
    width_s = min(max(wanted_s, _SHORTEST_ZOOM_S), _LONGEST_ZOOM_S)
    width = min(round(width_s / grid.dt_s), grid.samples, _ZOOM_SAMPLES)
    center_s = grid.begin_s
    if ramp is not None and ramp.at_s is not None:
        center_s = ramp.at_s + 0.5 * float(ramp.parameters["window_s"])
    first = round((center_s - grid.begin_s) / grid.dt_s) - width // 2
    first = min(max(first, 0), grid.samples - width)
    part = power.isel(time=slice(first, first + width))
    samples = np.arange(first, first + width, dtype=np.float64)
    return grid.begin_s + samples * grid.dt_s, np.asarray(part.values, dtype=np.float64)


def _envelope(
    tree: xr.DataTree, power: xr.DataArray, grid: TimeGrid, run: int, unit_w: float
) -> Envelope:
    """Coarsest overview that still fills the picture, or the samples where there is none."""
    levels = []
    for node in tree["overview"].children.values() if "overview" in tree.children else ():
        dataset = node.to_dataset()
        if "poi_power_mean" in dataset and dataset.sizes["time"] >= _CELLS:
            levels.append(dataset)
    if not levels:
        return _reduced(power, grid, unit_w)
    level = min(levels, key=lambda dataset: dataset.sizes["time"])
    if "run" in level.dims:
        level = level.isel(run=run)
    start_s = level["time"].values.astype(np.float64)
    end_s = grid.begin_s + grid.samples * grid.dt_s
    low, mean, high = (
        level[f"poi_power_{name}"].values / unit_w for name in ("min", "mean", "max")
    )
    edge_s = np.append(start_s, end_s)
    return Envelope(edge_s, low, high, edge_s, mean)


def _reduced(power: xr.DataArray, grid: TimeGrid, unit_w: float) -> Envelope:
    """Reduce the samples to cells; a short record keeps each sample as its own cell."""
    per_cell = max(grid.samples // (2 * _CELLS), 1)
    samples = np.concatenate(list(blocks_of(power, grid))).astype(np.float64) / unit_w
    starts = np.arange(0, grid.samples, per_cell)
    counts = np.diff(np.append(starts, grid.samples))
    edge_s = grid.begin_s + np.append(starts, grid.samples) * grid.dt_s
    return Envelope(
        edge_s=edge_s,
        low=np.minimum.reduceat(samples, starts),
        high=np.maximum.reduceat(samples, starts),
        mean_edge_s=edge_s,
        mean=np.add.reduceat(samples, starts) / counts,
    )
