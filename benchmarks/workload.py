# SPDX-License-Identifier: Apache-2.0
"""The fleet that the benchmarks run: GB200 racks in one job of four phases and two barriers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from powermodel.scenario import Scenario
from powermodel.scenario.hardware import RackSpec
from powermodel_kernels import build
from powermodel_kernels.bind import cpu
from powermodel_kernels.constants import BARRIER_JOB, BARRIER_NONE, LOGNORMAL, TICKS_PER_S
from powermodel_kernels.fleet.job import JobFleet, NoiseLevel
from powermodel_kernels.fleet.walk import walk_lanes
from powermodel_kernels.schedule import Epoch, Schedule, Timeline
from powermodel_kernels.tables import I32, Fleet, Lanes, Place, Programs

RACKS = 2_778
"""Racks of 72 accelerators: 200,016."""
ITERATION_S = 2.5
QUIET = NoiseLevel()
NOISE = NoiseLevel(sigma=0.02, rho=0.1, correlation_time_s=0.05)
"""As in the shipped scenarios."""

# Share of the iteration, power and waiting power per TDP, spread, and who waits at the end.
_PHASES = (
    (0.24, 0.92, 0.0, 0.03, BARRIER_NONE),
    (0.48, 0.92, 0.35, 0.05, BARRIER_JOB),
    (0.24, 0.30, 0.30, 0.02, BARRIER_JOB),
    (0.04, 0.80, 0.0, 0.02, BARRIER_NONE),
)
# Racks whose power is held at once where it is not kept.
_BATCH = 256


@cache
def gb200_rack() -> RackSpec:
    """Return the rack of the first phase of Colossus 2."""
    return Scenario.load("colossus2-phase1").site.halls[0].rack_record


@dataclass(frozen=True)
class Workload:
    """One job that fills racks, and the stretch of time to compute.

    Parameters
    ----------
    accelerators : int
        Of the job; the last rack may be filled in part.
    seconds, dt_s : float
        Stretch of time from the beginning of the run, and the step.
    rounds : int
        How often the four phases come in an iteration: 1 gives six events, 2 gives twelve, …
    noise : NoiseLevel
        Fluctuation about the level.
    """

    accelerators: int = RACKS * 72
    seconds: float = 10.0
    dt_s: float = 0.001
    rounds: int = 1
    noise: NoiseLevel = QUIET

    @property
    def per_rack(self) -> int:
        """Accelerators of a full rack."""
        return gb200_rack().accelerators

    @property
    def racks(self) -> int:
        """Racks, the last perhaps filled in part."""
        return -(-self.accelerators // self.per_rack)

    @property
    def samples(self) -> int:
        """Samples of the stretch."""
        return round(self.seconds / self.dt_s)

    @property
    def accelerator_steps(self) -> int:
        """What a model without events would walk through."""
        return self.accelerators * self.samples

    @property
    def title(self) -> str:
        """Size in words."""
        return (
            f"{self.racks:,} racks x {self.per_rack}, four phases, two barriers, "
            f"{self.seconds:g} s at {self.dt_s * 1e3:g} ms"
        )

    @cached_property
    def tables(self) -> tuple[Programs, Fleet, Lanes, Schedule]:
        """The flat tables, which a run builds once."""
        spec = gb200_rack().accelerator
        iteration_ticks = ITERATION_S * TICKS_PER_S / self.rounds
        phases = [
            build.Phase(
                round(share * iteration_ticks), level * spec.tdp_w, waiting * spec.tdp_w,
                LOGNORMAL, sigma, 0.0, barrier,
            )
            for share, level, waiting, sigma, barrier in _PHASES
        ]  # fmt: skip
        response = build.Response(
            spec.rise_time_s, spec.fall_time_s, spec.overshoot, spec.overshoot_time_s
        )
        fleet = build.fleet(
            build.Layout(self.accelerators, unit=BARRIER_NONE),
            response,
            idle_w=spec.idle_w,
            largest_w=2.0 * spec.electrical_maximum_w,
            seed=7,
        )
        lanes = build.lanes(fleet, rating_sigma=spec.rating_spread)
        schedule = Schedule((Epoch(0, (), True),), 0)
        return build.programs([phases * self.rounds]), fleet, lanes, schedule

    def opened(self, engine: str, threads: int, kind: type[JobFleet] = JobFleet) -> JobFleet:
        """Return the job with its timeline run through the stretch of time."""
        job = kind(*self.tables, self.noise, engine, threads)
        job.open_tile(0, round(self.dt_s * TICKS_PER_S), self.samples)
        return job

    def whole(self) -> Place:
        """Return all racks."""
        return Place(0, self.accelerators, self.per_rack, 0)

    def batches(self) -> Iterator[Place]:
        """Yield the racks a few at a time."""
        for rack in range(0, self.racks, _BATCH):
            stop = min((rack + _BATCH) * self.per_rack, self.accelerators)
            yield Place(rack * self.per_rack, stop, self.per_rack, rack)

    def rack_power(self, engine: str, threads: int) -> I32:
        """Return the power of every rack, (racks, samples) quanta, timeline pass included."""
        return self.opened(engine, threads).rack_power(self.whole())

    @cached_property
    def counts(self) -> tuple[int, int]:
        """Events of all accelerators within the stretch of time, and those that change a target.

        An event is the begin of a phase, an arrival at a barrier or its opening; one that sets the
        level that is there already changes nothing.
        """
        programs, fleet, lanes, schedule = self.tables
        stop = round(self.seconds * TICKS_PER_S)
        slots = Timeline(programs, fleet, lanes, schedule, 1).slots(0, stop)
        rows = int((2 * np.diff(programs.first)[slots.program] + 2).sum()) + 1
        level, end = np.empty(rows, np.int32), np.empty(rows, np.int64)
        events = changes = 0
        for place in self.batches():
            when = np.empty((rows, place.stop_lane - place.first_lane), np.int64)
            n = cpu(walk_lanes)(programs, fleet, lanes, slots, place.first_lane, when, level, end)
            happen = (when[:n] < stop).sum(axis=1)
            events += int(happen.sum())
            changes += int(happen[np.diff(level[:n], prepend=np.int32(fleet.idle)) != 0].sum())
        return events, changes

    def events(self) -> int:
        """Count the events of all accelerators within the stretch of time."""
        return self.counts[0]

    def changes(self) -> int:
        """Count those of the events that change a target."""
        return self.counts[1]
