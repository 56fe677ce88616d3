# SPDX-License-Identifier: Apache-2.0
"""How the electrical power of one accelerator follows its target.

After a step of the target the power is target + rise + fall + overshoot, three decaying
exponentials of which the first two never live together:

* upwards, a first-order rise, on top of it an overshoot that decays more slowly (EDPp, the excess
  over TDP that a part may draw for tens of milliseconds);
* downwards, a first-order fall, usually slower than the rise.

Power itself is continuous: what was left of an earlier transient is the starting point of the next.
All three are linear in the gap, so sums over accelerators obey the same law.

Units: power in quanta as float32 or int32, time in ticks. Source: first-order step response, for
example K. Ogata, Modern Control Engineering, 5th ed., section 5-2; rise and fall differ as measured
in the records of ``powermodel_datasets``.
"""

import math
from typing import Any

import numpy as np

from powermodel_kernels.laws.elementary import exp32
from powermodel_kernels.primitives import fma, mul

_ZERO = np.float32(0.0)
_HALF = np.float32(0.5)
LEAST = 0.25
"""Quanta below which nothing is left of a transient."""
_LEAST = np.float32(LEAST)


def time_constant(time_10_90_s: float) -> float:
    """Return the time constant in s of a first-order edge with this 10-90 % time: t/ln 9.

    An edge without duration gets a nanosecond, the unit in which time is counted.
    """
    return max(time_10_90_s / math.log(9.0), 1e-9)


def aimed_at(level: Any, scale: Any) -> Any:
    """Return the power that an accelerator's work calls for, int32 quanta, rounded towards zero.

    Parameters
    ----------
    level
        Power of the phase, quanta, int32.
    scale
        Factor of this accelerator, float32.
    """
    return np.int32(np.float32(level) * scale)


def rising(gap: Any, overshoot: Any) -> Any:
    """Return (rise, overshoot) amplitudes just after a step, in the unit of ``gap``.

    Parameters
    ----------
    gap
        New target less present power.
    overshoot
        Overshoot per unit of an upward step (EDPp factor − 1), dimensionless.

    Returns
    -------
    tuple of two float32
        Zero for a downward step. Their sum is −gap, so power is continuous.
    """
    up = max(gap, _ZERO)
    return -fma(overshoot, up, up), mul(overshoot, up)


def falling(gap: Any) -> Any:
    """Return the amplitude of a fall just after a step: −gap when downward, else zero."""
    return max(-gap, _ZERO)


def decay(age: Any, rate: Any) -> Any:
    """Return e**(−age·rate).

    Parameters
    ----------
    age
        Time since the step, int32, in units of 2**age_shift ticks.
    rate
        One over the time constant, in the inverse of that unit, float32.
    """
    return exp32(-(np.float32(age) * rate))


def left(amplitude: Any, age: Any, rate: Any) -> Any:
    """Return what is left of a transient of some amplitude at an age, see ``decay``."""
    return mul(amplitude, decay(age, rate))


def transition(
    gap: Any, age: Any, ahead: Any, recent: Any, horizon: Any, rates: Any, overshoot: Any, was: Any
) -> Any:
    """Return a lane's transients after a step of its target, and what they add to a sample.

    Parameters
    ----------
    gap
        New target less old target, float32.
    age
        Time since the lane's last step, int32; at ``horizon`` its transients have ended.
    ahead
        Time from this step to the first sample that sees it, int32.
    recent
        Whether the tile can still feel this step; otherwise nothing of it is remembered.
    rates
        Of rise, fall and overshoot, see ``decay``.
    overshoot
        See ``rising``.
    was
        Amplitudes of rise, fall and overshoot just after the last step.

    Returns
    -------
    tuple of six float32
        The three amplitudes just after this step; then, for each, what the sample sees of it less
        what it would have seen of the transient before.
    """
    before, alive = was[0] + was[1], age < horizon
    lasting = (
        left(before, age, rate_of(before, rates)) if alive else _ZERO,
        left(was[2], age, rates[2]) if alive else _ZERO,
    )
    edge, over = struck(gap, recent, overshoot, lasting)
    keeps = (decay(ahead, rates[0]), decay(ahead, rates[1]), decay(ahead, rates[2]))
    add_rise, add_fall, add_over = seen((edge, over), lasting, keeps)
    return min(edge, _ZERO), max(edge, _ZERO), over, add_rise, add_fall, add_over


def rate_of(edge: Any, rates: Any) -> Any:
    """Return the rate at which an edge decays: that of a rise or that of a fall.

    A rise and a fall never live together, so one number holds both: an edge is a rise where it is
    negative and a fall where it is positive.
    """
    return rates[0] if edge < _ZERO else rates[1]


def remaining(was: Any, kept: Any, alive: Any) -> Any:
    """Return what is left of a lane's edge and overshoot at its next step.

    Parameters
    ----------
    was
        Edge, see ``rate_of``, and overshoot just after the last step.
    kept
        What an edge and an overshoot keep over the time between, see ``decay``.
    alive
        Whether that time is shorter than the horizon, at which transients have ended.
    """
    edge, over = mul(was[0], kept[0]), mul(was[1], kept[1])
    return edge if alive else _ZERO, over if alive else _ZERO


def struck(gap: Any, recent: Any, overshoot: Any, lasting: Any) -> Any:
    """Return edge and overshoot just after a step, where ``lasting`` is left from before.

    See ``transition`` for the parameters.
    """
    open_gap = gap - (lasting[0] + lasting[1])
    rise, over = rising(open_gap, overshoot)
    edge = rise + falling(open_gap)
    return edge if recent else _ZERO, over if recent else _ZERO


def seen(new: Any, lasting: Any, keeps: Any) -> Any:
    """Return what a sample sees of rise, fall and overshoot, less that of those before.

    Parameters
    ----------
    new, lasting
        Edge and overshoot just after a step, and what was left just before it.
    keeps
        What a rise, a fall and an overshoot keep until the sample.
    """
    rise = min(new[0], _ZERO) - min(lasting[0], _ZERO)
    fall = max(new[0], _ZERO) - max(lasting[0], _ZERO)
    return mul(rise, keeps[0]), mul(fall, keeps[1]), mul(new[1] - lasting[1], keeps[2])


def alive(power: Any) -> Any:
    """Return a transient's power in quanta, float32, or zero where next to nothing is left."""
    return power if abs(power) >= _LEAST else _ZERO


def to_quanta(power: Any) -> Any:
    """Round a power in quanta, float32, to the nearest int32 (halves away from zero)."""
    return np.int32(power + (_HALF if power >= _ZERO else -_HALF))
