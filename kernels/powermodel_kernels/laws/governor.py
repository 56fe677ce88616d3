# SPDX-License-Identifier: Apache-2.0
"""Turbines and their governors, one step each: GAST and GGOV1, with their limits.

Sources: GAST, IEC 61970-302 (GovGAST) and IEEE PES-TR1 (2013), section 3.4; GGOV1, IEC 61970-302
(GovCT1) and IEEE PES-TR1, section 3.5. All power is per unit of the machine's own base, speed is
the deviation per unit. Every lag is stepped exactly (``laws.lag``); an element is driven by the
mean of what the one before it gave at both ends of the step, the first by the speed at mid-step, so
the whole is second order in dt.

GGOV1 here is the model with feedback of electrical power (Rselect 1) and fuel independent of speed
(Flag 0), without the outer megawatt controller (Kimw) and without transport delay (Teng 0).
"""

from typing import Any

import numpy as np

from powermodel_kernels.laws.lag import added, lagged
from powermodel_kernels.primitives import fma, mul

_ZERO = np.float32(0.0)
_HALF = np.float32(0.5)


def gast_margin(valve_s: float, turbine_s: float, droop: float, inertia_s: float) -> float:
    """Return (T1 + T2)/(T1·T2) − 1/(2·H·R), 1/s: an islanded GAST is stable where it is positive.

    The Routh criterion of 2H·s·(1 + T1·s)·(1 + T2·s) + 1/R = 0, without damping, H and R on one
    base.

    Parameters
    ----------
    valve_s, turbine_s
        T1 and T2, s, positive.
    droop
        R, per unit.
    inertia_s
        H, s.
    """
    return (valve_s + turbine_s) / (valve_s * turbine_s) - 1.0 / (2.0 * inertia_s * droop)


def clipped(x: Any, low: Any, high: Any) -> Any:
    """Return x, held between two limits."""
    return min(max(x, low), high)


def deadbanded(x: Any, band: Any) -> Any:
    """Return x less a dead band to each side of zero."""
    return x - clipped(x, -band, band)


def held_lag(pair: Any, goal: Any, factor: Any, low: Any, high: Any) -> Any:
    """Return the (value, rest) of a lag whose state stops at its limits."""
    value, rest = lagged(pair[0], pair[1], goal, factor)
    free = low <= value <= high
    return clipped(value, low, high), (rest if free else _ZERO)


def gast_step(speed: Any, reference: Any, valve: Any, turbine: Any, exhaust: Any, c: Any) -> Any:
    """Return (valve, turbine, exhaust) one step later, each a (value, rest) pair.

    Parameters
    ----------
    speed
        Deviation at mid-step.
    reference
        Load reference.
    valve, turbine, exhaust
        Fuel valve, fuel flow in the turbine, exhaust temperature.
    c
        1/R, dead band, factors of T1, T2 and T3, ambient limit AT, KT, Vmin, Vmax.
    """
    wanted = fma(-c[0], deadbanded(speed, c[1]), reference)
    allowed = fma(c[6], c[5] - exhaust[0], c[5])
    new_valve = held_lag(valve, min(wanted, allowed), c[2], c[7], c[8])
    flow = _HALF * (valve[0] + new_valve[0])
    new_turbine = lagged(turbine[0], turbine[1], flow, c[3])
    heat = _HALF * (turbine[0] + new_turbine[0])
    return new_valve, new_turbine, lagged(exhaust[0], exhaust[1], heat, c[4])


def ggov1_error(speed: Any, reference: Any, measured: Any, c: Any) -> Any:
    """Return the governor's error: reference less droop less speed, dead band, limit.

    Parameters
    ----------
    speed
        Deviation at mid-step.
    reference
        Speed-load reference, R·P at rest.
    measured
        Electrical power behind its lag.
    c
        R, dead band, error limit.
    """
    error = fma(-c[0], measured, reference) - speed
    return clipped(deadbanded(error, c[1]), -c[2], c[2])


def ggov1_speed_fuel(error: Any, integral: Any, derivative: Any, c: Any) -> Any:
    """Return (fuel wanted, increment of the integral, derivative's lag) of the speed governor.

    Parameters
    ----------
    error
        See ``ggov1_error``.
    integral, derivative
        (value, rest) pairs: integral in fuel, lag of the error.
    c
        Kp, Ki·dt, Kd/Td, factor of Td.
    """
    increment = mul(c[1], error)
    new = lagged(derivative[0], derivative[1], error, c[3])
    fuel = fma(c[0], error, integral[0] + _HALF * increment)
    return fma(c[2], error - new[0], fuel), increment, new


def ggov1_load_fuel(valve: Any, lead: Any, exhaust: Any, integral: Any, c: Any) -> Any:
    """Return (fuel allowed, increment of the integral, lead lag, exhaust) of the load limiter.

    Parameters
    ----------
    valve
        Fuel flow.
    lead, exhaust, integral
        (value, rest) pairs: lag of the lead-lag (Tsa, Tsb), thermocouple (Tfload), integral.
    c
        Tsa/Tsb, factors of Tsb and Tfload, limit on the flow, Kpload, Kiload·dt.
    """
    new_lead = lagged(lead[0], lead[1], valve, c[1])
    seen = fma(c[0], valve - new_lead[0], new_lead[0])
    new_exhaust = lagged(exhaust[0], exhaust[1], seen, c[2])
    error = c[3] - new_exhaust[0]
    increment = mul(c[5], error)
    return fma(c[4], error, integral[0] + _HALF * increment), increment, new_lead, new_exhaust


def integrated(pair: Any, increment: Any, own: Any, chosen: Any, low: Any, high: Any) -> Any:
    """Return an integral's (value, rest), held where it would only wind up.

    Parameters
    ----------
    pair
        (value, rest) before.
    increment
        Of this step.
    own, chosen
        Fuel that this controller wants, and fuel that was taken.
    low, high
        Limits of the integral.
    """
    winding = (own > chosen and increment > _ZERO) or (own < chosen and increment < _ZERO)
    value, rest = added(pair[0], pair[1], _ZERO if winding else increment)
    free = low <= value <= high
    return clipped(value, low, high), (rest if free else _ZERO)


def actuated(valve: Any, goal: Any, factor: Any, closing: Any, opening: Any) -> Any:
    """Return the actuator's (value, rest): a lag whose rate is limited.

    Parameters
    ----------
    valve
        (value, rest) before.
    goal
        Fuel taken.
    factor
        Of Tact.
    closing, opening
        Largest change per step, both positive.
    """
    move = mul((goal - valve[0]) - valve[1], factor)
    return added(valve[0], valve[1], clipped(move, -closing, opening))
