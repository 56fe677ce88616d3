# SPDX-License-Identifier: Apache-2.0
"""What follows from a scenario: resolved responses, its nameplate power, what it assumes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from powermodel.scenario.hardware import AcceleratorSpec, Assumption, ResponseSpec
from powermodel.scenario.jobs import Job
from powermodel.scenario.placement import Placement

if TYPE_CHECKING:
    from powermodel.scenario.model import Scenario

# What a job may say itself, and the field of the accelerator record that it replaces.
_REPLACED = {
    "rise_time": "rise_time_10_90",
    "fall_time": "fall_time_90_10",
    "overshoot": "edpp_factor",
    "overshoot_time": "edpp_time",
}


def first(own: float | None, default: float) -> float:
    """Return what the job says, else the default."""
    return default if own is None else own


def response(job: Job, accelerator: AcceleratorSpec) -> ResponseSpec:
    """Return the response of a job on an accelerator."""
    own = job.response
    if own is None:
        own_values: tuple[float | None, ...] = (None,) * 4
    else:
        own_values = (own.rise_time, own.fall_time, own.overshoot, own.overshoot_time)
    defaults = (
        accelerator.rise_time_s,
        accelerator.fall_time_s,
        accelerator.overshoot,
        accelerator.overshoot_time_s,
    )
    return ResponseSpec(*(first(o, d) for o, d in zip(own_values, defaults, strict=True)))


def fastest_response(scenario: Scenario) -> tuple[float, str]:
    """Return the 10-90 % time in s that dt must resolve, and whose it is."""
    declared = scenario.time.fastest_response
    if declared is not None:
        return declared, "time.fastest_response"
    fastest = math.inf, "no program"
    for job in scenario.jobs:
        if job.program is not None:
            own = scenario.response_of(job)
            edges = (own.rise_time_s, "10-90 % rise"), (own.fall_time_s, "90-10 % fall")
            for edge_s, edge in edges:
                if edge_s < fastest[0]:
                    fastest = edge_s, f"{edge} of job {job.name!r}"
    return fastest


def nameplate_w(scenario: Scenario) -> float:
    """Return the power at the POI in W with every program in its strongest phase.

    Without overshoot, noise and spread, and with the rack supplies at their best efficiency: a
    run will reach this at least. Traces count as idle, empty racks not at all.
    """
    return max(_at(scenario, job.begins) for job in scenario.jobs)


def _at(scenario: Scenario, time_s: float) -> float:
    it_w = sum(_placement_w(scenario, placement, time_s) for placement in scenario.placements)
    return scenario.site.settled_load_w(it_w)


def _placement_w(scenario: Scenario, placement: Placement, time_s: float) -> float:
    job = scenario.jobs[placement.job]
    rack = scenario.site.halls[placement.hall].rack_record
    idle_w = rack.accelerator.idle_w
    runs = job.begins <= time_s < (math.inf if job.ends is None else job.ends)
    each_w = _strongest_w(job, rack.accelerator) if runs else idle_w
    follows_w = rack.dynamic_power_ratio * (each_w - idle_w)
    load_w = placement.racks * rack.base_power_w + placement.accelerators * (each_w + follows_w)
    return load_w / rack.supply_peak_efficiency


def _strongest_w(job: Job, accelerator: AcceleratorSpec) -> float:
    if job.program is None:
        return accelerator.idle_w
    return max(
        phase.power.watts(accelerator)
        for _, section in job.program.sections()
        for _, phase in section.located()
    )


def assumptions(scenario: Scenario) -> list[Assumption]:
    """Return every dataset value that the scenario rests on, each once."""
    replaced = _replaced_by_all_jobs(scenario)
    found = {
        assumption.path: assumption
        for hall in scenario.site.halls
        for assumption in hall.assumptions()
        if assumption.path not in replaced
    }
    found |= {assumption.path: assumption for assumption in scenario.site.assumptions()}
    for job in scenario.jobs:
        if job.smoothing is not None:
            found |= {assumption.path: assumption for assumption in job.smoothing.assumptions()}
    if scenario.storage is not None:
        found |= {assumption.path: assumption for assumption in scenario.storage.assumptions()}
    if scenario.onsite is not None:
        found |= {item.path: item for item in scenario.onsite.solar.assumptions()}
    if scenario.supply is not None:
        found |= {assumption.path: assumption for assumption in scenario.supply.assumptions()}
    return list(found.values())


def _replaced_by_all_jobs(scenario: Scenario) -> set[str]:
    by_record: dict[str, list[set[str]]] = {}
    for job in scenario.jobs:
        if job.program is None:
            continue
        own = {_REPLACED[key] for key, value in job.response or () if value is not None}
        if job.rating_spread is not None:
            own.add("rating_spread")
        by_record.setdefault(scenario.accelerator_of(job).name, []).append(own)
    return {
        f"accelerator.{name}.{field}"
        for name, sets in by_record.items()
        for field in set.intersection(*sets)
    }
