# SPDX-License-Identifier: Apache-2.0
"""Run a study into a store: begin it, go on with it, add to it."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

from powermodel.ensemble import store
from powermodel.ensemble.dims import Dim
from powermodel.ensemble.gpus import placement
from powermodel.ensemble.grid import Grid, Place
from powermodel.ensemble.idle import turns_off
from powermodel.ensemble.layout import StudyLayout
from powermodel.ensemble.loads import WINDOWS
from powermodel.ensemble.runs import STATES
from powermodel.ensemble.spread import cores, perform_all
from powermodel.ensemble.study import Study
from powermodel.ensemble.task import tasks
from powermodel.errors import StoreError
from powermodel.simulation.storage import storage_stage
from powermodel.simulation.supply import supply_stage
from powermodel.store.files import Files
from powermodel.store.target import files_at
from powermodel.store.trouble import explained

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StudyProgress:
    """How far a study is."""

    done: int
    """Runs that are whole in the store."""
    runs: int
    elapsed_s: float
    """Wall-clock time of this call, s."""
    restored: int
    """Runs that were there when the study was gone on with."""


def run_study(
    study: Study | str | os.PathLike[str],
    to: str | os.PathLike[str],
    *,
    workers: int | None = None,
    device: str = "cpu",
    scheduler: str | None = None,
    dashboard: bool = False,
    resume: bool = False,
    overwrite: bool = False,
    progress: Callable[[StudyProgress], None] | None = None,
) -> None:
    """Compute all runs of a study that its store does not have yet.

    Parameters
    ----------
    study : Study, path or name
        What to run; a file or the name of a shipped study is loaded.
    to : path-like
        The store: a folder, or an address such as ``s3://bucket/study.zarr``, which every worker
        reaches under this path.
    workers : int, optional
        Processes; default all cores. 1 is this process. No result depends on it.
    device : str
        ``"cpu"``, ``"cuda"`` for one worker on each GPU of this machine, or ``"cuda:N"``. No
        result depends on it.
    scheduler : str, optional
        Address of a running Dask scheduler, whose workers are used instead.
    dashboard : bool
        Serve Dask's dashboard on the loopback interface.
    resume : bool
        Go on with the store at `to`: what is whole stays, and values and seeds that the study has
        now and the store has not are added.
    overwrite : bool
        Replace the store at `to`.
    progress : callable, optional
        Called at the start and after every task.

    Raises
    ------
    PowermodelError
        With what was expected, what came and what to do.
    """
    began = time.monotonic()
    if not isinstance(study, Study):
        study = Study.load(study)
    layout = StudyLayout(study, Grid.of(study))
    check_values(layout.grid)
    target = files_at(to, shared=True)
    if target.address.startswith("memory://"):
        workers = _alone(workers, scheduler, target.address)
    on = placement(device, workers, scheduler, cores())
    with ExitStack() as stack:
        stack.callback(target.lock().release)
        layout = _opened(target, layout, resume, overwrite)
        files = store.StudyFiles(target, layout)
        pending = _pending(files, layout, resume)
        done = restored = layout.grid.runs - len(pending)
        stands_for = layout.grid.distinct(pending)

        def tell() -> None:
            if progress is not None:
                elapsed_s = time.monotonic() - began
                progress(StudyProgress(done, layout.grid.runs, elapsed_s, restored))

        tell()
        work = tasks(target.address, layout.grid, stands_for, on.workers, on.gpu)
        spread = perform_all(
            work, workers=min(on.workers, len(work)), scheduler=scheduler, dashboard=dashboard,
            gpus=on.gpu is not None and on.workers > 1,
        )  # fmt: skip
        for places in spread if work else ():
            done += sum(stands_for[place] for place in places)
            tell()
        with explained(target.address, "tidy the store"):
            for folder in (STATES, WINDOWS):
                target.remove_tree(folder)


def _alone(workers: int | None, scheduler: str | None, where: str) -> int:
    """Refuse other processes where the store is in the memory of this one."""
    if scheduler is not None or workers not in (None, 1):
        raise StoreError(
            "a store in memory is that of one process", where=where, hint="use one worker"
        )
    return 1


def _opened(files: Files, layout: StudyLayout, resume: bool, overwrite: bool) -> StudyLayout:
    """Make the store or add to it, and return its layout."""
    if not resume:
        store.create(files, layout, overwrite=overwrite)
        return layout
    _, attributes = store.stored_attributes(files.address)
    grown = layout.extending(attributes, files.address)
    with explained(files.address, "go on with the store"):
        files.remove_unfinished()
        store.put_description(files, grown)
    return grown


def _pending(files: store.StudyFiles, layout: StudyLayout, resume: bool) -> list[Place]:
    """Return the runs to compute; on a resume, after every file was compared with its checksum."""
    if not resume:
        return list(layout.grid.places())
    damaged = files.damaged()
    for place, path in damaged:
        _log.warning("%s of run %s is damaged and will be computed again", path, place)
    files.forget({place for place, _ in damaged})
    return files.missing()


def _first_with_all(dim: Dim) -> int:
    """Return the first place of a dimension that leaves every part of the scenario there, or 0."""
    return next((n for n in range(dim.size) if not turns_off(dim.changes(n))), 0)


def check_values(grid: Grid) -> None:
    """Refuse a study of which a value cannot stand in the scenario, before anything is computed.

    Each value is tried once, with the first of all others that leaves every part there; runs check
    the rest.
    """
    origin: Place = (*map(_first_with_all, grid.dims), 0)
    tried = {origin}
    for number, dim in enumerate(grid.dims):
        for index in range(dim.size):
            tried.add((*origin[:number], index, *origin[number + 1 :]))
    for place in sorted(tried):
        scenario = grid.scenario_at(place)
        if scenario.storage is not None:
            storage_stage(scenario.storage, scenario.time.dt, scenario.seed)
        supply_stage(scenario, scenario.time.dt)
