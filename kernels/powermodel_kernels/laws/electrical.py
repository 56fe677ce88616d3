# SPDX-License-Identifier: Apache-2.0
"""What each stage between the grid and the die loses, and the reactive power that it takes.

One form serves every stage, per unit of its rating: loss = p0 + a·p + k·p². Transformers have a = 0
(no-load and load loss: IEC 60076-1, or P0 + Pk·s² of 10 CFR 431.196); converters have all three
terms (fixed, proportional to current, resistive: Notton et al., Renewable Energy 35 (2010), DOI
10.1016/j.renene.2009.11.022); the straight lines of RAPS (ExaDigiT), Pin = (Pout + c)/e, have
p0 = c/e and a = 1/e − 1.
"""

import math
from typing import Any

import numpy as np

from powermodel_kernels.primitives import fma, mul

_ZERO = np.float32(0.0)
_TWO = np.float32(2.0)
_FOUR = np.float32(4.0)


def stage_loss(power: Any, constant: Any, linear: Any, quadratic: Any) -> Any:
    """Return the loss of a stage, per unit of its rating.

    Parameters
    ----------
    power
        Delivered power, per unit of the rating, not negative.
    constant, linear, quadratic
        p0, a and k.
    """
    return fma(fma(quadratic, power, linear), power, constant)


def stage_output(drawn: Any, constant: Any, linear: Any, quadratic: Any) -> Any:
    """Return what a stage delivers out of the power that it draws: ``stage_loss`` solved backwards.

    Parameters
    ----------
    drawn
        Drawn power, per unit of the rating; below the constant loss nothing is delivered.
    constant, linear, quadratic
        p0, a and k.
    """
    over = max(drawn - constant, _ZERO)
    gain = linear + np.float32(1.0)
    # The root that stays accurate, and finite, where k is small or zero.
    root = np.float32(math.sqrt(fma(mul(_FOUR, quadratic), over, mul(gain, gain))))
    return _TWO * over / (gain + root)


def transformer_reactive(apparent: Any, magnetizing: Any, reactance: Any) -> Any:
    """Return the reactive power a transformer takes, per unit of its rating: i0 + x·s².

    Parameters
    ----------
    apparent
        Apparent power through it, per unit of its rating.
    magnetizing
        Magnetising current i0, per unit.
    reactance
        Leakage reactance x, per unit.

    Notes
    -----
    J. J. Grainger, W. D. Stevenson, Power System Analysis (1994), section 2.
    """
    return fma(mul(reactance, apparent), apparent, magnetizing)


def linear_form(constant_w: float, efficiency: float, rating_w: float) -> tuple[float, float]:
    """Return (p0, a) of the straight line Pin = (Pout + constant)/efficiency.

    Parameters
    ----------
    constant_w
        W, not negative.
    efficiency
        0 to 1, exclusive of 0.
    rating_w
        Rated output, W.
    """
    return constant_w / efficiency / rating_w, 1.0 / efficiency - 1.0
