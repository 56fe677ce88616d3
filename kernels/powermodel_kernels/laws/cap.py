# SPDX-License-Identifier: Apache-2.0
"""How far the controller of a power cap is behind while the target runs along a ramp.

What the cap takes away in the end follows the target at once (``laws.smoothing.capped``); what it
takes away now is a first-order lag of it, and the difference is what it is behind by. After a jump
that decays as an exponential. While what is to be taken away changes at a constant rate s, it tends
to s·τ instead: d(t) = d(0)·e**(−t/τ) + s·τ·(1 − e**(−t/τ)).

Source: ramp response of a first-order lag, K. Ogata, Modern Control Engineering, 5th ed., section
5-2.
"""

from typing import Any

import numpy as np

from powermodel_kernels.laws.response import left
from powermodel_kernels.primitives import fma, mul

_ZERO = np.float32(0.0)
_ONE = np.float32(1.0)


def behind_ramp(behind: Any, change: Any, age: Any, rate: Any) -> Any:
    """Return by how much a cap is behind at the end of a straight piece, in the unit of ``change``.

    Parameters
    ----------
    behind
        The same at its beginning, float32.
    change
        By how much what is to be taken away grows over the piece, float32.
    age
        Length of the piece, int32, see ``laws.response.decay``.
    rate
        One over the lag of the cap, per unit of ``age``, float32.
    """
    kept = left(_ONE, age, rate)
    lags = np.float32(age) * rate
    share = (_ONE - kept) / lags if lags > _ZERO else _ONE
    return fma(change, share, mul(behind, kept))
