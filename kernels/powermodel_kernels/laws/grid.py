# SPDX-License-Identifier: Apache-2.0
"""What a load does to the voltage behind a grid's impedance, solved exactly.

A source E behind R + jX feeds P + jQ: V⁴ + V²·(2(RP + XQ) − E²) + (R² + X²)(P² + Q²) = 0, of which
the upper root is the operating point (P. Kundur, Power System Stability and Control (1994), section
14.1). To first order ΔV/V = (RΔP + XΔQ)/V².
"""

import math
from typing import Any

import numpy as np

from powermodel_kernels.primitives import fma, mul

_ZERO = np.float32(0.0)
_HALF = np.float32(0.5)


def thevenin_voltage(active: Any, reactive: Any, r: Any, x: Any, source: Any) -> Any:
    """Return the voltage at the point of interconnection, per unit; 0 beyond the limit of power.

    Parameters
    ----------
    active, reactive
        Load, per unit of the base that the impedance refers to.
    r, x
        Resistance and reactance, per unit.
    source
        E, per unit.
    """
    drop = fma(r, active, mul(x, reactive))
    middle = fma(_HALF * source, source, -drop)
    # (RP + XQ)² + (XP − RQ)² = |Z|²·|S|²; the difference of squares would lose what is small.
    across = fma(x, active, -mul(r, reactive))
    rest = fma(middle - drop, middle + drop, -mul(across, across))
    if rest < _ZERO or middle < _ZERO:
        return _ZERO
    return np.float32(math.sqrt(middle + np.float32(math.sqrt(rest))))


def sine_of_angle(active: Any, reactive: Any, r: Any, x: Any, source: Any, found: Any) -> Any:
    """Return the sine of the angle by which the voltage lags the source: (XP − RQ)/(V·E).

    Parameters
    ----------
    active, reactive, r, x, source
        See ``thevenin_voltage``.
    found
        The voltage, above 0, per unit.
    """
    return fma(x, active, -mul(r, reactive)) / mul(found, source)


def impedance(short_circuit_va: float, x_over_r: float, base_va: float) -> tuple[float, float]:
    """Return (R, X) per unit of ``base_va``: |Z| = S/Ssc.

    Parameters
    ----------
    short_circuit_va
        Short-circuit power at the point, VA.
    x_over_r
        X/R, not negative.
    base_va
        Base of the per-unit values, VA.
    """
    z = base_va / short_circuit_va
    r = z / math.hypot(1.0, x_over_r)
    return r, x_over_r * r
