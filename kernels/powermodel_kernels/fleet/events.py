# SPDX-License-Identifier: Apache-2.0
"""The ``events`` engine: each accelerator adds only its events, at their exact times.

A step of the target adds to the bin of the first sample that sees it; the transient that it starts
adds its exact value there and takes out what an earlier transient would still have had. One pass
over time per rack (``scan_rack``) turns bins into power. Bins are int32 quanta, so the order in
which lanes add does not matter.

Lanes of a few racks are taken together, in loops that a compiler can vectorise: first the integer
arithmetic of time, then the float32 arithmetic of power, then the scatter.
"""

from typing import Any, NamedTuple

import numpy as np

from powermodel_kernels.bind import apart
from powermodel_kernels.fleet.noise import add_noise
from powermodel_kernels.fleet.walk import walk_until
from powermodel_kernels.laws.response import decay, remaining, seen, struck, to_quanta
from powermodel_kernels.laws.sampling import placed
from powermodel_kernels.octets import (
    WIDTH,
    add8,
    float8,
    fma8,
    load8,
    spread8,
    store8,
    store_turned8,
)
from powermodel_kernels.parallel import share
from powermodel_kernels.tables import F32, I32, I64

_ZERO = np.float32(0.0)
# A bin holds what one sample of eight racks gets, in four fields of eight numbers.
STEP, RISE, FALL, OVER = 0, WIDTH, 2 * WIDTH, 3 * WIDTH
BIN = 4 * WIDTH
_STEP, _RISE, _FALL, _OVER, _BIN = (np.uint64(at) for at in (STEP, RISE, FALL, OVER, BIN))
# Samples that are scanned before they are rounded: what lies between stays in the cache.
_STRETCH = 64


class LaneState(NamedTuple):
    """What a lane remembers of its last event."""

    target: I32
    """Quanta."""
    since: I64
    """Absolute tick of the event."""
    edge: F32
    """Amplitude at that tick, quanta: of a rise where negative, of a fall where positive."""
    over: F32


class Work(NamedTuple):
    """One event of every lane, between the loops."""

    happens: I32
    age: I32
    """Since the lane's last event, in 2**age_shift ticks, at most the horizon."""
    ahead: I32
    """From the event to the first sample that sees it, same unit."""
    recent: I32
    """Whether the tile can still feel the event's transient."""
    bin: I32
    step: I32
    rise: I32
    fall: I32
    over: I32
    edge_left: F32
    """What was left of the lane's edge and overshoot just before the event."""
    over_left: F32
    edge_new: F32
    """Edge and overshoot just after it."""
    over_new: F32
    keep_rise: F32
    """What a rise and a fall keep until the sample."""
    keep_fall: F32


def lane_state(n: Any) -> Any:
    """Return an empty state for n lanes."""
    return LaneState(
        np.empty(n, np.int32), np.empty(n, np.int64),
        np.empty(n, np.float32), np.empty(n, np.float32),
    )  # fmt: skip


def work_space(n: Any) -> Any:
    """Return scratch for n lanes."""
    return Work(
        np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.int32),
        np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.int32),
        np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.int32),
        np.empty(n, np.float32), np.empty(n, np.float32), np.empty(n, np.float32),
        np.empty(n, np.float32), np.empty(n, np.float32), np.empty(n, np.float32),
    )  # fmt: skip


def begin_idle(idle: Any, scale: Any, state: Any) -> None:
    """Put every lane at idle power, since long before any tile."""
    for i in range(scale.size):
        state.target[i] = np.int32(np.float32(idle) * scale[i])
        state.since[i] = np.int64(-(2**50))
        state.edge[i] = _ZERO
        state.over[i] = _ZERO


@apart
def place_events(when: Any, end: Any, fleet: Any, grid: Any, state: Any, work: Any) -> None:
    """Find the age of what came before, the bin, and the way to its sample, for every lane.

    Parameters
    ----------
    when
        Absolute ticks of the event, int64 (n,).
    end
        Events at or after this tick do not happen.
    """
    begin, dt, samples = np.int64(grid.begin), np.int64(grid.dt), np.int64(grid.samples)
    horizon, shift = np.int64(fleet.horizon), np.int64(fleet.age_shift)
    settled = begin - (horizon << shift)
    for i in range(when.size):
        t = when[i]
        happens = t < end
        k, age, ahead = placed(
            t, state.since[i], begin, dt, samples, grid.coarse_rate, shift, horizon
        )
        work.happens[i] = np.int32(happens)
        # Long before the tile there is nothing to remember: it starts from what is still alive.
        work.recent[i] = np.int32(t >= settled)
        work.age[i] = age
        work.ahead[i] = ahead
        work.bin[i] = np.int32(k if happens else samples)
        state.since[i] = t if happens else state.since[i]


@apart
def change_targets(level: Any, fleet: Any, scale: Any, state: Any, work: Any) -> None:
    """Compute what every lane's event adds to its bin, and the lane's new state.

    Parameters
    ----------
    level
        New target before the lane's scale, quanta, float32.
    scale
        Factor of each lane, float32 (n,).
    """
    horizon, overshoot = np.int32(fleet.horizon), fleet.overshoot
    rates = (fleet.rise_rate, fleet.fall_rate, fleet.overshoot_rate)
    for i in range(scale.size):
        new, old = np.int32(level * scale[i]), state.target[i]
        step = np.int32(new - old)
        was = (state.edge[i], state.over[i])
        lasting = remaining(was, work.age[i], horizon, rates)
        edge, over = struck(np.float32(step), work.recent[i] != 0, overshoot, lasting)
        happens = work.happens[i] != 0
        work.step[i] = step
        work.edge_left[i], work.over_left[i] = lasting
        work.edge_new[i], work.over_new[i] = edge, over
        state.target[i] = new if happens else old
        state.edge[i] = edge if happens else was[0]
        state.over[i] = over if happens else was[1]
    # Loops of their own: one long loop needs more registers than there are.
    fill_decays(work.ahead, rates[0], work.keep_rise)
    keep_fall = work.keep_rise
    if rates[1] != rates[0]:
        keep_fall = work.keep_fall
        fill_decays(work.ahead, rates[1], keep_fall)
    for i in range(scale.size):
        keeps = (work.keep_rise[i], keep_fall[i], decay(work.ahead[i], rates[2]))
        new_ones, lasting = (
            (work.edge_new[i], work.over_new[i]),
            (work.edge_left[i], work.over_left[i]),
        )
        rise, fall, over = seen(new_ones, lasting, keeps)
        work.rise[i], work.fall[i], work.over[i] = to_quanta(rise), to_quanta(fall), to_quanta(over)


def fill_decays(age: Any, rate: Any, out: Any) -> None:
    """Fill ``out`` (n,) with what an exponential keeps of itself at these ages."""
    for i in range(age.size):
        out[i] = decay(age[i], rate)


def scatter(work: Any, first: Any, stop: Any, bins: Any, rack: Any) -> None:
    """Add the events of the lanes from ``first`` to ``stop`` to the bins of their rack."""
    for i in range(first, stop):
        k = np.uint64(work.bin[i]) * _BIN + np.uint64(rack)
        bins[k + _STEP] += work.step[i]
        bins[k + _RISE] += work.rise[i]
        bins[k + _FALL] += work.fall[i]
        bins[k + _OVER] += work.over[i]


@apart
def scan_racks(bins: Any, decays: Any, out: Any) -> None:
    """Turn the bins of eight racks into power, and empty them.

    Parameters
    ----------
    bins
        See ``Bins``.
    decays
        What a rise, a fall and an overshoot keep over one sample, float32 (3,).
    out
        Rack power, int32 (8, samples), quanta.
    """
    keep_rise, keep_fall, keep_over = spread8(decays[0]), spread8(decays[1]), spread8(decays[2])
    level = np.empty(_STRETCH * WIDTH, np.int32)
    lacks = np.empty(_STRETCH * WIDTH, np.float32)
    nothing = spread8(np.int32(0))
    now, rise, fall, over = nothing, spread8(_ZERO), spread8(_ZERO), spread8(_ZERO)
    for begin in range(0, out.shape[1], _STRETCH):
        n = min(_STRETCH, out.shape[1] - begin)
        for j in range(n):
            at = (begin + j) * BIN
            now = add8(now, load8(bins, at + STEP))
            rise = fma8(rise, keep_rise, float8(load8(bins, at + RISE)))
            fall = fma8(fall, keep_fall, float8(load8(bins, at + FALL)))
            over = fma8(over, keep_over, float8(load8(bins, at + OVER)))
            store8(level, j * WIDTH, now)
            store8(lacks, j * WIDTH, add8(add8(rise, fall), over))
            for field in range(0, BIN, WIDTH):
                store8(bins, at + field, nothing)
        for i in range(n * WIDTH):
            level[i] += to_quanta(lacks[i])
        whole = n // WIDTH * WIDTH
        for j in range(0, whole, WIDTH):
            store_turned8(out, begin + j, level, j * WIDTH)
        for j in range(whole, n):
            for r in range(WIDTH):
                out[r, begin + j] = level[j * WIDTH + r]
    at = out.shape[1] * BIN
    for field in range(0, BIN, WIDTH):
        store8(bins, at + field, nothing)


def bin_racks(
    programs: Any, fleet: Any, lanes: Any, slots: Any, grid: Any, lane: Any, per_rack: Any,
    events: Any, state: Any, work: Any, bins: Any, rack: Any,
) -> None:  # fmt: skip
    """Add all events of a few neighbouring racks to their bins.

    Parameters
    ----------
    rack
        Which of the eight the first of these is.
    """
    when, level, end = events
    n = when.shape[1]
    scale = lanes.scale[lane : lane + n]
    stop = np.int64(grid.begin) + np.int64(grid.dt) * np.int64(grid.samples)
    count = walk_until(stop, programs, fleet, lanes, slots, lane, when, level, end)
    begin_idle(fleet.idle, scale, state)
    for a in range(0, n, per_rack):
        for i in range(a, min(a + per_rack, n)):
            bins[rack + a // per_rack] += state.target[i]
    for e in range(count):
        place_events(when[e], end[e], fleet, grid, state, work)
        change_targets(np.float32(level[e]), fleet, scale, state, work)
        r = rack
        for a in range(0, n, per_rack):
            scatter(work, a, min(a + per_rack, n), bins, r)
            r += 1


def rack_power(
    part: Any, parts: Any, programs: Any, fleet: Any, lanes: Any, slots: Any, grid: Any,
    noise: Any, decays: Any, max_events: Any, racks_at_once: Any, place: Any, out: Any,
) -> None:  # fmt: skip
    """Compute the power of the racks of one place over one tile, or one part of them.

    Parameters
    ----------
    part, parts
        Which share of the racks, see ``parallel``.
    programs, fleet, lanes, slots, grid, noise
        See ``tables`` and ``fleet.noise``.
    decays
        float32 (3,), see ``scan_racks``.
    max_events
        Upper bound on the events of one lane in these slots.
    racks_at_once
        Racks whose lanes are gone through together; the result does not depend on it.
    place
        Which racks, and the lanes in them.
    out
        Sum of the accelerators' power, int32 (racks, samples), quanta.
    """
    per_rack = place.lanes_per_rack
    first, stop = share(out.shape[0], part, parts)
    width = min(racks_at_once, WIDTH) * per_rack
    ticks = np.empty(max_events * width, np.int64)
    level = np.empty(max_events, np.int32)
    end = np.empty(max_events, np.int64)
    bins = np.zeros((grid.samples + 1) * BIN, np.int32)
    few = np.empty((WIDTH, grid.samples), np.int32)
    state, work = lane_state(width), work_space(width)
    for begin in range(first, stop, WIDTH):
        racks = min(WIDTH, stop - begin)
        for rack in range(0, racks, racks_at_once):
            lane = place.first_lane + (begin + rack) * per_rack
            n = min(min(racks_at_once, racks - rack) * per_rack, place.stop_lane - lane)
            when = ticks[: max_events * n].reshape((max_events, n))
            bin_racks(
                programs, fleet, lanes, slots, grid, lane, per_rack, (when, level, end),
                state, work, bins, rack,
            )  # fmt: skip
        if racks == WIDTH:
            scan_racks(bins, decays, out[begin : begin + WIDTH])
        else:
            scan_racks(bins, decays, few)
            out[begin : begin + racks] = few[:racks]
        for r in range(begin, begin + racks):
            lane = place.first_lane + r * per_rack
            filled = min(per_rack, place.stop_lane - lane)
            add_noise(noise, fleet, place.first_rack + r, filled, grid, out[r])
