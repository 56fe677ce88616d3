# SPDX-License-Identifier: Apache-2.0
"""One task of a study: a load, computed once, through the storage of every run that shares it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from powermodel.ensemble.errors import WorkerError
from powermodel.ensemble.grid import Grid, Place
from powermodel.ensemble.layout import VALUE, StudyLayout, load_scenario
from powermodel.ensemble.measures import OverviewStream, RunMeasures
from powermodel.ensemble.store import StudyFiles, stored_attributes
from powermodel.planning import plan, whole_ticks
from powermodel.provenance import PACKAGES, package_version
from powermodel.scenario import Scenario
from powermodel.schema import PARTS
from powermodel.simulation.blocks import Site
from powermodel.simulation.storage import SiteStorage
from powermodel_kernels.constants import TILE_TICKS

Series = Mapping[str, NDArray]


@dataclass(frozen=True, slots=True)
class Task:
    """Runs that share one load, as a worker is told of them: data only.

    Parameters
    ----------
    store : str
        The store, which every worker reaches under this path.
    places : tuple of Place
        The runs.
    versions : dict of str to str
        Of the packages that can change a result.
    """

    store: str
    places: tuple[Place, ...]
    versions: dict[str, str]


def versions() -> dict[str, str]:
    """Return the versions of what computes here."""
    return {name: package_version(name) for name in PACKAGES}


def tasks(store: str, grid: Grid, pending: Iterable[Place], workers: int) -> list[Task]:
    """Cut runs into tasks: one for each load, or more where workers would stand idle.

    No result depends on it.
    """
    groups: dict[Any, list[Place]] = {}
    for place in pending:
        groups.setdefault(grid.load_key(place), []).append(place)
    parts = -(-workers // len(groups)) if groups else 1
    here = versions()
    return [
        Task(store, tuple(group[part::parts]), here)
        for group in groups.values()
        for part in range(min(parts, len(group)))
    ]


def perform(task: Task) -> tuple[Place, ...]:
    """Compute the runs of a task and write them; again, it writes the same bytes.

    Raises
    ------
    PowermodelError
        If a run does not hold together, the disk refuses, or this is other software.
    """
    here = versions()
    other = [name for name in PACKAGES if here[name] != task.versions[name]]
    if other:
        name = other[0]
        raise WorkerError(
            f"a worker has {name} {here[name]}, the study was started with {task.versions[name]}",
            hint="install the same packages for all workers",
        )
    at, attributes = stored_attributes(task.store)
    layout = StudyLayout.stored(attributes)
    files = StudyFiles(at, layout)
    runs = [_Run(layout, place) for place in task.places]
    for first, block in load_blocks(runs[0].scenario):
        for run in runs:
            run.take(first, block, files)
    for run in runs:
        run.finish(files)
    return task.places


def load_blocks(scenario: Scenario) -> Iterator[tuple[int, Series]]:
    """Yield the load before the storage, block by block, with the number of its first sample."""
    planned = plan(load_scenario(scenario))
    site = Site(planned, 1)
    step = whole_ticks(planned.scenario.time.block) // whole_ticks(planned.dt_s)
    for first in range(0, planned.samples, step):
        yield first, site.block(first, min(first + step, planned.samples))


class _Run:
    """One run while it is computed."""

    def __init__(self, layout: StudyLayout, place: Place) -> None:
        self.place = place
        self.scenario = layout.grid.scenario_at(place)
        dt_s = self.scenario.time.dt
        self._storage = SiteStorage(self.scenario, dt_s) if self.scenario.storage else None
        fast = self.scenario.storage is not None and self.scenario.storage.fast is not None
        self._parts = ("storage", "fast_storage") if fast else ("storage",)
        self._measures = RunMeasures(self.scenario, layout.study.measure)
        names = tuple(level.name for level in layout.levels)
        self._overview = OverviewStream(layout.run.levels(), names)
        self._levels = {level.name: f"{level.group}/poi_power" for level in layout.levels}
        self._series = layout.study.keep.series
        self._tile = TILE_TICKS // whole_ticks(dt_s)

    def take(self, first: int, load: Series, files: StudyFiles) -> None:
        """Take the storage through a block of the load, and measure what comes out."""
        found: dict[str, NDArray] = {**load, "load/power": load["poi/power"]}
        if self._storage is not None:
            found |= self._through_storage(first, load["poi/power"])
        self._measures.add(found)
        self._overview.add(found["poi/power"])
        for path in self._series:
            missing = np.full(len(load["poi/power"]), np.nan)
            files.put(path, self.place, found.get(path, missing), first)

    def _through_storage(self, first: int, load_w: NDArray) -> dict[str, NDArray]:
        assert self._storage is not None
        count = len(load_w)
        found: dict[str, NDArray] = {
            variable.path: np.empty(count, variable.dtype)
            for part in self._parts
            for variable in PARTS[part]
        }
        found["poi/power"] = np.empty(count)
        for start in range(0, count, self._tile):
            part = slice(start, min(start + self._tile, count))
            views = {path: values[part] for path, values in found.items()}
            views["poi/power"][:] = self._storage.tile(first + start, load_w[part], views)
        return found

    def finish(self, files: StudyFiles) -> None:
        """Write what is kept, and last the record that the run is whole."""
        for name, cells in self._overview.finish().items():
            files.put(self._levels[name], self.place, cells)
        values = [one.value for one in self._measures.indicators()]
        numbers = np.array([np.nan if value is None else value for value in values])
        files.put(VALUE, self.place, numbers)
        files.record(self.place)
