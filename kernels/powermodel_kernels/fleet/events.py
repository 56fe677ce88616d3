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

from powermodel_kernels.fleet.noise import add_noise
from powermodel_kernels.fleet.walk import walk_lanes
from powermodel_kernels.laws.response import to_quanta, transition
from powermodel_kernels.laws.sampling import placed
from powermodel_kernels.parallel import share
from powermodel_kernels.primitives import fma
from powermodel_kernels.tables import F32, I32, I64

_ZERO = np.float32(0.0)
# A bin holds four numbers side by side, so that one event touches one cache line.
STEP, RISE, FALL, OVER = 0, 1, 2, 3
BIN_WIDTH = 4


class LaneState(NamedTuple):
    """What a lane remembers of its last event."""

    target: I32
    """Quanta."""
    since: I64
    """Absolute tick of the event."""
    rise: F32
    """Amplitude of the rise at that tick, quanta, not positive."""
    fall: F32
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


def lane_state(n: Any) -> Any:
    """Return an empty state for n lanes."""
    return LaneState(
        np.empty(n, np.int32), np.empty(n, np.int64),
        np.empty(n, np.float32), np.empty(n, np.float32), np.empty(n, np.float32),
    )  # fmt: skip


def work_space(n: Any) -> Any:
    """Return scratch for n lanes."""
    return Work(
        np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.int32),
        np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.int32),
        np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.int32),
    )  # fmt: skip


def begin_idle(idle: Any, scale: Any, state: Any) -> None:
    """Put every lane at idle power, since long before any tile."""
    for i in range(scale.size):
        state.target[i] = np.int32(np.float32(idle) * scale[i])
        state.since[i] = np.int64(-(2**50))
        state.rise[i] = _ZERO
        state.fall[i] = _ZERO
        state.over[i] = _ZERO


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
        was = (state.rise[i], state.fall[i], state.over[i])
        rise, fall, over, add_rise, add_fall, add_over = transition(
            np.float32(new - old), work.age[i], work.ahead[i], work.recent[i] != 0, horizon,
            rates, overshoot, was,
        )  # fmt: skip
        work.step[i] = new - old
        work.rise[i] = to_quanta(add_rise)
        work.fall[i] = to_quanta(add_fall)
        work.over[i] = to_quanta(add_over)
        happens = work.happens[i] != 0
        state.target[i] = new if happens else old
        state.rise[i] = rise if happens else was[0]
        state.fall[i] = fall if happens else was[1]
        state.over[i] = over if happens else was[2]


def scatter(work: Any, n: Any, bins: Any) -> None:
    """Add the events of n lanes to the bins of their rack, int32 (samples + 1, BIN_WIDTH)."""
    for i in range(n):
        k = np.uint64(work.bin[i])
        bins[k, STEP] += work.step[i]
        bins[k, RISE] += work.rise[i]
        bins[k, FALL] += work.fall[i]
        bins[k, OVER] += work.over[i]


def scan_rack(bins: Any, decays: Any, out: Any) -> None:
    """Turn the bins of one rack into power, and empty them.

    Parameters
    ----------
    bins
        int32 (samples + 1, BIN_WIDTH).
    decays
        What a rise, a fall and an overshoot keep over one sample, float32 (3,).
    out
        Rack power, int32 (samples,), quanta.
    """
    level, zero = np.int32(0), np.int32(0)
    rise, fall, over = _ZERO, _ZERO, _ZERO
    keep_rise, keep_fall, keep_over = decays[0], decays[1], decays[2]
    for k in range(out.size):
        level = level + bins[k, STEP]
        rise = fma(rise, keep_rise, np.float32(bins[k, RISE]))
        fall = fma(fall, keep_fall, np.float32(bins[k, FALL]))
        over = fma(over, keep_over, np.float32(bins[k, OVER]))
        out[k] = level + to_quanta(rise + fall + over)
        bins[k, STEP] = zero
        bins[k, RISE] = zero
        bins[k, FALL] = zero
        bins[k, OVER] = zero
    for f in range(BIN_WIDTH):
        bins[out.size, f] = zero


def bin_racks(
    programs: Any, fleet: Any, lanes: Any, slots: Any, grid: Any, lane: Any, per_rack: Any,
    events: Any, state: Any, work: Any, bins: Any,
) -> None:  # fmt: skip
    """Add all events of a few neighbouring racks to their bins, int32 (racks, samples + 1, 4)."""
    when, level, end = events
    n = when.shape[1]
    scale = lanes.scale[lane : lane + n]
    count = walk_lanes(programs, fleet, lanes, slots, lane, when, level, end)
    begin_idle(fleet.idle, scale, state)
    for i in range(n):
        bins[i // per_rack, 0, STEP] += state.target[i]
    for e in range(count):
        place_events(when[e], end[e], fleet, grid, state, work)
        change_targets(np.float32(level[e]), fleet, scale, state, work)
        for r in range(bins.shape[0]):
            a = r * per_rack
            b = min(a + per_rack, n)
            scatter(shifted(work, a), b - a, bins[r])


def shifted(work: Any, a: Any) -> Any:
    """Return the scratch of the lanes from a on, as far as ``scatter`` reads it."""
    return Work(
        work.happens, work.age, work.ahead, work.recent,
        work.bin[a:], work.step[a:], work.rise[a:], work.fall[a:], work.over[a:],
    )  # fmt: skip


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
        float32 (3,), see ``scan_rack``.
    max_events
        Upper bound on the events of one lane in these slots.
    racks_at_once
        How the racks are divided further; the result does not depend on it.
    place
        Which racks, and the lanes in them.
    out
        Sum of the accelerators' power, int32 (racks, samples), quanta.
    """
    racks, per_rack = out.shape[0], place.lanes_per_rack
    batches = (racks + racks_at_once - 1) // racks_at_once
    first, stop = share(batches, part, parts)
    width = racks_at_once * per_rack
    when = np.empty((max_events, width), np.int64)
    level = np.empty(max_events, np.int32)
    end = np.empty(max_events, np.int64)
    bins = np.zeros((racks_at_once, grid.samples + 1, BIN_WIDTH), np.int32)
    state, work = lane_state(width), work_space(width)
    for batch in range(first, stop):
        r0 = batch * racks_at_once
        r1 = min(r0 + racks_at_once, racks)
        lane = place.first_lane + r0 * per_rack
        n = min((r1 - r0) * per_rack, place.stop_lane - lane)
        bin_racks(
            programs, fleet, lanes, slots, grid, lane, per_rack, (when[:, :n], level, end),
            state, work, bins[: r1 - r0],
        )  # fmt: skip
        for r in range(r0, r1):
            scan_rack(bins[r - r0], decays, out[r])
            filled = min(per_rack, n - (r - r0) * per_rack)
            add_noise(noise, fleet, place.first_rack + r, filled, grid, out[r])
