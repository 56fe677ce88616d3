# SPDX-License-Identifier: Apache-2.0
"""What is measured on one run while it is computed: at the POI, on its storage, on its supply."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from powermodel.ensemble.errors import StudyError
from powermodel.ensemble.study import Measure
from powermodel.ensemble.supplied import SupplyMeasures
from powermodel.indicators.indicator import Indicator
from powermodel.indicators.jobs import job_indicators
from powermodel.indicators.summary import SummaryStream
from powermodel.scenario import Scenario
from powermodel.store import StoreLayout
from powermodel.store.arrays import Level
from powermodel.store.overview import Cells
from powermodel.units import format_s
from powermodel_kernels.constants import QUANTA_PER_W

F64 = NDArray[np.float64]
_LINES = 1
_FEW = 16
_NONE_WITHOUT_STORAGE = "the run has no storage"

_STORAGE: tuple[tuple[str, str, str], ...] = (
    ("storage_peak", "W", "largest magnitude of the power of all storage at the POI"),
    ("storage_discharged", "J", "energy that the storage gave at the POI"),
    ("storage_charged", "J", "energy that the storage took at the POI"),
    ("storage_loss", "J", "losses of the farm: cells, inverters, auxiliaries"),
    ("soc_minimum", "1", "smallest state of charge of any unit of the farm"),
    ("soc_maximum", "1", "largest state of charge of any unit of the farm"),
    ("soc_swing", "1", "largest minus smallest mean state of charge of the farm"),
    ("soc_end", "1", "mean state of charge of the farm at the last sample"),
)


class StorageTotals:
    """Sums and extremes of a storage, exact for every partition of the time."""

    def __init__(self, dt_s: float) -> None:
        self._dt_s = dt_s
        self._peak_w = 0.0
        self._given_q = self._taken_q = self._loss_q = 0
        self._lowest, self._highest = math.inf, -math.inf
        self._low, self._high, self._end = math.inf, -math.inf, math.nan
        self._seen = False

    def add(self, series: Mapping[str, NDArray]) -> None:
        """Take in the samples that follow; nothing where the run has no storage."""
        if "storage/power" not in series or not series["storage/power"].size:
            return
        self._seen = True
        power_q = _quanta(series["storage/power"])
        self._peak_w = max(self._peak_w, float(np.abs(power_q).max()) / QUANTA_PER_W)
        self._given_q += int(power_q[power_q > 0].sum())
        self._taken_q -= int(power_q[power_q < 0].sum())
        self._loss_q += int(_quanta(series["storage/loss"]).sum())
        mean = series["storage/soc"]
        self._low = min(self._low, float(mean.min()))
        self._high = max(self._high, float(mean.max()))
        self._lowest = min(self._lowest, float(series["storage/soc_min"].min()))
        self._highest = max(self._highest, float(series["storage/soc_max"].max()))
        self._end = float(mean[-1])

    def state(self) -> dict[str, Any]:
        """Return what it remembers, as plain data."""
        return dict(vars(self))

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take what ``state`` returned."""
        vars(self).update(state)

    def indicators(self) -> Iterator[Indicator]:
        """Yield the results."""
        energy = self._dt_s / QUANTA_PER_W
        values = (
            self._peak_w,
            self._given_q * energy,
            self._taken_q * energy,
            self._loss_q * energy,
            self._lowest,
            self._highest,
            self._high - self._low,
            self._end,
        )
        for (name, unit, definition), value in zip(_STORAGE, values, strict=True):
            known = self._seen or unit in ("W", "J")
            reason = None if known else _NONE_WITHOUT_STORAGE
            yield Indicator(name, value if known else None, unit, definition, reason=reason)


class RunMeasures:
    """Everything that is measured on one run.

    Parameters
    ----------
    scenario : Scenario
        Of the run: its step, duration and supply.
    measure : Measure
        What is asked.
    samples : int, optional
        Samples that are measured; by default all after what is passed over.
    """

    def __init__(self, scenario: Scenario, measure: Measure, samples: int | None = None) -> None:
        time = scenario.time
        self._skip = round(measure.after / time.dt)
        left = round(time.duration / time.dt) - self._skip
        if samples is None:
            samples = left
        else:
            self._skip = 0
        if left < 2:
            raise StudyError(
                f"expected less than the duration of {format_s(time.duration)}, "
                f"got {format_s(measure.after)}",
                where="measure.after",
            )
        self._poi = SummaryStream(
            samples, time.dt, windows_s=measure.windows, lines=_LINES, begin_s=measure.after
        )
        self._storage = StorageTotals(time.dt)
        self._supply = SupplyMeasures(scenario, measure.after)
        self._jobs = list(job_indicators(scenario))

    def add(self, series: Mapping[str, NDArray]) -> None:
        """Take in the samples that follow."""
        counted = self._skip
        length = len(series["poi/power"])
        self._skip = max(0, counted - length)
        self._storage.add(series)
        if counted < length:
            self._poi.update(series["poi/power"][counted:])
            self._supply.add(series, counted)

    def state(self) -> dict[str, Any]:
        """Return what it remembers, as plain data."""
        parts = {name: part.state() for name, part in self._parts()}
        return {"skip": self._skip, **parts}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take what ``state`` returned."""
        self._skip = state["skip"]
        for name, part in self._parts():
            part.restore(state[name])

    def _parts(self) -> tuple[tuple[str, SummaryStream | StorageTotals | SupplyMeasures], ...]:
        return ("poi", self._poi), ("storage", self._storage), ("supply", self._supply)

    def indicators(self) -> list[Indicator]:
        """Return the results, in one order for every run."""
        found: list[Indicator] = []
        for indicator in self._poi.finish().indicators:
            found.append(indicator)
            if indicator.name.startswith("line["):
                found.append(_line_frequency(indicator))
        found += [*self._storage.indicators(), *self._supply.indicators()]
        return found + self._jobs


def indicator_names(scenario: Scenario, measure: Measure) -> list[Indicator]:
    """Return name, unit and definition of every indicator of a run, without values.

    They are the same for any power and any length, so a few samples of none tell.
    """
    few = RunMeasures(scenario, measure, samples=_FEW)
    few.add({"poi/power": np.zeros(_FEW)})
    return [replace(one, value=None, at_s=None, reason=None) for one in few.indicators()]


def _line_frequency(line: Indicator) -> Indicator:
    name = line.name.replace("line[", "line_frequency[")
    frequency_hz = line.parameters.get("frequency_hz")
    definition = "frequency of the strongest line of the spectrum"
    return Indicator(name, frequency_hz, "Hz", definition, reason=line.reason)


class OverviewStream:
    """Minimum, mean and maximum of each cell of some levels, from samples in any blocks.

    Parameters
    ----------
    levels : sequence of Level
        All levels of a run, finest first.
    names : tuple of str
        Those that are kept.
    """

    def __init__(self, levels: list[Level], names: tuple[str, ...]) -> None:
        last = max((i for i, level in enumerate(levels) if level.name in names), default=-1)
        self._levels = levels[: last + 1]
        self._names = names
        self._left: list[Cells | None] = [None] * len(self._levels)
        self._kept: dict[str, list[F64]] = {name: [] for name in names}

    def add(self, samples: NDArray) -> None:
        """Take in the samples that follow."""
        if len(samples):
            self._pass_on(Cells.of_samples(samples), 0, end=False)

    def state(self) -> dict[str, Any]:
        """Return what it remembers, as plain data."""
        kept = {name: np.concatenate(parts, axis=1) for name, parts in self._kept.items() if parts}
        return {"left": list(self._left), "kept": kept}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take what ``state`` returned."""
        self._left = state["left"]
        self._kept = {
            name: [state["kept"][name]] if name in state["kept"] else [] for name in self._names
        }

    def finish(self) -> dict[str, F64]:
        """Return an array (min, mean, max) by cell for each level that is kept."""
        self._pass_on(None, 0, end=True)
        return {name: np.concatenate(parts, axis=1) for name, parts in self._kept.items()}

    def _pass_on(self, cells: Cells | None, number: int, *, end: bool) -> None:
        """Reduce finer cells to the whole cells of a level; at the end, to the last one too."""
        if number == len(self._levels):
            return
        level = self._levels[number]
        ratio = level.cell // (level.source.cell if level.source else 1)
        waiting = [part for part in (self._left[number], cells) if part is not None]
        joined = _joined(waiting) if waiting else None
        self._left[number] = None
        found = None
        if joined is not None:
            count = len(joined.weight)
            whole = count if end else count // ratio * ratio
            if whole < count:
                self._left[number] = _cut(joined, whole, count)
            if whole:
                found = _cut(joined, 0, whole).reduced(ratio)
                if level.name in self._names:
                    self._kept[level.name].append(np.stack([found.min, found.mean, found.max]))
        if found is not None or end:
            self._pass_on(found, number + 1, end=end)


def _joined(parts: list[Cells]) -> Cells:
    if len(parts) == 1:
        return parts[0]
    fields: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("min", "mean", "max", "weight")
    }
    return Cells(**fields)


def _cut(cells: Cells, first: int, stop: int) -> Cells:
    part = slice(first, stop)
    return Cells(cells.min[part], cells.mean[part], cells.max[part], cells.weight[part])


def levels_of(layout: StoreLayout, names: tuple[str, ...]) -> list[Level]:
    """Return those levels of a run that are kept."""
    return [level for level in layout.levels() if level.name in names]


def _quanta(power_w: NDArray) -> NDArray[np.int64]:
    quanta: NDArray[np.int64] = np.rint(power_w * QUANTA_PER_W).astype(np.int64)
    return quanta
