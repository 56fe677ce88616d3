# SPDX-License-Identifier: Apache-2.0
"""An independent fleet: every accelerator on its own, absolute times, closed forms in float64.

Nothing of the engines is used: no legs, ages, horizons or bins. Durations come from the tested laws
of random numbers, one accelerator at a time, so that times can be compared to the tick.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

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
from powermodel_kernels.laws.duration import deviation, lognormal_factor, uniform_factor
from powermodel_kernels.laws.normal import normal32, uniform32
from powermodel_kernels.laws.philox import philox4x32
from tests.kernels.factory import Job

Events = list[tuple[int, int]]


def word_at(made: Job, purpose: int, entity: int, index: int, phase: int) -> np.int32:
    """Return the random word with this address."""
    counter = (entity, index, (purpose << 24) | (made.fleet.job << 16) | (phase // 4))
    key = (made.fleet.seed_low, made.fleet.seed_high)
    words = philox4x32(*(np.uint64(c) for c in (*counter, made.fleet.run, *key)))
    return np.int32(np.uint32(words[phase % 4]))


def duration(made: Job, lane: int, slot: int, row: int, phase: int) -> int:
    """Return the ticks that one phase takes on one accelerator."""
    programs = made.programs
    mean = int(programs.mean_ticks[row])
    if programs.distribution[row] == FIXED:
        return mean
    own = word_at(made, PURPOSE_DURATION, lane, slot, phase)
    if programs.distribution[row] == LOGNORMAL:
        z = normal32(word_at(made, PURPOSE_COMMON, 0, slot, phase))
        common = programs.sigma_common[row] * z - programs.half_variance[row]
        factor = lognormal_factor(normal32(own), programs.sigma_own[row], common)
        factor = factor * made.lanes.slowness[lane]
    else:
        factor = uniform_factor(uniform32(own))
    return mean + (int(deviation(factor, programs.mean_scaled[row])) << int(programs.shift[row]))


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
        clock = [clock[i] + duration(made, i, slot, row, row - first) for i in lanes]
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
