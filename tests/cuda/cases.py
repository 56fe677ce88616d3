# SPDX-License-Identifier: Apache-2.0
"""Every CUDA kernel: what it is given for a job, and what the CPU path says must come out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numba import typeof, types

from powermodel_kernels.build import Layout
from powermodel_kernels.constants import (
    BARRIER_GROUP,
    BARRIER_JOB,
    BARRIER_NONE,
    LOGNORMAL,
    UNIFORM,
)
from powermodel_kernels.cuda import chain, compiler, fleet, storage
from powermodel_kernels.fleet.job import JobFleet
from tests.cuda import rack_cases, unit_cases
from tests.cuda.ptx_run import PtxProgram
from tests.kernels.factory import EDGES, MS, Job, Spread, job, phase, place

KERNELS: dict[str, Callable[..., None]] = {
    "leg": fleet.leg,
    "rack_bins": fleet.rack_bins,
    "rack_backups": chain.rack_backups,
    "rack_stores": chain.rack_stores,
    "unit_steps": storage.unit_steps,
}
SAMPLES: dict[str, Callable[[], tuple[Any, ...]]] = {
    "rack_backups": rack_cases.Outages().arguments,
    "rack_stores": rack_cases.Racks().arguments,
    "unit_steps": unit_cases.Farms().arguments,
}
"""Arguments of kernels that take no job."""
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
        seed=20240229,
    )


def opened(made: Job, window: Window) -> JobFleet:
    """Return the job with its tables for a window."""
    result = made.opened(workers=1)
    result.open_tile(window.begin, window.dt, window.samples)
    return result


def rack_bins_arguments(made: Job, window: Window) -> tuple[Any, ...]:
    """Return the arguments of ``rack_bins``; the last is its empty result."""
    ready, where = opened(made, window), place(made.fleet.lanes, window.per_rack)
    racks = -(-made.fleet.lanes // window.per_rack)
    return (
        made.programs, made.fleet, made.lanes.scale, made.lanes.slowness, ready._slots,
        ready._grid, ready._decays(), where, np.full((racks, window.samples), -1, np.int32),
    )  # fmt: skip


def rack_bins_result(launch: Launch, made: Job, window: Window, threads: int = 32) -> Any:
    """Return what the kernel says: rack power in quanta."""
    arguments = rack_bins_arguments(made, window)
    launch("rack_bins", arguments[-1].shape[0], threads, arguments)
    return arguments[-1]


def leg_arguments(made: Job, number: int, program: int, common: Any) -> tuple[Any, ...]:
    """Return the first arguments of ``leg``."""
    return made.programs, made.fleet, made.lanes.slowness, program, number, common


def slot_by_legs(launch: Launch, made: Job, slots: Any, s: int, threads: int) -> dict[str, Any]:
    """Take a slot from barrier to barrier, and return when each opens and when every lane ends."""
    lanes, program = made.fleet.lanes, int(slots.program[s])
    rows = slice(*made.programs.first[program : program + 2])
    scopes = made.programs.barrier[rows]
    head = leg_arguments(made, int(slots.number[s]), program, slots.common[s])
    clock, opens, begin = np.zeros(lanes, np.int64), slots.start[s].copy(), 0
    found: dict[str, Any] = {"job": [], "group": []}
    for p, scope in enumerate(scopes):
        if scope == BARRIER_NONE and p + 1 < len(scopes):
            continue
        members = {BARRIER_NONE: 0, BARRIER_GROUP: -(-lanes // made.fleet.group_size)}
        arrivals = np.zeros(members.get(scope, 1), np.int64)
        launch("leg", -(-lanes // threads), threads, (*head, begin, p, opens, clock, arrivals))
        if scope != BARRIER_NONE:
            found["job" if scope == BARRIER_JOB else "group"].append(arrivals)
        opens, begin = arrivals, p + 1
    size = {BARRIER_JOB: lanes, BARRIER_GROUP: made.fleet.group_size}.get(scopes[-1])
    found["finish"] = clock if size is None else opens[np.arange(lanes) // size]
    return found


@cache
def ptx(name: str, architecture: str) -> str:
    """Return a kernel's PTX for an architecture."""
    return compiler.ptx(KERNELS[name], signature(name), ARCHITECTURES[architecture])


@cache
def program(name: str, architecture: str) -> PtxProgram:
    """Return a kernel's PTX as a program for this CPU."""
    return PtxProgram(ptx(name, architecture))


@cache
def signature(name: str) -> Any:
    """Return the Numba types of a kernel's arguments."""
    if name in SAMPLES:
        return types.void(*(typeof(a) for a in SAMPLES[name]()))
    made, window = sample_job(), Window(samples=20)
    arguments = rack_bins_arguments(made, window)
    if name == "leg":
        slots, times = arguments[4], np.zeros(1, np.int64)
        head = leg_arguments(made, 0, 0, slots.common[0])
        arguments = (*head, 0, 0, times, times, times)
    return types.void(*(typeof(a) for a in arguments))
