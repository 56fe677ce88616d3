# SPDX-License-Identifier: Apache-2.0
"""Every accelerator walks through the slots: the times at which its target changes.

Both engines read the same event table, so they differ only in how they turn events into power.
"""

from typing import Any

import numpy as np

from powermodel_kernels.bind import apart_with_memory
from powermodel_kernels.constants import BARRIER_GROUP, BARRIER_JOB, NEVER
from powermodel_kernels.fleet.lanes import draw_phase_words, lane_durations


def stage_of(fleet: Any, lane: Any) -> Any:
    """Return the pipeline stage of a lane: contiguous stages, repeated over the job."""
    return (lane // fleet.stage_size) % fleet.stages


def to_lanes(values: Any, size: Any, lane: Any, out: Any) -> None:
    """Give lanes lane, lane + 1, … the value of the unit or group that they belong to.

    Parameters
    ----------
    values
        One for each unit, int64.
    size
        Lanes of a unit.
    out
        int64 (n,).
    """
    if size == 1:
        for i in range(out.size):
            out[i] = values[lane + i]
        return
    member, i = lane // size, 0
    while i < out.size:
        stop = min((member + 1) * size - lane, out.size)
        for j in range(i, stop):
            out[j] = values[member]
        member, i = member + 1, stop


def walk_lanes(
    programs: Any, fleet: Any, lanes: Any, slots: Any, lane: Any, when: Any, level: Any, end: Any
) -> Any:
    """List the target changes of lanes lane, lane + 1, … in all slots.

    Parameters
    ----------
    when
        Out: absolute ticks, int64 (events, n). Each lane's times never decrease.
    level
        Out: new target before the lane's scale, quanta, int32 (events,).
    end
        Out: the event happens only before this tick, int64 (events,).

    Returns
    -------
    int
        How many events there are.
    """
    return walk_until(np.int64(NEVER), programs, fleet, lanes, slots, lane, when, level, end)


@apart_with_memory
def walk_until(
    stop: Any, programs: Any, fleet: Any, lanes: Any, slots: Any, lane: Any, when: Any,
    level: Any, end: Any,
) -> Any:  # fmt: skip
    """Do what ``walk_lanes`` does, but for changes that no lane has before tick ``stop``."""
    n = when.shape[1]
    clock = np.empty(n, np.int64)
    duration = np.empty(n, np.int64)
    words = np.empty((4, n), np.int32)
    spare = np.empty(n, np.float32)
    e = 0
    for s in range(slots.program.size):
        program = slots.program[s]
        first = programs.first[program]
        to_lanes(slots.start[s], fleet.unit_size, lane, clock)
        pipelined = programs.pipelined[program] != 0
        if pipelined:
            e = _emit(clock, programs.waiting[first], slots.end[s], when, level, end, e)
            for i in range(n):
                clock[i] += stage_of(fleet, lane + i) * fleet.fill_ticks
        for p in range(programs.first[program + 1] - first):
            # What follows in this slot is later still.
            if earliest(clock) >= stop:
                break
            row = first + p
            e = _emit(clock, programs.level[row], slots.end[s], when, level, end, e)
            if p % 4 == 0:
                draw_phase_words(fleet, slots.number[s], p, lane, words)
            lane_durations(
                programs, lanes, row, words[p % 4], slots.common[s, p], lane, spare, duration
            )
            for i in range(n):
                clock[i] += duration[i]
            if pipelined and p == 0:
                e = _emit(clock, programs.waiting[row], slots.end[s], when, level, end, e)
                for i in range(n):
                    clock[i] += (fleet.stages - 1 - stage_of(fleet, lane + i)) * fleet.bubble_ticks
            barrier, column = programs.barrier[row], programs.column[row]
            if barrier == BARRIER_JOB:
                e = _emit(clock, programs.waiting[row], slots.end[s], when, level, end, e)
                for i in range(n):
                    clock[i] = slots.job_barrier[s, column]
            elif barrier == BARRIER_GROUP:
                e = _emit(clock, programs.waiting[row], slots.end[s], when, level, end, e)
                to_lanes(slots.group_barrier[s, column], fleet.group_size, lane, clock)
    return e


def earliest(clock: Any) -> Any:
    """Return the least of some ticks, int64 (n,)."""
    least = np.int64(NEVER)
    for i in range(clock.size):
        least = min(least, clock[i])
    return least


def _emit(
    clock: Any, new_level: Any, slot_end: Any, when: Any, level: Any, end: Any, e: Any
) -> Any:
    """Append one event for all lanes."""
    for i in range(clock.size):
        when[e, i] = clock[i]
    level[e] = new_level
    end[e] = slot_end
    return e + 1
