# SPDX-License-Identifier: Apache-2.0
"""What a run is expected to cost: events, memory, disk and time."""

from __future__ import annotations

import os

from powermodel.planning.places import kept_racks
from powermodel.scenario import Scenario
from powermodel.scenario.jobs import Job
from powermodel.scenario.storage import StorageDevice

# Unit costs, measured with benchmarks/ on one core of a 2.4 GHz EPYC (2021). They only serve the
# estimate that is printed before a run.
_S_PER_EVENT = 25e-9
_S_PER_PHASE_OF_TIMELINE = 8e-9
_S_PER_RACK_SAMPLE = 6e-9
_S_PER_STEP = 3e-9
_S_PER_UNIT_SAMPLE = 16e-9
_S_PER_BLOCK = 0.05
_S_TO_START = 2.0
# Bytes that a compressed sample takes in the store, from docs/decisions/0003.
_BYTES_SITE_SAMPLE = 4.0
_BYTES_RACK_SAMPLE = 2.5
_OVERVIEW_SHARE = 0.35
# Losses of the stages and what else the chain keeps, each about as large as a rack's series.
_CHAIN_SERIES = 10
# State of a smoothed accelerator, twice while a block is saved; and of a storage unit.
_BYTES_SMOOTHED = 110
_BYTES_UNIT = 400
# The interpreter with its libraries and compiled code.
_BASE_MEMORY = 450 * 2**20
RACKS_AT_ONCE = 256
"""Racks that are held over one tile while they go through the chain."""


def events_of(job: Job, duration_s: float) -> int:
    """Return the expected target changes of a job: two a phase that ends at a barrier, else one."""
    if job.program is None:
        return 0
    section = job.program.iteration
    per_iteration = sum(1 if p.barrier == "none" else 2 for p in section.expanded)
    stop = min(duration_s, duration_s if job.ends is None else job.ends)
    iterations = max(0.0, stop - job.begins) / section.mean_duration
    return round(job.accelerators * per_iteration * iterations)


def memory_of(scenario: Scenario, racks: int, block_samples: int) -> int:
    """Return the expected peak: lanes and slots, one batch of racks, one block of output."""
    lanes = sum(job.all_accelerators for job in scenario.jobs)
    tile = min(round(10.0 / scenario.time.dt), block_samples)
    batch = min(RACKS_AT_ONCE, racks) * tile * 8
    kept = len(kept_racks(scenario))
    output = block_samples * (8 * 4 * (len(scenario.site.halls) + 1) + 12 * kept)
    slots_per_tile = 16
    smoothed = sum(job.all_accelerators for job in scenario.jobs if job.smoothing is not None)
    layers = smoothed * _BYTES_SMOOTHED + _units(scenario) * _BYTES_UNIT
    return _BASE_MEMORY + lanes * (8 + 8 * slots_per_tile) + batch + output + layers


def disk_of(scenario: Scenario, racks: int, samples: int) -> int:
    """Return the expected size of the store."""
    nodes = 1 + (len(scenario.site.halls) if scenario.output.halls else 0)
    site = samples * nodes * _BYTES_SITE_SAMPLE * (1.0 + _OVERVIEW_SHARE)
    single = samples * (len(kept_racks(scenario)) + len(scenario.output.probes))
    single += samples * (_CHAIN_SERIES if scenario.site.architecture is not None else 0)
    return round(site + single * _BYTES_RACK_SAMPLE)


def seconds_of(scenario: Scenario, racks: int, samples: int, events: int, blocks: int) -> float:
    """Return the expected time: events, timeline, racks over time, and the store."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    work = core_seconds_of(scenario, racks, samples, events)
    kept = len(kept_racks(scenario)) * samples * 12e-9
    kept += _units(scenario) * samples * _S_PER_UNIT_SAMPLE
    return _S_TO_START + work / (cores or 1) + blocks * _S_PER_BLOCK + kept


def core_seconds_of(scenario: Scenario, racks: int, samples: int, events: int) -> float:
    """Return the expected time of one core for the load, without start and store."""
    lanes = sum(job.all_accelerators for job in scenario.jobs)
    work = events * (_S_PER_EVENT + _S_PER_PHASE_OF_TIMELINE)
    work += racks * samples * _S_PER_RACK_SAMPLE
    if scenario.engine == "steps":
        work += lanes * samples * _S_PER_STEP
    return work


def _units(scenario: Scenario) -> int:
    """Return how many storage units there are."""
    devices = (scenario.storage, fast_of(scenario))
    return sum(device.units for device in devices if device is not None)


def fast_of(scenario: Scenario) -> StorageDevice | None:
    """Return the fast storage device, if there is one."""
    return None if scenario.storage is None else scenario.storage.fast
