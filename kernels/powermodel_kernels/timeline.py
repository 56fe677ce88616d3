# SPDX-License-Identifier: Apache-2.0
"""When every barrier of a few slots opens: a maximum over members.

A job barrier splits a slot into legs. The first leg begins when each unit does, in absolute ticks;
every later one begins for all lanes at the barrier before it and is counted from there, so that all
legs are reduced in one pass.
"""

from typing import Any, NamedTuple

import numpy as np

from powermodel_kernels.bind import apart
from powermodel_kernels.constants import BARRIER_GROUP, BARRIER_JOB
from powermodel_kernels.fleet.lanes import draw_deviations, draw_phase_words
from powermodel_kernels.fleet.walk import extremes, stage_of, to_lanes
from powermodel_kernels.laws.duration import lasting
from powermodel_kernels.parallel import each
from powermodel_kernels.tables import F32, I64


class Batch(NamedTuple):
    """Slots that follow each other: rows of the slots table, see ``tables.Slots``."""

    program: I64
    number: I64
    place: I64
    common: F32


def slot_legs(
    thread: Any, taken: Any, programs: Any, fleet: Any, lanes: Any, batch: Any, start: Any,
    chunk: Any, slowest: Any, groups: Any, finish: Any, ends: Any, drawn: Any,
) -> None:  # fmt: skip
    """Reduce slots that follow each other to their barriers.

    Nothing has to be known of other lanes in between: after a barrier of the job each lane's clock
    goes on from zero, in the next slot too.

    Parameters
    ----------
    thread, taken
        Number of the thread, and what is taken of the lanes, see ``parallel.each``.
    batch
        See ``Batch``.
    start
        Tick at which each unit begins the first of them, int64 (units,).
    chunk
        Lanes taken at a time: a multiple of the group size.
    slowest
        Out: arrival of the slowest lane at each job barrier, int64 (threads, slots, job barriers),
        counted as ``start`` is before the first of all, else from the one before; the caller takes
        the maximum over threads.
    groups
        Out: opening of each group barrier, int64 (slots, group barriers, groups), counted alike.
    finish
        Out: end of each slot for each unit, int64 (slots, units), counted alike.
    ends
        In: NEVER and zero; out: the earliest and the latest of them, int64 (threads, slots, 2).
    drawn
        Out: what ``draw_deviations`` says, int32 (places, phases, lanes).
    """
    clock = np.empty(chunk, np.int64)
    words = np.empty(4 * chunk, np.int32)
    spare = np.empty(chunk, np.float32)
    # Apart from those of other threads while they change: a line of the cache has one owner.
    own_slowest, own_ends = slowest[thread].copy(), ends[thread].copy()
    for lane in each(taken, chunk, fleet.lanes):
        n = min(chunk, fleet.lanes - lane)
        work = (clock[:n], words[: 4 * n].reshape((4, n)), spare[:n])
        for s in range(batch.program.size):
            place = batch.place[s]
            chunk_legs(
                programs, fleet, lanes, batch.program[s], batch.number[s], batch.common[s],
                finish[s - 1] if s > 0 else start, lane, work, own_slowest[s], groups[s],
                finish[s], own_ends[s], drawn[max(place, 0) : place + 1],
            )  # fmt: skip
    slowest[thread], ends[thread] = own_slowest, own_ends


@apart
def chunk_legs(
    programs: Any, fleet: Any, lanes: Any, program: Any, number: Any, common: Any, start: Any,
    lane: Any, work: Any, slowest: Any, groups: Any, finish: Any, ends: Any, kept: Any,
) -> None:  # fmt: skip
    """Do the work of ``slot_legs`` for one slot and lanes lane, lane + 1, ….

    Parameters
    ----------
    kept
        Out: durations of the slot, see ``draw_deviations``, int32 (1, phases, lanes); nothing where
        it has no place.
    """
    clock, words, spare = work
    n = clock.size
    first = programs.first[program]
    pipelined = programs.pipelined[program] != 0
    to_lanes(np.int64(0), start, fleet.unit_size, lane, clock)
    if pipelined:
        for i in range(n):
            clock[i] += stage_of(fleet, lane + i) * fleet.fill_ticks
    for p in range(programs.first[program + 1] - first):
        row = first + p
        if p % 4 == 0:
            draw_phase_words(fleet, number, p, lane, words)
        word, mean, shift = words[p % 4], programs.mean_ticks[row], programs.shift[row]
        late = kept[0, p, lane : lane + n] if kept.size > 0 else word
        draw_deviations(programs, lanes, row, word, common[p], lane, spare, late)
        for i in range(n):
            clock[i] += lasting(mean, late[i], shift)
        if pipelined and p == 0:
            for i in range(n):
                clock[i] += (fleet.stages - 1 - stage_of(fleet, lane + i)) * fleet.bubble_ticks
        barrier, column = programs.barrier[row], programs.column[row]
        if barrier == BARRIER_JOB:
            latest = slowest[column]
            for i in range(n):
                latest = max(latest, clock[i])
                clock[i] = 0
            slowest[column] = latest
        elif barrier == BARRIER_GROUP:
            for g in range((n + fleet.group_size - 1) // fleet.group_size):
                a, b = g * fleet.group_size, min((g + 1) * fleet.group_size, n)
                latest = np.int64(0)
                for i in range(a, b):
                    latest = max(latest, clock[i])
                for i in range(a, b):
                    clock[i] = latest
                groups[column, lane // fleet.group_size + g] = latest
    least, most = extremes(clock)
    ends[0], ends[1] = min(ends[0], least), max(ends[1], most)
    # Every lane of a unit ends alike: one of them says when.
    size = fleet.unit_size
    if size == 1:
        mine = finish[lane : lane + n]
        for i in range(n):
            mine[i] = clock[i]
        return
    for u in range((n + size - 1) // size):
        finish[lane // size + u] = clock[u * size]
