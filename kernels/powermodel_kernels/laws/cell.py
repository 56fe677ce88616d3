# SPDX-License-Identifier: Apache-2.0
"""Equivalent circuit of a cell: a source, its resistance, and pairs of a resistor and a capacitor.

v = v0 − r·i with i positive when discharging. Over one step the current is held, the pairs follow
exactly, and v is the mean over the step: energy then does not depend on how long a step is. Source:
G. L. Plett, Battery Management Systems, volume I, chapter 2; power solved for current as in SimSES.

A capacitor (v0 proportional to charge) and a rotor (v0 for speed, i for torque, charge for
momentum) obey the same equations, see ``laws.supercapacitor`` and ``laws.flywheel``.
"""

import math
from typing import Any

import numpy as np

from powermodel_kernels.primitives import fma, mul

_ZERO = np.float32(0.0)
_HALF = np.float32(0.5)
_TWO = np.float32(2.0)
_MINUS_FOUR = np.float32(-4.0)


def pair_constants(share: float, tau_s: float, dt_s: float) -> tuple[float, float, float]:
    """Return what one RC pair keeps over a step, what it gains, and the mean of what it kept.

    Parameters
    ----------
    share
        Resistance of the pair over the resistance that all pairs scale with, dimensionless.
    tau_s, dt_s
        Time constant and step, s.

    Returns
    -------
    tuple of three float
        a = e^(−dt/τ); share·(1 − a), per ohm and ampere; and the mean of e^(−t/τ) over the step.
    """
    keep = math.exp(-dt_s / tau_s)
    gone = -math.expm1(-dt_s / tau_s)
    return keep, share * gone, gone * tau_s / dt_s


def between(low: Any, high: Any, where: Any) -> Any:
    """Return the value between two points of a table, ``where`` from 0 to 1."""
    return fma(where, high - low, low)


def current(power: Any, source: Any, resistance: Any) -> Any:
    """Return the current at which a cell delivers ``power`` = i·(source − resistance·i).

    Parameters
    ----------
    power
        W, discharging positive. More than source²/(4·resistance) cannot be had: the current is
        then that of the greatest power.
    source
        V, positive.
    resistance
        Ω, positive.

    Returns
    -------
    float32
        A, discharging positive.
    """
    root = np.float32(math.sqrt(max(fma(_MINUS_FOUR * resistance, power, source * source), _ZERO)))
    return _TWO * power / (source + root)


def discharge_limit(most: Any, voltage_room: Any, per_ohm: Any, charge_room: Any) -> Any:
    """Return the largest discharging current, A: of three reasons the first that binds.

    Parameters
    ----------
    most
        What the cell may carry, A.
    voltage_room
        Source less lowest voltage (when charging: highest voltage less source), V.
    per_ohm
        One over the resistance, 1/Ω.
    charge_room
        Current that would reach the end of the window in one step, A.
    """
    return max(min(most, voltage_room * per_ohm, charge_room), _ZERO)


def terminal_power(amperes: Any, source: Any, resistance: Any) -> Any:
    """Return i·(source − resistance·i), W."""
    return amperes * fma(-resistance, amperes, source)


def pair_next(voltage: Any, keep: Any, gain: Any, resistance: Any, amperes: Any) -> Any:
    """Return the voltage of a pair one step later, see ``pair_constants``."""
    return fma(keep, voltage, gain * resistance * amperes)


def pair_stored(voltage: Any, after: Any, mean: Any, per_ohm: Any, amperes: Any) -> Any:
    """Return the power that goes into the capacitor of a pair over a step, W.

    (C/dt)·(after² − voltage²)/2, with C·(after − voltage)/dt = mean·(i − voltage/R).

    Parameters
    ----------
    mean
        Of ``pair_constants``.
    per_ohm
        One over the resistance of the pair, 1/Ω.
    """
    return mul(mean * fma(-per_ohm, voltage, amperes), _HALF * (voltage + after))


def hysteresis_next(state: Any, charged: Any, rate: Any) -> Any:
    """Return the state of the hysteresis, −1 to 1, after a share of the charge has moved.

    It follows the charge towards 1 while charging, −1 while discharging. Small cycles hardly move
    it. Source: Plett, volume I, section 2.6 (one-state hysteresis), to first order.

    Parameters
    ----------
    charged
        Share of the capacity, charging positive.
    rate
        Per share of the capacity: 1/rate of it moves the state by 63 %.
    """
    side = np.float32(1.0) if charged > _ZERO else np.float32(-1.0)
    return fma(min(rate * abs(charged), np.float32(1.0)), side - state, state)
