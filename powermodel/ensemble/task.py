# SPDX-License-Identifier: Apache-2.0
"""What a worker is told to do: a window of the racks of a load, or the runs of some loads."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from powermodel.ensemble.errors import WorkerError
from powermodel.ensemble.grid import Grid, Place
from powermodel.ensemble.layout import StudyLayout, load_scenario
from powermodel.ensemble.loads import LoadBlocks, Window, WindowFiles, blocks_in_step
from powermodel.ensemble.runs import Run
from powermodel.ensemble.store import StudyFiles, stored_attributes
from powermodel.planning import RACKS_AT_ONCE, Plan, plan
from powermodel.planning.cost import core_seconds_of
from powermodel.provenance import PACKAGES, package_version
from powermodel.simulation.cuda import loads_at_once
from powermodel.simulation.handed import racks_remember
from powermodel.store.trouble import explained

_WINDOW_S = 5.0
"""Expected work of one core below which a load is not cut: a worker computes it whole."""
_WINDOWS_PER_WORKER = 2
LOADS_AT_ONCE = 64
"""Loads that a GPU computes together at most."""
_RUNS_AT_ONCE = 256
"""Runs that go on together at most, where several loads do: each holds some MiB."""


@dataclass(frozen=True, slots=True)
class Task:
    """A piece of work: data only.

    Parameters
    ----------
    store : str
        Address of the store, which every worker reaches under it.
    load : Place
        The first run of the study with the (first) load of this task: its name.
    places : tuple of Place
        The runs to compute, those that share a load one after the other; none where only a window
        of the load is.
    versions : dict of str to str
        Of the packages that can change a result.
    window : Window, optional
        What to compute of the racks.
    parts : int
        Into how many shares of racks the windows of the load were cut; 0 where there are none.
    gpu : int, optional
        Number of the GPU, as the worker sees it, that computes racks and storage.
    """

    store: str
    load: Place
    places: tuple[Place, ...]
    versions: dict[str, str]
    window: Window | None = None
    parts: int = 0
    gpu: int | None = None

    @property
    def is_part(self) -> bool:
        """Whether it is a window of a load, or waits for the windows of one."""
        return self.window is not None or self.parts > 0


def joined(several: Sequence[Task]) -> Task:
    """Return one task that does what several do, none of which is a part of a load."""
    places = itertools.chain.from_iterable(task.places for task in several)
    return replace(several[0], places=tuple(places))


def versions() -> dict[str, str]:
    """Return the versions of what computes here."""
    return {name: package_version(name) for name in PACKAGES}


def tasks(
    store: str, grid: Grid, pending: Iterable[Place], workers: int, gpu: int | None = None
) -> list[Task]:
    """Cut runs into tasks: one for each load, or more where workers would stand idle.

    A large load is first cut into windows of time, then also of racks; its runs follow them. On
    GPUs a load is whole: one of them computes it faster than the windows are handed on. Loads there
    that differ in their seed alone are one task, as many as each GPU gets of all loads. No result
    depends on any of it.
    """
    groups: dict[Any, list[Place]] = {}
    for place in pending:
        groups.setdefault(grid.load_key(place), []).append(place)
    if not groups:
        return []
    firsts: dict[Any, Place] = {}
    for place in grid.places():
        firsts.setdefault(grid.load_key(place), place)
    idle = -(-workers // len(groups))
    found: list[Task] = []
    here = versions()
    if gpu is not None and idle == 1:
        each = min(LOADS_AT_ONCE, -(-len(groups) // workers))
        for alike in _apart_from_seeds(groups).values():
            for at in range(0, len(alike), each):
                keys = alike[at : at + each]
                places = tuple(itertools.chain.from_iterable(groups[key] for key in keys))
                found.append(Task(store, firsts[keys[0]], places, here, gpu=gpu))
        return found
    for key, group in groups.items():
        load, windows = firsts[key], [] if gpu is not None else windows_of(grid, group[0], idle)
        found += [Task(store, load, (), here, window) for window in windows]
        parts = windows[0].share[1] if windows else 0
        for part in range(min(idle, len(group))):
            found.append(Task(store, load, tuple(group[part::idle]), here, None, parts, gpu))
    return found


def _apart_from_seeds(keys: Iterable[tuple[Any, int]]) -> dict[Any, list[Any]]:
    """Return the keys of loads, see `Grid.load_key`, those that differ in their seed together."""
    found: dict[Any, list[Any]] = {}
    for key in keys:
        found.setdefault(key[0], []).append(key)
    return found


def windows_of(grid: Grid, place: Place, workers: int) -> list[Window]:
    """Cut a load into windows for so many workers; none where it is small, or has to be whole."""
    if workers == 1:
        return []
    planned = plan(load_scenario(grid.scenario_at(place)))
    work_s = core_seconds_of(planned.scenario, planned.racks, planned.samples, planned.events)
    if racks_remember(planned) or work_s < 2 * _WINDOW_S:
        return []
    return cut(planned, min(_WINDOWS_PER_WORKER * workers, math.floor(work_s / _WINDOW_S)))


def cut(planned: Plan, wanted: int) -> list[Window]:
    """Cut the racks of a run into about so many windows: whole blocks first, then racks too."""
    times = min(wanted, planned.blocks)
    batches = sum(-(-place.racks // RACKS_AT_ONCE) for place in planned.scenario.placements)
    parts = min(max(1, wanted // times), batches)
    edges = [round(number * planned.blocks / times) for number in range(times + 1)]
    return [
        Window((begin, end), (part, parts))
        for begin, end in itertools.pairwise(edges)
        for part in range(parts)
    ]


def perform(task: Task) -> tuple[Place, ...]:
    """Compute a task and write it; again, it computes what is not recorded, to the same bytes.

    Raises
    ------
    PowermodelError
        If a run does not hold together, the disk refuses, or this is other software.
    """
    _check_versions(task)
    at, attributes = stored_attributes(task.store)
    layout = StudyLayout.stored(attributes)
    if task.window is not None:
        planned = plan(load_scenario(layout.grid.scenario_at(task.load)))
        with explained(at.address, "write a window"):
            WindowFiles(at, task.load).write(planned, task.window)
        return ()
    files = StudyFiles(at, layout)
    # Whoever had this task before may have got far.
    left = [place for place in task.places if not files.recorded(place)]
    for loads in _together(task, layout.grid, left):
        _compute(task, layout, files, loads)
    return task.places


def _together(task: Task, grid: Grid, places: list[Place]) -> Iterator[list[list[Place]]]:
    """Yield the runs of loads that go on together, load by load."""
    groups: dict[Any, list[Place]] = {}
    for place in places:
        groups.setdefault(grid.load_key(place), []).append(place)
    if task.gpu is None:
        for group in groups.values():
            yield [group]
        return
    for keys in _apart_from_seeds(groups).values():
        alike = [groups[key] for key in keys]
        planned = plan(load_scenario(grid.scenario_at(alike[0][0])))
        most = min(len(alike), LOADS_AT_ONCE, max(1, _RUNS_AT_ONCE // len(alike[0])))
        count = loads_at_once(planned, task.gpu, most)
        for first in range(0, len(alike), count):
            yield alike[first : first + count]


class _Load(NamedTuple):
    """A load and its runs."""

    blocks: LoadBlocks
    runs: list[Run]


def _compute(task: Task, layout: StudyLayout, files: StudyFiles, loads: list[list[Place]]) -> None:
    """Compute the runs of loads: together those that go on with the same block."""
    windows = WindowFiles(files.files, task.load) if task.parts else None
    by_begin: dict[int, list[_Load]] = {}
    for places in loads:
        runs = [Run(layout, place, files, task.gpu) for place in places]
        planned = plan(load_scenario(runs[0].scenario))
        load = _Load(LoadBlocks(planned, windows, task.parts, task.gpu), runs)
        by_begin.setdefault(_resumed(*load), []).append(load)
    for begin, together in by_begin.items():
        _in_step(together, begin, task.gpu)


def _in_step(loads: list[_Load], begin: int, gpu: int | None) -> None:
    """Take loads and their runs through all blocks from one on."""
    if gpu is not None:
        _share(loads, gpu)
    for block, found in blocks_in_step([load.blocks for load in loads], begin):
        for load, series in zip(loads, found, strict=True):
            for run in _reached(load, block):
                run.hand(load.blocks.spans[block][0], series)
        for load, series in zip(loads, found, strict=True):
            for run in _reached(load, block):
                run.take(load.blocks.spans[block][0], series)
                if run.saves_after(block, len(load.blocks.spans)):
                    run.save(block, load.blocks.state())
    for load in loads:
        for run in load.runs:
            run.finish()


def _reached(load: _Load, block: int) -> list[Run]:
    """Return the runs that have not been through a block before they were cut off."""
    return [run for run in load.runs if block >= run.begin]


def _share(loads: list[_Load], gpu: int) -> None:
    """Let loads share launches, and so the storage of runs that go on with the same block."""
    # Here, not above: the CUDA compiler is loaded for those alone who ask for a GPU.
    from powermodel.simulation.cuda_together import share_loads, share_storage

    share_loads([load.blocks.site for load in loads])
    for begin in {run.begin for load in loads for run in load.runs}:
        sites = [[run.site for run in load.runs if run.begin == begin] for load in loads]
        share_storage([of_load for of_load in sites if of_load], gpu)


def _resumed(load: LoadBlocks, runs: list[Run]) -> int:
    """Let every run go on from its newest state; return the block that the load goes on with."""
    states = [run.resume() for run in runs]
    earliest = min(range(len(runs)), key=lambda number: runs[number].begin)
    begin = runs[earliest].begin
    if begin:
        load.restore(states[earliest])
    return begin


def _check_versions(task: Task) -> None:
    here = versions()
    other = [name for name in PACKAGES if here[name] != task.versions[name]]
    if other:
        name = other[0]
        raise WorkerError(
            f"a worker has {name} {here[name]}, the study was started with {task.versions[name]}",
            hint="install the same packages for all workers",
        )
