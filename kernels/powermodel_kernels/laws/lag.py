# SPDX-License-Identifier: Apache-2.0
"""A first-order lag, stepped exactly, whose state forgets nothing however small the step.

x' = (u − x)/T with u constant over the step has the solution x + (1 − e^(−dt/T))·(u − x), stable at
every step (K. Ogata, Modern Control Engineering, 5th ed., section 5-2).

A lag of twenty minutes stepped at 1 ms moves by 10⁻⁶ of the gap; added to a float32 that would stop
short of its goal by several percent. States are therefore pairs: a value and the rest that did not
fit into it, carried on by an error-free sum (D. E. Knuth, The Art of Computer Programming, vol. 2,
3rd ed., section 4.2.2, theorem B).
"""

import math
from typing import Any

from powermodel_kernels.primitives import mul


def lag_factor(dt_s: float, time_constant_s: float) -> float:
    """Return 1 − e^(−dt/T): the share of the gap that one step closes; 1 without a lag.

    Parameters
    ----------
    dt_s
        Step, s, positive.
    time_constant_s
        T, s, not negative.
    """
    return -math.expm1(-dt_s / time_constant_s) if time_constant_s > 0.0 else 1.0


def added(value: Any, rest: Any, increment: Any) -> Any:
    """Return (value, rest) after adding to the pair: together 48 bits of a float32 sum.

    Parameters
    ----------
    value, rest
        The sum so far: ``value`` is its rounding, ``rest`` what was rounded off.
    increment
        float32, in the unit of ``value``.
    """
    small = increment + rest
    total = value + small
    back = total - value
    return total, (value - (total - back)) + (small - back)


def lagged(value: Any, rest: Any, goal: Any, factor: Any) -> Any:
    """Return (value, rest) of a first-order lag one step later.

    Parameters
    ----------
    value, rest
        See ``added``.
    goal
        Input over the step, in the unit of ``value``.
    factor
        See ``lag_factor``.
    """
    return added(value, rest, mul((goal - value) - rest, factor))
