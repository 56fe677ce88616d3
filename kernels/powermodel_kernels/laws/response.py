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

_ZERO = np.float32(0.0)
_HALF = np.float32(0.5)


def time_constant(time_10_90_s: float) -> float:
    """Return the time constant in s of a first-order edge with this 10-90 % time: t/ln 9.

    An edge without duration gets a nanosecond, the unit in which time is counted.
    """
    return max(time_10_90_s / math.log(9.0), 1e-9)


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
    over = overshoot * up
    return -(up + over), over


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


def to_quanta(power: Any) -> Any:
    """Round a power in quanta, float32, to the nearest int32 (halves away from zero)."""
    return np.int32(power + (_HALF if power >= _ZERO else -_HALF))
