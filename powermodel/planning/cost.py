# SPDX-License-Identifier: Apache-2.0
"""What a run is expected to cost: events, memory, disk and time."""

from __future__ import annotations

import os

from powermodel.planning.places import kept_racks
from powermodel.scenario import Scenario
from powermodel.scenario.storage import StorageDevice
from powermodel_kernels.build import ticks
from powermodel_kernels.constants import DRAWN_BYTES, TICKS_PER_S, TILE_TICKS

# Unit costs, in processor time of one core of a 2.4 GHz EPYC (2021), measured on 2026-11-22: the
# first four on a quiet machine with 60 s of colossus2-phase1, colossus2-1gw and h100-16k-llama3,
# the others with parts of those, battery-latency and day-of-failures while other work loaded it.
# They only serve the estimates that are printed before runs and studies.
_S_PER_EVENT = 13e-9
_S_PER_RACK_SAMPLE = 1.9e-9
_S_PER_NOISY_RACK_SAMPLE = 2.4e-9
_S_PER_STEP = 0.75e-9
_S_PER_SMOOTHED_STEP = 220e-9
_S_PER_TILE = 150e-6
_S_PER_TILE_OF_JOB = 100e-6
_S_PER_STORED_SAMPLE = 1.05e-6
_S_PER_UNIT_SAMPLE = 9e-9
_S_PER_KEPT_SAMPLE = 12e-9
_S_PER_BLOCK = 0.05
_S_TO_START = 2.0
_S_PER_MEASURED_SAMPLE = 0.8e-6
_S_PER_COUNTED_SAMPLE = 14e-9
S_PER_STATE = 0.15
"""To note where a run of a study is."""
S_PER_RUN = 0.02
"""To begin and to write a run of a study."""
S_TO_START_WORKER = 6.0
# Tiles in which something changes or has not yet settled, for each change.
_TILES_PER_CHANGE = 2.5
# Bytes that a compressed sample takes in the store, from the same runs.
_BYTES_SITE_SAMPLE = 6.0
_BYTES_RACK_SAMPLE = 2.5
_OVERVIEW_SHARE = 0.35
# Losses of the stages and what else the chain keeps, each about as large as a rack's series.
_CHAIN_SERIES = 10
# State of a smoothed accelerator, twice while a block is saved; and of a storage unit.
_BYTES_SMOOTHED = 110
_BYTES_UNIT = 400
# Of an iteration.
_PHASES = 4
# The interpreter with its libraries and compiled code.
_BASE_MEMORY = 450 * 2**20
RACKS_AT_ONCE = 256
"""Racks that are held over one tile while they go through the chain."""


def events_of(scenario: Scenario, number: int) -> int:
    """Return the expected target changes of a job: two a phase that ends at a barrier, else one."""
    job = scenario.jobs[number]
    if job.program is None:
        return 0
    section = job.program.iteration
    per_iteration = sum(1 if p.barrier == "none" else 2 for p in section.expanded)
    stop = ticks(scenario.time.duration)
    taken = sum(
        max(0, min(end, stop) - begin)
        for one in scenario.standing
        if one.number == number
        for begin, end in one.spans
    )
    iterations = taken / TICKS_PER_S / section.mean_duration
    return round(job.accelerators * per_iteration * iterations)


def memory_of(scenario: Scenario, racks: int, block_samples: int) -> int:
    """Return the expected peak: lanes and slots, one batch of racks, one block of output."""
    sizes = [job.all_accelerators for job in scenario.jobs]
    tile = min(round(10.0 / scenario.time.dt), block_samples)
    batch = min(RACKS_AT_ONCE, racks) * tile * 8
    kept = len(kept_racks(scenario))
    output = block_samples * (8 * 4 * (len(scenario.site.halls) + 1) + 12 * kept)
    slots_per_tile = 16
    smoothed = sum(job.all_accelerators for job in scenario.jobs if job.smoothing is not None)
    layers = smoothed * _BYTES_SMOOTHED + _units(scenario) * _BYTES_UNIT
    lanes = sum(sizes) * (8 + 8 * slots_per_tile)
    lanes += sum(min(DRAWN_BYTES, 4 * _PHASES * slots_per_tile * size) for size in sizes)
    return _BASE_MEMORY + lanes + batch + output + layers


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
    kept = len(kept_racks(scenario)) * samples * _S_PER_KEPT_SAMPLE
    if scenario.storage is not None:
        kept += storage_seconds_of(_units(scenario), samples)
    return _S_TO_START + work / (cores or 1) + blocks * _S_PER_BLOCK + kept


def storage_seconds_of(units: float, samples: int) -> float:
    """Return the expected time of one core for so many storage units."""
    return samples * (_S_PER_STORED_SAMPLE + units * _S_PER_UNIT_SAMPLE)


def measured_seconds_of(samples: int, counted: int) -> float:
    """Return the expected time of one core for the indicators of a run, and so many counts."""
    return samples * (_S_PER_MEASURED_SAMPLE + counted * _S_PER_COUNTED_SAMPLE)


def core_seconds_of(scenario: Scenario, racks: int, samples: int, events: int) -> float:
    """Return the expected time of one core for the load, without start and store."""
    noisy = any(job.noise is not None for job in scenario.jobs)
    share = _changing_share(scenario)
    work = events * _S_PER_EVENT
    work += racks * samples * share * (_S_PER_NOISY_RACK_SAMPLE if noisy else _S_PER_RACK_SAMPLE)
    tiles = samples * scenario.time.dt * TICKS_PER_S / TILE_TICKS
    places = sum(job.places for job in scenario.jobs)
    work += tiles * share * (_S_PER_TILE + _S_PER_TILE_OF_JOB * places)
    if scenario.engine == "steps":
        for job in scenario.jobs:
            step = _S_PER_STEP if job.smoothing is None else _S_PER_SMOOTHED_STEP
            work += job.all_accelerators * samples * share * step
    return work


def _changing_share(scenario: Scenario) -> float:
    """Return the share of the tiles that are computed; the others go on as those before them."""
    still = all(
        job.program is not None and job.noise is None and job.smoothing is None
        for job in scenario.jobs
    )
    site = scenario.site
    remembers: list[object] = [
        scenario.storage,
        scenario.onsite,
        scenario.supply,
        site.chain,
        site.cooling,
    ]
    remembers += [part for hall in site.halls for part in (hall.rack_store, hall.rack_backup)]
    if not still or any(part is not None for part in remembers):
        return 1.0
    tile_s = TILE_TICKS / TICKS_PER_S
    changes_per_s = 0.0
    for job in scenario.jobs:
        section = job.program.iteration if job.program is not None else None
        if section is not None:
            changes_per_s += job.places * len(section.expanded) / section.mean_duration
    return min(1.0, _TILES_PER_CHANGE * tile_s * changes_per_s)


def _units(scenario: Scenario) -> int:
    """Return how many storage units there are."""
    devices = (scenario.storage, fast_of(scenario))
    return sum(device.units for device in devices if device is not None)


def fast_of(scenario: Scenario) -> StorageDevice | None:
    """Return the fast storage device, if there is one."""
    return None if scenario.storage is None else scenario.storage.fast
