# SPDX-License-Identifier: Apache-2.0
"""One event of every lane: which sample sees it first, and what it adds there.

Lanes of a few racks are taken together, in short loops that a compiler can vectorise: first the
integer arithmetic of time, then the float32 arithmetic of power.
"""

from typing import Any, NamedTuple

import numpy as np

from powermodel_kernels.bind import apart
from powermodel_kernels.fleet.bins import Additions
from powermodel_kernels.fleet.walk import earliest, latest
from powermodel_kernels.laws.response import decay, rate_of, remaining, seen, struck, to_quanta
from powermodel_kernels.laws.sampling import (
    SHORT_DT,
    counted,
    counted_short,
    next_sample,
    next_sample_short,
    split,
)
from powermodel_kernels.primitives import float_bits
from powermodel_kernels.tables import F32, I32, I64

_ZERO = np.float32(0.0)


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
    short: I32
    """Ticks from the event to its sample, see ``count_ages``; ``until`` for a large step."""
    until: I64
    age: I32
    """Since the lane's last event, in 2**age_shift ticks, at most the horizon."""
    ahead: I32
    """From the event to the first sample that sees it, same unit."""
    recent: I32
    """Whether the tile can still feel the event's transient."""
    edge_kept: F32
    """Of what the lane's edge and overshoot were just after the last event."""
    over_kept: F32
    keep_rise: F32
    """What a rise, a fall and an overshoot keep until the sample."""
    keep_fall: F32
    keep_over: F32
    added: Additions


class Spread(NamedTuple):
    """How far the events of the lanes lie apart."""

    any: bool
    """Whether any may happen, and change something."""
    all: bool
    """Whether all happen."""
    first: Any
    """Sample of the earliest."""
    last: Any
    together: bool
    """Whether one sample sees them all first."""
    same: bool
    """Whether they are at one tick."""
    youngest: Any
    """Least age."""


def lane_state(n: Any) -> Any:
    """Return an empty state for n lanes."""
    return LaneState(
        np.empty(n, np.int32), np.empty(n, np.int64),
        np.empty(n, np.float32), np.empty(n, np.float32),
    )  # fmt: skip


def work_space(n: Any) -> Any:
    """Return scratch for n lanes."""
    return Work(
        np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.int64),
        np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.int32),
        np.empty(n, np.float32), np.empty(n, np.float32), np.empty(n, np.float32),
        np.empty(n, np.float32), np.empty(n, np.float32),
        Additions(
            np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.int32),
            np.empty(n, np.int32), np.empty(n, np.int32),
        ),
    )  # fmt: skip


def begin_idle(idle: Any, scale: Any, state: Any) -> None:
    """Put every lane at idle power, since long before any tile."""
    for i in range(scale.size):
        state.target[i] = np.int32(np.float32(idle) * scale[i])
        state.since[i] = np.int64(-(2**50))
        state.edge[i] = _ZERO
        state.over[i] = _ZERO


def settle(when: Any, level: Any, end: Any, fleet: Any, grid: Any, scale: Any, state: Any) -> Any:
    """Put every lane at the last target whose transients have ended before the tile.

    Parameters
    ----------
    when, level, end
        Of all events, see ``fleet.walk``.

    Returns
    -------
    int
        The first event that is not done with.
    """
    settled = np.int64(grid.begin) - (np.int64(fleet.horizon) << np.int64(fleet.age_shift))
    e = 0
    while e < level.size and latest(when[e]) < min(settled, end[e]):
        e += 1
    if e > 0:
        for i in range(scale.size):
            state.target[i] = np.int32(np.float32(level[e - 1]) * scale[i])
            state.since[i] = when[e - 1, i]
    return e


@apart
def place_events(
    when: Any, end: Any, is_held: Any, fleet: Any, grid: Any, state: Any, work: Any
) -> Any:
    """Find the sample, the way to it, and the age of what came before, for every lane.

    Parameters
    ----------
    when
        Absolute ticks of the event, int64 (n,).
    end
        Events at or after this tick do not happen: they come after the last sample.
    is_held
        Whether the new target of every lane is the one that it has.

    Returns
    -------
    Spread
    """
    begin, dt, samples = np.int64(grid.begin), np.int64(grid.dt), np.int64(grid.samples)
    length, n = samples * dt, when.size
    soonest, last = earliest(when), latest(when)
    if is_held and last < end and have_ended(when, fleet, state, work):
        return Spread(False, True, np.int64(0), np.int64(0), False, False, np.int32(0))
    if soonest == last:
        return place_together(soonest, end, n, fleet, grid, state, work)
    if begin <= soonest and last < min(begin + length, end) and dt < SHORT_DT:
        return place_inside(when, soonest, last, fleet, grid, state, work)
    sample, none = work.added.sample, np.int32(samples)
    # 64-bit and 32-bit arithmetic in loops of their own: a vector holds more of the second.
    for i in range(n):
        work.happens[i] = np.int32(when[i] < end)
    if dt < SHORT_DT:
        for i in range(n):
            work.ahead[i], work.age[i] = split(min(max(when[i] - begin, np.int64(0)), length))
        for i in range(n):
            k, until = next_sample_short(work.ahead[i], work.age[i], dt, grid.coarse_rate)
            sample[i] = k if work.happens[i] != 0 else none
            work.short[i] = until
        count_ages(when, work.short, fleet, begin, length, state, work)
    else:
        for i in range(n):
            k, until = sample_of(when[i], grid)
            sample[i] = np.int32(k) if work.happens[i] != 0 else none
            work.until[i] = until
        count_ages(when, work.until, fleet, begin, length, state, work)
    first, _ = sample_of(soonest, grid)
    final, _ = sample_of(last, grid)
    return Spread(
        soonest < end, last < end, first, final, first == final and last < end, False,
        least(work.age[:n]),
    )  # fmt: skip


def have_ended(when: Any, fleet: Any, state: Any, work: Any) -> Any:
    """Return whether the transients of all lanes have ended at the ticks ``when``.

    A target that is set anew to what it was then changes nothing, now or later.
    """
    horizon, shift = np.int64(fleet.horizon), np.int64(fleet.age_shift)
    for i in range(when.size):
        work.age[i] = counted(when[i] - state.since[i], shift, horizon)
    return least(work.age[: when.size]) >= horizon


def place_inside(
    when: Any, soonest: Any, last: Any, fleet: Any, grid: Any, state: Any, work: Any
) -> Any:
    """Do what ``place_events`` does for events that happen within the tile: most of all.

    Parameters
    ----------
    soonest, last
        Of ``when``.
    """
    begin, dt, n = np.int64(grid.begin), np.int64(grid.dt), when.size
    horizon, shift = np.int64(fleet.horizon), np.int64(fleet.age_shift)
    sample = work.added.sample
    for i in range(n):
        work.ahead[i], work.age[i] = split(when[i] - begin)
    for i in range(n):
        sample[i], work.short[i] = next_sample_short(
            work.ahead[i], work.age[i], dt, grid.coarse_rate
        )
    for i in range(n):
        work.ahead[i] = counted_short(work.short[i], np.int32(shift), np.int32(horizon))
        work.happens[i], work.recent[i] = np.int32(1), np.int32(1)
    for i in range(n):
        work.age[i] = counted(when[i] - state.since[i], shift, horizon)
        state.since[i] = when[i]
    first, _ = sample_of(soonest, grid)
    final, _ = sample_of(last, grid)
    return Spread(True, True, first, final, first == final, False, least(work.age[:n]))


def place_together(
    when: Any, end: Any, n: Any, fleet: Any, grid: Any, state: Any, work: Any
) -> Any:
    """Do what ``place_events`` does for n lanes whose events are at one tick."""
    begin, horizon, shift = np.int64(grid.begin), np.int64(fleet.horizon), np.int64(fleet.age_shift)
    k, until = sample_of(when, grid)
    if when < end:
        ahead = way(when, until, begin, np.int64(grid.samples) * np.int64(grid.dt), shift, horizon)
        recent = np.int32(when >= begin - (horizon << shift))
        for i in range(n):
            work.happens[i], work.added.sample[i] = np.int32(1), np.int32(k)
            work.ahead[i], work.recent[i] = ahead, recent
        for i in range(n):
            work.age[i] = counted(when - state.since[i], shift, horizon)
            state.since[i] = when
    return Spread(when < end, when < end, k, k, True, True, least(work.age[:n]))


def sample_of(when: Any, grid: Any) -> Any:
    """Return the first sample that sees a tick, and the ticks to it; see ``count_ages``."""
    dt = np.int64(grid.dt)
    offset = min(max(when - np.int64(grid.begin), np.int64(0)), np.int64(grid.samples) * dt)
    k = next_sample(offset, dt, grid.coarse_rate)
    return k, k * dt - offset


def count_ages(
    when: Any, until: Any, fleet: Any, begin: Any, length: Any, state: Any, work: Any
) -> None:
    """Find the age of what came before, and the way to the sample, for every lane.

    Parameters
    ----------
    until
        Ticks from the event to its sample, or from the tile's first sample for one before it.
    begin, length
        First tick of the tile, and ticks in it.
    """
    horizon, shift = np.int64(fleet.horizon), np.int64(fleet.age_shift)
    settled = begin - (horizon << shift)
    for i in range(when.size):
        t = when[i]
        # Long before the tile there is nothing to remember: it starts from what is still alive.
        work.recent[i] = np.int32(t >= settled)
        work.age[i] = counted(t - state.since[i], shift, horizon)
        work.ahead[i] = way(t, until[i], begin, length, shift, horizon)
        state.since[i] = t if work.happens[i] != 0 else state.since[i]


def way(when: Any, until: Any, begin: Any, length: Any, shift: Any, horizon: Any) -> Any:
    """Return the time from an event to its sample in the unit of ages, see ``count_ages``."""
    early, late = max(begin - when, np.int64(0)), max(when - begin - length, np.int64(0))
    return counted(max(until + early - late, np.int64(0)), shift, horizon)


def least(numbers: Any) -> Any:
    """Return the least of some int32."""
    found = numbers[0]
    for i in range(numbers.size):
        found = min(found, numbers[i])
    return found


@apart
def change_targets(
    level: Any, fleet: Any, scale: Any, spread: Any, is_over: Any, state: Any, work: Any
) -> Any:
    """Compute what every lane's event adds to its bin, and the lane's new state.

    Parameters
    ----------
    level
        New target before the lane's scale, quanta, float32.
    scale
        Factor of each lane, float32 (n,).
    spread
        What ``place_events`` returned.
    is_over
        Whether any lane overshot at its last event.

    Returns
    -------
    bool
        Whether any does at this one.
    """
    horizon, overshoot = np.int32(fleet.horizon), fleet.overshoot
    rates = (fleet.rise_rate, fleet.fall_rate, fleet.overshoot_rate)
    added = work.added
    # Loops of their own: the fewer steps wait for each other, the more lanes are under way.
    if spread.youngest < horizon:
        for i in range(scale.size):
            work.edge_kept[i] = decay(work.age[i], rate_of(state.edge[i], rates))
    else:
        work.edge_kept[:] = _ZERO
    if is_over and spread.youngest < horizon:
        fill_decays(work.age, rates[2], work.over_kept)
    else:
        work.over_kept[:] = _ZERO
    same = spread.same
    fill_keeps(work.ahead, same, rates[0], work.keep_rise)
    fill_keeps(work.ahead, same, rates[2], work.keep_over)
    keep_fall = work.keep_rise
    if rates[1] != rates[0]:
        keep_fall = work.keep_fall
        fill_keeps(work.ahead, same, rates[1], keep_fall)
    found = np.int32(0)
    for i in range(scale.size):
        new, old = np.int32(level * scale[i]), state.target[i]
        step = np.int32(new - old)
        was = (state.edge[i], state.over[i])
        lasting = remaining(was, (work.edge_kept[i], work.over_kept[i]), work.age[i] < horizon)
        edge, over = struck(np.float32(step), work.recent[i] != 0, overshoot, lasting)
        keeps = (work.keep_rise[i], keep_fall[i], work.keep_over[i])
        add_rise, add_fall, add_over = seen((edge, over), lasting, keeps)
        happens = work.happens[i] != 0
        added.step[i] = step
        added.rise[i], added.fall[i] = to_quanta(add_rise), to_quanta(add_fall)
        added.over[i] = to_quanta(add_over)
        state.target[i] = new if happens else old
        state.edge[i] = edge if happens else was[0]
        state.over[i] = over if happens else was[1]
        found |= float_bits(state.over[i])
    return found != 0


def fill_decays(age: Any, rate: Any, out: Any) -> None:
    """Fill ``out`` (n,) with what an exponential keeps of itself at these ages."""
    for i in range(age.size):
        out[i] = decay(age[i], rate)


def fill_keeps(ahead: Any, same: Any, rate: Any, out: Any) -> None:
    """Do what ``fill_decays`` does; ``same`` says that all ages are equal."""
    if same:
        out[:] = decay(ahead[0], rate)
    else:
        fill_decays(ahead, rate, out)
