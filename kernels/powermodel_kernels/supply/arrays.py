# SPDX-License-Identifier: Apache-2.0
"""An island as flat arrays: what never changes during a run, and the state that does.

Machines are numbered with those under GAST first, then those under GGOV1; ``order`` says which unit
of the setup each is.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from powermodel_kernels.constants import NEVER, QUANTA_PER_W, TICKS_PER_S
from powermodel_kernels.laws.lag import lag_factor
from powermodel_kernels.supply.machines import Gast, Ggov1, IslandSetup
from powermodel_kernels.tables import F32, I32, I64

GAST_ROWS, GGOV1_ROWS = 9, 27
GAST_STATES, GGOV1_STATES = 3, 9


class Island(NamedTuple):
    """Fixed for a run, for one step length."""

    gast: F32
    """(9, machines under GAST), see ``laws.governor.gast_step``."""
    ggov1: F32
    """(27, machines under GGOV1), see ``_ggov1_rows``."""
    order: I32
    base: F32
    """Quanta, (machines,)."""
    inertia: I64
    """2·H·S, quanta·s, (machines,)."""
    susceptance: F32
    """S/X′d, quanta, (machines,)."""
    damping: F32
    """Dturb, per unit of the machine's base, (machines,)."""
    trip: F32
    """Low and high speed, (2, machines)."""
    trip_steps: I32
    """Steps outside before a trip, (machines,)."""
    outage: I64
    """Absolute tick of a forced outage, (machines,)."""
    shed: F32
    """Speed and share of each stage, (2, stages)."""
    shed_steps: I32
    numbers: F32
    """dt, dt/2, load damping, reactive ratio, factor of the voltage lag, restore·dt, susceptance of
    condensers."""
    spinning: I64
    """2·H·S of condensers, quanta·s, (1,)."""
    dt: int
    """Ticks."""
    kind: I32
    """Type of each machine, (machines,)."""
    watched: I32
    """Machines whose own power is noted, (watched,)."""
    double_inertia: F32
    """2·H on the machine's base, s, (machines,)."""


class IslandState(NamedTuple):
    """Carried from sample to sample; pairs are (value, rest), see ``laws.lag``."""

    gast: F32
    """(3, 2, machines under GAST): valve, turbine, exhaust."""
    ggov1: F32
    """(9, 2, machines under GGOV1): measured power, integral, derivative, valve, turbine, lead-lag,
    exhaust, load integral, acceleration."""
    fuel: F32
    """Fuel taken last, (machines under GGOV1,)."""
    power: F32
    """Mechanical power, per unit of the machine's base, (machines,)."""
    reference: F32
    """Load reference, power per unit of the machine's base, (machines,)."""
    online: I32
    outside: I32
    """Steps outside the trip limits, (machines,)."""
    below: I32
    """Steps below each stage of shedding; -1 once it has acted."""
    speed: F32
    """Deviation (value, rest), restoring reference (value, rest), active power that the voltage
    regulators have followed (value, rest), reactive (value, rest), 1/(2·ΣH·S), 1/ΣS of those
    online, X′d of those online on that base, dω/dt at the start of the last step."""
    generation: I64
    """Mechanical power of all, quanta, (1,)."""
    work: F32
    """Fuel that the speed governor wants and its integral's increment, the same of the load
    limiter, (4, machines under GGOV1): within a step only."""


def island_arrays(setup: IslandSetup, dt_s: float, watched: Sequence[int] | None = None) -> Island:
    """Return the fixed arrays of an island.

    Parameters
    ----------
    setup
        What is on the island.
    dt_s
        Step, s.
    watched
        Units, as the setup counts them, whose own power is noted; all of them by default.
    """
    order = sorted(
        range(len(setup.units)), key=lambda i: isinstance(setup.units[i].governor, Ggov1)
    )
    units = [setup.units[i] for i in order]
    noted = order if watched is None else watched
    bases = np.array([u.base_va * QUANTA_PER_W for u in units])
    gast = [_gast_rows(u.governor, dt_s) for u in units if isinstance(u.governor, Gast)]
    ggov1 = [
        (*_ggov1_rows(u.governor, dt_s), 2.0 * u.inertia_s)
        for u in units
        if isinstance(u.governor, Ggov1)
    ]
    voltage_s = sum(u.base_va * u.voltage_s for u in units) / setup.base_va
    numbers = (
        dt_s, 0.5 * dt_s, setup.load_damping, setup.reactive_ratio, lag_factor(dt_s, voltage_s),
        setup.restore_rate * dt_s,
        sum(c.base_va / c.reactance for c in setup.condensers) * QUANTA_PER_W,
    )  # fmt: skip
    return Island(
        np.array(gast, np.float32).reshape(-1, GAST_ROWS).T.copy(),
        np.array(ggov1, np.float32).reshape(-1, GGOV1_ROWS).T.copy(),
        np.array(order, np.int32),
        bases.astype(np.float32),
        np.rint(bases * [2.0 * u.inertia_s for u in units]).astype(np.int64),
        (bases / [u.reactance for u in units]).astype(np.float32),
        np.array([getattr(u.governor, "turbine_damping", 0.0) for u in units], np.float32),
        np.array([[u.trip_low for u in units], [u.trip_high for u in units]], np.float32),
        _steps([u.trip_delay_s for u in units], dt_s),
        np.array([_tick(u.trip_at_s) for u in units], np.int64),
        np.array([[s.below for s in setup.shedding], [s.share for s in setup.shedding]],
                 np.float32),
        _steps([s.delay_s for s in setup.shedding], dt_s),
        np.array(numbers, np.float32),
        np.array([sum(2.0 * c.inertia_s * c.base_va for c in setup.condensers) * QUANTA_PER_W],
                 np.int64),
        round(dt_s * TICKS_PER_S),
        np.array([u.kind for u in units], np.int32),
        np.array([order.index(i) for i in noted], np.int32),
        np.array([2.0 * u.inertia_s for u in units], np.float32),
    )  # fmt: skip


def _gast_rows(g: Gast, dt_s: float) -> tuple[float, ...]:
    return (
        1.0 / g.droop, g.deadband, lag_factor(dt_s, g.valve_s), lag_factor(dt_s, g.turbine_s),
        lag_factor(dt_s, g.exhaust_s), g.ambient_limit, g.limit_gain, g.valve_low, g.valve_high,
    )  # fmt: skip


def _ggov1_rows(g: Ggov1, dt_s: float) -> tuple[float, ...]:
    """Return the constants in the order in which ``island`` reads them."""
    return (
        g.droop, g.deadband, g.error_limit,
        g.proportional, g.integral * dt_s,
        g.derivative / g.derivative_s if g.derivative_s > 0.0 else 0.0,
        lag_factor(dt_s, g.derivative_s),
        g.exhaust_lead_s / g.exhaust_lag_s if g.exhaust_lag_s > 0.0 else 1.0,
        lag_factor(dt_s, g.exhaust_lag_s), lag_factor(dt_s, g.load_s),
        g.load_reference / g.turbine_gain + g.no_load_flow,
        g.load_proportional, g.load_integral * dt_s,
        g.acceleration_limit, g.acceleration_gain * dt_s, lag_factor(dt_s, g.acceleration_s),
        g.valve_low, g.valve_high,
        lag_factor(dt_s, g.actuator_s), g.closing * dt_s, g.opening * dt_s,
        g.turbine_gain, g.no_load_flow,
        lag_factor(dt_s, g.turbine_lag_s),
        g.turbine_lead_s / g.turbine_lag_s if g.turbine_lag_s > 0.0 else 1.0,
        lag_factor(dt_s, g.power_s),
    )  # fmt: skip


def _steps(delays_s: list[float], dt_s: float) -> I32:
    return np.array([max(1, math.ceil(delay / dt_s - 1e-9)) for delay in delays_s], np.int32)


def _tick(time_s: float) -> int:
    return round(time_s * TICKS_PER_S) if math.isfinite(time_s) else NEVER
