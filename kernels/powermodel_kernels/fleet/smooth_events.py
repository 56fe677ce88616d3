# SPDX-License-Identifier: Apache-2.0
"""The ``events`` engine for smoothed targets: each accelerator adds its jumps and its ramps.

As in ``events``, but the target goes in straight lines (see ``laws.smoothing``): a piece of it adds
to the bins of value and slope at its beginning, and takes itself out again at its end. Both are
int64 in 2**-FINE_BITS quanta, so a rack's target is summed without any rounding, whatever the
length of a ramp. Jumps start electrical transients, and so does work whose overshoot shows above
the target; along a ramp the power follows the line.
"""

from typing import Any, NamedTuple

import numpy as np

from powermodel_kernels.fleet.noise import add_noise
from powermodel_kernels.fleet.smoothing import (
    capped_away,
    change_work,
    copy_lane,
    next_course,
    onset,
    quanta_of,
)
from powermodel_kernels.fleet.walk import walk_lanes
from powermodel_kernels.laws.response import aimed_at, left, to_quanta, transition
from powermodel_kernels.laws.sampling import next_sample, placed
from powermodel_kernels.laws.smoothing import FINE_BITS
from powermodel_kernels.parallel import each
from powermodel_kernels.primitives import mul
from powermodel_kernels.sums import add_at
from powermodel_kernels.tables import I32, I64

# The numbers that a bin holds side by side: the target, how far the work's own power lies above it
# (each a value and its slope), the work's own power, the transients, and the lag of a power cap.
VALUE, SLOPE, HELD, HELD_SLOPE, RAW, RISE, FALL, OVER, LAG = 0, 1, 2, 3, 4, 5, 6, 7, 8
BIN_WIDTH = 9
_ZERO = np.float32(0.0)
_NOTHING = np.int64(0)
_HALF_QUANTUM = np.int64(1 << (FINE_BITS - 1))
_FINE = np.int64(FINE_BITS)


class Bins(NamedTuple):
    """What the events of one rack add, sample by sample; most samples see none."""

    sums: I64
    """Shape (samples + 1, BIN_WIDTH)."""
    seen: I32
    """Whether a sample sees anything, shape (samples + 1,)."""


def empty_bins(samples: Any) -> Any:
    """Return bins for so many samples, and one for what comes after them."""
    return Bins(np.zeros((samples + 1, BIN_WIDTH), np.int64), np.zeros(samples + 1, np.int32))


def bin_of(when: Any, grid: Any) -> Any:
    """Return the first sample that sees a tick: 0 for what came before the tile."""
    dt, samples = np.int64(grid.dt), np.int64(grid.samples)
    offset = min(max(when - np.int64(grid.begin), _NOTHING), samples * dt)
    return next_sample(offset, dt, grid.coarse_rate)


def put(when: Any, value: Any, slope: Any, column: Any, grid: Any, bins: Any) -> None:
    """Add a step and a change of slope at their exact tick to a column and the one after it."""
    k = bin_of(when, grid)
    bins.seen[k] = np.int32(1)
    add_at(
        bins.sums, k, column, value + slope * (np.int64(grid.begin) + k * np.int64(grid.dt) - when)
    )
    add_at(bins.sums, k, column + 1, slope)


def add_memory(memory: Any, i: Any, smoothing: Any, fleet: Any, grid: Any, bins: Any) -> None:
    """Add a lane's target and what is left of its last jump at the tile's beginning."""
    away = capped_away(memory.smoothed[i], smoothing)
    bins.seen[0] = np.int32(1)
    add_at(bins.sums, 0, VALUE, memory.smoothed[i] - away)
    add_at(bins.sums, 0, HELD, away)
    shift, horizon = np.int64(fleet.age_shift), np.int64(fleet.horizon)
    age = np.int32(min((np.int64(grid.begin) - memory.since[i]) >> shift, horizon))
    if age < horizon:
        add_at(bins.sums, 0, RISE, to_quanta(left(memory.rise[i], age, fleet.rise_rate)))
        add_at(bins.sums, 0, FALL, to_quanta(left(memory.fall[i], age, fleet.fall_rate)))
        add_at(bins.sums, 0, OVER, to_quanta(left(memory.over[i], age, fleet.overshoot_rate)))
        add_at(bins.sums, 0, LAG, to_quanta(left(memory.lag[i], age, smoothing.cap_rate)))


def jump(
    now: Any, new: Any, over: Any, smoothing: Any, memory: Any, i: Any, fleet: Any, grid: Any,
    bins: Any,
) -> None:  # fmt: skip
    """Let a lane's target jump to a new value, fine, and start the transients of its power.

    Parameters
    ----------
    over
        Overshoot of the work beyond that value, quanta: power rises to both together.
    """
    gap = new - memory.smoothed[i]
    away = capped_away(new, smoothing) - capped_away(memory.smoothed[i], smoothing)
    lag = quanta_of(away)
    begin, dt, samples = np.int64(grid.begin), np.int64(grid.dt), np.int64(grid.samples)
    shift, horizon = np.int64(fleet.age_shift), np.int64(fleet.horizon)
    k, age, ahead = placed(
        now, memory.since[i], begin, dt, samples, grid.coarse_rate, shift, horizon
    )
    recent = now >= begin - (horizon << shift)
    rise, fall, _, add_rise, add_fall, add_over = transition(
        quanta_of(gap) + over, age, ahead, recent, np.int32(horizon),
        (fleet.rise_rate, fleet.fall_rate, fleet.overshoot_rate), _ZERO,
        (memory.rise[i], memory.fall[i], memory.over[i]),
    )  # fmt: skip
    over = over if recent else _ZERO
    bins.seen[k] = np.int32(1)
    add_at(bins.sums, k, VALUE, gap - away)
    add_at(bins.sums, k, HELD, away)
    add_at(bins.sums, k, LAG, np.int64(to_quanta(left(lag, ahead, smoothing.cap_rate))))
    add_at(bins.sums, k, RISE, to_quanta(add_rise))
    add_at(bins.sums, k, FALL, to_quanta(add_fall))
    add_at(bins.sums, k, OVER, to_quanta(add_over + left(over, ahead, fleet.overshoot_rate)))
    memory.lag[i] = left(memory.lag[i], age, smoothing.cap_rate) + lag
    memory.since[i] = now
    memory.rise[i], memory.fall[i], memory.over[i] = rise, fall, over


def follow(
    coming: Any, now: Any, until: Any, scale: Any, smoothing: Any, memory: Any, i: Any,
    fleet: Any, grid: Any, bins: Any,
) -> None:  # fmt: skip
    """Give a lane its coming work, and take its target from ``now`` to ``until``."""
    is_new = change_work(coming, now, scale, smoothing, memory, i, fleet)
    while now < until:
        raw, begin, end, slope, stop = next_course(now, until, scale, smoothing, memory, i)
        starts, over = onset(begin, raw, now, is_new, memory, i, fleet)
        if starts:
            jump(now, begin, over, smoothing, memory, i, fleet, grid, bins)
        is_new = False
        if slope != _NOTHING:
            put(now, _NOTHING, slope, VALUE, grid, bins)
            put(stop, end - begin - slope * (stop - now), -slope, VALUE, grid, bins)
        if begin < raw:
            put(now, raw - begin, -slope, HELD, grid, bins)
            put(stop, begin + slope * (stop - now) - raw, slope, HELD, grid, bins)
        memory.smoothed[i] = end
        now = stop


def bin_lane(
    when: Any, level: Any, end: Any, scale: Any, smoothing: Any, memory: Any, i: Any, fleet: Any,
    grid: Any, span: Any, bins: Any,
) -> None:  # fmt: skip
    """Add one lane to the bins of its rack, and bring its memory to the end of the span.

    Parameters
    ----------
    when, level, end
        The lane's events, see ``fleet.walk``, int64, int32, int64, shape (events,).
    span
        First tick that is new to the memory, and one past the last.
    bins
        See ``Bins``.
    """
    raw = aimed_at(memory.level[i], scale)
    add_at(bins.sums, 0, RAW, raw)
    add_memory(memory, i, smoothing, fleet, grid, bins)
    now, coming = np.int64(span[0]), memory.level[i]
    for e in range(when.size):
        tick = when[e]
        if tick < span[0] or tick >= span[1] or tick >= end[e]:
            continue
        # Of changes at one tick the last counts: work that takes no time is no activity.
        if now < tick:
            follow(coming, now, tick, scale, smoothing, memory, i, fleet, grid, bins)
            now = tick
        coming = level[e]
        new = aimed_at(coming, scale)
        k = bin_of(tick, grid)
        bins.seen[k] = np.int32(1)
        add_at(bins.sums, k, RAW, np.int64(new - raw))
        raw = new
    follow(coming, now, np.int64(span[1]), scale, smoothing, memory, i, fleet, grid, bins)


def at_begin() -> Any:
    """Return what ``scan_rack`` begins with: sums of integers, then of transients."""
    return (
        _NOTHING, _NOTHING, _NOTHING, _NOTHING, _NOTHING, _ZERO, _ZERO, _ZERO, _ZERO,
    )  # fmt: skip


def scan_rack(bins: Any, state: Any, decays: Any, dt: Any, out: Any, burnt: Any, held: Any) -> Any:
    """Turn the bins of one rack into power, and empty them.

    Parameters
    ----------
    bins
        See ``Bins``.
    state
        From ``at_begin``, or what this returned for the samples before.
    decays
        What a rise, a fall, an overshoot and the lag of a cap keep over one sample, float32 (4,).
    out
        Rack power, int32 (samples,), quanta.
    burnt, held
        int64 (samples,), quanta: the rack's burnt power, and the power of work that is held back,
        are added.
    """
    value, slope, below, below_slope, raw, rise, fall, over, lag = state
    for k in range(out.size):
        value += slope * dt
        below += below_slope * dt
        rise, fall = mul(rise, decays[0]), mul(fall, decays[1])
        over, lag = mul(over, decays[2]), mul(lag, decays[3])
        if bins.seen[k] != 0:
            value += bins.sums[k, VALUE]
            slope += bins.sums[k, SLOPE]
            below += bins.sums[k, HELD]
            below_slope += bins.sums[k, HELD_SLOPE]
            raw += bins.sums[k, RAW]
            rise = rise + np.float32(bins.sums[k, RISE])
            fall = fall + np.float32(bins.sums[k, FALL])
            over = over + np.float32(bins.sums[k, OVER])
            lag = lag + np.float32(bins.sums[k, LAG])
            clear(bins, k)
        late = np.int64(to_quanta(lag))
        target = ((value + _HALF_QUANTUM) >> _FINE) + late
        back = ((below + _HALF_QUANTUM) >> _FINE) - late
        out[k] = np.int32(target) + to_quanta(rise + fall + over)
        held[k] += back
        burnt[k] += target + back - raw
    return value, slope, below, below_slope, raw, rise, fall, over, lag


def clear(bins: Any, k: Any) -> None:
    """Empty the bin of one sample."""
    bins.seen[k] = np.int32(0)
    for f in range(BIN_WIDTH):
        bins.sums[k, f] = _NOTHING


def rack_power(
    thread: Any, taken: Any, programs: Any, fleet: Any, lanes: Any, slots: Any, grid: Any,
    noise: Any, decays: Any, max_events: Any, smoothing: Any, span: Any, place: Any, memory: Any,
    out: Any, burnt: Any, held: Any,
) -> None:  # fmt: skip
    """Compute the smoothed power of the racks of one place over one tile, or of some of them.

    Parameters
    ----------
    thread, taken, programs, fleet, lanes, slots, grid, noise, decays, max_events, place, out
        See ``events.rack_power``.
    smoothing
        See ``fleet.smoothing``.
    span
        First tick whose events are new to the memory, and one past the last, int64.
    memory
        What the place's lanes remember before the span, and after it (out), shape (lanes of the
        place,) each.
    burnt, held
        int64 (threads, samples), quanta: each thread adds to a row of its own.
    """
    before, after = memory
    per_rack = place.lanes_per_rack
    when = np.empty((max_events, per_rack), np.int64)
    own = np.empty(max_events, np.int64)
    level = np.empty(max_events, np.int32)
    end = np.empty(max_events, np.int64)
    bins = empty_bins(grid.samples)
    for r in each(taken, 1, out.shape[0]):
        lane = place.first_lane + r * per_rack
        n = min(per_rack, place.stop_lane - lane)
        count = walk_lanes(programs, fleet, lanes, slots, lane, when[:, :n], level, end)
        for j in range(n):
            for e in range(count):
                own[e] = when[e, j]
            i = r * per_rack + j
            copy_lane(before, i, after, i)
            bin_lane(
                own[:count], level[:count], end[:count], lanes.scale[lane + j], smoothing, after,
                i, fleet, grid, span, bins,
            )  # fmt: skip
        scan_rack(bins, at_begin(), decays, np.int64(grid.dt), out[r], burnt[thread], held[thread])
        clear(bins, grid.samples)
        add_noise(noise, fleet, place.first_rack + r, n, grid, out[r])
