# SPDX-License-Identifier: Apache-2.0
"""The ``steps`` engine for smoothed targets: every accelerator is walked through every sample.

The oracle of ``smooth_events``: the same events and the same laws, but no bins, no slopes that are
summed and no horizons; what a lane draws is worked out anew at every sample. So it also takes a
power cap along ramps, piece by piece, which has no bin to be summed in.
"""

from typing import Any

import numpy as np

from powermodel_kernels.fleet.noise import add_noise
from powermodel_kernels.fleet.smoothing import (
    NO_CAP,
    capped_away,
    change_work,
    copy_lane,
    fine,
    next_course,
    onset,
    quanta_of,
)
from powermodel_kernels.fleet.steps import age_of
from powermodel_kernels.fleet.walk import walk_lanes
from powermodel_kernels.laws.cap import behind_ramp
from powermodel_kernels.laws.response import aimed_at, falling, left, rising, to_quanta
from powermodel_kernels.laws.smoothing import FINE_BITS, ramp_ticks
from powermodel_kernels.parallel import each

_ZERO = np.float32(0.0)
_NOTHING = np.int64(0)
_HALF_QUANTUM = np.int64(1 << (FINE_BITS - 1))
_FINE = np.int64(FINE_BITS)


def transients(now: Any, smoothing: Any, memory: Any, i: Any, fleet: Any) -> Any:
    """Return what is left of rise, fall, overshoot and lag at a tick, quanta."""
    age = age_of(now - memory.since[i], fleet)
    return (
        left(memory.rise[i], age, fleet.rise_rate),
        left(memory.fall[i], age, fleet.fall_rate),
        left(memory.over[i], age, fleet.overshoot_rate),
        left(memory.lag[i], age, smoothing.cap_rate),
    )


def settle(
    now: Any, until: Any, is_new: Any, scale: Any, smoothing: Any, memory: Any, i: Any, fleet: Any
) -> Any:
    """Let a lane's target jump if it does so at ``now``; return where it goes from there.

    Parameters
    ----------
    is_new
        Whether the lane's work is new at ``now``.

    Returns
    -------
    end, stop, slope
        The target, fine, at the end of the straight piece that begins here, and that tick; the
        slope, fine a tick.
    """
    raw, begin, end, slope, stop = next_course(now, until, scale, smoothing, memory, i)
    starts, beyond = onset(begin, raw, now, is_new, memory, i, fleet)
    if starts:
        rise, fall, over, lag = transients(now, smoothing, memory, i, fleet)
        away = capped_away(begin, smoothing) - capped_away(memory.smoothed[i], smoothing)
        gap = quanta_of(begin - memory.smoothed[i]) + beyond - (rise + fall + over)
        rise, _ = rising(gap, _ZERO)
        memory.rise[i], memory.fall[i], memory.over[i] = rise, falling(gap), beyond
        memory.lag[i] = lag + quanta_of(away)
        memory.since[i] = now
        memory.smoothed[i] = begin
    return end, stop, slope


def until_cap(begin: Any, end: Any, slope: Any, now: Any, stop: Any, smoothing: Any) -> Any:
    """Return target and tick at which a ramp meets the cap, or those of its end where it does not.

    Just beyond the cap on the way up, just below it on the way down, by less than a tick's worth.
    """
    cap = fine(smoothing.cap)
    if (begin < cap) != (end < cap):
        ticks = ramp_ticks(abs(cap - begin) + np.int64(slope < _NOTHING), abs(slope))
        if now + ticks < stop:
            return begin + slope * ticks, now + ticks
    return end, stop


def follow_ramp(
    end: Any, now: Any, stop: Any, smoothing: Any, memory: Any, i: Any, fleet: Any
) -> None:
    """Bring the transients of a lane to the end of a ramp on one side of its cap."""
    rise, fall, over, lag = transients(now, smoothing, memory, i, fleet)
    change = capped_away(end, smoothing) - capped_away(memory.smoothed[i], smoothing)
    memory.rise[i], memory.fall[i], memory.over[i] = rise, fall, over
    memory.lag[i], memory.since[i] = lag, now
    rise, fall, over, _ = transients(stop, smoothing, memory, i, fleet)
    age = np.int32((stop - now) >> np.int64(fleet.age_shift))
    memory.lag[i] = behind_ramp(lag, quanta_of(change), age, smoothing.cap_rate)
    memory.rise[i], memory.fall[i], memory.over[i] = rise, fall, over
    memory.since[i] = stop


def go_on(
    coming: Any, now: Any, until: Any, scale: Any, smoothing: Any, memory: Any, i: Any, fleet: Any
) -> Any:
    """Give a lane its coming work, and take its target from ``now`` to ``until``.

    Returns whether the work is new at ``until``: no time has passed since.
    """
    is_new = change_work(coming, now, scale, smoothing, memory, i, fleet)
    while now < until:
        end, stop, slope = settle(now, until, is_new, scale, smoothing, memory, i, fleet)
        is_new = False
        if slope != _NOTHING and smoothing.cap < NO_CAP:
            end, stop = until_cap(memory.smoothed[i], end, slope, now, stop, smoothing)
            follow_ramp(end, now, stop, smoothing, memory, i, fleet)
        memory.smoothed[i] = end
        now = stop
    return is_new


def walk_lane(
    when: Any, level: Any, end: Any, scale: Any, smoothing: Any, memory: Any, i: Any, fleet: Any,
    grid: Any, span: Any, sums: Any,
) -> None:  # fmt: skip
    """Add one lane to its rack at every sample, and bring its memory to the end of the span.

    Parameters
    ----------
    when, level, end, span
        See ``smooth_events.bin_lane``.
    sums
        What ``at_sample`` says, summed over lanes, int64 (5, samples).
    """
    begin, dt = np.int64(grid.begin), np.int64(grid.dt)
    first, stop = np.int64(span[0]), np.int64(span[1])
    now, coming, e, samples = first, memory.level[i], 0, sums.shape[1]
    for k in range(samples + 1):
        # After the last sample, on to the end of the span: a sample that nobody asked for.
        sample = begin + k * dt if k < samples else stop
        # What a crash cut off stands in the table, later than what follows it: it is passed over.
        while e < when.size and ((when[e] < stop and when[e] <= sample) or when[e] >= end[e]):
            if first <= when[e] < end[e]:
                # Of changes at one tick the last counts: work that takes no time is no activity.
                if now < when[e]:
                    go_on(coming, now, when[e], scale, smoothing, memory, i, fleet)
                    now = when[e]
                coming = level[e]
            e += 1
        is_new = go_on(coming, now, sample, scale, smoothing, memory, i, fleet)
        now = sample
        if k == samples:
            break
        # A jump at the very tick of a sample is seen by it.
        settle(sample, sample + np.int64(1), is_new, scale, smoothing, memory, i, fleet)
        power, late, work, target, below = at_sample(sample, scale, smoothing, memory, i, fleet)
        sums[0, k] += np.int64(power)
        sums[1, k] += np.int64(late)
        sums[2, k] += np.int64(work)
        sums[3, k] += target
        sums[4, k] += below


def at_sample(now: Any, scale: Any, smoothing: Any, memory: Any, i: Any, fleet: Any) -> Any:
    """Return what a sample sees of a lane that has settled.

    Returns
    -------
    power, late, work : int32
        The transients, the lag of a cap and the work's own power, quanta.
    target, below : int64
        The smoothed target and what the work is held back by, in 2**-FINE_BITS quanta.
    """
    rise, fall, over, lag = transients(now, smoothing, memory, i, fleet)
    work = aimed_at(memory.level[i], scale)
    away = capped_away(memory.smoothed[i], smoothing)
    return (
        to_quanta(rise + fall + over), to_quanta(lag), work, memory.smoothed[i] - away,
        max(fine(work) - memory.smoothed[i], _NOTHING) + away,
    )  # fmt: skip


def rounded(power: Any, late: Any, work: Any, target: Any, below: Any) -> Any:
    """Return what a rack draws, burns and holds back at one sample, int64 quanta.

    From the sums of ``at_sample`` over its lanes, int64.
    """
    level = ((target + _HALF_QUANTUM) >> _FINE) + late
    back = ((below + _HALF_QUANTUM) >> _FINE) - late
    return level + power, level + back - work, back


def sum_rack(sums: Any, out: Any, burnt: Any, held: Any) -> None:
    """Round the sums of one rack to quanta; add to the sums of what is burnt and held back."""
    for k in range(out.size):
        drawn, lost, back = rounded(sums[0, k], sums[1, k], sums[2, k], sums[3, k], sums[4, k])
        out[k] = np.int32(drawn)
        burnt[k] += lost
        held[k] += back


def rack_power(
    thread: Any, taken: Any, programs: Any, fleet: Any, lanes: Any, slots: Any, grid: Any,
    noise: Any, decays: Any, max_events: Any, smoothing: Any, span: Any, place: Any, memory: Any,
    out: Any, burnt: Any, held: Any,
) -> None:  # fmt: skip
    """Compute the smoothed power of the racks of one place over one tile, or of some of them.

    Same parameters and result as ``smooth_events.rack_power`` (``decays`` is not used).
    """
    before, after = memory
    per_rack = place.lanes_per_rack
    when = np.empty((max_events, per_rack), np.int64)
    own = np.empty(max_events, np.int64)
    level = np.empty(max_events, np.int32)
    end = np.empty(max_events, np.int64)
    for r in each(taken, 1, out.shape[0]):
        lane = place.first_lane + r * per_rack
        n = min(per_rack, place.stop_lane - lane)
        count = walk_lanes(programs, fleet, lanes, slots, lane, when[:, :n], level, end)
        sums = np.zeros((5, grid.samples), np.int64)
        for j in range(n):
            for e in range(count):
                own[e] = when[e, j]
            i = r * per_rack + j
            copy_lane(before, i, after, i)
            walk_lane(
                own[:count], level[:count], end[:count], lanes.scale[lane + j], smoothing, after,
                i, fleet, grid, span, sums,
            )  # fmt: skip
        sum_rack(sums, out[r], burnt[thread], held[thread])
        add_noise(noise, fleet, place.first_rack + r, n, grid, out[r])
