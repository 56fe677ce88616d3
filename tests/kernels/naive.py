# SPDX-License-Identifier: Apache-2.0
"""An independent fleet: every accelerator on its own, absolute times, closed forms in float64.

Nothing of the engines is used: no legs, ages, horizons or bins. Durations come from the tested laws
of random numbers, so that times can be compared to the tick.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from powermodel_kernels.bind import cpu
from powermodel_kernels.constants import (
    BARRIER_GROUP,
    BARRIER_NONE,
    FIXED,
    LOGNORMAL,
    NEVER,
    PURPOSE_COMMON,
    PURPOSE_DURATION,
    TICKS_PER_S,
)
from tests.kernels import loops
from tests.kernels.factory import Job

Events = list[tuple[int, int]]


def words_at(made: Job, purpose: int, entities: int, index: int, phase: int) -> NDArray[np.int32]:
    """Return the random words of entities 0, 1, … at this address."""
    job, run = made.fleet.job, made.fleet.run
    counter = (index, (purpose << 24) | (job << 16) | (phase // 4), run)
    numbers = (*counter, made.fleet.seed_low, made.fleet.seed_high)
    out = np.empty((entities, 4), np.uint64)
    cpu(loops.each_philox)(
        np.arange(entities, dtype=np.uint64),
        *(np.full(entities, number, np.uint64) for number in numbers),
        out,
    )
    return out[:, phase % 4].astype(np.uint32).astype(np.int32)


def evaluated(law: Any, kind: type, *columns: NDArray) -> NDArray:
    """Return one of the ``loops`` over these columns."""
    out = np.empty(columns[0].size, kind)
    cpu(law)(*columns, out)
    return out


def durations(made: Job, slot: int, row: int, phase: int) -> NDArray[np.int64]:
    """Return the ticks that one phase takes on every accelerator."""
    programs, n = made.programs, made.fleet.lanes
    mean = np.full(n, programs.mean_ticks[row])
    if programs.distribution[row] == FIXED:
        return mean
    words = words_at(made, PURPOSE_DURATION, n, slot, phase)
    if programs.distribution[row] == LOGNORMAL:
        shared = words_at(made, PURPOSE_COMMON, 1, slot, phase)
        z = evaluated(loops.each_normal32, np.float32, shared)
        common = np.repeat(programs.sigma_common[row] * z - programs.half_variance[row], n)
        own = evaluated(loops.each_normal32, np.float32, words)
        sigma = np.full(n, programs.sigma_own[row])
        factor = evaluated(loops.each_lognormal_factor, np.float32, own, sigma, common)
        factor = factor * made.lanes.slowness
    else:
        u = evaluated(loops.each_uniform32, np.float32, words)
        factor = evaluated(loops.each_uniform_factor, np.float32, u)
    scaled = np.full(n, programs.mean_scaled[row])
    off = evaluated(loops.each_deviation, np.int32, factor, scaled)
    return mean + (off.astype(np.int64) << programs.shift[row])


def walk(made: Job, until: int) -> list[Events]:
    """Return every accelerator's (tick, target in quanta) up to a tick."""
    events: list[Events] = [[] for _ in range(made.fleet.lanes)]
    slot = 0
    epochs = made.schedule.epochs
    for epoch, following in zip(epochs, (*epochs[1:], None), strict=True):
        cut = following.begin if following else NEVER
        clock = [epoch.begin] * made.fleet.lanes
        for program in made.schedule.programs(epoch):
            if min(clock) >= min(cut, until):
                break
            clock = walk_slot(made, program, slot, clock, cut, events)
            slot += 1
    return events


def walk_slot(
    made: Job, program: int, slot: int, clock: list[int], cut: int, events: list[Events]
) -> list[int]:
    """Take every accelerator through one program; return when each is done."""
    programs, fleet = made.programs, made.fleet
    lanes = range(fleet.lanes)
    stage = [(lane // fleet.stage_size) % fleet.stages for lane in lanes]
    pipelined = bool(programs.pipelined[program])

    def change(target: int) -> None:
        for lane in lanes:
            if clock[lane] < cut:
                events[lane].append((clock[lane], int(target * float(made.lanes.scale[lane]))))

    first, stop = programs.first[program], programs.first[program + 1]
    if pipelined:
        change(programs.waiting[first])
        clock = [clock[i] + stage[i] * fleet.fill_ticks for i in lanes]
    for row in range(first, stop):
        change(programs.level[row])
        took = durations(made, slot, row, row - first)
        clock = [clock[i] + int(took[i]) for i in lanes]
        if pipelined and row == first:
            change(programs.waiting[row])
            clock = [clock[i] + (fleet.stages - 1 - stage[i]) * fleet.bubble_ticks for i in lanes]
        if programs.barrier[row] != BARRIER_NONE:
            change(programs.waiting[row])
            size = fleet.group_size if programs.barrier[row] == BARRIER_GROUP else fleet.lanes
            clock = [max(clock[i // size * size : i // size * size + size]) for i in lanes]
    return clock


def power(made: Job, events: Events, lane: int, ticks: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return one accelerator's power in quanta at these ticks, from closed forms."""
    response = made.response
    rise_s, fall_s = (
        max(t / math.log(9.0), 1e-9) for t in (response.rise_time_s, response.fall_time_s)
    )
    over_s = max(response.overshoot_time_s, 1e-9)
    out = np.empty(ticks.size)
    target = int(made.fleet.idle * float(made.lanes.scale[lane]))
    begin, rise, fall, over = -(10**12), 0.0, 0.0, 0.0
    for tick, new in [*events, (NEVER, 0)]:
        # A target that is there already is no change.
        if new == target and tick != NEVER:
            continue
        inside = slice(*np.searchsorted(ticks, [begin, tick]))
        age = (ticks[inside] - begin) / TICKS_PER_S
        out[inside] = (
            target
            + rise * np.exp(-age / rise_s)
            + fall * np.exp(-age / fall_s)
            + over * np.exp(-age / over_s)
        )
        age = (tick - begin) / TICKS_PER_S
        left = rise * math.exp(-age / rise_s) + fall * math.exp(-age / fall_s)
        gap = new - (target + left + over * math.exp(-age / over_s))
        over = response.overshoot * max(gap, 0.0)
        rise, fall = -(max(gap, 0.0) + over), max(-gap, 0.0)
        begin, target = tick, new
    return out


def rack_power(
    made: Job, *, begin: int = 0, dt: int, samples: int, per_rack: int
) -> NDArray[np.float64]:
    """Return the power of all racks, (racks, samples) quanta."""
    ticks = begin + dt * np.arange(samples, dtype=np.int64)
    events = walk(made, begin + dt * samples)
    lanes = np.array([power(made, own, lane, ticks) for lane, own in enumerate(events)])
    return np.add.reduceat(lanes, np.arange(0, made.fleet.lanes, per_rack), axis=0)


def alive(events: Events, time_constant_s: float) -> float:
    """Return the most transients that live at once, each counted by how much of it is left."""
    count = most = 0.0
    before = 0
    for tick, _ in events:
        count = 1.0 + count * math.exp(-(tick - before) / TICKS_PER_S / time_constant_s)
        before, most = tick, max(most, count)
    return most
