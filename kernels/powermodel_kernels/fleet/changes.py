# SPDX-License-Identifier: Apache-2.0
"""One event of every lane: what it adds to its sample, and what the lane remembers of it.

Lanes of a few racks are taken together, in short loops of float32 that a compiler can vectorise;
``placing`` has found the samples.
"""

from typing import Any, NamedTuple

import numpy as np

from powermodel_kernels.bind import apart
from powermodel_kernels.fleet.bins import Additions
from powermodel_kernels.laws.response import (
    aimed_at,
    decay,
    rate_of,
    remaining,
    seen,
    struck,
    to_quanta,
)
from powermodel_kernels.primitives import float_bits
from powermodel_kernels.tables import F32, I32, I64

_ZERO = np.float32(0.0)
_ENDED = np.float32(88.0)
"""Time constants after which a power in quanta is below 1e-31."""


class LaneState(NamedTuple):
    """What a lane remembers of its last event."""

    target: I32
    """Quanta."""
    since: I64
    """Absolute tick of the event."""
    edge: F32
    """Amplitude at that tick, quanta: of a rise where negative, of a fall where positive."""
    over: F32
    level: I32
    """Target before the lane's scale, quanta; only where lanes differ in it."""


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


def lane_state(n: Any) -> Any:
    """Return an empty state for n lanes."""
    return LaneState(
        np.empty(n, np.int32), np.empty(n, np.int64),
        np.empty(n, np.float32), np.empty(n, np.float32), np.empty(n, np.int32),
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
        state.target[i] = aimed_at(idle, scale[i])
        state.since[i] = np.int64(-(2**50))
        state.edge[i] = _ZERO
        state.over[i] = _ZERO


def settle(
    when: Any, span: Any, level: Any, end: Any, fleet: Any, grid: Any, scale: Any, state: Any
) -> Any:
    """Put every lane at the last target whose transients have ended before the tile.

    Parameters
    ----------
    when, span, level, end
        Of all events, see ``fleet.walk``.

    Returns
    -------
    int
        The first event that is not done with.
    """
    settled = np.int64(grid.begin) - (np.int64(fleet.horizon) << np.int64(fleet.age_shift))
    e = 0
    while e < level.size and span[e, 1] < min(settled, end[e]):
        e += 1
    if e > 0:
        for i in range(scale.size):
            state.target[i] = aimed_at(level[e - 1], scale[i])
            state.since[i] = when[e - 1, i]
    return e


@apart
def change_targets(level: Any, fleet: Any, scale: Any, spread: Any, state: Any, work: Any) -> None:
    """Compute what every lane's event adds to its bin, and the lane's new state.

    Parameters
    ----------
    level
        New target before the lane's scale, quanta, int32.
    scale
        Factor of each lane, float32 (n,).
    spread
        What ``place_events`` returned.
    """
    horizon, overshoot = np.int32(fleet.horizon), fleet.overshoot
    rates = (fleet.rise_rate, fleet.fall_rate, fleet.overshoot_rate)
    added = work.added
    # Loops of their own: the fewer steps wait for each other, the more lanes are under way.
    if spread.youngest < edge_horizon(fleet):
        for i in range(scale.size):
            work.edge_kept[i] = decay(work.age[i], rate_of(state.edge[i], rates))
    else:
        work.edge_kept[:] = _ZERO
    if spread.youngest < horizon and overshoots(state.over[: scale.size]):
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
    for i in range(scale.size):
        new, old = aimed_at(level, scale[i]), state.target[i]
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


def edge_horizon(fleet: Any) -> Any:
    """Return an age at which rises and falls have ended long ago: what is left changes no bit."""
    rate = min(fleet.rise_rate, fleet.fall_rate)
    # As float32, which holds what an int32 may not.
    return np.int32(min(np.float32(fleet.horizon), _ENDED / rate))


def overshoots(over: Any) -> Any:
    """Return whether any of some overshoots, float32, is not zero."""
    found = np.int32(0)
    for i in range(over.size):
        found |= float_bits(over[i])
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
