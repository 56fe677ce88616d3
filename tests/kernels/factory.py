# SPDX-License-Identifier: Apache-2.0
"""Small jobs for the tests of the kernels, and their power from either engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from powermodel_kernels import build, parallel, schedule
from powermodel_kernels.build import Layout, Phase, Response
from powermodel_kernels.constants import BARRIER_JOB
from powermodel_kernels.fleet import job as job_module
from powermodel_kernels.fleet.job import JobFleet, NoiseLevel
from powermodel_kernels.schedule import Epoch, Schedule
from powermodel_kernels.tables import Fleet, Lanes, Place, Programs

MS = 1_000_000
"""Ticks of a millisecond."""
S = 1000 * MS

IDLE_W = 90.0
INSTANT = Response(0.0, 0.0)
EDGES = Response(0.002, 0.020, overshoot=0.1, overshoot_time_s=0.015)


@dataclass(frozen=True)
class Job:
    """What a test varies, beside the tables that were built from it."""

    response: Response
    programs: Programs
    fleet: Fleet
    lanes: Lanes
    schedule: Schedule
    noise: NoiseLevel

    def opened(self, engine: str = "events", workers: int = 2) -> JobFleet:
        return JobFleet(
            self.programs, self.fleet, self.lanes, self.schedule, self.noise, engine, workers
        )


@dataclass(frozen=True)
class Spread:
    """What distinguishes accelerators."""

    rating_sigma: float = 0.0
    straggler_share: float = 0.0
    slowdown: float = 0.0
    host_size: int = 1


def job(
    *sections: Sequence[Phase],
    layout: Layout,
    response: Response = INSTANT,
    spread: Spread | None = None,
    epochs: Sequence[Epoch] = (Epoch(0, (), True),),
    extras: tuple[tuple[int, int], ...] = (),
    pipelined: bool = False,
    noise: NoiseLevel | None = None,
    seed: int = 0,
) -> Job:
    """Return a job whose first section is its iteration."""
    spread = spread or Spread()
    programs = build.programs(
        sections,
        pipelined=[pipelined] + [False] * (len(sections) - 1),
        max_slowness=1.0 + spread.slowdown,
    )
    fleet = build.fleet(layout, response, idle_w=IDLE_W, largest_w=4000.0, seed=seed)
    lanes = build.lanes(
        fleet,
        rating_sigma=spread.rating_sigma,
        straggler_share=spread.straggler_share,
        slowdown=spread.slowdown,
        host_size=spread.host_size,
    )
    order = Schedule(tuple(epochs), 0, extras)
    return Job(response, programs, fleet, lanes, order, noise or NoiseLevel())


def phase(mean_ms: float, level_w: float, **more: object) -> Phase:
    """Return a phase that by default ends at a job barrier, waiting at 300 W."""
    values: dict[str, object] = {"waiting_w": 300.0, "barrier": BARRIER_JOB} | more
    return Phase(round(mean_ms * MS), level_w, **values)  # type: ignore[arg-type]


def place(lanes: int, per_rack: int, first_rack: int = 0, racks: int | None = None) -> Place:
    """Return the place of some racks of a job that fills racks from its first lane on."""
    first = first_rack * per_rack
    stop = lanes if racks is None else min(lanes, first + racks * per_rack)
    return Place(first, stop, per_rack, first_rack)


def rack_power(
    made: Job,
    engine: str = "events",
    *,
    begin: int = 0,
    dt: int = MS,
    samples: int = 1000,
    per_rack: int = 8,
    workers: int = 2,
) -> NDArray[np.int64]:
    """Return the power of all racks, (racks, samples) quanta, over one stretch of time."""
    opened = made.opened(engine, workers)
    opened.open_tile(begin, dt, samples)
    return opened.rack_power(place(made.fleet.lanes, per_rack)).astype(np.int64)


@contextmanager
def interpreted() -> Iterator[None]:
    """Let the drivers run as plain Python, their own oracle, instead of compiled."""

    def plain(function: Callable[..., Any]) -> Callable[..., Any]:
        return function

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(job_module, "cpu", plain)
        patch.setattr(schedule, "cpu", plain)
        patch.setattr(parallel, "cpu", plain)
        yield
