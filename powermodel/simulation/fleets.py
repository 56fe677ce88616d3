# SPDX-License-Identifier: Apache-2.0
"""From the jobs of a scenario to the fleets that the kernels run."""

from __future__ import annotations

import math
from collections.abc import Callable

from powermodel.errors import PlanError
from powermodel.planning import largest_w, whole_ticks
from powermodel.scenario import Scenario, load_trace
from powermodel.scenario.arrivals import Standing
from powermodel.scenario.jobs import Job
from powermodel.scenario.program import Phase, Program, Section
from powermodel.scenario.smoothing import SmoothingSpec
from powermodel_kernels import build
from powermodel_kernels.constants import (
    BARRIER_GROUP,
    BARRIER_JOB,
    BARRIER_NONE,
    FIXED,
    LOGNORMAL,
    NEVER,
    UNIFORM,
)
from powermodel_kernels.fleet.failures import failure_times
from powermodel_kernels.fleet.job import JobFleet, NoiseLevel
from powermodel_kernels.fleet.replay import ReplayFleet, resampled
from powermodel_kernels.fleet.smoothing import Smoothing
from powermodel_kernels.schedule import Epoch, Schedule
from powermodel_kernels.tables import Fleet, Programs

_BARRIERS = {"none": BARRIER_NONE, "group": BARRIER_GROUP, "job": BARRIER_JOB}
_DISTRIBUTIONS = {"none": FIXED, "lognormal": LOGNORMAL, "uniform": UNIFORM}
# The idle program is one phase that outlasts every run.
_IDLE = 0


def fleet_of(
    scenario: Scenario, index: int, workers: int, kind: Callable[..., JobFleet] = JobFleet
) -> JobFleet | ReplayFleet:
    """Return the fleet of what stands in racks of its own.

    Parameters
    ----------
    scenario : Scenario
        Checked.
    index : int
        Its number in `Scenario.standing`.
    workers : int
        Parts into which kernels divide their work; no result depends on it.
    kind : callable
        Makes the fleet of a job with a program: on the CPU, or on a GPU.
    """
    standing = scenario.standing[index]
    job = scenario.jobs[standing.number]
    _check_racks(scenario, job)
    if job.program is None:
        return _replay(scenario, job, _fleet(scenario, index, BARRIER_NONE), workers)
    programs, fleet = tables_of(scenario, index)
    slow = job.stragglers
    return kind(
        programs=programs,
        fleet=fleet,
        lanes=build.lanes(
            fleet,
            rating_sigma=scenario.rating_spread_of(job),
            straggler_share=slow.share if slow else 0.0,
            slowdown=slow.slowdown if slow else 0.0,
            host_size=slow.host if slow else 1,
        ),
        schedule=_schedule(scenario, standing, fleet, list(_sections(job.program))),
        noise=noise_of(job),
        engine=scenario.engine,
        workers=workers,
        smoothing=_smoothing(scenario, job, fleet),
    )


def tables_of(scenario: Scenario, index: int) -> tuple[Programs, Fleet]:
    """Return the tables of what stands and has a program: phases, and sizes and response."""
    job = scenario.jobs[scenario.standing[index].number]
    assert job.program is not None
    sections = _sections(job.program)
    fleet = _fleet(scenario, index, min(_closing_scope(s) for s in sections.values()))
    return _programs(scenario, job, sections), fleet


def crash_times(scenario: Scenario) -> list[int]:
    """Return the ticks at which jobs crash, scheduled or drawn, in order."""
    found: set[int] = set()
    for index, standing in enumerate(scenario.standing):
        job = scenario.jobs[standing.number]
        if job.failures is not None:
            crashes = _crashes(scenario, job, tables_of(scenario, index)[1])
            for begin, end in standing.spans:
                found.update(crash for crash in crashes if begin < crash < end)
    return sorted(found)


def _check_racks(scenario: Scenario, job: Job) -> None:
    """Refuse racks whose power does not fit the integer sum."""
    for hall in scenario.halls_of(job):
        try:
            build.check_rack(hall.rack_record.accelerators, _largest_w(scenario, job))
        except ValueError as error:
            raise PlanError(
                str(error),
                where=f"site.halls: {hall.name}",
                hint="describe the hall as more, smaller racks",
            ) from None


def _sections(program: Program) -> dict[str, Section]:
    return dict(program.sections())


def _closing_scope(section: Section) -> int:
    """Return who ends a section together: the barrier of its last phase."""
    return _BARRIERS[section.expanded[-1].barrier]


def _fleet(scenario: Scenario, index: int, unit: int) -> Fleet:
    standing = scenario.standing[index]
    job = scenario.jobs[standing.number]
    response, pipeline = scenario.response_of(job), job.pipeline
    return build.fleet(
        build.Layout(
            lanes=job.accelerators,
            group_size=job.group_size or 1,
            unit=unit,
            stages=pipeline.stages if pipeline else 1,
            fill_ticks=whole_ticks(pipeline.fill) if pipeline else 0,
            drain_ticks=whole_ticks(pipeline.drain) if pipeline else 0,
        ),
        build.Response(
            response.rise_time_s,
            response.fall_time_s,
            response.overshoot,
            response.overshoot_time_s,
        ),
        idle_w=scenario.accelerator_of(job).idle_w,
        largest_w=_largest_w(scenario, job),
        job=standing.number,
        seed=scenario.seed,
        run=standing.place,
        lag_s=spec.cap_lag_s if (spec := _smoothing_spec(scenario, job)) else 0.0,
    )


def _smoothing_spec(scenario: Scenario, job: Job) -> SmoothingSpec | None:
    if job.smoothing is None:
        return None
    return job.smoothing.resolved(scenario.accelerator_of(job))


def _largest_w(scenario: Scenario, job: Job) -> float:
    """Return a bound on one accelerator's power, floors included, W."""
    spec = _smoothing_spec(scenario, job)
    floor_w = max(spec.primary_w, spec.secondary_w) if spec else 0.0
    overshoot = scenario.response_of(job).overshoot
    return max(largest_w(scenario, job), floor_w * (1.0 + overshoot))


def _smoothing(scenario: Scenario, job: Job, fleet: Fleet) -> Smoothing | None:
    spec = _smoothing_spec(scenario, job)
    if spec is None:
        return None
    return build.smoothing(
        fleet,
        primary_w=spec.primary_w,
        secondary_w=spec.secondary_w,
        activation_w=spec.activation_w,
        act_window_s=spec.act_window_s,
        tar_window_s=spec.tar_window_s,
        hold_s=spec.hold_s,
        up_w_per_s=spec.up_w_per_s,
        down_w_per_s=spec.down_w_per_s,
        cap=None if spec.cap_w is None else build.Cap(spec.cap_w, spec.cap_lag_s, spec.cap_gain),
    )


def _programs(scenario: Scenario, job: Job, sections: dict[str, Section]) -> Programs:
    """Flatten the sections, after a program of idling."""
    idle_w = scenario.accelerator_of(job).idle_w
    idle = [build.Phase(NEVER // 4, idle_w, idle_w, barrier=BARRIER_JOB)]
    rows = [
        [_phase(scenario, job, p, _stretch(scenario, job, name)) for p in section.expanded]
        for name, section in sections.items()
    ]
    staggered = [False] + [job.pipeline is not None and name == "iteration" for name in sections]
    slowest = 1.0 + (job.stragglers.slowdown if job.stragglers else 0.0)
    return build.programs([idle, *rows], pipelined=staggered, max_slowness=slowest)


def _stretch(scenario: Scenario, job: Job, section: str) -> float:
    """Return the factor on the durations of a section: smoothing may slow iterations down."""
    spec = _smoothing_spec(scenario, job)
    return 1.0 + spec.slowdown if spec and section == "iteration" else 1.0


def _phase(scenario: Scenario, job: Job, phase: Phase, stretch: float) -> build.Phase:
    accelerator = scenario.accelerator_of(job)
    return build.Phase(
        mean_ticks=whole_ticks(phase.duration * stretch),
        level_w=phase.power.watts(accelerator),
        waiting_w=phase.waiting.watts(accelerator),
        distribution=_DISTRIBUTIONS[phase.spread.distribution],
        sigma=phase.spread.sigma,
        rho=phase.spread.rho,
        barrier=_BARRIERS[phase.barrier],
    )


def _schedule(scenario: Scenario, standing: Standing, fleet: Fleet, names: list[str]) -> Schedule:
    """Order the programs: before the beginning, start, iterations, crashes, end; then the next."""
    program = {name: number for number, name in enumerate(names, start=1)}
    job = scenario.jobs[standing.number]
    opening = (program["start"],) if "start" in program else ()
    last = (program["end"], _IDLE) if "end" in program else (_IDLE,)
    crashes = _crashes(scenario, job, fleet)
    from_start = standing.spans and standing.spans[0][0] == 0
    epochs = [] if from_start else [Epoch(0, (_IDLE,), False)]
    for begin, end in standing.spans:
        epochs.append(Epoch(begin, opening, True))
        epochs.extend(
            Epoch(crash, (program["restart"],), True) for crash in crashes if begin < crash < end
        )
        if end != NEVER:
            epochs.append(Epoch(end, last, False))
    return Schedule(tuple(epochs), program["iteration"], _extras(scenario, job, program))


def _crashes(scenario: Scenario, job: Job, fleet: Fleet) -> list[int]:
    """Return the ticks at which the job crashes, scheduled or drawn, in order."""
    if job.failures is None:
        return []
    times = {whole_ticks(time_s) for time_s in job.failures.scheduled}
    if job.failures.mtbf is not None:
        begin = whole_ticks(job.begins)
        mean_ticks = whole_ticks(job.failures.mtbf / job.accelerators)
        stop = whole_ticks(scenario.time.duration)
        times.update(begin + t for t in failure_times(fleet, mean_ticks, stop - begin))
    return sorted(times)


def _extras(scenario: Scenario, job: Job, numbers: dict[str, int]) -> tuple[tuple[int, int], ...]:
    """Return what comes every so many iterations; a time becomes the nearest number of them."""
    found, program = [], job.program
    assert program is not None
    iteration_s = program.iteration.mean_duration * _stretch(scenario, job, "iteration")
    for name, section in (("checkpoint", program.checkpoint), ("evaluation", program.evaluation)):
        if section is not None:
            every = section.every.value
            if section.every.unit == "s":
                every = max(1.0, every / iteration_s)
            found.append((numbers[name], round(every)))
    return tuple(found)


def noise_of(job: Job) -> NoiseLevel:
    """Return the fluctuation of a job's accelerators."""
    if job.noise is None:
        return NoiseLevel()
    return NoiseLevel(job.noise.sigma, job.noise.rho, job.noise.correlation_time)


def _replay(scenario: Scenario, job: Job, fleet: Fleet, workers: int) -> ReplayFleet:
    spec = job.trace
    assert spec is not None
    accelerator = scenario.accelerator_of(job)
    trace = load_trace(spec, scenario.base, tdp_w=accelerator.tdp_w)
    power_w = resampled(trace.time_s, trace.power_w, scenario.time.dt) / spec.accelerators_per_copy
    duration_s = math.inf if job.ends is None else job.ends
    played_s = min(duration_s, scenario.time.duration) - job.begins
    if not spec.loop and power_w.size * scenario.time.dt < played_s - scenario.time.dt:
        raise PlanError(
            f"the trace is {power_w.size * scenario.time.dt:g} s long, the job {played_s:g} s",
            where=f"jobs: {job.name}: trace",
            hint="add 'loop: true', or an earlier 'ends'",
        )
    if power_w.size == 0:
        raise PlanError(
            f"the trace is shorter than one step of {scenario.time.dt:g} s",
            where=f"jobs: {job.name}: trace",
        )
    return ReplayFleet(
        fleet=fleet,
        power_w=power_w,
        per_copy=spec.accelerators_per_copy,
        correlation=spec.correlation,
        begins=whole_ticks(job.begins),
        ends=NEVER if job.ends is None else whole_ticks(job.ends),
        workers=workers,
    )
