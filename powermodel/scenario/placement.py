# SPDX-License-Identifier: Apache-2.0
"""Which racks a job stands in: whole racks, hall after hall, job after job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from powermodel.scenario.base import Finding
from powermodel.scenario.jobs import Job
from powermodel.scenario.site import Site


@dataclass(frozen=True, slots=True)
class Placement:
    """The part of a job that stands in one hall."""

    job: int
    """Index of the job."""
    standing: int
    """Index of what stands there, see `Scenario.standing`."""
    hall: int
    """Index of the hall."""
    first_rack: int
    """Rack number over the site, halls in their order."""
    racks: int
    """All full, but for the last rack of the job."""
    first_accelerator: int
    """Number of its first accelerator within the job."""
    accelerators: int


def place(site: Site, jobs: Sequence[Job]) -> tuple[tuple[Placement, ...], list[Finding]]:
    """Place the jobs one after another.

    Parameters
    ----------
    site : Site
        Its halls.
    jobs : sequence of Job
        In the order in which they choose.

    Returns
    -------
    placements : tuple of Placement
        In the order of jobs and, within a job, of its halls.
    findings : list of Finding
        Jobs that do not fit.
    """
    index_of = {hall.name: index for index, hall in enumerate(site.halls)}
    starts = [sum(hall.racks for hall in site.halls[:index]) for index in range(len(site.halls))]
    used = [0] * len(site.halls)
    placed: list[Placement] = []
    findings: list[Finding] = []
    standing = [(number, copy) for number, job in enumerate(jobs) for copy in range(job.places)]
    refused: set[int] = set()
    for index, (number, copy) in enumerate(standing):
        job = jobs[number]
        if number in refused:
            continue
        halls = [index_of[name] for name in job.halls or index_of if name in index_of]
        fits = sum((site.halls[h].racks - used[h]) * _per_rack(site, h) for h in halls)
        if fits < job.accelerators:
            refused.add(number)
            findings.append(
                _too_small(site, number, job, halls, used, fits)
                if job.arrivals is None
                else _too_few(number, job, copy)
            )
            continue
        done = 0
        for hall in halls:
            per_rack = _per_rack(site, hall)
            racks = min(
                site.halls[hall].racks - used[hall], -(-(job.accelerators - done) // per_rack)
            )
            if racks == 0:
                continue
            count = min(racks * per_rack, job.accelerators - done)
            placed.append(
                Placement(number, index, hall, starts[hall] + used[hall], racks, done, count)
            )
            used[hall] += racks
            done += count
    return tuple(placed), findings


def _per_rack(site: Site, hall: int) -> int:
    return site.halls[hall].rack_record.accelerators


def _too_few(number: int, job: Job, fit: int) -> Finding:
    return Finding(
        f"{job.places} places of {job.accelerators} accelerators do not fit: {fit} fit into the "
        "racks that are left, each into whole racks of its own",
        ("jobs", number, "arrivals", "places"),
        f"add racks, or take at most {fit} places" if fit else "add racks, or take smaller jobs",
    )


def _too_small(
    site: Site, number: int, job: Job, halls: list[int], used: list[int], fits: int
) -> Finding:
    names = ", ".join(site.halls[h].name for h in halls)
    free = sum(site.halls[h].racks - used[h] for h in halls)
    taken = sum(used[h] for h in halls)
    short = -(-(job.accelerators - fits) // _per_rack(site, halls[-1]))
    return Finding(
        f"{job.accelerators} accelerators do not fit: {fits} fit into the {free} racks of {names}"
        + (f" that earlier jobs leave of {free + taken}" if taken else "")
        + f"; {free + short} racks are needed",
        ("jobs", number, "accelerators"),
        f"add {short} racks, or take at most {fits} accelerators",
    )
