# SPDX-License-Identifier: Apache-2.0
"""An island at work: machines, their governors and one common frequency, step by step.

The order of one step, second order in dt: the speed at mid-step is predicted from the imbalance at
its beginning; every governor and turbine takes that speed and goes one step; the mean of mechanical
power before and after then moves the speed. Load and storage hold their sample until the next one.

``island_step`` can be called from another compiled loop, sample by sample, so that a battery may
answer the frequency it sees; ``Supply`` runs a whole block when the battery's power is known.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from powermodel_kernels.bind import cpu
from powermodel_kernels.laws.lag import added, lagged
from powermodel_kernels.laws.machine import acceleration, beyond, voltage
from powermodel_kernels.primitives import fma, mul
from powermodel_kernels.supply.arrays import Island, IslandState
from powermodel_kernels.supply.turbines import (
    gast_machines,
    ggov1_choices,
    ggov1_governors,
    ggov1_integrals,
    ggov1_limiters,
    ggov1_turbines,
)
from powermodel_kernels.tables import F32, I32, I64

_ZERO = np.float32(0.0)
_HALF = np.float32(0.5)
_ONE = np.float32(1.0)


class IslandSeries(NamedTuple):
    """What a block of samples gave: the state at each sample, under the load of that sample."""

    speed: F32
    """Deviation, per unit; −1 after a blackout."""
    rate: F32
    """Its rate of change, 1/s."""
    voltage: F32
    """Per unit."""
    served: I64
    """Load after shedding, quanta."""
    generation: I64
    """Mechanical power of all machines, quanta."""
    online: I32
    """Units that run."""
    kinds: I64
    """Mechanical power of the units of each type, quanta, (samples, types)."""
    power: F32
    """Mechanical power of each watched machine, per unit of its base, (samples, watched)."""
    electric: F32
    """Electrical power of the same: mechanical less what moves its speed; 0 once it is off."""


def count_running(island: Any, state: Any) -> None:
    """Set what depends on which machines run: inertia, base, reactance."""
    inertia, base, reciprocal = island.spinning[0], _ZERO, island.numbers[6]
    running = 0
    for m in range(state.online.size):
        if state.online[m] > 0:
            inertia += island.inertia[m]
            base += island.base[m]
            reciprocal += island.susceptance[m]
            running += 1
    s = state.speed
    s[8] = _ONE / np.float32(inertia) if running > 0 else _ZERO
    s[9] = _ONE / base if running > 0 else _ZERO
    s[10] = base / reciprocal if running > 0 else _ZERO


def total_power(island: Any, state: Any) -> Any:
    """Return the mechanical power of the machines that run, int64 quanta."""
    total = np.int64(0)
    for m in range(state.power.size):
        if state.online[m] > 0:
            total += np.int64(mul(state.power[m], island.base[m]))
        else:
            state.power[m] = _ZERO
    return total


def trip_machines(island: Any, state: Any, tick: Any) -> None:
    """Take out what has been outside its limits for too long, or is forced out at this time."""
    speed, changed = state.speed[0], False
    for m in range(state.online.size):
        inside = min(speed - island.trip[0, m], island.trip[1, m] - speed)
        state.outside[m] = beyond(inside, _ZERO, state.outside[m])
        out = state.outside[m] >= island.trip_steps[m] or tick >= island.outage[m]
        if out and state.online[m] > 0:
            state.online[m] = np.int32(0)
            changed = True
    if changed:
        count_running(island, state)
        state.generation[0] = total_power(island, state)


def shed_share(island: Any, state: Any) -> Any:
    """Return the share of the load that stages of underfrequency shedding have taken off."""
    share = _ZERO
    for i in range(state.below.size):
        if state.below[i] >= 0:
            state.below[i] = beyond(state.speed[0], island.shed[0, i], state.below[i])
            if state.below[i] >= island.shed_steps[i]:
                state.below[i] = np.int32(-1)
        if state.below[i] < 0:
            share += island.shed[1, i]
    return share


def island_step(island: Any, state: Any, load: Any, reactive: Any, other: Any, tick: Any) -> Any:
    """Go one step; the state then stands at the next sample.

    Parameters
    ----------
    island, state
        See ``arrays``; the state is changed.
    load, reactive
        Active and reactive power of this sample's load, before shedding, quanta.
    other
        Storage (positive when it discharges) and other sources, quanta.
    tick
        Absolute time of this sample.

    Returns
    -------
    served : int64
        Load after shedding, quanta.
    voltage : float32
        Per unit.
    """
    trip_machines(island, state, tick)
    s, numbers = state.speed, island.numbers
    if s[8] == _ZERO:
        # Nothing turns any more: no frequency, no voltage, no load.
        s[0], s[1], s[11] = -_ONE, _ZERO, _ZERO
        return np.int64(0), _ZERO
    shed = shed_share(island, state)
    served = load - np.int64(mul(np.float32(load), shed))
    net = served - other
    damping = mul(numbers[2], np.float32(served))
    start = state.generation[0]
    rate = acceleration(np.float32(start - net), damping, s[0], s[8])
    middle = fma(numbers[1], rate, s[0])
    gast_machines(island, state, middle)
    ggov1_governors(island, state, middle, rate)
    ggov1_limiters(island, state)
    ggov1_choices(island, state, rate)
    ggov1_integrals(island, state)
    ggov1_turbines(island, state)
    state.generation[0] = total_power(island, state)
    mean = _HALF * np.float32(start + state.generation[0] - net - net)
    over = mul(acceleration(mean, damping, middle, s[8]), numbers[0])
    s[0], s[1] = added(s[0], s[1], over)
    s[2], s[3] = added(s[2], s[3], -mul(numbers[5], middle))
    s[11] = rate
    active = mul(np.float32(net), s[9])
    turned = mul(mul(np.float32(reactive), _ONE - shed), s[9])
    seen = voltage(active - s[4], turned - s[6], s[10])
    s[4], s[5] = lagged(s[4], s[5], active, numbers[4])
    s[6], s[7] = lagged(s[6], s[7], turned, numbers[4])
    return served, seen


def record_sample(
    island: Any, state: Any, load: Any, reactive: Any, other: Any, tick: Any, k: Any, out: Any
) -> None:
    """Note sample k as it stands, and go one step, see ``island_step``."""
    out.speed[k] = state.speed[0]
    out.generation[k] = state.generation[0]
    for j in range(out.kinds.shape[1]):
        out.kinds[k, j] = 0
    for m in range(island.kind.size):
        out.kinds[k, island.kind[m]] += np.int64(mul(state.power[m], island.base[m]))
    for j in range(island.watched.size):
        out.power[k, j] = state.power[island.watched[j]]
    out.served[k], out.voltage[k] = island_step(island, state, load, reactive, other, tick)
    rate = state.speed[11]
    out.rate[k] = rate
    for j in range(island.watched.size):
        m = island.watched[j]
        carries = fma(-island.double_inertia[m], rate, out.power[k, j])
        out.electric[k, j] = carries if state.online[m] > 0 else _ZERO
    running = 0
    for m in range(state.online.size):
        running += state.online[m]
    out.online[k] = running


def island_block(
    island: Any, state: Any, load: Any, reactive: Any, other: Any, begin: Any, out: Any
) -> None:
    """Go through the samples of a block."""
    for k in range(load.size):
        tick = begin + k * island.dt
        record_sample(island, state, load[k], reactive[k], other[k], tick, k, out)


def at_fixed_ratio(island: Island, load: I64) -> I64:
    """Return the reactive power of a load at the island's own ratio, quanta."""
    reactive: I64 = np.rint(load * np.float64(island.numbers[3])).astype(np.int64)
    return reactive


def empty_series(samples: int, island: Island) -> IslandSeries:
    """Return series of an island, to be filled."""
    kinds, watched = int(island.kind.max()) + 1, island.watched.size
    return IslandSeries(
        np.empty(samples, np.float32), np.empty(samples, np.float32),
        np.empty(samples, np.float32), np.empty(samples, np.int64), np.empty(samples, np.int64),
        np.empty(samples, np.int32), np.empty((samples, kinds), np.int64),
        np.empty((samples, watched), np.float32), np.empty((samples, watched), np.float32),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Supply:
    """An island that runs block by block.

    Parameters
    ----------
    island
        From ``arrays.island_arrays``.
    """

    island: Island

    def advance(
        self,
        state: IslandState,
        load: I64,
        other: I64,
        begin: int,
        reactive: I64 | None = None,
    ) -> tuple[IslandState, IslandSeries]:
        """Return the state after the last sample, and what the samples gave.

        Parameters
        ----------
        state
            Before the first sample; not changed.
        load
            Before shedding, quanta, (samples,).
        other
            Storage and other sources, quanta, (samples,).
        begin
            Absolute tick of the first sample.
        reactive
            Of the load, before shedding, quanta, (samples,); by default at the island's own ratio.
        """
        if reactive is None:
            reactive = at_fixed_ratio(self.island, load)
        after = IslandState._make(part.copy() for part in state)
        out = empty_series(load.size, self.island)
        cpu(island_block)(self.island, after, load, reactive, other, begin, out)
        return after, out
