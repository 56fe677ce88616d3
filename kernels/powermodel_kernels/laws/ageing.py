# SPDX-License-Identifier: Apache-2.0
"""Ageing of an LFP cell: what a second in store and a cycle do to capacity and resistance.

Source: M. Naumann et al., calendar ageing, Journal of Energy Storage 17 (2018), DOI
10.1016/j.est.2018.01.019, and cycle ageing, Journal of Power Sources 451 (2020), DOI
10.1016/j.jpowsour.2019.227666, with the coefficients as coded in SimSES.

Capacity fades with a root of time and of full cycles. Under changing conditions the *squares* add
up, so each law gives its share of the square: fade = √(Σ rate·Δt), in the two ways apart.

Cycles shallower than those that were tested are an extrapolation: at no depth at all the factor of
the depth is still 0.223 of what it is at 0.6. Whoever counts must say what share they have.
"""

from typing import Any

import numpy as np

from powermodel_kernels.laws.elementary import exp32
from powermodel_kernels.primitives import fma, mul

_HALF = np.float32(0.5)
_ONE = np.float32(1.0)
_GAS = 8.314
"""J/(mol·K), as the fit took it."""
_REFERENCE_K = np.float32(298.15)
_CALENDAR_Q = np.float32(1.2571e-5)
_CALENDAR_Q_KELVIN = np.float32(-17126.0 / _GAS)
_CALENDAR_Q_CUBE, _CALENDAR_Q_LEVEL = np.float32(2.8575), np.float32(0.60225)
_CALENDAR_R = np.float32(3.4194e-10)
_CALENDAR_R_KELVIN = np.float32(-71827.0 / _GAS)
_CALENDAR_R_SQUARE, _CALENDAR_R_LEVEL = np.float32(-3.3903), np.float32(1.5604)
_CYCLE_Q_RATE, _CYCLE_Q_LEVEL = np.float32(0.0630), np.float32(0.0971)
_CYCLE_Q_CUBE, _CYCLE_Q_DEPTH = np.float32(4.0253), np.float32(1.0923)
_CYCLE_Q_CENTRE = np.float32(0.6)
_CYCLE_R_RATE, _CYCLE_R_LEVEL = np.float32(-0.0020), np.float32(0.0021)
_CYCLE_R_CUBE, _CYCLE_R_DEPTH = np.float32(6.8477), np.float32(0.9182)
_PER_CENT = np.float32(0.01)


def _warmth(kelvin: Any, activation: Any) -> Any:
    """Return the factor of the temperature (Arrhenius)."""
    return exp32(mul(activation, _ONE / kelvin - _ONE / _REFERENCE_K))


def calendar_fade_rate(kelvin: Any, soc: Any) -> Any:
    """Return what a second adds to the square of the calendar fade, pu²/s."""
    away = soc - _HALF
    level = fma(_CALENDAR_Q_CUBE * away * away, away, _CALENDAR_Q_LEVEL)
    root = _CALENDAR_Q * _warmth(kelvin, _CALENDAR_Q_KELVIN) * level
    return mul(root, root)


def calendar_rise_rate(kelvin: Any, soc: Any) -> Any:
    """Return what a second adds to the resistance, pu/s."""
    away = soc - _HALF
    level = fma(_CALENDAR_R_SQUARE * away, away, _CALENDAR_R_LEVEL)
    return _CALENDAR_R * _warmth(kelvin, _CALENDAR_R_KELVIN) * level


def cycle_fade(c_rate: Any, depth: Any) -> Any:
    """Return what one equivalent full cycle adds to the square of the cycle fade, pu².

    Parameters
    ----------
    c_rate
        Mean current over the capacity, 1/h.
    depth
        Of the cycle, share of the capacity.
    """
    away = depth - _CYCLE_Q_CENTRE
    by_depth = fma(_CYCLE_Q_CUBE * away * away, away, _CYCLE_Q_DEPTH)
    root = fma(_CYCLE_Q_RATE, c_rate, _CYCLE_Q_LEVEL) * by_depth * _PER_CENT
    return mul(root, root)


def cycle_rise(c_rate: Any, depth: Any) -> Any:
    """Return what one equivalent full cycle adds to the resistance, pu; never negative.

    Above 1.05 C the fit would make it fall, for which there is no physics: it is held at zero.
    """
    away = depth - _HALF
    by_depth = fma(_CYCLE_R_CUBE * away * away, away, _CYCLE_R_DEPTH)
    rise = fma(_CYCLE_R_RATE, c_rate, _CYCLE_R_LEVEL) * by_depth * _PER_CENT
    return max(rise, np.float32(0.0))
