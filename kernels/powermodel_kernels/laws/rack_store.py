# SPDX-License-Identifier: Apache-2.0
"""An energy store on the DC bus of a rack, between its supply shelf and what it feeds.

The shelf shall draw a low pass of the load, and what it takes to bring the store back to its set
point; the store gives the difference, within its limits of power and energy. What it cannot give
passes through to the shelf in the same sample.

Every sample is the mean power of one step dt, so energy is power times dt. Energy is counted in
int32 (see ``rack.store.count_of``) and power in quanta, such that a count is a whole number of
quanta over one step: bus power + losses + change of the store is zero exactly, for any time.

Source: response of a first-order low pass to a piecewise constant input, and its mean over a step,
for example K. Ogata, Discrete-Time Control Systems, 2nd ed., section 3-4. The structure (filtered
set point of the shelf, slow loop for the state of charge) is that of arXiv:2604.15522.
"""

import math
from typing import Any

import numpy as np

from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.primitives import fma

_HALF = np.float32(0.5)
_ZERO = np.float32(0.0)
_W_PER_QUANTUM = np.float32(1.0 / QUANTA_PER_W)


def step_shares(dt_s: float, time_constant_s: float) -> tuple[float, float]:
    """Return which share of a gap a first-order lag closes within a step, and at its end.

    Parameters
    ----------
    dt_s
        The step, s.
    time_constant_s
        Of the lag, s, positive.

    Returns
    -------
    mean, end : float
        1 − (1 − e**−x)/x and 1 − e**−x with x = dt/τ.
    """
    x = dt_s / time_constant_s
    end = -math.expm1(-x)
    return 1.0 - end / x, end


def low_pass(load: Any, reference: Any, mean_share: Any, end_share: Any) -> Any:
    """Return a low pass of the load over one step: its mean, and where it ends.

    Parameters
    ----------
    load, reference
        Load of this step and the low pass at its begin, W.
    mean_share, end_share
        See ``step_shares``.
    """
    gap = load - reference
    return fma(mean_share, gap, reference), fma(end_share, gap, reference)


def wanted_from_store(load: Any, smooth: Any, before: Any, short: Any, pull: Any, ramp: Any) -> Any:
    """Return what the store shall give to the bus, W, positive when discharging.

    Parameters
    ----------
    load, smooth, before
        Load, its low pass, and what the shelf gave in the last step, W.
    short
        Set point less energy, counts, int32.
    pull
        What the shelf gives more per count that is missing, W.
    ramp
        Largest change of the shelf within a step, W.
    """
    shelf = fma(pull, np.float32(short), smooth)
    return load - min(max(shelf, before - ramp), before + ramp)


def store_step(load: Any, reference: Any, before: Any, energy: Any, limits: Any, law: Any) -> Any:
    """Take one store through one step.

    Parameters
    ----------
    load
        Mean power of what the bus feeds, W, not negative.
    reference, before
        Low pass of the load at the begin of the step; what the shelf gave in the last one, W.
    energy
        In the store at the begin of the step, counts.
    limits
        (low, target, high, charge, discharge) of this store: energy in counts, power in W.
    law
        ``rack.store.StoreLaw``.

    Returns
    -------
    reference, shelf : float32
        The low pass at the end of the step, and what the shelf gives, W.
    energy : int32
        At the end of the step, counts.
    bus, loss : int32
        What the store gives to the bus (positive when discharging) and loses, quanta.
    """
    low, target, high, charge, discharge = limits
    smooth, after = low_pass(load, reference, law.mean_share, law.end_share)
    wanted = wanted_from_store(load, smooth, before, np.int32(target - energy), law.pull, law.ramp)
    # A store gives no more than it can, and than the load takes: a shelf takes nothing back.
    power = max(min(wanted, min(discharge, load)), -charge)
    gain = law.discharge_gain if power > _ZERO else law.charge_gain
    # Towards zero, so that rounding never exceeds a limit of power.
    cell = np.int32(power * gain)
    cell = np.int32(min(max(cell, np.int32(energy - high)), np.int32(energy - low)))
    loss_rate = law.discharge_loss if cell > 0 else law.charge_loss
    loss = np.int32(fma(abs(np.float32(cell)), loss_rate, _HALF))
    bus = np.int32(np.int32(cell * law.quanta_per_count) - loss)
    shelf = fma(np.float32(bus), -_W_PER_QUANTUM, load)
    return after, shelf, np.int32(energy - cell), bus, loss
