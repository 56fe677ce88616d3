# SPDX-License-Identifier: Apache-2.0
"""The ``events`` engine on a GPU: a block is a rack, a thread is an accelerator.

Each thread walks its accelerator through the slots. Time is cut into windows whose bins fit shared
memory: all threads add their events of the window, one thread runs over it (the same arithmetic in
the same order as on the CPU), all threads write it out. Bins are integers, so the order of the
atomic additions does not matter and the sums are those of the CPU, bit for bit.
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
from powermodel_kernels.cuda.compiler import cuda
from powermodel_kernels.fleet.walk import stage_of
from powermodel_kernels.laws.duration import deviation, lognormal_factor, slowed, uniform_factor
from powermodel_kernels.laws.normal import normal32, uniform32
from powermodel_kernels.laws.philox import address_word, philox4x32
from powermodel_kernels.laws.response import to_quanta, transition
from powermodel_kernels.laws.sampling import placed
from powermodel_kernels.primitives import fma

WINDOW = 1024
"""Samples whose bins are in shared memory at once: 16 kB."""
THREADS = 96
"""Threads of a block: a rack of 72 in whole warps; larger racks are gone through in turns."""

_ZERO = np.float32(0.0)
_STEP, _RISE, _FALL, _OVER = 0, 1, 2, 3

# Where a lane stands in its slot: before the wait of its pipeline stage, before a phase, after the
# first phase of a pipelined program, at the barrier of a phase.
_ENTER, _PHASE, _BUBBLE, _BARRIER = 0, 1, 2, 3


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
    late = np.int64(deviation(factor, programs.mean_scaled[row]))
    return mean + (late << np.int64(programs.shift[row]))


def leg(
    programs: Any, fleet: Any, slowness: Any, program: Any, number: Any, common: Any,
    first_phase: Any, last_phase: Any, opened: Any, clock: Any, arrivals: Any,
) -> None:  # fmt: skip
    """Take every lane of a job from one barrier of a slot to the next: a thread is a lane.

    Parameters
    ----------
    programs, fleet
        See ``tables``.
    slowness
        Factor of each lane on spread durations, float32 (lanes,).
    program, number, common
        The slot, see ``tables.Slots``; ``common`` is float32 (phases,).
    first_phase, last_phase
        Phases of this leg, the last one inclusive.
    opened
        Absolute tick at which each unit (before the first phase of a slot) or each group or the
        job (after a barrier) goes on, int64 (members,); empty where lanes just go on.
    clock
        In and out: absolute tick of each lane, int64 (lanes,).
    arrivals
        Out: latest arrival at the barrier that closes the leg, for the job (size 1) or each group,
        int64, to be given as zeros; empty without a barrier.
    """
    lane = cuda.grid(1)
    if lane >= fleet.lanes:
        return
    now = clock[lane]
    if opened.size > 0:
        size = fleet.unit_size if first_phase == 0 else fleet.group_size
        now = opened[0 if opened.size == 1 else lane // size]
    row0 = programs.first[program]
    pipelined = programs.pipelined[program] != 0
    if pipelined and first_phase == 0:
        now += stage_of(fleet, lane) * fleet.fill_ticks
    for p in range(first_phase, last_phase + 1):
        now += phase_ticks(programs, fleet, slowness[lane], row0 + p, p, number, common[p], lane)
        if pipelined and p == 0:
            now += (fleet.stages - 1 - stage_of(fleet, lane)) * fleet.bubble_ticks
    clock[lane] = now
    if arrivals.size > 0:
        member = 0 if arrivals.size == 1 else lane // fleet.group_size
        cuda.atomic.max(arrivals, member, now)


def rack_bins(
    programs: Any, fleet: Any, scale: Any, slowness: Any, slots: Any, grid: Any, decays: Any,
    place: Any, out: Any,
) -> None:  # fmt: skip
    """Compute the power of one rack over one tile: a block is a rack.

    Same quantities as ``fleet.events.rack_power``. A block needs a thread for every accelerator of
    a rack.

    Parameters
    ----------
    scale, slowness
        Of ``tables.Lanes``.
    decays
        What a rise, a fall and an overshoot keep over one sample, float32 (3,).
    out
        int32 (racks, samples), quanta.
    """
    bins = cuda.shared.array((WINDOW, 4), np.int32)
    power = cuda.shared.array(WINDOW, np.int32)
    rack, thread = cuda.blockIdx.x, cuda.threadIdx.x
    lane = place.first_lane + rack * place.lanes_per_rack + thread
    here = thread < place.lanes_per_rack and lane < place.stop_lane
    lane = lane if here else place.first_lane
    begin, dt, samples = np.int64(grid.begin), np.int64(grid.dt), np.int64(grid.samples)
    shift, horizon = np.int64(fleet.age_shift), np.int64(fleet.horizon)
    settled = begin - (horizon << shift)
    rates = (fleet.rise_rate, fleet.fall_rate, fleet.overshoot_rate)
    # The lane's electrical state.
    target = np.int32(np.float32(fleet.idle) * scale[lane])
    since = np.int64(-(2**50))
    rise, fall, over = _ZERO, _ZERO, _ZERO
    # Where the lane is in its walk.
    s, p, stand = np.int64(0), np.int64(0), _ENTER
    clock = slots.start[0, lane // fleet.unit_size]
    # State of the run over time, kept by thread 0.
    level = np.int32(0)
    sum_rise, sum_fall, sum_over = _ZERO, _ZERO, _ZERO
    first_step = target if here else np.int32(0)
    for window in range(0, samples, WINDOW):
        stop: Any = min(window + WINDOW, samples)
        for k in range(thread, WINDOW, cuda.blockDim.x):
            for f in range(4):
                bins[k, f] = np.int32(0)
        cuda.syncthreads()
        if window == 0:
            cuda.atomic.add(bins, (0, _STEP), first_step)
        walking = here and s < slots.program.size
        while walking:
            program = slots.program[s]
            row0 = programs.first[program]
            row = row0 + p
            pipelined = programs.pipelined[program] != 0
            # The event at which the lane stands, if there is one here.
            event = True
            new_level = programs.level[row]
            if stand == _ENTER:
                event, new_level = pipelined, programs.waiting[row]
            elif stand == _BUBBLE:
                event, new_level = pipelined and p == 0, programs.waiting[row]
            elif stand == _BARRIER:
                event, new_level = programs.barrier[row] != BARRIER_NONE, programs.waiting[row]
            event = event and clock < slots.end[s]
            if event:
                k, age, ahead = placed(
                    clock, since, begin, dt, samples, grid.coarse_rate, shift, horizon
                )
                if k >= stop:
                    break
                new = np.int32(np.float32(new_level) * scale[lane])
                rise, fall, over, add_rise, add_fall, add_over = transition(
                    np.float32(new - target), age, ahead, clock >= settled, np.int32(horizon),
                    rates, fleet.overshoot, (rise, fall, over),
                )  # fmt: skip
                at = k - window
                cuda.atomic.add(bins, (at, _STEP), new - target)
                cuda.atomic.add(bins, (at, _RISE), to_quanta(add_rise))
                cuda.atomic.add(bins, (at, _FALL), to_quanta(add_fall))
                cuda.atomic.add(bins, (at, _OVER), to_quanta(add_over))
                target, since = new, clock
            # On to the next place.
            if stand == _ENTER:
                if pipelined:
                    clock += stage_of(fleet, lane) * fleet.fill_ticks
                stand = _PHASE
            elif stand == _PHASE:
                clock += phase_ticks(
                    programs, fleet, slowness[lane], row, p, slots.number[s], slots.common[s, p],
                    lane,
                )  # fmt: skip
                stand = _BUBBLE
            elif stand == _BUBBLE:
                if pipelined and p == 0:
                    clock += (fleet.stages - 1 - stage_of(fleet, lane)) * fleet.bubble_ticks
                stand = _BARRIER
            else:
                barrier, column = programs.barrier[row], programs.column[row]
                if barrier == BARRIER_JOB:
                    clock = slots.job_barrier[s, column]
                elif barrier == BARRIER_GROUP:
                    clock = slots.group_barrier[s, column, lane // fleet.group_size]
                stand, p = _PHASE, p + 1
                if p == programs.first[program + 1] - row0:
                    s, p, stand = s + 1, np.int64(0), _ENTER
                    walking = s < slots.program.size
                    if walking:
                        clock = slots.start[s, lane // fleet.unit_size]
        cuda.syncthreads()
        if thread == 0:
            for k in range(stop - window):
                level += bins[k, _STEP]
                sum_rise = fma(sum_rise, decays[0], np.float32(bins[k, _RISE]))
                sum_fall = fma(sum_fall, decays[1], np.float32(bins[k, _FALL]))
                sum_over = fma(sum_over, decays[2], np.float32(bins[k, _OVER]))
                power[k] = level + to_quanta(sum_rise + sum_fall + sum_over)
        cuda.syncthreads()
        for k in range(thread, stop - window, cuda.blockDim.x):
            out[rack, window + k] = power[k]
        cuda.syncthreads()
