# SPDX-License-Identifier: Apache-2.0
"""What a scenario asks for before anything is computed: size, cost, and what to beware of."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from powermodel.errors import PlanError
from powermodel.planning.cost import disk_of, events_of, fast_of, memory_of, seconds_of
from powermodel.planning.places import check_probes
from powermodel.scenario import Scenario
from powermodel.scenario.arrivals import tally_of
from powermodel.scenario.jobs import Job
from powermodel.units import format_s, format_w
from powermodel_kernels.constants import TICKS_PER_S


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
            ("jobs", ", ".join(_job(job) for job in self.scenario.jobs)),
            *_arrivals(self.scenario),
            (
                "time",
                f"{format_s(self.duration_s)} at {format_s(self.dt_s)}: {self.samples:,} samples "
                f"in {self.blocks} blocks",
            ),
            *_layers(self.scenario),
            ("engine", _engine(self.scenario)),
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


def _job(job: Job) -> str:
    places = "" if job.arrivals is None else f"{job.places:,} × "
    return f"{job.name} ({places}{job.accelerators:,})"


def _arrivals(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """Yield a row for each job with arrivals: what they ask for, and what this run draws."""
    for number, job in enumerate(scenario.jobs):
        found = tally_of(scenario, number)
        if job.arrivals is None or found is None:
            continue
        asked = job.arrivals.offered / job.places
        waited = f" after {_rounded_s(found.mean_wait / TICKS_PER_S)}" if found.began else ""
        yield (
            "arrivals",
            f"{job.name}: {found.arrived:,} come, {found.began:,} begin{waited} on average, "
            f"{found.waiting:,} wait at the end; they ask for {asked:.0%} of the places and take "
            f"{found.taken:.0%}",
        )


def _layers(scenario: Scenario) -> list[tuple[str, str]]:
    """Return a row for each buffering layer that the scenario has."""
    rows = []
    smoothed = [job.name for job in scenario.jobs if job.smoothing is not None]
    if smoothed:
        rows.append(("smoothing", f"accelerators of {', '.join(smoothed)}"))
    stored = [hall for hall in scenario.site.halls if hall.rack_store is not None]
    if stored:
        racks = sum(hall.racks for hall in stored)
        rows.append(("rack stores", f"in {racks:,} racks of {len(stored)} halls"))
    backed = [hall for hall in scenario.site.halls if hall.rack_backup is not None]
    if backed:
        racks = sum(hall.racks for hall in backed)
        found = f"in {racks:,} racks of {len(backed)} halls, through {len(scenario.site.sags)} sags"
        rows.append(("rack backups", found))
    for label, part in (("chain", scenario.site.chain), ("cooling", scenario.site.cooling)):
        if part is not None:
            rows.append((label, part.describe()))
    for label, device in (("storage", scenario.storage), ("fast storage", fast_of(scenario))):
        if device is not None:
            rows.append(
                (
                    label,
                    f"{device.units:,} × {device.unit_record.name}: {format_w(device.power_w)}, "
                    f"{device.energy_j / 3.6e9:.4g} MWh",
                )
            )
    if scenario.storage is not None:
        rows.append(("control", scenario.storage.control.kind))
    if scenario.supply is not None:
        rows.append(("supply", scenario.supply.describe()))
    return rows


def plan(scenario: Scenario) -> Plan:
    """Work out what a scenario asks for.

    Raises
    ------
    PlanError
        If it cannot be run as it is.
    """
    _check_engine(scenario)
    time = scenario.time
    dt_ticks = whole_ticks(time.dt)
    samples = whole_ticks(time.duration) // dt_ticks
    block_samples = min(whole_ticks(time.block) // dt_ticks, samples)
    racks = sum(placement.racks for placement in scenario.placements)
    events = sum(events_of(scenario, number) for number in range(len(scenario.jobs)))
    result = Plan(
        scenario=scenario,
        accelerators=sum(job.all_accelerators for job in scenario.jobs),
        racks=racks,
        halls=len(scenario.site.halls),
        samples=samples,
        blocks=-(-samples // block_samples),
        events=events,
        memory_bytes=memory_of(scenario, racks, block_samples),
        disk_bytes=disk_of(scenario, racks, samples),
        seconds=seconds_of(scenario, racks, samples, events, -(-samples // block_samples)),
        warnings=_warnings(scenario),
    )
    check_probes(scenario)
    return result


def _needs_steps(scenario: Scenario) -> Iterator[tuple[int, str]]:
    """Yield number and reason of each job that only the engine ``steps`` can compute."""
    for number, job in enumerate(scenario.jobs):
        reason = job.smoothing.needs_steps() if job.smoothing is not None else None
        if reason is not None:
            yield number, f"{reason} of job {job.name!r}"


def _engine(scenario: Scenario) -> str:
    reasons = [reason for _, reason in _needs_steps(scenario)]
    return f"{scenario.engine}, needed by {'; '.join(reasons)}" if reasons else scenario.engine


def _check_engine(scenario: Scenario) -> None:
    """Refuse the engine ``events`` where something has no closed form."""
    for number, reason in _needs_steps(scenario):
        if scenario.engine != "steps":
            raise PlanError(
                f"{reason} has no closed form: expected the engine steps, got {scenario.engine}",
                where=f"jobs[{number}].smoothing",
                hint="write engine: steps, which walks every accelerator through every step, or "
                "leave out the cap or the ramps",
            )


def _warnings(scenario: Scenario) -> tuple[str, ...]:
    """Return what a careful user would want to know before the run."""
    found = []
    weak = [a for a in scenario.assumptions() if a.confidence in ("L", "K")]
    if weak:
        found.append(
            f"{len(weak)} values are estimates (L) or unchecked (K); "
            "powermodel check --assumptions lists them"
        )
    found += _sags(scenario)
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


def _sags(scenario: Scenario) -> Iterator[str]:
    """Yield what of the sags is not reached, and where racks lose power before their battery."""
    sags = scenario.site.sags
    late = sum(sag.at >= scenario.time.duration for sag in sags)
    if late:
        yield f"{late} of {len(sags)} sags begin after the end of the run"
    for hall in scenario.site.halls:
        shelf = hall.rack_backup
        if shelf is None or not any(sag.reaches(hall) for sag in sags):
            continue
        held_s, taken_s = shelf.bridges_s()
        if held_s < taken_s:
            yield (
                f"racks of hall {hall.name!r} at their rating are without power for "
                f"{format_s(taken_s - held_s)} of an outage: the hold-up lasts {format_s(held_s)}, "
                f"the battery takes over after {format_s(taken_s)}"
            )


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
