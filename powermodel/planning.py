# SPDX-License-Identifier: Apache-2.0
"""What a scenario asks for before anything is computed: size, cost, and what to beware of."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass

from powermodel.errors import PlanError
from powermodel.scenario import Scenario
from powermodel.scenario.jobs import Job
from powermodel.units import format_s, format_w
from powermodel_kernels.constants import TICKS_PER_S

# Unit costs, measured with benchmarks/ on one core of a 2.4 GHz EPYC (2021). They only serve the
# estimate that is printed before a run.
_S_PER_EVENT = 25e-9
_S_PER_PHASE_OF_TIMELINE = 8e-9
_S_PER_RACK_SAMPLE = 6e-9
_S_PER_STEP = 3e-9
_S_PER_BLOCK = 0.05
_S_TO_START = 2.0
# Bytes that a compressed sample takes in the store, from docs/decisions/0003.
_BYTES_SITE_SAMPLE = 4.0
_BYTES_RACK_SAMPLE = 2.5
_OVERVIEW_SHARE = 0.35
# The interpreter with its libraries and compiled code.
_BASE_MEMORY = 450 * 2**20
RACKS_AT_ONCE = 256
"""Racks that are held over one tile while they go through the chain."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A checked scenario with its size and expected cost."""

    scenario: Scenario
    accelerators: int
    racks: int
    halls: int
    samples: int
    blocks: int
    events: int
    """Changes of an accelerator's target that the run will go through, expected."""
    memory_bytes: int
    disk_bytes: int
    seconds: float
    """Expected time of the run on this machine."""
    warnings: tuple[str, ...]

    @property
    def dt_s(self) -> float:
        """Time step, s."""
        return self.scenario.time.dt

    @property
    def duration_s(self) -> float:
        """Length of the run, s."""
        return self.scenario.time.duration

    @property
    def accelerator_steps(self) -> int:
        """Accelerators times samples: what a model without events would walk through."""
        return self.accelerators * self.samples

    @property
    def nameplate_w(self) -> float:
        """Power at the POI with every program in its strongest phase, W."""
        return self.scenario.nameplate_w()

    def rows(self) -> list[tuple[str, str]]:
        """Return the plan as rows of a table."""
        limit = self.scenario.site.electrical_limit
        halls = "1 hall" if self.halls == 1 else f"{self.halls} halls"
        rows = [
            ("scenario", self.scenario.name),
            ("accelerators", f"{self.accelerators:,} in {self.racks:,} racks, {halls}"),
            ("jobs", ", ".join(f"{j.name} ({j.accelerators:,})" for j in self.scenario.jobs)),
            (
                "time",
                f"{format_s(self.duration_s)} at {format_s(self.dt_s)}: {self.samples:,} samples "
                f"in {self.blocks} blocks",
            ),
            ("engine", self.scenario.engine),
            ("events", f"{self.events:,} ({self.accelerator_steps:,} accelerator-steps)"),
            (
                "strongest phase",
                f"{format_w(self.nameplate_w)} at the POI"
                + (f", limit {format_w(limit)}" if limit is not None else ""),
            ),
            ("memory", f"about {_bytes(self.memory_bytes)}"),
            ("disk", f"about {_bytes(self.disk_bytes)}"),
            ("expected time", f"about {_rounded_s(self.seconds)}, an estimate"),
        ]
        return rows + [("note", warning) for warning in self.warnings]

    def __str__(self) -> str:
        rows = self.rows()
        width = max(len(label) for label, _ in rows)
        return "\n".join(f"{label:<{width}}  {text}" for label, text in rows)


def plan(scenario: Scenario) -> Plan:
    """Work out what a scenario asks for.

    Raises
    ------
    PlanError
        If it cannot be run as it is.
    """
    time = scenario.time
    dt_ticks = whole_ticks(time.dt)
    samples = whole_ticks(time.duration) // dt_ticks
    block_samples = min(whole_ticks(time.block) // dt_ticks, samples)
    racks = sum(placement.racks for placement in scenario.placements)
    events = sum(_events(job, time.duration) for job in scenario.jobs)
    result = Plan(
        scenario=scenario,
        accelerators=sum(job.accelerators for job in scenario.jobs),
        racks=racks,
        halls=len(scenario.site.halls),
        samples=samples,
        blocks=-(-samples // block_samples),
        events=events,
        memory_bytes=_memory(scenario, racks, block_samples),
        disk_bytes=_disk(scenario, racks, samples),
        seconds=_seconds(scenario, racks, samples, events, -(-samples // block_samples)),
        warnings=_warnings(scenario),
    )
    check_probes(scenario)
    return result


def accelerator_places(scenario: Scenario) -> dict[int, tuple[int, int]]:
    """Return job and lane of each probed accelerator, numbered over the slots of the site."""
    found: dict[int, tuple[int, int]] = {}
    halls = scenario.site.halls
    for probe in scenario.output.probes:
        rack, slot = 0, probe
        for hall in halls:
            per_rack = hall.rack_record.accelerators
            if slot < hall.racks * per_rack:
                rack, slot = rack + slot // per_rack, slot % per_rack
                break
            slot -= hall.racks * per_rack
            rack += hall.racks
        for place in scenario.placements:
            per_rack = halls[place.hall].rack_record.accelerators
            offset = (rack - place.first_rack) * per_rack + slot
            if 0 <= rack - place.first_rack < place.racks and offset < place.accelerators:
                found[probe] = (place.job, place.first_accelerator + offset)
    return found


def check_probes(scenario: Scenario) -> None:
    """Refuse probes and racks that stand empty."""
    places = accelerator_places(scenario)
    empty = [probe for probe in scenario.output.probes if probe not in places]
    if empty:
        raise PlanError(
            f"there is no accelerator {empty[0]}: no job stands in its place",
            where="output.probes",
            hint="accelerators are numbered over the site, racks in their order",
        )


def occupied_racks(scenario: Scenario) -> list[int]:
    """Return the numbers of the racks in which a job stands, in order."""
    return sorted(
        rack
        for place in scenario.placements
        for rack in range(place.first_rack, place.first_rack + place.racks)
    )


def kept_racks(scenario: Scenario) -> tuple[int, ...]:
    """Return the numbers of the racks whose series is kept."""
    occupied = occupied_racks(scenario)
    choice = scenario.output.racks
    if choice == "none":
        return ()
    if choice == "all":
        return tuple(occupied)
    missing = sorted(set(choice) - set(occupied))
    if missing:
        raise PlanError(
            f"there is no rack {missing[0]} with accelerators: {len(occupied)} racks are occupied, "
            f"{occupied[0]} to {occupied[-1]}",
            where="output.racks",
        )
    return tuple(sorted(set(choice)))


def _events(job: Job, duration_s: float) -> int:
    """Return the expected target changes of a job: two a phase that ends at a barrier, else one."""
    if job.program is None:
        return 0
    section = job.program.iteration
    per_iteration = sum(1 if p.barrier == "none" else 2 for p in section.expanded)
    stop = min(duration_s, duration_s if job.ends is None else job.ends)
    iterations = max(0.0, stop - job.begins) / section.mean_duration
    return round(job.accelerators * per_iteration * iterations)


def _memory(scenario: Scenario, racks: int, block_samples: int) -> int:
    """Return the expected peak: lanes and slots, one batch of racks, one block of output."""
    lanes = sum(job.accelerators for job in scenario.jobs)
    tile = min(round(10.0 / scenario.time.dt), block_samples)
    batch = min(RACKS_AT_ONCE, racks) * tile * 8
    kept = len(kept_racks(scenario))
    output = block_samples * (8 * 4 * (len(scenario.site.halls) + 1) + 12 * kept)
    slots_per_tile = 16
    return _BASE_MEMORY + lanes * (8 + 8 * slots_per_tile) + batch + output


def _disk(scenario: Scenario, racks: int, samples: int) -> int:
    nodes = 1 + (len(scenario.site.halls) if scenario.output.halls else 0)
    site = samples * nodes * _BYTES_SITE_SAMPLE * (1.0 + _OVERVIEW_SHARE)
    single = samples * (len(kept_racks(scenario)) + len(scenario.output.probes))
    return round(site + single * _BYTES_RACK_SAMPLE)


def _seconds(scenario: Scenario, racks: int, samples: int, events: int, blocks: int) -> float:
    """Return the expected time: events, timeline, racks over time, and the store."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    lanes = sum(job.accelerators for job in scenario.jobs)
    work = events * (_S_PER_EVENT + _S_PER_PHASE_OF_TIMELINE)
    work += racks * samples * _S_PER_RACK_SAMPLE
    if scenario.engine == "steps":
        work += lanes * samples * _S_PER_STEP
    kept = len(kept_racks(scenario)) * samples * 12e-9
    return _S_TO_START + work / (cores or 1) + blocks * _S_PER_BLOCK + kept


def _warnings(scenario: Scenario) -> tuple[str, ...]:
    """Return what a careful user would want to know before the run."""
    found = []
    weak = [a for a in scenario.assumptions() if a.confidence in ("L", "K")]
    if weak:
        found.append(
            f"{len(weak)} values are estimates (L) or unchecked (K); "
            "powermodel check --assumptions lists them"
        )
    for job in scenario.jobs:
        if job.program is None:
            continue
        longest = job.program.iteration.mean_duration
        if job.begins + longest > scenario.time.duration:
            found.append(f"the run ends within the first iteration of job {job.name!r}")
        if job.failures is not None and job.failures.mtbf is not None:
            mean_s = job.failures.mtbf / job.accelerators
            every = _rounded_s(mean_s)
            found.append(f"job {job.name!r} fails every {every} on average")
    return tuple(found)


def _rounded_s(time_s: float) -> str:
    """Write a time whose digits beyond the third mean nothing."""
    unit_s, unit = (60.0, "min") if time_s >= 120.0 else (1.0, "s")
    if time_s >= 7200.0:
        unit_s, unit = 3600.0, "h"
    return f"{time_s / unit_s:.3g} {unit}"


def _bytes(count: int) -> str:
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count} B"


def whole_ticks(seconds: float) -> int:
    """Return a time of the scenario in ticks."""
    return round(seconds * TICKS_PER_S)


def largest_w(scenario: Scenario, job: Job) -> float:
    """Return a bound on one accelerator's power: strongest phase, overshoot, rating spread, W."""
    accelerator = scenario.accelerator_of(job)
    strongest = accelerator.idle_w
    if job.program is not None:
        for _, section in job.program.sections():
            for _, phase in section.located():
                strongest = max(
                    strongest, phase.power.watts(accelerator), phase.waiting.watts(accelerator)
                )
    # 6.34 is the largest normal number that can be drawn.
    spread = math.exp(6.34 * scenario.rating_spread_of(job))
    return strongest * (1.0 + scenario.response_of(job).overshoot) * spread
