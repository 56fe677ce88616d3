# SPDX-License-Identifier: Apache-2.0
"""Inverter of a storage unit: lag, rating with a short overload, losses.

Losses p0 + k·p², per unit of the apparent power, p at the terminals of the grid in both directions;
source of the form: Notton et al., Renewable Energy 35 (2010), DOI 10.1016/j.renene.2009.11.022. At
zero power the losses are p0, not zero.
"""

import math
from typing import Any

import numpy as np

from powermodel_kernels.primitives import fma

_ZERO = np.float32(0.0)
_ONE = np.float32(1.0)
_TWO = np.float32(2.0)
_FOUR = np.float32(4.0)


def active_limit(active: float, apparent: float, reactive: float) -> float:
    """Return the active power that is left beside a reactive power: the P–Q circle, W.

    Parameters
    ----------
    active, apparent, reactive
        Rated active power W, rated apparent power VA, reactive power var.
    """
    return min(active, math.sqrt(max(apparent * apparent - reactive * reactive, 0.0)))


def followed(power: Any, target: Any, share: Any) -> Any:
    """Return a first-order lag one step later; ``share`` is 1 − e^(−dt/τ)."""
    return fma(share, target - power, power)


def budget_next(budget: Any, overloaded: Any, spend: Any, regain: Any, full: Any) -> Any:
    """Return what is left of the overload time one step later.

    Spent while overloaded, regained otherwise. When it is used up the unit is locked to its rating
    (negative budget) until all of it has been regained.

    Parameters
    ----------
    budget
        int32, in the unit of ``full``.
    spend, regain
        Per step, positive.
    full
        The whole budget.
    """
    less = np.int32(budget - spend)
    less = less if less > np.int32(0) else np.int32(-full)
    more = np.int32(budget + regain)
    # From the lock (−full) the way back to zero takes as long as from zero to full.
    more = full if more >= full or (budget < np.int32(0) and more >= np.int32(0)) else more
    return less if overloaded else more


def loss(power: Any, constant: Any, quadratic: Any) -> Any:
    """Return the losses of an inverter at a power on the side of the grid, W.

    Parameters
    ----------
    constant
        p0·rating, W.
    quadratic
        k/rating, 1/W.
    """
    return fma(quadratic * power, power, constant)


def grid_power(source: Any, constant: Any, quadratic: Any) -> Any:
    """Return the power on the side of the grid when the source gives ``source``, W.

    Solves source = p + constant + quadratic·p² for the root near source.
    """
    rest = source - constant
    root = np.float32(math.sqrt(max(fma(_FOUR * quadratic, rest, _ONE), _ZERO)))
    return _TWO * rest / (_ONE + root)
