# SPDX-License-Identifier: Apache-2.0
"""Machines that turn in step: the swing of their common speed, their voltage, closed forms.

Speed is the deviation from nominal, per unit, of the centre of inertia: 2·ΣH·S·dω/dt = ΣPm − Pe
(P. Kundur, Power System Stability and Control (1994), sections 3.9 and 11.1). Speed and the sums of
power are carried so that float32 does not limit them: power is summed in int64 quanta and only the
*imbalance*, a small number, becomes float32; the deviation, not the speed, is the state, and what
one step adds below its last bit is kept (``laws.lag.added``). At 60 Hz and a deviation of 1 Hz the
last bit alone is 0.1 µHz.
"""

from typing import Any

import numpy as np

from powermodel_kernels.primitives import fma, mul

_ZERO = np.float32(0.0)
_HALF = np.float32(0.5)
_ONE = np.float32(1.0)


def rocof_hz_s(imbalance_w: float, inertia_s: float, base_va: float, nominal_hz: float) -> float:
    """Return the initial rate of change of frequency after a power step, ΔP·f0/(2·H·S), Hz/s.

    Parameters
    ----------
    imbalance_w
        Generation less load, W.
    inertia_s, base_va
        H, s, and the base S that it refers to, VA.
    nominal_hz
        f0, Hz.
    """
    return imbalance_w * nominal_hz / (2.0 * inertia_s * base_va)


def droop_deviation(step_pu: float, droop: float, damping: float = 0.0) -> float:
    """Return the speed at which droop settles after a load step: −ΔP/(1/R + D), per unit.

    Parameters
    ----------
    step_pu
        Load step, per unit of the machines' base.
    droop
        R on that base.
    damping
        Load and turbine damping D on that base, per unit of power per unit of speed.
    """
    return -step_pu / (1.0 / droop + damping)


def acceleration(imbalance: Any, damping: Any, speed: Any, per_inertia: Any) -> Any:
    """Return dω/dt, per unit per second.

    Parameters
    ----------
    imbalance
        Mechanical less electrical power, W or quanta as float32.
    damping
        Change of load per unit of speed, the same unit.
    speed
        Deviation, per unit.
    per_inertia
        1/(2·ΣH·S), inverse of the same unit times seconds.
    """
    return mul(fma(-damping, speed, imbalance), per_inertia)


def voltage(active: Any, reactive: Any, reactance: Any) -> Any:
    """Return the terminal voltage while the regulators have not yet followed, per unit.

    A constant voltage behind the transient reactance gives 1 − x·q − (x·p)²/2 to second order
    (Kundur, section 5.3.1), p and q being what has changed since the regulators settled.

    Parameters
    ----------
    active, reactive
        Power less what the regulators have followed, per unit of the running base.
    reactance
        X′d of the running machines together, on that base.
    """
    turned = mul(reactance, active)
    return fma(-_HALF * turned, turned, fma(-reactance, reactive, _ONE))


def beyond(value: Any, limit: Any, steps: Any) -> Any:
    """Return how many steps in a row a value has been below a limit.

    Parameters
    ----------
    value, limit
        The same unit, float32.
    steps
        Steps in a row so far, int32.
    """
    return np.int32(steps + np.int32(1)) if value < limit else np.int32(0)
