# SPDX-License-Identifier: Apache-2.0
"""The overshoot of work that begins behind a power floor.

An accelerator overshoots because work begins, not because its target moves: the overshoot is a
share of the step that the work alone would make its power take (``laws.response``). A floor fills
up from below and takes nothing off the top, so what is drawn is the larger of the floor and the
work with its transient. Of the overshoot that much shows which is higher than the floor; it is all
of it where the work itself is above.

Power in quanta as float32, time in ticks. Source: ``laws.response`` for work alone; that a floor
leaves the range from itself up to the electrical peak is said in arXiv 2508.14318.
"""

from typing import Any

import numpy as np

from powermodel_kernels.laws.response import falling, left, rising
from powermodel_kernels.primitives import fma

_ZERO = np.float32(0.0)


def own_gap(step: Any, age: Any, horizon: Any, rates: Any, overshoot: Any, was: Any) -> Any:
    """Return by how much new work lies above what the work alone would be drawing by now.

    Parameters
    ----------
    step
        New level of the work less its old one, float32 quanta.
    age
        Time since the work's last change, int32; at ``horizon`` its transients have ended.
    rates
        Of rise, fall and overshoot, see ``laws.response.decay``.
    overshoot
        See ``laws.response.rising``.
    was
        The same at the last change.
    """
    if age >= horizon:
        return step
    rise, over = rising(was, overshoot)
    late = left(rise, age, rates[0]) + left(falling(was), age, rates[1])
    return step - (late + left(over, age, rates[2]))


def shown(own: Any, beneath: Any, overshoot: Any) -> Any:
    """Return how far the overshoot of work that begins goes beyond the smoothed target.

    Parameters
    ----------
    own
        See ``own_gap``, float32 quanta.
    beneath
        Smoothed target less the work's level, float32 quanta, not negative.
    overshoot
        See ``laws.response.rising``.
    """
    if own <= _ZERO:
        return _ZERO
    return max(fma(overshoot, own, -beneath), _ZERO)
