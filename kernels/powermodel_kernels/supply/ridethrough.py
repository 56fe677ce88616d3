# SPDX-License-Identifier: Apache-2.0
"""How loads with their own stores go through sags: what leaves the grid, when it returns, how hard.

Power is counted in int64 quanta: what a load asks for is, at every sample, exactly what it takes
from the grid, from its store, and what it goes without. Refilling the store comes on top.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from powermodel_kernels.bind import cpu
from powermodel_kernels.constants import NEVER, TICKS_PER_S
from powermodel_kernels.laws.ridethrough import (
    LOCKED_OUT,
    ON_GRID,
    ON_STORE,
    WALKING_IN,
    counted,
    outside_window,
    share_of_grid,
)
from powermodel_kernels.primitives import mul
from powermodel_kernels.tables import F32, I32, I64

_PER_STEP = np.int64(1024)
_ONE = np.float32(1.0)
_HALF = np.float32(0.5)


@dataclass(frozen=True, slots=True)
class LoadUnit:
    """One load behind one store, or many alike; voltages per unit, times in s.

    Parameters
    ----------
    transfer_low, transfer_high, return_low
        Window of voltage, and the voltage from which it counts as back.
    transfer_delay_s, return_delay_s, walk_in_s
        Before leaving, before coming back, and from nothing to all.
    recharge_ratio
        Drawn on top of the load until the store is full again, of the load.
    autonomy_s
        How long the store carries the load; 0: there is none, and the load is off.
    counted_sags, count_window_s, lock_out_s
        After so many transfers within the window it stays away for the lock-out; 0 sags: no
        counter; a lock-out of 0 s lasts until ``reset_at_s``.
    current_limit
        Of the rectifier, per unit.
    reset_at_s
        When someone resets it, s since the beginning of the run; never by default.
    speed_low, speed_high
        Window of frequency, deviation per unit; without bounds by default.
    """

    transfer_low: float
    transfer_high: float
    return_low: float
    transfer_delay_s: float
    return_delay_s: float
    walk_in_s: float
    recharge_ratio: float
    autonomy_s: float
    counted_sags: int = 0
    count_window_s: float = 0.0
    lock_out_s: float = 0.0
    current_limit: float = 1.1
    reset_at_s: float = math.inf
    speed_low: float = -1.0
    speed_high: float = 1.0

    def __post_init__(self) -> None:
        if not self.transfer_low <= self.return_low < self.transfer_high:
            raise ValueError(
                "a load comes back at a voltage inside its window: expected transfer_low <= "
                f"return_low < transfer_high, got {self.transfer_low:g}, {self.return_low:g}, "
                f"{self.transfer_high:g}"
            )
        if self.counted_sags > 0 and not self.count_window_s > 0.0:
            raise ValueError("a counter of sags needs the window in which it counts, above 0 s")
        if not self.speed_low < 0.0 < self.speed_high:
            raise ValueError("the window of frequency is a deviation: low below 0, high above 0")


class LoadUnits(NamedTuple):
    """The units as arrays, fixed for a run."""

    window: F32
    """Low and high voltage, low and high speed, return voltage, current limit, one over the
    walk-in, recharge ratio; (8, units)."""
    steps: I64
    """Transfer, return and walk-in, and the store's length, in steps; (4, units)."""
    counter: I64
    """Sags, window and lock-out in ticks, tick of the reset; (4, units)."""
    dt: int


class LoadState(NamedTuple):
    """Where each unit stands."""

    mode: I32
    outside: I32
    inside: I32
    walked: I32
    spent: I64
    """Of the store, in 1/1024 of a step at full load."""
    since: I64
    """Tick at which the lock-out began."""
    sags: I64
    """Ticks of the last transfers, (units, longest counter)."""
    drops: I32
    """How often the load was lost because its store was empty."""
    down: I32
    """Whether it is lost now."""


class RideSeries(NamedTuple):
    """Quanta of all units together, (samples,)."""

    grid: I64
    """Taken from the grid, refilling included."""
    store: I64
    """Carried by the stores."""
    unserved: I64
    """Gone without."""
    away: I32
    """Units that take nothing from the grid."""


def load_units(units: Sequence[LoadUnit], dt_s: float) -> LoadUnits:
    """Return the arrays of units for a step of ``dt_s`` seconds."""
    window = [
        (u.transfer_low, u.transfer_high, u.speed_low, u.speed_high, u.return_low, u.current_limit,
         dt_s / u.walk_in_s if u.walk_in_s > 0.0 else 1.0, u.recharge_ratio)
        for u in units
    ]  # fmt: skip
    steps = [
        (_steps(u.transfer_delay_s, dt_s), _steps(u.return_delay_s, dt_s),
         _steps(u.walk_in_s, dt_s), _steps(u.autonomy_s, dt_s))
        for u in units
    ]  # fmt: skip
    counter = [
        (u.counted_sags, _ticks(u.count_window_s), _ticks(u.lock_out_s), _ticks(u.reset_at_s))
        for u in units
    ]
    return LoadUnits(
        np.array(window, np.float32).T.copy(), np.array(steps, np.int64).T.copy(),
        np.array(counter, np.int64).T.copy(), round(dt_s * TICKS_PER_S),
    )  # fmt: skip


def on_grid(units: LoadUnits) -> LoadState:
    """Return the state of units that are on the grid, their stores full."""
    n = units.window.shape[1]
    sags = np.full((n, max(1, int(units.counter[0].max()))), -NEVER, np.int64)
    return LoadState(
        np.zeros(n, np.int32), np.zeros(n, np.int32), np.zeros(n, np.int32), np.zeros(n, np.int32),
        np.zeros(n, np.int64), np.zeros(n, np.int64), sags, np.zeros(n, np.int32),
        np.zeros(n, np.int32),
    )  # fmt: skip


def ride_through(
    units: LoadUnits, state: LoadState, load: I64, voltage: F32, speed: F32, begin: int
) -> tuple[LoadState, RideSeries]:
    """Return the state after the last sample, and what the units drew.

    Parameters
    ----------
    units, state
        The state is not changed.
    load
        What each unit asks for, quanta, (units, samples).
    voltage, speed
        At the point of interconnection, per unit, (samples,).
    begin
        Absolute tick of the first sample.
    """
    after = LoadState._make(part.copy() for part in state)
    n = voltage.size
    out = RideSeries(
        np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int32)
    )
    cpu(ride_block)(units, after, load, voltage, speed, begin, out)
    return after, out


def leave_grid(units: Any, state: Any, u: Any, tick: Any) -> None:
    """Go over to the store, and count the sag."""
    sags, wanted = state.sags[u], units.counter[0, u]
    for i in range(sags.size - 1, 0, -1):
        sags[i] = sags[i - 1]
    sags[0] = tick
    state.mode[u], state.inside[u] = ON_STORE, 0
    if wanted > 0 and tick - sags[wanted - 1] <= units.counter[1, u]:
        state.mode[u], state.since[u] = LOCKED_OUT, tick


def end_lock_out(units: Any, state: Any, u: Any, tick: Any) -> None:
    """Let a unit try again once its lock-out has run out, or was reset."""
    lasts, reset = units.counter[2, u], units.counter[3, u]
    over = lasts > 0 and tick - state.since[u] >= lasts
    if over or (tick >= reset and state.since[u] < reset):
        state.mode[u], state.inside[u] = ON_STORE, 0
        for i in range(state.sags.shape[1]):
            state.sags[u, i] = -NEVER


def next_mode(units: Any, state: Any, u: Any, voltage: Any, speed: Any, tick: Any) -> None:
    """Move one unit between grid, store, walk-in and lock-out."""
    w, mode = units.window, state.mode[u]
    out = outside_window(voltage, speed, (w[0, u], w[1, u], w[2, u], w[3, u]))
    if mode in (ON_GRID, WALKING_IN):
        state.outside[u] = counted(out, state.outside[u])
        if state.outside[u] > units.steps[0, u]:
            leave_grid(units, state, u, tick)
        elif mode == WALKING_IN:
            state.walked[u] += 1
            if state.walked[u] >= units.steps[2, u]:
                state.mode[u] = ON_GRID
    elif mode == ON_STORE:
        state.inside[u] = counted(not out and voltage >= w[4, u], state.inside[u])
        if state.inside[u] > units.steps[1, u]:
            state.mode[u], state.walked[u], state.outside[u] = WALKING_IN, 0, 0
    else:
        end_lock_out(units, state, u, tick)


def ride_block(
    units: Any, state: Any, load: Any, voltage: Any, speed: Any, begin: Any, out: Any
) -> None:
    """Go through the samples, unit by unit."""
    w = units.window
    for u in range(state.mode.size):
        capacity = units.steps[3, u] * _PER_STEP
        refill = np.int64(mul(w[7, u], np.float32(_PER_STEP)))
        for k in range(voltage.size):
            next_mode(units, state, u, voltage[k], speed[k], begin + k * units.dt)
            share = share_of_grid(state.mode[u], state.walked[u], w[6, u], voltage[k], w[5, u])
            asked = load[u, k]
            taken = asked
            if share < _ONE:
                taken = min(np.int64(mul(share, np.float32(asked))), asked)
            rest, more = asked - taken, np.int64(0)
            if state.spent[u] >= capacity and share < _ONE:
                out.unserved[k] += rest
                # Nothing carries it: once off the grid it is lost until the grid carries it again.
                if state.mode[u] != ON_GRID and state.down[u] == 0:
                    state.drops[u] += 1
                    state.down[u] = 1
            else:
                state.down[u] = 0
                out.store[k] += rest
                state.spent[u] += np.int64(mul(_ONE - share, np.float32(_PER_STEP)) + _HALF)
            if state.mode[u] == ON_GRID and state.spent[u] > 0 and share >= _ONE:
                more = np.int64(mul(w[7, u], np.float32(asked)))
                state.spent[u] = max(state.spent[u] - refill, np.int64(0))
            out.grid[k] += taken + more
            out.away[k] += np.int32(state.mode[u] == ON_STORE or state.mode[u] == LOCKED_OUT)


def _steps(time_s: float, dt_s: float) -> int:
    return max(0, round(time_s / dt_s))


def _ticks(time_s: float) -> int:
    return round(time_s * TICKS_PER_S) if math.isfinite(time_s) else NEVER
