# SPDX-License-Identifier: Apache-2.0
"""The ``steps`` engine: every accelerator is walked through every step.

Obvious and slow: it is the oracle of ``events`` and serves whatever is not linear per accelerator.
It reads the same event table and knows nothing of bins, horizons or ages. Eight accelerators go
through time side by side; one that has an event is taken through it alone.
"""

from typing import Any, NamedTuple

import numpy as np

from powermodel_kernels.bind import apart
from powermodel_kernels.fleet.noise import add_noise
from powermodel_kernels.fleet.walk import walk_lanes
from powermodel_kernels.laws.response import aimed_at, left, rate_of, struck
from powermodel_kernels.laws.sampling import next_sample
from powermodel_kernels.octets import (
    WIDTH,
    add8,
    load8,
    mul8,
    round8,
    spread8,
    store8,
    sums8,
)
from powermodel_kernels.parallel import each
from powermodel_kernels.tables import F32, I32

_ZERO = np.float32(0.0)
_WINDOW = 512
"""Samples that all accelerators of a rack go through in turn: their sums stay in the cache."""


class Walkers(NamedTuple):
    """Where the lanes of a rack stand, in whole eights: those that are not there draw nothing."""

    target: I32
    """Quanta."""
    level: I32
    """The same before the lane's scale."""
    edge: F32
    """Of a rise where negative, of a fall where positive, quanta."""
    over: F32
    was_edge: F32
    """One sample before, where one of the eight has an event."""
    was_over: F32
    keep: F32
    """What the edge keeps over one sample."""
    coming: I32
    """Row of the lane's next event."""
    due: I32
    """The first sample that sees it."""


def walkers(n: Any) -> Any:
    """Return room for n lanes."""
    n = -(-n // WIDTH) * WIDTH
    return Walkers(
        np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.float32),
        np.empty(n, np.float32), np.empty(n, np.float32), np.empty(n, np.float32),
        np.empty(n, np.float32), np.empty(n, np.int32), np.empty(n, np.int32),
    )  # fmt: skip


def first_sample(when: Any, grid: Any) -> Any:
    """Return the first sample that sees what happens at a tick; the last and one for none."""
    samples, dt = np.int64(grid.samples), np.int64(grid.dt)
    offset = min(max(when - np.int64(grid.begin), np.int64(0)), samples * dt)
    return next_sample(offset, dt, grid.coarse_rate)


def age_of(ticks: Any, fleet: Any) -> Any:
    """Return a stretch of time in the unit of the rates of ``fleet``, int32."""
    # Counted as in ``events``; an age that an int32 cannot hold leaves nothing anyway.
    return np.int32(min(max(ticks, np.int64(0)) >> np.int64(fleet.age_shift), np.int64(2**31 - 1)))


def faded(edge: Any, over: Any, ticks: Any, fleet: Any) -> Any:
    """Return edge and overshoot some ticks later."""
    age = age_of(ticks, fleet)
    rates = (fleet.rise_rate, fleet.fall_rate)
    return left(edge, age, rate_of(edge, rates)), left(over, age, fleet.overshoot_rate)


def begin_lanes(scale: Any, fleet: Any, lanes: Any) -> None:
    """Put every lane at idle power, since long before the tile, all events before it."""
    for i in range(lanes.target.size):
        here = i < scale.size
        lanes.target[i] = aimed_at(fleet.idle, scale[i]) if here else np.int32(0)
        lanes.level[i] = np.int32(fleet.idle)
        lanes.edge[i], lanes.over[i], lanes.keep[i] = _ZERO, _ZERO, _ZERO
        lanes.coming[i] = 0
        lanes.due[i] = 0 if here else 2**31 - 1


def change(
    k: Any, i: Any, when: Any, level: Any, end: Any, scale: Any, fleet: Any, grid: Any,
    decays: Any, lanes: Any,
) -> None:  # fmt: skip
    """Take a lane from sample k − 1 to sample k, through the events that k is the first to see.

    Parameters
    ----------
    when, level, end
        The rack's events, see ``fleet.walk``.
    """
    sample = np.int64(grid.begin) + np.int64(k) * np.int64(grid.dt)
    now = sample - np.int64(grid.dt)
    e, target, edge, over = lanes.coming[i], lanes.target[i], lanes.was_edge[i], lanes.was_over[i]
    while e < level.size:
        # What a crash cut off stands in the table, later than what follows it, and does not happen;
        # a level that is there already is no change, whatever is still decaying.
        happens = when[e, i] < end[e] and level[e] != lanes.level[i]
        if happens and when[e, i] > sample:
            break
        if happens:
            lasting = faded(edge, over, when[e, i] - now, fleet)
            now = when[e, i]
            new = aimed_at(level[e], scale[i])
            edge, over = struck(np.float32(new - target), True, fleet.overshoot, lasting)
            target, lanes.level[i] = new, level[e]
        e += 1
    lanes.edge[i], lanes.over[i] = faded(edge, over, sample - now, fleet)
    lanes.keep[i] = rate_of(edge, decays)
    lanes.target[i], lanes.coming[i] = target, e
    lanes.due[i] = np.int32(first_sample(when[e, i], grid)) if e < level.size else 2**31 - 1


def earliest(numbers: Any, at: Any) -> Any:
    """Return the least of eight int32."""
    least = numbers[at]
    for i in range(at + 1, at + WIDTH):
        least = min(least, numbers[i])
    return least


def step(lanes: Any, at: Any, keep_over: Any, first: Any, stop: Any, sums: Any, row: Any) -> None:
    """Take eight lanes through the samples from first to stop, none of which sees an event."""
    target, keep = load8(lanes.target, at), load8(lanes.keep, at)
    edge, over = load8(lanes.edge, at), load8(lanes.over, at)
    for place in range((first - row) * WIDTH, (stop - row) * WIDTH, WIDTH):
        edge, over = mul8(edge, keep), mul8(over, keep_over)
        power = add8(target, round8(add8(edge, over)))
        store8(sums, place, add8(load8(sums, place), power))
    store8(lanes.edge, at, edge)
    store8(lanes.over, at, over)


@apart
def walk_eight(
    at: Any, first: Any, stop: Any, when: Any, level: Any, end: Any, scale: Any, fleet: Any,
    grid: Any, decays: Any, lanes: Any, sums: Any,
) -> None:  # fmt: skip
    """Take eight lanes through the samples from first to stop.

    Parameters
    ----------
    at
        The first of them, in ``lanes``.
    sums
        To add to: of each of these samples eight, int32 (8 · samples,).
    """
    keep_over = spread8(decays[2])
    k = first
    while k < stop:
        until = min(stop, earliest(lanes.due, at))
        if k < until:
            step(lanes, at, keep_over, k, until, sums, first)
        k = until
        if k < stop:
            # All go on as if nothing happened; those to whom something does go again.
            edge, over = load8(lanes.edge, at), load8(lanes.over, at)
            store8(lanes.was_edge, at, edge)
            store8(lanes.was_over, at, over)
            store8(lanes.edge, at, mul8(edge, load8(lanes.keep, at)))
            store8(lanes.over, at, mul8(over, keep_over))
            for i in range(at, at + WIDTH):
                if lanes.due[i] == k:
                    change(k, i, when, level, end, scale, fleet, grid, decays, lanes)
            power = round8(add8(load8(lanes.edge, at), load8(lanes.over, at)))
            power = add8(power, load8(lanes.target, at))
            place = (k - first) * WIDTH
            store8(sums, place, add8(load8(sums, place), power))
            k += 1


def lanes_power(
    when: Any, level: Any, end: Any, scale: Any, fleet: Any, grid: Any, decays: Any, lanes: Any,
    sums: Any, out: Any,
) -> None:  # fmt: skip
    """Fill ``out`` (samples,) int32 with the power of all lanes of a rack, quanta.

    Parameters
    ----------
    when, level, end
        Their events, see ``fleet.walk``; int64 (events, lanes), int32, int64 (events,).
    scale
        Of each lane, its factor on power.
    decays
        What a rise, a fall and an overshoot keep over one sample, float32 (3,).
    """
    begin_lanes(scale, fleet, lanes)
    for first in range(0, out.size, _WINDOW):
        stop = min(first + _WINDOW, out.size)
        sums[:] = np.int32(0)
        for at in range(0, scale.size, WIDTH):
            walk_eight(
                at, first, stop, when, level, end, scale, fleet, grid, decays, lanes, sums,
            )  # fmt: skip
        whole = first + (stop - first) // WIDTH * WIDTH
        for k in range(first, whole, WIDTH):
            store8(out, k, sums8(sums, (k - first) * WIDTH))
        for k in range(whole, stop):
            out[k] = np.int32(0)
            for i in range(WIDTH):
                out[k] += sums[(k - first) * WIDTH + i]


def rack_power(
    _thread: Any, taken: Any, programs: Any, fleet: Any, lanes: Any, slots: Any, grid: Any,
    noise: Any, decays: Any, max_events: Any, racks_at_once: Any, place: Any, out: Any,
) -> None:  # fmt: skip
    """Compute the power of the racks of one place over one tile, or of some of them.

    Same parameters and result as ``events.rack_power`` (``racks_at_once`` is not used).
    """
    per_rack = place.lanes_per_rack
    ticks = np.empty(max_events * per_rack, np.int64)
    level = np.empty(max_events, np.int32)
    end = np.empty(max_events, np.int64)
    stand, sums = walkers(per_rack), np.empty(_WINDOW * WIDTH, np.int32)
    for r in each(taken, 1, out.shape[0]):
        lane = place.first_lane + r * per_rack
        n = min(per_rack, place.stop_lane - lane)
        when = ticks[: max_events * n].reshape((max_events, n))
        count = walk_lanes(programs, fleet, lanes, slots, lane, when, level, end)
        lanes_power(
            when[:count], level[:count], end[:count], lanes.scale[lane : lane + n], fleet, grid,
            decays, stand, sums, out[r],
        )  # fmt: skip
        add_noise(noise, fleet, place.first_rack + r, n, grid, out[r])


def probe_power(
    programs: Any, fleet: Any, lanes: Any, slots: Any, grid: Any, decays: Any, max_events: Any,
    lane: Any, out: Any,
) -> None:  # fmt: skip
    """Fill ``out`` (samples,) int32 with the power of one chosen accelerator, quanta."""
    when = np.empty((max_events, 1), np.int64)
    level = np.empty(max_events, np.int32)
    end = np.empty(max_events, np.int64)
    count = walk_lanes(programs, fleet, lanes, slots, lane, when, level, end)
    lanes_power(
        when[:count], level[:count], end[:count], lanes.scale[lane : lane + 1], fleet, grid,
        decays, walkers(1), np.empty(_WINDOW * WIDTH, np.int32), out,
    )  # fmt: skip
