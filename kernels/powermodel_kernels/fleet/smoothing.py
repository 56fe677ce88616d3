# SPDX-License-Identifier: Apache-2.0
"""What power smoothing is given, and what a lane remembers of it: shared by both engines."""

from typing import Any, NamedTuple

import numpy as np

from powermodel_kernels.constants import MAX_RACK_QUANTA, NEVER
from powermodel_kernels.laws.onset import own_gap, shown
from powermodel_kernels.laws.response import aimed_at
from powermodel_kernels.laws.smoothing import (
    FINE_BITS,
    active_until,
    capped,
    course,
    reached,
    wanted_power,
)
from powermodel_kernels.tables import F32, I32, I64, Fleet, Lanes

LONG_AGO = -(2**50)
NO_CAP = MAX_RACK_QUANTA
_NEVER = np.int64(NEVER)
_FINE = np.int64(FINE_BITS)
_QUANTA_PER_FINE = np.float32(2.0**-FINE_BITS)
_ZERO = np.float32(0.0)
_NO_RATE = np.int64(0)


class Smoothing(NamedTuple):
    """Power smoothing of one job's accelerators; see ``laws.smoothing`` for what it means."""

    primary: int
    """Primary floor, quanta."""
    secondary: int
    """Secondary floor, quanta."""
    activation: int
    """Level of the work, before a lane's scale, above which the primary floor is active, quanta."""
    act_window: int
    """Ticks."""
    tar_window: int
    """Ticks."""
    hold: int
    """Hysteresis before a fall, ticks."""
    up: int
    """Ramp rate, 2**-FINE_BITS quanta a tick; 0 is no limit."""
    down: int
    cap: int
    """Power cap, quanta; NO_CAP is none."""
    cap_gain: int
    """Share of the excess that the cap takes away, 2**-GAIN_BITS."""
    cap_rate: np.float32
    """One over the lag of the cap, per 2**age_shift ticks."""

    @property
    def remembers(self) -> bool:
        """Whether the target depends on more than the work of the moment."""
        return any((self.act_window, self.tar_window, self.hold, self.up, self.down))

    @property
    def needs_steps(self) -> bool:
        """Whether the engine ``steps`` is needed: a cap has no closed form on ramps."""
        return self.cap != NO_CAP and bool(self.up or self.down)


class Memory(NamedTuple):
    """What every lane remembers at one tick, shape (lanes,) each."""

    level: I32
    """The work's own power before the lane's scale, quanta."""
    smoothed: I64
    """Smoothed target, 2**-FINE_BITS quanta."""
    hold_end: I64
    """Absolute tick at which a hold ends, or NEVER."""
    active_until: I64
    """Absolute tick until which the primary floor is active without activity."""
    since: I64
    """Absolute tick of the last jump of the smoothed target."""
    rise: F32
    """Amplitude of the electrical transients at that tick, quanta."""
    fall: F32
    over: F32
    lag: F32
    """What a power cap takes away in the end less what it takes away at that tick, quanta."""
    changed: I64
    """Absolute tick of the last change of the work's own power."""
    own: F32
    """By how much the work then lay above what it alone would have been drawing, quanta."""

    def part(self, first: int, stop: int) -> "Memory":
        """Return a view of the lanes first to stop (exclusive)."""
        columns: list[Any] = [column[first:stop] for column in self]
        return Memory(*columns)

    def copied(self) -> "Memory":
        """Return a copy."""
        columns: list[Any] = [column.copy() for column in self]
        return Memory(*columns)


def at_rest(smoothing: Smoothing, fleet: Fleet, lanes: Lanes) -> Memory:
    """Return the memory of lanes that have been without work for long."""
    n = fleet.lanes
    raw = (np.float32(fleet.idle) * lanes.scale).astype(np.int64)
    floor = smoothing.primary if fleet.idle > smoothing.activation else smoothing.secondary
    return Memory(
        level=np.full(n, fleet.idle, np.int32),
        smoothed=np.maximum(raw, floor) << FINE_BITS,
        hold_end=np.full(n, NEVER, np.int64),
        active_until=np.full(n, LONG_AGO, np.int64),
        since=np.full(n, LONG_AGO, np.int64),
        rise=np.zeros(n, np.float32),
        fall=np.zeros(n, np.float32),
        over=np.zeros(n, np.float32),
        lag=np.zeros(n, np.float32),
        changed=np.full(n, LONG_AGO, np.int64),
        own=np.zeros(n, np.float32),
    )


def copy_lane(source: Any, i: Any, target: Any, j: Any) -> None:
    """Copy what lane ``i`` of one memory remembers to lane ``j`` of another."""
    target.level[j] = source.level[i]
    target.smoothed[j] = source.smoothed[i]
    target.hold_end[j] = source.hold_end[i]
    target.active_until[j] = source.active_until[i]
    target.since[j] = source.since[i]
    target.rise[j] = source.rise[i]
    target.fall[j] = source.fall[i]
    target.over[j] = source.over[i]
    target.lag[j] = source.lag[i]
    target.changed[j] = source.changed[i]
    target.own[j] = source.own[i]


def change_work(
    level: Any, now: Any, scale: Any, smoothing: Any, memory: Any, i: Any, fleet: Any
) -> Any:
    """Give a lane work at a tick, and return whether it is new; its target does not move yet."""
    if level == memory.level[i]:
        return False
    memory.active_until[i] = active_until(
        memory.active_until[i], memory.level[i] > smoothing.activation,
        level > smoothing.activation, now, smoothing.act_window, smoothing.tar_window,
    )  # fmt: skip
    # A ramp lets nothing through at once, so there work has no overshoot that could show.
    if fleet.overshoot > _ZERO and np.int64(smoothing.up) == _NO_RATE:
        step = aimed_at(level, scale) - aimed_at(memory.level[i], scale)
        age = (now - memory.changed[i]) >> np.int64(fleet.age_shift)
        memory.own[i] = own_gap(
            np.float32(step), np.int32(min(age, np.int64(fleet.horizon))),
            np.int32(fleet.horizon), (fleet.rise_rate, fleet.fall_rate, fleet.overshoot_rate),
            fleet.overshoot, memory.own[i],
        )  # fmt: skip
    memory.changed[i] = now
    memory.level[i] = level
    return True


def onset(begin: Any, raw: Any, now: Any, is_new: Any, memory: Any, i: Any, fleet: Any) -> Any:
    """Return whether a lane's transients start anew at a tick, and with what overshoot, quanta.

    They do where the target jumps; and with new work where its overshoot shows, or what is left of
    the overshoot of the work before.

    Parameters
    ----------
    begin, raw
        Target just after ``now``, and the work's own power, fine.
    is_new
        Whether the work is new at ``now``.
    """
    over = shown(memory.own[i], quanta_of(begin - raw), fleet.overshoot) if is_new else _ZERO
    age = (now - memory.since[i]) >> np.int64(fleet.age_shift)
    alive = memory.over[i] > _ZERO and age < np.int64(fleet.horizon)
    return begin != memory.smoothed[i] or (is_new and (over > _ZERO or alive)), over


def fine(power: Any) -> Any:
    """Return quanta, of any integer type, as int64 in 2**-FINE_BITS quanta."""
    return np.int64(power) << _FINE


def quanta_of(difference: Any) -> Any:
    """Return a difference in 2**-FINE_BITS quanta as float32 quanta."""
    return np.float32(difference) * _QUANTA_PER_FINE


def capped_away(target: Any, smoothing: Any) -> Any:
    """Return by how much the cap lowers a steady target, both in 2**-FINE_BITS quanta."""
    return capped(target, fine(smoothing.cap), np.int64(smoothing.cap_gain))


def next_course(now: Any, until: Any, scale: Any, smoothing: Any, memory: Any, i: Any) -> Any:
    """Return the straight piece of a lane's target that begins at ``now``.

    Parameters
    ----------
    until
        Tick at which the piece ends at the latest.

    Returns
    -------
    raw, begin, end, slope, stop
        The work's own power, the target at both ends of the piece, fine; the slope, fine a tick;
        the tick at which it ends. What the lane remembers of its floor and hold is brought
        forward; its target is not.
    """
    raw = fine(aimed_at(memory.level[i], scale))
    above = memory.level[i] > smoothing.activation
    kept = now < memory.active_until[i]
    wanted = wanted_power(raw, above or kept, fine(smoothing.primary), fine(smoothing.secondary))
    begin, aim, slope, stop, hold_end = course(
        memory.smoothed[i], wanted, raw, now, memory.hold_end[i], smoothing.hold,
        np.int64(smoothing.up), np.int64(smoothing.down),
    )  # fmt: skip
    last = min(stop, until)
    if kept and not above:
        last = min(last, memory.active_until[i])
    memory.hold_end[i] = hold_end
    return raw, begin, reached(begin, aim, slope, last - now, last == stop), slope, last
