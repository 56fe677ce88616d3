# SPDX-License-Identifier: Apache-2.0
"""What all control laws share: filters that do not stall, care for the charge, the fast device.

Filters keep power in *fine* units, int64 counts of 2**-20 W. In float32 a slow filter stalls where
its increment falls below the rounding of its state: 3 MW short of 1 GW for 100 s at 1 ms.
"""

from typing import Any

import numpy as np

from powermodel_kernels.control.signal import Memory, Signal
from powermodel_kernels.tables import F32

FINE_PER_W = np.float32(2.0**20)
_W_PER_FINE = np.float32(2.0**-20)

# Places in the parameters of every law; its own follow from OWN on.
SOC_TARGET = 0
SOC_GAIN = 1
SOC_LIMIT = 2
SPLIT_SHARE = 3
FAST_TARGET = 4
FAST_GAIN = 5
FAST_LIMIT = 6
OWN = 7

# Places in the integers of every law's memory; its own follow from OWN_MEMORY on.
_SPLIT = 0
OWN_MEMORY = 1


def fine(power_w: Any) -> Any:
    """Return W, float32, in fine units: exact but for what is below one of them."""
    return np.int64(power_w * FINE_PER_W)


def watts(power: Any) -> Any:
    """Return fine units as W, float32."""
    return np.float32(power) * _W_PER_FINE


def within(value: Any, low: Any, high: Any) -> Any:
    """Return the value, held between low and high."""
    return min(max(value, low), high)


def followed(state: Any, target: Any, share: Any) -> Any:
    """Return a first-order filter one period later: ``state + share·(target − state)``.

    Parameters
    ----------
    state, target
        Fine units, int64.
    share
        1 − e^(−period/τ), float32.
    """
    return state + np.int64(np.float32(target - state) * share)


def soc_power(signal: Signal, parameters: F32) -> Any:
    """Return the power that brings the charge back to its set point, W, discharging positive.

    In proportion to the deviation, as a first-order approach to the set point would ask for, and
    at most the share of the rating that the user allows: the rest of it belongs to the swings.
    """
    wish = (signal.soc - parameters[SOC_TARGET]) * parameters[SOC_GAIN]
    return within(wish, -parameters[SOC_LIMIT], parameters[SOC_LIMIT])


def split(wish_w: Any, signal: Signal, parameters: F32, memory: Memory) -> Any:
    """Return a command as (main, fast): the fast device takes the high band, as far as it can.

    A first-order high-pass of the command, less what brings the fast device back to its own set
    point, held within what it can do now. The main device gets all the rest, so the two always add
    up, and it gets everything where there is no fast device.
    """
    low = followed(memory.i[_SPLIT], fine(wish_w), parameters[SPLIT_SHARE])
    memory.i[_SPLIT] = low
    care = (signal.fast_soc - parameters[FAST_TARGET]) * parameters[FAST_GAIN]
    care = within(care, -parameters[FAST_LIMIT], parameters[FAST_LIMIT])
    fast = within(
        wish_w - watts(low) + care,
        -signal.fast_power_max_charge_w,
        signal.fast_power_max_discharge_w,
    )
    return wish_w - fast, fast
