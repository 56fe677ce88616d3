# SPDX-License-Identifier: Apache-2.0
"""What must hold between the parts of a scenario."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from powermodel.scenario.arrivals import arrival_findings
from powermodel.scenario.base import Finding, Path, close_to
from powermodel.scenario.hardware import AcceleratorSpec
from powermodel.scenario.jobs import Job
from powermodel.scenario.placement import place
from powermodel.scenario.program import Phase
from powermodel.scenario.rack_backup import backup_findings
from powermodel.scenario.run import whole_ticks
from powermodel.scenario.trace import NAMEPLATE_FACTOR
from powermodel.units import canonical, format_s, format_w
from powermodel_kernels.constants import TICKS_PER_S, TILE_TICKS

if TYPE_CHECKING:
    from powermodel.scenario.model import Scenario

MAX_JOBS = 256
"""Jobs of a site: their number has 8 bits in the address of a random number."""

MAX_PHASES = 2**18
"""Phases of one section with its repeats unrolled: as many have random numbers of their own."""

MAX_TIME_S = 1e9
"""Ticks are counted in 64 bits; this, 31 years, leaves room for sums of times."""

MIN_POWER_SHARE = 0.01
"""A power below this share of TDP, but not 0, has a wrong unit."""

SAMPLES_PER_RESPONSE = 0.5
"""Samples that the fastest 10-90 % time must span at least."""


def findings(scenario: Scenario) -> list[Finding]:
    """Return everything that does not fit together; the later checks need the earlier."""
    names = [*_names(scenario)]
    if names:
        return names
    return [
        *_jobs(scenario),
        *_places(scenario),
        *_time(scenario),
        *_output(scenario),
        *_rack_stores(scenario),
        *_rack_backups(scenario),
        *_chain(scenario),
        *_storage(scenario),
        *_onsite(scenario),
        *_supply(scenario),
    ]


def _rack_stores(scenario: Scenario) -> Iterator[Finding]:
    for index, hall in enumerate(scenario.site.halls):
        store = hall.rack_store
        if store is not None:
            for finding in store.findings(hall.rack_record.accelerators, scenario.time.dt):
                yield replace(finding, at=("site", "halls", index, "store", *finding.at))


def _chain(scenario: Scenario) -> Iterator[Finding]:
    chain = scenario.site.chain
    if chain is None:
        return
    for finding in chain.findings(scenario.time.dt):
        yield replace(finding, at=("site", "architecture", *finding.at))
    if scenario.supply is None:
        return
    for feeds, part in (("grid", scenario.supply.grid), ("island", scenario.supply.island)):
        if part is not None and part.power_factor is not None:
            yield Finding(
                f"the power factor at the POI comes out of site.architecture, and the {feeds} also "
                f"gives {part.power_factor:g}",
                ("supply", feeds, "power_factor"),
                "leave out either of them",
            )


def _rack_backups(scenario: Scenario) -> Iterator[Finding]:
    for finding in backup_findings(scenario.site, scenario.time):
        yield replace(finding, at=("site", *finding.at))


def _storage(scenario: Scenario) -> Iterator[Finding]:
    if scenario.storage is not None:
        found = scenario.storage.findings(scenario.time, _shortest_swing_s(scenario))
        for finding in found:
            yield replace(finding, at=("storage", *finding.at))


def _shortest_swing_s(scenario: Scenario) -> float:
    """Return the shortest period with which a job swings, s: its iteration; else infinity."""
    programs = (job.program for job in scenario.jobs)
    return min((p.iteration.mean_duration for p in programs if p is not None), default=math.inf)


def _onsite(scenario: Scenario) -> Iterator[Finding]:
    if scenario.onsite is not None:
        for finding in scenario.onsite.solar.findings(scenario.time):
            yield replace(finding, at=("onsite", "solar", *finding.at))


def _supply(scenario: Scenario) -> Iterator[Finding]:
    # What a load needs is known once all of it has its place.
    if scenario.supply is None or place(scenario.site, scenario.jobs)[1]:
        return
    storage_w = 0.0 if scenario.storage is None else scenario.storage.power_w
    found = scenario.supply.findings(scenario.time, scenario.nameplate_w(), storage_w)
    for finding in found:
        yield replace(finding, at=("supply", *finding.at))


def _names(scenario: Scenario) -> Iterator[Finding]:
    halls = [hall.name for hall in scenario.site.halls]
    if not scenario.jobs:
        yield Finding("expected at least one job, got none", ("jobs",))
    if not halls:
        yield Finding("expected at least one hall, got none", ("site", "halls"))
    yield from _twice("hall", halls, ("site", "halls"))
    if len(scenario.jobs) > MAX_JOBS:
        yield Finding(
            f"expected at most {MAX_JOBS} jobs, got {len(scenario.jobs):,}",
            ("jobs",),
            "make one job of those that are alike, or let them come by arrivals",
        )
    yield from _twice("job", [job.name for job in scenario.jobs], ("jobs",))
    for index, job in enumerate(scenario.jobs):
        yield from _twice("hall", job.halls or (), ("jobs", index, "halls"), key=None)
        for place_, name in enumerate(job.halls or ()):
            if name not in halls:
                at: Path = ("jobs", index, "halls", place_)
                yield Finding(f"there is no hall {name!r}", at, close_to(name, halls))
        if job.halls == ():
            yield Finding("expected at least one hall, got none", ("jobs", index, "halls"))


def _twice(
    what: str, names: Sequence[str], at: Path, key: str | None = "name"
) -> Iterator[Finding]:
    for index, name in enumerate(names):
        if name in names[:index]:
            path = (*at, index) if key is None else (*at, index, key)
            first = names.index(name)
            yield Finding(f"{what} {name!r} twice: it is already number {first} of the list", path)


def _jobs(scenario: Scenario) -> Iterator[Finding]:
    for index, job in enumerate(scenario.jobs):
        at: Path = ("jobs", index)
        for finding in job.findings():
            yield Finding(finding.message, (*at, *finding.at), finding.hint)
        for finding in arrival_findings(job, scenario.time.duration):
            yield replace(finding, at=(*at, *finding.at))
        yield from _countable(job.begins, (*at, "begins"))
        yield from _countable(job.ends or 0.0, (*at, "ends"))
        for number, time_s in enumerate(job.failures.scheduled if job.failures else ()):
            yield from _countable(time_s, (*at, "failures", "scheduled", number))
        types = {hall.rack_record.accelerator for hall in scenario.halls_of(job)}
        if len(types) > 1:
            listed = ", ".join(sorted(spec.name for spec in types))
            yield Finding(
                f"the halls of one job must hold one type of accelerator, got {listed}",
                (*at, "halls" if job.halls else "name"),
                "name halls with the same accelerators, or make two jobs",
            )
        elif job.program is not None:
            overshoot = scenario.response_of(job).overshoot
            yield from _program(job, next(iter(types)), overshoot, at)
            for finding in job.smoothing.findings(next(iter(types))) if job.smoothing else ():
                yield Finding(finding.message, (*at, "smoothing", *finding.at), finding.hint)


def _program(
    job: Job, accelerator: AcceleratorSpec, overshoot: float, at: Path
) -> Iterator[Finding]:
    assert job.program is not None
    for name, section in job.program.sections():
        here: Path = (*at, "program", name)
        if section.count > MAX_PHASES:
            message = (
                f"{section.count:,} phases with repeats unrolled, expected at most {MAX_PHASES:,}"
            )
            yield Finding(message, here)
        for path, phase in section.located():
            yield from _countable(phase.duration, (*here, *path, "duration"))
            yield from _levels(phase, accelerator, overshoot, (*here, *path))


def _countable(time_s: float, at: Path) -> Iterator[Finding]:
    if time_s > MAX_TIME_S:
        yield Finding(f"expected a time of at most {MAX_TIME_S:g} s, got {time_s:g} s", at)
    if 0.0 < time_s < 1.0 / TICKS_PER_S:
        yield Finding(f"expected a time of at least 1 ns, got {time_s:g} s", at)


def _levels(
    phase: Phase, accelerator: AcceleratorSpec, overshoot: float, at: Path
) -> Iterator[Finding]:
    tdp_w = accelerator.tdp_w
    most_w = tdp_w * (1.0 + overshoot)
    for key, level in (("power", phase.power), ("waiting_power", phase.waiting)):
        power_w = level.watts(accelerator)
        named = f"{level} ({format_w(power_w)})" if level.unit != "W" else str(level)
        tdp = f"the TDP of {accelerator.name}, {format_w(tdp_w)}"
        if power_w > NAMEPLATE_FACTOR * tdp_w:
            yield Finding(
                f"{named} is {power_w / tdp_w:.3g} times {tdp}",
                (*at, key),
                "the power is that of one accelerator: kW and W, or percent and factor, mixed up?",
            )
        elif power_w > most_w * (1.0 + 1e-9):
            yield Finding(
                f"{named} is above the electrical maximum of {accelerator.name}, "
                f"{format_w(most_w)} ({1.0 + overshoot:.3g} x TDP)",
                (*at, key),
                "lower it, or raise response.overshoot of the job (EDPp factor - 1)",
            )
        elif 0.0 < power_w < MIN_POWER_SHARE * tdp_w and level.unit != "idle":
            yield Finding(
                f"{named} is less than {MIN_POWER_SHARE:.0%} of {tdp}",
                (*at, key),
                "W and kW mixed up? 'idle' is the idle power, '0 W' is off",
            )
        if phase.waiting_power is None:
            return


def _places(scenario: Scenario) -> Iterator[Finding]:
    _, unplaced = place(scenario.site, scenario.jobs)
    yield from unplaced
    limit_w = scenario.site.electrical_limit
    if unplaced or limit_w is None:
        return
    load_w = scenario.nameplate_w()
    if load_w > limit_w:
        yield Finding(
            f"the programs reach {format_w(load_w)} at the POI without any overshoot, above the "
            f"declared electrical limit of {format_w(limit_w)}",
            ("site", "electrical_limit"),
            "raise the limit, lower the power of the phases, or take fewer accelerators",
        )


def _time(scenario: Scenario) -> Iterator[Finding]:
    time = scenario.time
    tile_s = TILE_TICKS / TICKS_PER_S
    for key in ("duration", "block"):
        yield from _countable(getattr(time, key), ("time", key))
    if not whole_ticks(time.block) or time.block_ticks % TILE_TICKS:
        yield Finding(
            f"block {canonical(time.block, 's')} is not a multiple of the tile of {tile_s:g} s",
            ("time", "block"),
            f"such as '{tile_s:g} s' or '{6 * tile_s:g} s'; results do not depend on it",
        )
    dt = canonical(time.dt, "s")
    if not whole_ticks(time.dt) or TILE_TICKS % time.dt_ticks:
        yield Finding(
            f"dt {dt} does not divide the block, which is made of tiles of {tile_s:g} s",
            ("time", "dt"),
            f"nearest that do: {' and '.join(_dividing(time.dt))}",
        )
    elif not whole_ticks(time.duration) or time.duration_ticks % time.dt_ticks:
        lower = int(time.duration / time.dt)
        near = [canonical(n * time.dt_ticks / TICKS_PER_S, "s") for n in (lower, lower + 1) if n]
        yield Finding(
            f"duration {canonical(time.duration, 's')} is not a whole number of steps of {dt}",
            ("time", "duration"),
            f"nearest: {' or '.join(near)}",
        )
    yield from _too_coarse(scenario)


def _dividing(dt_s: float) -> list[str]:
    """Return the steps just below and just above `dt_s` that divide the tile."""
    small = [2**i * 5**j for i in range(11) for j in range(11)]
    steps = sorted(n for n in small if TILE_TICKS % n == 0)
    lower = [n for n in steps if n <= dt_s * TICKS_PER_S][-1:]
    upper = [n for n in steps if n > dt_s * TICKS_PER_S][:1]
    return [canonical(n / TICKS_PER_S, "s") for n in lower + upper]


def _too_coarse(scenario: Scenario) -> Iterator[Finding]:
    time = scenario.time
    fastest_s, whose = scenario.fastest_response()
    limit_s = fastest_s / SAMPLES_PER_RESPONSE
    if time.dt <= limit_s * (1.0 + 1e-9):
        return
    yield Finding(
        f"dt {canonical(time.dt, 's')} is too coarse for the fastest response, "
        f"{format_s(fastest_s)} ({whose}): expected at most {format_s(limit_s)}",
        ("time", "dt"),
        f"write a dt of at most {format_s(limit_s)}, or say that slower responses are enough with "
        f"time.fastest_response: '{format_s(time.dt * SAMPLES_PER_RESPONSE)}'",
    )


def _output(scenario: Scenario) -> Iterator[Finding]:
    site, output = scenario.site, scenario.output
    racks = () if isinstance(output.racks, str) else output.racks
    for key, chosen, total in (
        ("racks", racks, site.racks),
        ("probes", output.probes, site.accelerators),
    ):
        for index, number in enumerate(chosen):
            what = "rack" if key == "racks" else "accelerator"
            if number >= total:
                message = f"there is no {what} {number}: they are numbered 0 to {total - 1}"
                yield Finding(message, ("output", key, index))
            if number in chosen[:index]:
                yield Finding(f"{what} {number} twice", ("output", key, index))
