# SPDX-License-Identifier: Apache-2.0
"""What a study asks for before anything is computed: runs, loads, memory, disk, time."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from powermodel.ensemble.grid import Grid, Place
from powermodel.ensemble.horizon import kept_arrays, quantities
from powermodel.ensemble.idle import UNITS
from powermodel.ensemble.layout import StudyLayout, load_scenario
from powermodel.ensemble.run import check_values
from powermodel.ensemble.spread import cores
from powermodel.ensemble.study import Study
from powermodel.planning import plan
from powermodel.planning.cost import (
    S_PER_RUN,
    S_PER_STATE,
    S_TO_START_WORKER,
    core_seconds_of,
    measured_seconds_of,
    storage_seconds_of,
)

# A worker with its libraries and compiled code; a series of a block in the stages of a run.
_BASE_MEMORY = 315 * 2**20
_SERIES_AT_ONCE = 12
_BYTES_PER_SAMPLE = 4.0
_BYTES_PER_CELL = 3 * 7.0
_BYTES_PER_FILE = 400
# What a run keeps of events and counts: while it goes on, and while it is written.
_KEPT_AT_ONCE = 3


@dataclass(frozen=True, slots=True)
class StudyPlan:
    """A checked study with its size and expected cost."""

    name: str
    scenario: str
    dims: tuple[tuple[str, int], ...]
    """Name and size of each axis, the seeds last."""
    runs: int
    computed: int
    """Runs that are computed: the results of one stand at all places with its scenario."""
    loads: int
    """Loads that are computed: runs that differ in their storage alone share one."""
    workers: int
    memory_bytes: int
    """Of each worker, expected peak."""
    disk_bytes: int
    seconds: float
    """Expected time with these workers on a machine of their own."""
    warnings: tuple[str, ...] = ()

    def rows(self) -> list[tuple[str, str]]:
        """Return the plan as rows of a table."""
        sizes = " × ".join(f"{size:,} {name}" for name, size in self.dims)
        return [
            ("study", self.name),
            ("scenario", self.scenario),
            ("runs", f"{self.runs:,}: {sizes}"),
            *([("computed", self._computed_words)] if self.computed < self.runs else []),
            ("loads", f"{self.loads:,}, each computed once for all storage that it meets"),
            ("workers", f"{self.workers}"),
            ("memory", f"about {_bytes(self.memory_bytes)} for each worker"),
            ("disk", f"about {_bytes(self.disk_bytes)}"),
            ("expected time", f"about {_time(self.seconds)}, an estimate"),
            *(("note", warning) for warning in self.warnings),
        ]

    @property
    def _computed_words(self) -> str:
        rest = self.runs - self.computed
        return f"{self.computed:,}; the scenario of {rest:,} more is that of one of them"


def plan_study(study: Study, workers: int | None = None) -> StudyPlan:
    """Work out what a study asks for, and refuse one that cannot run.

    Parameters
    ----------
    study : Study
        The study.
    workers : int, optional
        Processes; default all cores.

    Raises
    ------
    PowermodelError
        If a value cannot stand in the scenario.
    """
    grid = Grid.of(study)
    check_values(grid)
    layout = StudyLayout(study, grid)
    count = workers or cores()
    loads = {grid.load_key(place) for place in grid.places()}
    first = plan(load_scenario(grid.scenario_at((0,) * len(grid.shape))))
    load_s = core_seconds_of(first.scenario, first.racks, first.samples, first.events)
    block = layout.run.block_samples
    computed = grid.distinct(grid.places())
    units = _units(grid, computed)
    counted = len(quantities(study, first.dt_s)) if study.keep.exceedance else 0
    each_s = S_PER_RUN + measured_seconds_of(first.samples, counted)
    each_s += math.ceil(first.duration_s / study.keep.state - 1.0) * S_PER_STATE
    if units is not None:
        each_s += storage_seconds_of(units, first.samples)
    work_s = len(loads) * load_s + len(computed) * each_s
    cells = sum(level.n_cells for level in layout.levels)
    series = len(study.keep.series) * first.samples
    files = len(layout.data) + 1
    per_run = cells * _BYTES_PER_CELL + series * _BYTES_PER_SAMPLE + files * _BYTES_PER_FILE
    kept = sum(math.prod(one.tail) for one in kept_arrays(study, first.dt_s))
    per_run += kept * _BYTES_PER_SAMPLE
    together = -(-len(computed) // max(len(loads), count))
    memory = _BASE_MEMORY + _SERIES_AT_ONCE * block * 8
    memory += together * (cells * 24 + _KEPT_AT_ONCE * kept * 8)
    memory += first.accelerators * 8 * 17
    parallel = min(count, len(computed))
    return StudyPlan(
        name=study.name,
        scenario=grid.scenario.name,
        dims=(*((dim.name, dim.size) for dim in grid.dims), ("seeds", len(grid.seeds))),
        runs=grid.runs,
        computed=len(computed),
        loads=len(loads),
        workers=count,
        memory_bytes=memory,
        disk_bytes=round(grid.runs * per_run),
        seconds=S_TO_START_WORKER + work_s / parallel,
    )


def _units(grid: Grid, places: Iterable[Place]) -> float | None:
    """Return the mean number of storage units of runs; None where none has storage."""
    storage = grid.scenario.storage
    own = 0 if storage is None else storage.units
    found = [float(dict(grid.changes(place)).get(UNITS, own)) for place in places]
    return sum(found) / len(found) if any(found) else None


def _time(time_s: float) -> str:
    for unit, size in (("h", 3600.0), ("min", 60.0)):
        if time_s >= 2 * size:
            return f"{time_s / size:.3g} {unit}"
    return f"{time_s:.3g} s"


def _bytes(count: float) -> str:
    for unit, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count} B"
