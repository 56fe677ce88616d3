# SPDX-License-Identifier: Apache-2.0
"""When a load with a store of its own leaves the grid, comes back, and stays away.

A load is on the grid, on its store, walking in, or locked out. It leaves after its delay outside
the window of voltage and frequency, comes back after its delay inside, and takes the grid's power
up again over its walk-in; a counter of sags may lock it out. With a store of zero length this is
the cease and reconnect of EPRI's PERC1 (Vcease, Tcease, Vrecon, Trecon, Tramp).
"""

from typing import Any

import numpy as np

from powermodel_kernels.primitives import mul

ON_GRID = 0
ON_STORE = 1
WALKING_IN = 2
LOCKED_OUT = 3

_ONE = np.float32(1.0)
_ZERO = np.float32(0.0)


def outside_window(voltage: Any, speed: Any, window: Any) -> Any:
    """Return whether a load's supply lies outside its window.

    Parameters
    ----------
    voltage
        Per unit.
    speed
        Deviation of frequency, per unit.
    window
        Lowest and highest voltage, lowest and highest deviation.
    """
    return voltage < window[0] or voltage > window[1] or speed < window[2] or speed > window[3]


def counted(inside: Any, steps: Any) -> Any:
    """Return the steps in a row for which something has held, int32."""
    return np.int32(steps + np.int32(1)) if inside else np.int32(0)


def share_of_grid(mode: Any, walked: Any, per_walk: Any, voltage: Any, current: Any) -> Any:
    """Return the share of its power that a load takes from the grid.

    Parameters
    ----------
    mode
        ON_GRID, ON_STORE, WALKING_IN or LOCKED_OUT.
    walked
        Steps since the walk-in began.
    per_walk
        One over the steps of a walk-in, float32.
    voltage, current
        Voltage, and the largest current of its rectifier, per unit: below their product the load
        cannot draw its power.
    """
    share = _ZERO
    if mode == ON_GRID:
        share = _ONE
    if mode == WALKING_IN:
        share = min(mul(np.float32(walked), per_walk), _ONE)
    return min(share, mul(voltage, current))
