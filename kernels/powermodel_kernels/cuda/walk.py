# SPDX-License-Identifier: Apache-2.0
"""One accelerator walks through the slots: its thread holds where it stands.

What ``fleet.walk`` lists for many lanes at once, a GPU finds one event after the other.
"""

from typing import Any

import numpy as np

from powermodel_kernels.constants import (
    BARRIER_GROUP,
    BARRIER_JOB,
    BARRIER_NONE,
    LOGNORMAL,
    PURPOSE_DURATION,
    UNIFORM,
)
from powermodel_kernels.fleet.walk import stage_of
from powermodel_kernels.laws.duration import (
    deviation,
    lasting,
    lognormal_factor,
    slowed,
    uniform_factor,
)
from powermodel_kernels.laws.normal import normal32, uniform32
from powermodel_kernels.laws.philox import address_word, philox4x32

# Where a lane stands in its slot: before the wait of its pipeline stage, before a phase, after the
# first phase of a pipelined program, at the barrier of a phase.
ENTER, PHASE, BUBBLE, BARRIER = 0, 1, 2, 3

_ZERO, _ONE = np.int64(0), np.int64(1)


def phase_ticks(
    programs: Any, fleet: Any, slowness: Any, row: Any, phase: Any, number: Any, common: Any,
    lane: Any,
) -> Any:  # fmt: skip
    """Return how long one phase takes on one lane, ticks."""
    mean, kind = programs.mean_ticks[row], programs.distribution[row]
    if kind != LOGNORMAL and kind != UNIFORM:
        return mean
    a, b, c, d = philox4x32(
        np.uint64(lane), np.uint64(number), address_word(PURPOSE_DURATION, fleet.job, phase // 4),
        np.uint64(fleet.run), np.uint64(fleet.seed_low), np.uint64(fleet.seed_high),
    )  # fmt: skip
    which = phase % 4
    chosen = (a if which == 0 else b) if which < 2 else (c if which == 2 else d)
    word = np.int32(np.uint32(chosen))
    if kind == LOGNORMAL:
        factor = slowed(lognormal_factor(normal32(word), programs.sigma_own[row], common), slowness)
    else:
        factor = uniform_factor(uniform32(word))
    return lasting(mean, deviation(factor, programs.mean_scaled[row]), programs.shift[row])


def event_here(programs: Any, slots: Any, s: Any, p: Any, stand: Any, clock: Any) -> Any:
    """Return whether the target of a lane changes where it stands, and the new level, quanta.

    Parameters
    ----------
    s, p, stand
        Slot, phase and place in the phase.
    clock
        Absolute tick.
    """
    program = slots.program[s]
    row = programs.first[program] + p
    pipelined = programs.pipelined[program] != 0
    event, level = True, programs.level[row]
    if stand == ENTER:
        event, level = pipelined, programs.waiting[row]
    elif stand == BUBBLE:
        event, level = pipelined and p == 0, programs.waiting[row]
    elif stand == BARRIER:
        event, level = programs.barrier[row] != BARRIER_NONE, programs.waiting[row]
    return event and clock < slots.end[s], level


def onward(
    programs: Any, fleet: Any, slowness: Any, slots: Any, lane: Any, s: Any, p: Any, stand: Any,
    clock: Any,
) -> Any:  # fmt: skip
    """Return where a lane stands next: slot, phase, place in the phase and absolute tick.

    Parameters
    ----------
    slowness
        Of this lane, float32.
    """
    program = slots.program[s]
    row0 = programs.first[program]
    row = row0 + p
    pipelined = programs.pipelined[program] != 0
    if stand == ENTER:
        if pipelined:
            clock += stage_of(fleet, lane) * fleet.fill_ticks
        stand = PHASE
    elif stand == PHASE:
        clock += phase_ticks(
            programs, fleet, slowness, row, p, slots.number[s], slots.common[s, p], lane
        )
        stand = BUBBLE
    elif stand == BUBBLE:
        if pipelined and p == 0:
            clock += (fleet.stages - 1 - stage_of(fleet, lane)) * fleet.bubble_ticks
        stand = BARRIER
    else:
        barrier, column = programs.barrier[row], programs.column[row]
        if barrier == BARRIER_JOB:
            clock = slots.job_barrier[s, column]
        elif barrier == BARRIER_GROUP:
            clock = slots.group_barrier[s, column, lane // fleet.group_size]
        stand, p = PHASE, p + _ONE
        if p == programs.first[program + 1] - row0:
            s, p, stand = s + _ONE, _ZERO, ENTER
            if s < slots.program.size:
                clock = slots.start[s, lane // fleet.unit_size]
    return s, p, stand, clock


def next_event(
    programs: Any, fleet: Any, slowness: Any, slots: Any, last: Any, lane: Any, s: Any, p: Any,
    stand: Any, clock: Any, first: Any, stop: Any,
) -> Any:  # fmt: skip
    """Return tick and new level of a lane's next event, and where the lane stands after it.

    Parameters
    ----------
    slowness
        Of this lane, float32.
    last
        One past the last slot of its run.
    s, p, stand, clock
        Where the lane stands, see ``onward``.
    first, stop
        What came before the first tick is passed over. Without an event before ``stop`` that is
        the tick, and there is no new level.
    """
    while s < last:
        event, level = event_here(programs, slots, s, p, stand, clock)
        if event and clock >= stop:
            break
        tick = clock
        s, p, stand, clock = onward(programs, fleet, slowness, slots, lane, s, p, stand, clock)
        if event and tick >= first:
            return tick, level, s, p, stand, clock
    return stop, np.int32(0), s, p, stand, clock
