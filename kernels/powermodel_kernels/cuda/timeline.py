# SPDX-License-Identifier: Apache-2.0
"""When the barriers of slots open, on a GPU: a maximum over members.

A block takes some whole groups through a slot, the second axis of the grid is the slots, those of
all runs. Nothing
of a lane outlives a barrier: after that of the job a lane's clock begins at zero, after that of a
group at the arrival of its slowest member. So no lane is stored, and slots that begin together
with the whole job are independent of each other: their barriers are counted from their begin.
"""

from typing import Any

import numpy as np

from powermodel_kernels.constants import BARRIER_GROUP, BARRIER_JOB, BARRIER_NONE
from powermodel_kernels.cuda.compiler import cuda
from powermodel_kernels.cuda.runs import lane_of_run, of_run
from powermodel_kernels.cuda.walk import phase_ticks
from powermodel_kernels.fleet.walk import stage_of

THREADS = 128
"""Threads of a block at most: a power of two."""
MAX_GROUPS = 256
"""Groups of a block at most."""


def span_of(group_size: int, grouped: bool) -> int:
    """Return how many lanes a block takes: whole groups where a group waits for its members."""
    return group_size * max(1, MAX_GROUPS // group_size) if grouped else MAX_GROUPS


def slot_barriers(
    programs: Any, fleet: Any, runs: Any, slowness: Any, run: Any, program: Any, number: Any,
    common: Any, start: Any, span: Any, slowest: Any, groups: Any, finish: Any,
) -> None:  # fmt: skip
    """Reduce slots to their barriers: the quantities of ``timeline.slot_legs``.

    Parameters
    ----------
    runs
        See ``Runs``; of this table the seeds alone are read.
    slowness
        Factor of each lane on spread durations, float32, one run after the other.
    run, program, number
        Of each slot, int64 (slots,).
    common
        See ``tables.Slots``, float32 (slots, phases).
    start
        Tick at which each unit begins, int64 (slots, units).
    span
        Lanes of a block, see ``span_of``.
    slowest
        To raise: arrival of the slowest lane at each job barrier, int64 (slots, job barriers).
    groups
        Out: opening of each group barrier, int64 (slots, group barriers, groups).
    finish
        Out: end of the slot for each unit, int64 (slots, units).
    """
    opened = cuda.shared.array(MAX_GROUPS, np.int64)
    latest = cuda.shared.array(MAX_GROUPS, np.int64)
    arrived = cuda.shared.array(THREADS, np.int64)
    thread, width, s = cuda.threadIdx.x, cuda.blockDim.x, cuda.blockIdx.y
    fleet, first_lane = of_run(fleet, runs, run[s]), lane_of_run(fleet, 0, run[s])
    first = np.int64(cuda.blockIdx.x) * span
    stop = min(first + span, np.int64(fleet.lanes))
    size = np.int64(fleet.group_size)
    first_group = first // size
    row0 = programs.first[program[s]]
    phases = programs.first[program[s] + 1] - row0
    pipelined = programs.pipelined[program[s]] != 0
    p, before = np.int64(0), BARRIER_NONE
    while p < phases:
        last = p
        while last + 1 < phases and programs.barrier[row0 + last] == BARRIER_NONE:
            last += np.int64(1)
        barrier, column = programs.barrier[row0 + last], programs.column[row0 + last]
        for g in range(thread, MAX_GROUPS, width):
            latest[g] = np.int64(0)
        cuda.syncthreads()
        own = np.int64(0)
        for lane in range(first + thread, stop, width):
            clock = np.int64(0)
            if p == 0:
                clock = start[s, lane // fleet.unit_size]
                if pipelined:
                    clock += stage_of(fleet, lane) * fleet.fill_ticks
            elif before == BARRIER_GROUP:
                clock = opened[lane // size - first_group]
            for q in range(p, last + 1):
                clock += phase_ticks(
                    programs, fleet, slowness[first_lane + lane], row0 + q, q, number[s],
                    common[s, q], lane,
                )  # fmt: skip
                if pipelined and q == 0:
                    clock += (fleet.stages - 1 - stage_of(fleet, lane)) * fleet.bubble_ticks
            own = max(own, clock)
            if barrier == BARRIER_GROUP:
                cuda.atomic.max(latest, lane // size - first_group, clock)
            elif barrier == BARRIER_NONE:
                # Without a barrier at its end a slot ends for each lane alone.
                finish[s, lane] = clock
        arrived[thread] = own
        cuda.syncthreads()
        if barrier == BARRIER_JOB:
            half = width // 2
            while half > 0:
                if thread < half:
                    arrived[thread] = max(arrived[thread], arrived[thread + half])
                cuda.syncthreads()
                half //= 2
            if thread == 0:
                cuda.atomic.max(slowest, (s, column), arrived[0])
        elif barrier == BARRIER_GROUP:
            for g in range(thread, (stop - first + size - 1) // size, width):
                groups[s, column, first_group + g] = latest[g]
                opened[g] = latest[g]
        before, p = barrier, last + np.int64(1)
        cuda.syncthreads()
    if before != BARRIER_NONE:
        for lane in range(first + thread, stop, width):
            if lane % fleet.unit_size == 0:
                end = opened[lane // size - first_group] if before == BARRIER_GROUP else 0
                finish[s, lane // fleet.unit_size] = end
