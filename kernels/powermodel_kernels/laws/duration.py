# SPDX-License-Identifier: Apache-2.0
"""How long a phase takes on one accelerator.

Lognormal with unchanged mean: d = d0·exp(s − σ²/2), s = σ·(√ρ·z_common + √(1−ρ)·z_own), the usual
description of stragglers; or uniform on [0, 2·d0], which staggers a start; or fixed.
"""

from typing import Any

import numpy as np

from powermodel_kernels.laws.elementary import exp32
from powermodel_kernels.primitives import fma, mul

_ONE = np.float32(1.0)
_MINUS_ONE = np.float32(-1.0)
_TWO = np.float32(2.0)


def lognormal_factor(z_own: Any, sigma_own: Any, common_exponent: Any) -> Any:
    """Return the factor on a phase's mean duration, mean 1.

    Parameters
    ----------
    z_own
        Standard normal number of this accelerator, iteration and phase.
    sigma_own
        σ·√(1−ρ), dimensionless.
    common_exponent
        σ·√ρ·z_common − σ²/2, the part that all accelerators of the job share.
    """
    return exp32(fma(sigma_own, z_own, common_exponent))


def slowed(factor: Any, slowness: Any) -> Any:
    """Return the factor on a duration of a host that always takes ``slowness`` times as long."""
    return mul(factor, slowness)


def uniform_factor(u: Any) -> Any:
    """Return the factor on a phase's mean duration for a uniform number u in (0, 1): 2u."""
    return _TWO * u


def deviation(factor: Any, mean: Any) -> Any:
    """Return by how much a duration differs from its mean.

    Parameters
    ----------
    factor
        Duration over mean duration, float32.
    mean
        Mean duration, float32, in a unit coarse enough that the deviation fits an int32 whatever
        the random number.

    Returns
    -------
    int32
        In the unit of ``mean``, rounded towards zero.
    """
    return np.int32(mean * (factor + _MINUS_ONE))


def lasting(mean_ticks: Any, late: Any, shift: Any) -> Any:
    """Return a duration, int64 ticks.

    Parameters
    ----------
    mean_ticks
        Mean duration, int64.
    late
        What ``deviation`` says, in 2**shift ticks, int32.
    """
    return mean_ticks + (np.int64(late) << np.int64(shift))
