# SPDX-License-Identifier: Apache-2.0
"""One event of every lane: which sample sees it first, and how long ago the one before was.

Lanes of a few racks are taken together, in short loops of integers that a compiler can vectorise.
Nearly all events happen within the tile, and have loops of their own.
"""

from typing import Any, NamedTuple

import numpy as np

from powermodel_kernels.bind import apart
from powermodel_kernels.laws.sampling import (
    counted,
    counted_short,
    is_short,
    next_sample,
    next_sample_short,
    split,
)


class Spread(NamedTuple):
    """How far the events of the lanes lie apart."""

    any: bool
    """Whether any may happen."""
    all: bool
    """Whether all have the new level then."""
    first: Any
    """Sample of the earliest."""
    last: Any
    together: bool
    """Whether all happen, and one sample sees them first."""
    same: bool
    """Whether they are at one tick."""
    youngest: Any
    """Least age."""


@apart
def place_events(
    events: Any, e: Any, mixed: Any, fleet: Any, grid: Any, state: Any, work: Any
) -> Any:
    """Find the sample, the way to it, and the age of what came before, for every lane.

    Parameters
    ----------
    events
        What ``walk_until`` has filled: ticks, earliest and latest, levels, ends.
    e
        Which event.
    mixed
        Whether lanes differ in the level that they have, ``state.level``; otherwise all of them
        have another one. To a lane that has the new one already, nothing happens.

    Returns
    -------
    Spread
    """
    begin, dt, samples = np.int64(grid.begin), np.int64(grid.dt), np.int64(grid.samples)
    # Taken apart here: a caller with memory of its own counts who uses each slice that it makes.
    ticks, span, levels, ends = events
    when, level, end = ticks[e], levels[e], ends[e]
    length, n = samples * dt, when.size
    soonest, last = span[e, 0], span[e, 1]
    if soonest == last and not mixed:
        return place_together(soonest, end, n, fleet, grid, state, work)
    if begin <= soonest and last < min(begin + length, end) and is_short(dt) and not mixed:
        return place_inside(when, soonest, last, fleet, grid, state, work)
    sample, none = work.added.sample, np.int32(samples)
    # 64-bit and 32-bit arithmetic in loops of their own: a vector holds more of the second.
    for i in range(n):
        work.happens[i] = np.int32(when[i] < end)
    if mixed:
        for i in range(n):
            work.happens[i] &= np.int32(state.level[i] != level)
    if is_short(dt):
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
    together = first == final and last < end and not mixed
    return Spread(soonest < end, last < end, first, final, together, False, least(work.age[:n]))


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
        sample[i], until = next_sample_short(work.ahead[i], work.age[i], dt, grid.coarse_rate)
        work.ahead[i] = counted_short(until, np.int32(shift), np.int32(horizon))
    for i in range(n):
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


def note_levels(when: Any, end: Any, level: Any, held: Any, mixed: Any, state: Any) -> None:
    """Note the level of every lane after an event that does not happen to all of them.

    Parameters
    ----------
    held, mixed
        Level that all lanes had before, unless they were mixed.
    """
    for i in range(when.size):
        before = state.level[i] if mixed else held
        state.level[i] = level if when[i] < end else before
