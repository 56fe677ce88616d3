# SPDX-License-Identifier: Apache-2.0
"""The situations that a planner asks for: where a run holds them, and sags it is taken through.

Steady, checkpoint, start, crash and restart are windows of the run; sag and repeated sags are
worked out from its scenario, from the power of its strongest phases. What a run does not hold is
said, with what would hold it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from powermodel.exporters import Check
from powermodel.exporters.columns import read_columns, write_columns
from powermodel.indicators.series import TimeGrid
from powermodel.report.page.series import PageSeries
from powermodel.simulation.ridethrough import (
    STEP_S,
    Question,
    Ride,
    counting_share_of,
    ride,
    sags_of,
)
from powermodel_kernels.constants import QUANTA_PER_W

if TYPE_CHECKING:
    from powermodel.scenario import Scenario
    from powermodel.scenario.jobs import Job
    from powermodel.scenario.program import Program

FOLDER = "scenarios"
EVENT = "n-virginia-2024-07-10"
"""Its first sag alone is the sag, all of them are the repeated sags."""
COLUMNS = ("scenario", "kind", "file", "begin_s", "end_s", "why")

_BEFORE_S, _STEADY_S, _SHORTEST_S = 5.0, 60.0, 2.0
_ITERATIONS = 2.0
_CUT, _COMPUTED, _ABSENT = "cut from the run", "computed from its scenario", "not in this run"
_RIDE_S = 120.0


@dataclass(frozen=True, slots=True)
class Scene:
    """One situation.

    Parameters
    ----------
    name : str
        Such as ``"crash"``.
    begin_s, end_s : float, optional
        Where it is in the run; None where the run does not hold it.
    why : str
        What happens there, or what is missing and how to get it.
    """

    name: str
    begin_s: float | None
    end_s: float | None
    why: str


def scenes_of(scenario: Scenario | None, begin_s: float, end_s: float) -> list[Scene]:
    """Return where a run holds steady, checkpoint, start, crash and restart.

    Parameters
    ----------
    scenario : Scenario, optional
        Of the run; without it only that nothing is known.
    begin_s, end_s : float
        Of the record.
    """
    if scenario is None:
        why = "the scenario of the run cannot be read"
        names = ("steady", "checkpoint", "start", "crash", "restart")
        return [Scene(name, None, None, why) for name in names]
    found = [
        _first(name, [part for job in scenario.jobs for part in find(job)], begin_s, end_s, missing)
        for name, find, missing in (
            ("checkpoint", _checkpoints, "give the program a checkpoint, and run past it"),
            ("start", _starts, "let a job begin inside the run: jobs.0.begins"),
            ("crash", _crashes, "schedule a failure: jobs.0.failures.scheduled"),
            ("restart", _restarts, "give the program a restart, and schedule a failure"),
        )
    ]
    return [_steady(found, begin_s, end_s), *found]


def write_scenes(
    powers: tuple[PageSeries, ...], scenario: Scenario | None, folder: Path
) -> tuple[list[Check], list[dict[str, Any]]]:
    """Write a file for every situation that there is, and read each back.

    Parameters
    ----------
    powers : tuple of PageSeries
        Load and POI, of one time axis.
    scenario : Scenario, optional
        Of the run.
    folder : Path
        Of the package.

    Returns
    -------
    tuple
        The checks, and rows with the columns `COLUMNS`.
    """
    target = folder / FOLDER
    target.mkdir()
    grid = powers[0].grid
    end_s = grid.begin_s + grid.samples * grid.dt_s
    checks, rows = [], []
    for scene in scenes_of(scenario, grid.begin_s, end_s):
        row: dict[str, Any] = {"scenario": scene.name, "kind": _ABSENT, "why": scene.why}
        if scene.begin_s is not None and scene.end_s is not None:
            path = target / f"{scene.name}.csv"
            checks.append(_cut(powers, grid, scene.begin_s, scene.end_s, path))
            row |= {"kind": _CUT, "file": f"{FOLDER}/{path.name}"}
            row |= {"begin_s": scene.begin_s, "end_s": scene.end_s}
        rows.append(row)
    for name, count in (("sag", 1), ("repeated-sags", None)):
        if scenario is None:
            rows.append({"scenario": name, "kind": _ABSENT, "why": "no scenario can be read"})
            continue
        found = _ride(scenario, count)
        path = target / f"{name}.csv"
        checks.append(_write_ride(found, path))
        row = {"scenario": name, "kind": _COMPUTED, "file": f"{FOLDER}/{path.name}"}
        why = f"{EVENT}, sags 1 to {len(found.question.sags)}; event {found.verdict}"
        rows.append(row | {"begin_s": 0.0, "end_s": found.question.duration_s, "why": why})
    return checks, [{name: row.get(name) for name in COLUMNS} for row in rows]


def _first(
    name: str, windows: list[tuple[float, float, str]], begin_s: float, end_s: float, missing: str
) -> Scene:
    """Return the first window that lies whole inside the record."""
    for start, stop, why in sorted(windows):
        start, stop = max(start, begin_s), min(stop, end_s)
        if stop - start >= _SHORTEST_S and start < end_s:
            return Scene(name, start, stop, why)
    return Scene(name, None, None, f"nothing of the kind lies inside the record: {missing}")


def _steady(events: list[Scene], begin_s: float, end_s: float) -> Scene:
    """Return the middle of the longest stretch without an event."""
    edges = sorted((e.begin_s, e.end_s) for e in events if e.begin_s is not None and e.end_s)
    stretches, last = [], begin_s
    for start, stop in edges:
        stretches.append((last, start))
        last = max(last, stop)
    stretches.append((last, end_s))
    start, stop = max(stretches, key=lambda one: one[1] - one[0])
    spare = max(stop - start - _STEADY_S, 0.0)
    if stop - start < _SHORTEST_S:
        return Scene("steady", None, None, "events fill the record: run for longer")
    why = "middle of the longest stretch without checkpoint, start, crash and restart above"
    return Scene("steady", start + spare / 2, stop - spare / 2, why)


def _after_s(program: Program) -> float:
    return _ITERATIONS * program.iteration.mean_duration


def _starts(job: Job) -> Iterator[tuple[float, float, str]]:
    if job.program is None:
        return
    start_s = job.program.start.mean_duration if job.program.start else 0.0
    stop = job.begins + start_s + _after_s(job.program)
    yield job.begins - _BEFORE_S, stop, f"job {job.name} begins at {job.begins:g} s"


def _crashes(job: Job) -> Iterator[tuple[float, float, str]]:
    for at_s in job.failures.scheduled if job.failures else ():
        yield at_s - _BEFORE_S, at_s + _BEFORE_S, f"job {job.name} fails at {at_s:g} s"


def _restarts(job: Job) -> Iterator[tuple[float, float, str]]:
    program = job.program
    if program is None or program.restart is None:
        return
    for at_s in job.failures.scheduled if job.failures else ():
        stop = at_s + program.restart.mean_duration + _after_s(program)
        yield at_s, stop, f"job {job.name} restarts after its failure at {at_s:g} s"


def _checkpoints(job: Job) -> Iterator[tuple[float, float, str]]:
    """Yield when the first one is due by mean durations, which waiting at barriers delays."""
    program = job.program
    if program is None or program.checkpoint is None:
        return
    every, iteration_s = program.checkpoint.every, program.iteration.mean_duration
    count = max(1, round(every.value / iteration_s)) if every.unit == "s" else every.value
    due_s = job.begins + (program.start.mean_duration if program.start else 0.0)
    due_s += count * iteration_s
    stop = due_s + program.checkpoint.mean_duration + 2 * _after_s(program)
    why = f"the first checkpoint of job {job.name} is due at about {due_s:.4g} s, by mean durations"
    yield due_s - _after_s(program), stop, why


def _cut(
    powers: tuple[PageSeries, ...], grid: TimeGrid, begin_s: float, end_s: float, path: Path
) -> Check:
    first = round((begin_s - grid.begin_s) / grid.dt_s)
    count = min(round((end_s - begin_s) / grid.dt_s), grid.samples - first)
    time_s = np.round(grid.begin_s + (first + np.arange(count)) * grid.dt_s, 9)
    columns = [time_s, *(np.asarray(item.part(first, count), np.float64) for item in powers)]
    head = ",".join(("time [s]", *(f"{item.path} [W]" for item in powers)))
    return _written(path, columns, head, f"{count} samples of the run")


def _ride(scenario: Scenario, count: int | None) -> Ride:
    sags = sags_of(EVENT)[:count]
    last = sags[-1]
    duration_s = float(np.ceil(last.start_s + last.duration_s)) + _RIDE_S
    return ride(scenario, Question(sags, counting_share_of(EVENT), duration_s=duration_s))


def _write_ride(found: Ride, path: Path) -> Check:
    series = found.series
    powers = [values / QUANTA_PER_W for values in (series.grid, series.store, series.unserved)]
    time_s = np.round(np.arange(found.voltage.size) * STEP_S, 9)
    columns = [time_s, found.voltage.astype(np.float64), *powers]
    head = "time [s],voltage [1],from the grid [W],from the stores [W],gone without [W]"
    return _written(path, columns, head, f"{time_s.size} steps through the sags")


def _written(path: Path, columns: list[np.ndarray], head: str, what: str) -> Check:
    back = read_columns(write_columns(path, columns, head=head + "\n"), skip=1)
    worst = max(float(np.abs(a - b).max()) for a, b in zip(back, columns, strict=True))
    return Check(f"{FOLDER}/{path.name}", what, worst, 0.0, "(any unit)")
