# SPDX-License-Identifier: Apache-2.0
"""How the units of a farm differ: factors on capacity and resistance, at random addresses."""

from typing import Any

import numpy as np

from powermodel_kernels.laws.duration import lognormal_factor
from powermodel_kernels.laws.normal import normal32
from powermodel_kernels.laws.philox import address_word, philox4x32

PURPOSE_STORAGE = 32
"""Part of the random address, beside those of ``constants``."""

_MINUS_HALF = np.float32(-0.5)


def lognormal_factors(
    sigma: Any, what: Any, farm: Any, run: Any, seed_low: Any, seed_high: Any, out: Any
) -> None:
    """Fill ``out`` (units,) float32 with lognormal factors of mean 1.

    Parameters
    ----------
    sigma
        Standard deviation of the logarithm, float32.
    what
        Number of the property: part of the random address.
    farm, run, seed_low, seed_high
        The rest of the address.
    """
    word = address_word(PURPOSE_STORAGE, farm, what)
    k0, k1, c3 = np.uint64(seed_low), np.uint64(seed_high), np.uint64(run)
    for u in range(out.size):
        a, _, _, _ = philox4x32(np.uint64(u), np.uint64(0), word, c3, k0, k1)
        z = normal32(np.int32(np.uint32(a)))
        out[u] = lognormal_factor(z, sigma, _MINUS_HALF * sigma * sigma)
