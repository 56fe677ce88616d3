# SPDX-License-Identifier: Apache-2.0
"""Load factor, cycling, oscillation by band, the line over time and coincidence of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xarray as xr

from powermodel.indicators import cycling, line_track, load_shape, oscillation
from powermodel.indicators.frequency_bands import GRID_BANDS_HZ, Band
from powermodel.indicators.indicator import Indicator, span
from powermodel.indicators.inputs import FloatArray, NotAssessedError
from powermodel.indicators.line_track import LineTrack
from powermodel.indicators.series import Labelled, TimeGrid, blocks_of, one_series, power_of
from powermodel.indicators.series import time_grid as grid_of
from powermodel.indicators.statistic import Statistic, stream
from powermodel.units import quantity

SHARES = (0.05, 0.1, 0.25)
"""Thresholds of cycling, as shares of the largest sample."""
INTERVALS = ("5 min", "15 min", "1 h")
SEGMENT = "20 s"

_OSCILLATION = (
    ("oscillation", "root mean square behind a band-pass, over all windows"),
    ("oscillation_largest", "root mean square behind a band-pass, over the worst window"),
)
_READ = 1 << 16


@dataclass(frozen=True, slots=True)
class Shape:
    """The shape of a load.

    Parameters
    ----------
    indicators : tuple of Indicator
        Load factors, cycles, oscillations, the tracked line, coincidence.
    track : LineTrack or None
        The strongest line of each segment; None where the record is too short.
    """

    indicators: tuple[Indicator, ...]
    track: LineTrack | None


@dataclass
class _Plan:
    """Statistics that the record can answer, what is made of each, and why others cannot."""

    statistics: dict[str, Statistic[Any, Any]] = field(default_factory=dict)
    rows: list[tuple[str, Callable[[Any, str], Iterator[Indicator]]]] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)

    def add(
        self,
        key: str,
        make: Callable[[], Statistic[Any, Any]],
        read: Callable[[Any, str], Iterator[Indicator]],
    ) -> None:
        self.rows.append((key, read))
        try:
            self.statistics[key] = make()
        except NotAssessedError as error:
            self.reasons[key] = error.message


def shape(
    labelled: Labelled,
    *,
    intervals: Iterable[str] = INTERVALS,
    shares: Iterable[float] = SHARES,
    bands_hz: Iterable[Band] = GRID_BANDS_HZ,
    segment: str = SEGMENT,
) -> Shape:
    """Load factor, cycling, oscillation by band and the strongest line over time of one series.

    Parameters
    ----------
    labelled : DataArray, Dataset or DataTree
        One power [W] over time, or a run (then the POI, and its halls for the coincidence).
    intervals : iterable of str
        Demand intervals of the load factors.
    shares : iterable of float
        Thresholds of the cycles, as shares of the largest sample.
    bands_hz : iterable of (float, float)
        Bands [Hz]; one that starts at 0 Hz is no oscillation and is left out.
    segment : str
        Over which the frequency of the line is read.
    """
    power = one_series(power_of(labelled))
    grid = grid_of(power)
    peak_w = max(float(block.max()) for block in blocks_of(power, grid))
    plan = _Plan()
    for interval in intervals:
        _plan_factor(plan, grid, quantity(interval, "s"))
    for share in shares if peak_w > 0 else ():
        _plan_cycles(plan, grid, share, peak_w)
    for lo_hz, hi_hz in bands_hz:
        if lo_hz > 0:
            _plan_oscillation(plan, grid, lo_hz, hi_hz)
    _plan_track(plan, grid, quantity(segment, "s"))
    states = stream(plan.statistics, blocks_of(power, grid)) if plan.statistics else {}
    results = {}
    for key, statistic in plan.statistics.items():
        try:
            results[key] = statistic.finish(states[key])
        except NotAssessedError as error:
            plan.reasons[key] = error.message
    found = [
        item
        for key, read in plan.rows
        for item in read(results.get(key), plan.reasons.get(key, ""))
    ]
    return Shape((*found, *_coincidence(labelled)), results.get("track"))


def _plan_factor(plan: _Plan, grid: TimeGrid, interval_s: float) -> None:
    name = f"load_factor[{span(interval_s)}]"

    def read(found: float | None, reason: str) -> Iterator[Indicator]:
        parameters = {"interval_s": interval_s}
        yield Indicator(
            name, found, "1", load_shape.FACTOR_DEFINITION, parameters, reason=reason or None
        )

    plan.add(
        name,
        lambda: load_shape.load_factor_statistic(grid.samples, grid.dt_s, interval_s),
        read,
    )


def _plan_cycles(plan: _Plan, grid: TimeGrid, share: float, peak_w: float) -> None:
    name = f"cycles[{100 * share:g} % of the peak]"
    threshold_w = share * peak_w

    def read(found: cycling.Cycling, _reason: str) -> Iterator[Indicator]:
        parameters = {"threshold_w": threshold_w, "cycles_per_hour": found.cycles_per_hour}
        yield Indicator(name, found.cycles, "1", cycling.DEFINITION, parameters)

    plan.add(name, lambda: cycling.cycling_statistic(grid.dt_s, threshold_w), read)


def _plan_oscillation(plan: _Plan, grid: TimeGrid, lo_hz: float, hi_hz: float) -> None:
    band = f"{lo_hz:g}-{hi_hz:g} Hz"

    def read(found: oscillation.Oscillation | None, reason: str) -> Iterator[Indicator]:
        values: tuple[float | None, ...] = (None, None)
        at_s, parameters = None, {"lower_hz": lo_hz, "upper_hz": hi_hz}
        if found is not None:
            values = (found.rms_w, found.largest_w)
            at_s = round(grid.begin_s + found.at_s, 9)
            parameters |= found.parameters | {"energy_w2_s": found.energy_w2_s}
        times = (None, at_s)
        for (name, definition), value, time_s in zip(_OSCILLATION, values, times, strict=True):
            yield Indicator(
                f"{name}[{band}]", value, "W", definition, parameters, time_s, reason or None
            )

    plan.add(
        f"oscillation {band}",
        lambda: oscillation.oscillation_statistic(grid.samples, grid.dt_s, lo_hz, hi_hz),
        read,
    )


def _plan_track(plan: _Plan, grid: TimeGrid, segment_s: float) -> None:
    def read(found: LineTrack | None, reason: str) -> Iterator[Indicator]:
        value, parameters = None, {"segment_s": segment_s}
        seen: FloatArray = np.empty(0)
        if found is not None:
            seen = found.frequency_hz[np.isfinite(found.frequency_hz)]
            reason = "" if seen.size else "the power does not vary"
        if found is not None and seen.size:
            value = float(np.median(seen))
            parameters |= {
                "lowest_hz": float(seen.min()),
                "highest_hz": float(seen.max()),
                "segments": seen.size,
                "median_amplitude_w": float(np.nanmedian(found.amplitude_w)),
            }
        definition = f"median frequency of the {line_track.DEFINITION}"
        yield Indicator("tracked_line", value, "Hz", definition, parameters, reason=reason or None)

    plan.add("track", lambda: line_track.track_statistic(grid.samples, grid.dt_s, segment_s), read)


def _coincidence(labelled: Labelled) -> Iterator[Indicator]:
    """Coincidence of the halls of a run, if it has some."""
    if not isinstance(labelled, xr.DataTree) or "hall" not in labelled.children:
        return
    power = labelled["hall"].to_dataset()["power"]
    others = [dim for dim in power.dims if dim not in ("time", "hall")]
    if any(power.sizes[dim] != 1 for dim in others) or power.sizes["hall"] < 2:
        return
    rows = power.squeeze(others).transpose("hall", "time")
    blocks = (
        np.asarray(rows.isel(time=slice(first, first + _READ)).values)
        for first in range(0, rows.sizes["time"], _READ)
    )
    parameters = {"halls": int(power.sizes["hall"])}
    name, definition = "coincidence[halls]", load_shape.COINCIDENCE_DEFINITION
    try:
        value = load_shape.coincidence_of_blocks(blocks)
    except NotAssessedError as error:
        yield Indicator(name, None, "1", definition, parameters, reason=error.message)
    else:
        yield Indicator(name, value, "1", definition, parameters)
