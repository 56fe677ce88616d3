# SPDX-License-Identifier: Apache-2.0
"""Every CUDA kernel: what it is given for a job, and what the CPU path says must come out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numba import typeof, types

from powermodel_kernels.bind import cpu
from powermodel_kernels.build import Layout
from powermodel_kernels.constants import BARRIER_GROUP, BARRIER_NONE, LOGNORMAL, UNIFORM
from powermodel_kernels.control.high_pass import high_pass
from powermodel_kernels.control.none import none
from powermodel_kernels.cuda import (
    chain,
    compiler,
    farm,
    fleet,
    noise,
    smooth_events,
    smooth_steps,
    steps,
    timeline,
)
from powermodel_kernels.cuda.runs import seeds_of, side_by_side
from powermodel_kernels.fleet.job import JobFleet, NoiseLevel
from powermodel_kernels.fleet.noise import add_noise
from tests.cuda import rack_cases, site_cases, smooth_cases
from tests.cuda.kept import kept_ptx
from tests.cuda.ptx_run import PtxProgram
from tests.kernels.factory import EDGES, MS, Job, Spread, job, phase, place

KERNELS: dict[str, Callable[..., None]] = {
    "slot_barriers": timeline.slot_barriers,
    "rack_bins": fleet.rack_bins,
    "rack_steps": steps.rack_steps,
    "smoothed_bins": smooth_events.smoothed_bins,
    "smoothed_scan": smooth_events.smoothed_scan,
    "smoothed_steps": smooth_steps.smoothed_steps,
    "smoothed_sums": smooth_steps.smoothed_sums,
    "rack_noise": noise.rack_noise,
    "bus_loads": chain.bus_loads,
    "rack_stores": chain.rack_stores,
    "rack_backups": chain.rack_backups,
    "shelf_inputs": chain.shelf_inputs,
    "site_steps": compiler.with_law(farm.site_steps, none, high_pass),
}
SAMPLES: dict[str, Callable[[], tuple[Any, ...]]] = {
    "bus_loads": rack_cases.Racks().bus_arguments,
    "rack_backups": rack_cases.Outages().arguments,
    "rack_stores": rack_cases.Racks().arguments,
    "shelf_inputs": rack_cases.Racks().shelf_arguments,
    "site_steps": site_cases.Runs(cuts=(0, 1)).arguments,
}
"""Arguments of kernels that take no job."""
SMOOTHING = {
    "smoothed_bins": "events",
    "smoothed_scan": "events",
    "smoothed_steps": "steps",
    "smoothed_sums": "steps",
}
"""Kernels of smoothed jobs, and the engine that needs them."""
ARCHITECTURES = {"sm_80": (8, 0), "sm_90": (9, 0), "sm_100": (10, 0)}

Launch = Callable[..., None]
"""Runs a kernel: called with its name, blocks, threads and arguments."""


@dataclass(frozen=True)
class Window:
    """A stretch of time and how lanes stand in racks."""

    begin: int = 0
    dt: int = MS
    samples: int = 1100
    per_rack: int = 5


def sample_job() -> Job:
    """Return a job that goes through every branch: pipeline, barriers, spread, stragglers."""
    return job(
        [
            phase(12, 1000, distribution=LOGNORMAL, sigma=0.1, rho=0.4, barrier=BARRIER_GROUP),
            phase(6, 500, distribution=UNIFORM, barrier=BARRIER_NONE),
            phase(9, 700),
        ],
        layout=Layout(13, 5, stages=3, fill_ticks=MS, drain_ticks=MS),
        response=EDGES,
        spread=Spread(0.05, 0.3, 0.2, 2),
        pipelined=True,
        noise=NoiseLevel(0.03, 0.2, 0.02),
        seed=20240229,
    )


def opened(made: Job, window: Window) -> JobFleet:
    """Return the job with its tables for a window."""
    result = made.opened(workers=1)
    result.open_tile(window.begin, window.dt, window.samples)
    return result


def fleet_arguments(jobs: Sequence[Job], window: Window) -> tuple[Any, ...]:
    """Return the arguments of ``rack_bins`` and ``rack_steps``; the last is their empty result.

    The jobs are runs of one: they differ in what a seed draws.
    """
    made, ready = jobs[0], [opened(each, window) for each in jobs]
    runs, slots = side_by_side(seeds_of([j.fleet for j in jobs]), [one._slots for one in ready])
    lanes = zip(*(each.lanes for each in jobs), strict=True)
    scale, slowness = (np.concatenate(column) for column in lanes)
    racks = -(-made.fleet.lanes // window.per_rack)
    return (
        made.programs, made.fleet, runs, scale, slowness, slots, ready[0]._grid,
        ready[0]._decays(), place(made.fleet.lanes, window.per_rack),
        np.zeros((racks * len(jobs), window.samples), np.int32),
    )  # fmt: skip


def rack_bins_result(launch: Launch, jobs: Sequence[Job], window: Window, threads: int = 32) -> Any:
    """Return what the kernel says: rack power in quanta, run by run."""
    arguments = fleet_arguments(jobs, window)
    arguments[-1].fill(-1)
    racks = arguments[-1].shape[0] // len(jobs)
    launch("rack_bins", (racks, len(jobs)), threads, arguments)
    return by_run(arguments[-1], len(jobs))


def rack_steps_result(launch: Launch, jobs: Sequence[Job], window: Window) -> Any:
    """Return what the kernel says: rack power in quanta, run by run."""
    arguments = fleet_arguments(jobs, window)
    warps = arguments[-1].shape[0] // len(jobs) * -(-window.per_rack // steps.WIDTH)
    launch("rack_steps", (warps, len(jobs)), steps.WIDTH, arguments)
    return by_run(arguments[-1], len(jobs))


def by_run(rows: Any, runs: int) -> Any:
    """Return what lies rack by rack, all runs of a rack together, run by run."""
    return rows.reshape(-1, runs, *rows.shape[1:]).swapaxes(0, 1)


def noise_arguments(jobs: Sequence[Job], window: Window) -> tuple[Any, ...]:
    """Return the arguments of ``rack_noise`` for racks with steady, unequal power; the last."""
    made, ready = jobs[0], [opened(each, window) for each in jobs]
    runs = seeds_of([each.fleet for each in jobs])
    rows = -(-made.fleet.lanes // window.per_rack) * len(jobs)
    common = np.concatenate([each._noise.common for each in ready])
    path = np.zeros((rows, ready[0]._noise.common.size), np.float32)
    steady = np.arange(1, rows + 1, dtype=np.int32)[:, None] * np.int32(1_000_003)
    return (
        ready[0]._noise._replace(common=common), made.fleet, runs, ready[0]._grid,
        place(made.fleet.lanes, window.per_rack), path, np.repeat(steady, window.samples, axis=1),
    )  # fmt: skip


def noise_result(launch: Launch, jobs: Sequence[Job], window: Window, threads: int = 32) -> Any:
    """Return what the kernel makes of steady power, run by run."""
    arguments = noise_arguments(jobs, window)
    launch("rack_noise", (arguments[-1].shape[0] // len(jobs), len(jobs)), threads, arguments)
    return by_run(arguments[-1], len(jobs))


def noise_expected(jobs: Sequence[Job], window: Window) -> Any:
    """Return what the CPU path makes of the same."""
    *_, where, _, rows = noise_arguments(jobs, window)
    found = by_run(rows, len(jobs))
    for made, power in zip(jobs, found, strict=True):
        ready = opened(made, window)
        for r, row in enumerate(power):
            n = min(where.lanes_per_rack, where.stop_lane - r * where.lanes_per_rack)
            cpu(add_noise)(ready._noise, made.fleet, where.first_rack + r, n, ready._grid, row)
    return found


def slot_arguments(made: Job, slots: Any, span: int) -> tuple[Any, ...]:
    """Return the arguments of ``slot_barriers``; the last three are its results."""
    n, _, groups = slots.group_barrier.shape
    runs = seeds_of([made.fleet])
    return (
        made.programs, made.fleet, runs, made.lanes.slowness, np.zeros(n, np.int64), slots.program,
        slots.number, slots.common, slots.start, span,
        np.zeros((n, max(1, slots.job_barrier.shape[1])), np.int64),
        np.zeros((n, max(1, slots.group_barrier.shape[1]), groups), np.int64),
        np.zeros_like(slots.start),
    )  # fmt: skip


@cache
def ptx(name: str, architecture: str) -> str:
    """Return a kernel's PTX for an architecture."""
    return kept_ptx(KERNELS[name], signature(name), ARCHITECTURES[architecture])


@cache
def program(name: str, architecture: str) -> PtxProgram:
    """Return a kernel's PTX as a program for this CPU."""
    return PtxProgram(ptx(name, architecture))


def arguments(name: str) -> tuple[Any, ...]:
    """Return what a kernel may be given."""
    if name in SAMPLES:
        return SAMPLES[name]()
    made, window = sample_job(), Window(samples=20)
    if name in SMOOTHING:
        return smooth_cases.Smoothed(made, engine=SMOOTHING[name], tiles=(20,)).arguments()[name]
    if name == "rack_noise":
        return noise_arguments([made], window)
    if name == "slot_barriers":
        return slot_arguments(made, opened(made, window)._slots, 1)
    return fleet_arguments([made], window)


@cache
def signature(name: str) -> Any:
    """Return the Numba types of a kernel's arguments."""
    return types.void(*(typeof(a) for a in arguments(name)))
