# SPDX-License-Identifier: Apache-2.0
"""Every accelerator walks through the slots: the times at which its target changes.

Both engines read the same event table, so they differ only in how they turn events into power.
"""

from typing import Any

import numpy as np

from powermodel_kernels.bind import apart
from powermodel_kernels.constants import BARRIER_GROUP, BARRIER_JOB, NEVER
from powermodel_kernels.fleet.lanes import draw_deviations, draw_phase_words
from powermodel_kernels.laws.duration import lasting


def stage_of(fleet: Any, lane: Any) -> Any:
    """Return the pipeline stage of a lane: contiguous stages, repeated over the job."""
    return (lane // fleet.stage_size) % fleet.stages


def to_lanes(since: Any, values: Any, size: Any, lane: Any, out: Any) -> None:
    """Give lanes lane, lane + 1, … the tick of the unit or group that they belong to.

    Parameters
    ----------
    since
        Tick from which ``values`` are counted.
    values
        One for each unit, int64.
    size
        Lanes of a unit.
    out
        int64 (n,).
    """
    if size == 1:
        mine = values[lane : lane + out.size]
        for i in range(out.size):
            out[i] = since + mine[i]
        return
    member, i = lane // size, 0
    while i < out.size:
        stop = min((member + 1) * size - lane, out.size)
        for j in range(i, stop):
            out[j] = since + values[member]
        member, i = member + 1, stop


def walk_lanes(
    programs: Any, fleet: Any, lanes: Any, slots: Any, lane: Any, when: Any, level: Any, end: Any
) -> Any:
    """List the target changes of lanes lane, lane + 1, … in all slots.

    Parameters
    ----------
    when
        Out: absolute ticks, int64 (events + 1, n). Each lane's times never decrease.
    level
        Out: new target before the lane's scale, quanta, int32 (events,).
    end
        Out: the event happens only before this tick, int64 (events,).

    Returns
    -------
    int
        How many events there are.
    """
    n = when.shape[1]
    events = (when, np.empty((level.size + 1, 2), np.int64), level, end)
    scratch = np.empty(4 * n, np.int32), np.empty(n, np.float32)
    return walk_until(np.int64(NEVER), programs, fleet, lanes, slots, lane, events, scratch)


@apart
def walk_until(
    stop: Any, programs: Any, fleet: Any, lanes: Any, slots: Any, lane: Any, events: Any,
    scratch: Any,
) -> Any:  # fmt: skip
    """Do what ``walk_lanes`` does, but for changes that no lane has before tick ``stop``.

    Parameters
    ----------
    events
        Out: ``when`` of ``walk_lanes``; the earliest and the latest tick of each event, int64
        (events + 1, 2); ``level`` and ``end``.
    scratch
        int32 (4·n,) and float32 (n,), or longer.
    """
    when, span, level, end = events
    n = when.shape[1]
    words, spare = scratch[0][: 4 * n].reshape((4, n)), scratch[1][:n]
    # Row e of ``when`` is where the lanes stand; it becomes an event once it has a level.
    e = 0
    for s in range(slots.program.size):
        program, number, place = slots.program[s], slots.number[s], slots.place[s]
        first = programs.first[program]
        to_lanes(slots.since[s], slots.start[s], fleet.unit_size, lane, when[e])
        span[e, 0], span[e, 1] = extremes(when[e])
        pipelined = programs.pipelined[program] != 0
        if pipelined:
            e = _emit(programs.waiting[first], slots.end[s], level, end, e)
            for i in range(n):
                when[e, i] = when[e - 1, i] + stage_of(fleet, lane + i) * fleet.fill_ticks
            span[e, 0], span[e, 1] = extremes(when[e])
        for p in range(programs.first[program + 1] - first):
            # What follows in this slot is later still.
            if span[e, 0] >= stop:
                break
            row = first + p
            e = _emit(programs.level[row], slots.end[s], level, end, e)
            if place >= 0:
                late = slots.deviation[place, p, lane : lane + n]
            else:
                late = words[p % 4]
                if p % 4 == 0:
                    draw_phase_words(fleet, number, p, lane, words)
                draw_deviations(programs, lanes, row, late, slots.common[s, p], lane, spare, late)
            span[e, 0], span[e, 1] = end_phase(
                programs.mean_ticks[row], late, programs.shift[row], when[e - 1], when[e]
            )
            if pipelined and p == 0:
                e = _emit(programs.waiting[row], slots.end[s], level, end, e)
                for i in range(n):
                    bubbles = fleet.stages - 1 - stage_of(fleet, lane + i)
                    when[e, i] = when[e - 1, i] + bubbles * fleet.bubble_ticks
                span[e, 0], span[e, 1] = extremes(when[e])
            barrier, column = programs.barrier[row], programs.column[row]
            if barrier == BARRIER_JOB:
                e = _emit(programs.waiting[row], slots.end[s], level, end, e)
                opens = slots.job_barrier[s, column]
                for i in range(n):
                    when[e, i] = opens
                span[e, 0], span[e, 1] = opens, opens
            elif barrier == BARRIER_GROUP:
                e = _emit(programs.waiting[row], slots.end[s], level, end, e)
                opened = slots.group_barrier[s, column]
                to_lanes(np.int64(0), opened, fleet.group_size, lane, when[e])
                span[e, 0], span[e, 1] = extremes(when[e])
    return e


def end_phase(mean: Any, late: Any, shift: Any, begin: Any, out: Any) -> Any:
    """Fill ``out`` (n,) with the ticks at which a phase ends, and return earliest and latest.

    Parameters
    ----------
    mean, late, shift
        See ``laws.duration.lasting``; ``late`` of each lane.
    begin
        Ticks at which it begins, int64 (n,).
    """
    least, most = np.int64(NEVER), -np.int64(NEVER)
    for i in range(out.size):
        then = begin[i] + lasting(mean, late[i], shift)
        out[i] = then
        least, most = min(least, then), max(most, then)
    return least, most


def extremes(clock: Any) -> Any:
    """Return the least and the largest of some ticks, int64 (n,)."""
    least, most = np.int64(NEVER), -np.int64(NEVER)
    for i in range(clock.size):
        least, most = min(least, clock[i]), max(most, clock[i])
    return least, most


def _emit(new_level: Any, slot_end: Any, level: Any, end: Any, e: Any) -> Any:
    """Make an event of where the lanes stand."""
    level[e] = new_level
    end[e] = slot_end
    return e + 1
