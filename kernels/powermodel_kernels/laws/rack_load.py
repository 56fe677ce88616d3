# SPDX-License-Identifier: Apache-2.0
"""What the bus of a rack feeds: its accelerators, and the rest that follows them in part.

The rest draws ``base`` with every accelerator idle, and a fixed ratio of what the accelerators
draw above idle. The coefficients are in the rack records of ``powermodel_datasets``.
"""

from typing import Any

import numpy as np

from powermodel_kernels.primitives import fma

_ONE = np.float32(1.0)


def rest_power(accelerators: Any, base: Any, ratio: Any, idle: Any) -> Any:
    """Return the part of a rack's load that does not change, W.

    Parameters
    ----------
    accelerators
        That the rack holds, int32.
    base
        Power of the rest with all accelerators idle, W.
    ratio
        Watts of the rest per accelerator watt above idle.
    idle
        Power of one accelerator without work, W.
    """
    return fma(-ratio * idle, np.float32(accelerators), base)


def bus_load(power: Any, ratio: Any, rest: Any) -> Any:
    """Return the load of a rack's bus, W, from the power of its accelerators, W."""
    return fma(_ONE + ratio, power, rest)
