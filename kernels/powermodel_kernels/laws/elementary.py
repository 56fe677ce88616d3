# SPDX-License-Identifier: Apache-2.0
"""exp and log in float32, from fused multiply-adds alone, so that every target gives the same bits.

Source of the coefficients and reductions: S. L. Moshier, Cephes Mathematical Library, routines
``expf`` and ``logf``.
"""

from typing import Any

import numpy as np

from powermodel_kernels.primitives import bits_float, float_bits, fma

_LOG2_E = np.float32(1.44269504088896341)
_MINUS_LN2_HIGH = np.float32(-0.693359375)
_MINUS_LN2_LOW = np.float32(2.12194440e-4)
_LN2_HIGH = np.float32(0.693359375)
_MINUS_LN2_SMALL = np.float32(-2.12194440e-4)
# Adding 1.5·2^23 rounds a float32 to the nearest integer and leaves that integer in its low bits.
_ROUNDER = np.float32(12582912.0)
_ROUNDER_BITS = np.int32(0x4B400000)
_EXP_MIN = np.float32(-87.0)
_EXP_MAX = np.float32(88.0)
_ONE = np.float32(1.0)
_MINUS_HALF = np.float32(-0.5)

_E0, _E1, _E2, _E3, _E4, _E5 = (
    np.float32(c)
    for c in (
        1.9875691500e-4,
        1.3981999507e-3,
        8.3334519073e-3,
        4.1665795894e-2,
        1.6666665459e-1,
        5.0000001201e-1,
    )
)
_L0, _L1, _L2, _L3, _L4, _L5, _L6, _L7, _L8 = (
    np.float32(c)
    for c in (
        7.0376836292e-2,
        -1.1514610310e-1,
        1.1676998740e-1,
        -1.2420140846e-1,
        1.4249322787e-1,
        -1.6668057665e-1,
        2.0000714765e-1,
        -2.4999993993e-1,
        3.3333331174e-1,
    )
)
# log's argument is brought to [sqrt(1/2), sqrt(2)).
_SQRT_HALF_BITS = np.int32(0x3F3504F3)


def exp32(x: Any) -> Any:
    """Return e**x in float32.

    Parameters
    ----------
    x
        float32, dimensionless. Below −87 and above 88 the argument is held there (the result
        would leave the normal range).

    Returns
    -------
    float32
        Relative error below 2·10⁻⁷.
    """
    x = min(max(x, _EXP_MIN), _EXP_MAX)
    shifted = fma(x, _LOG2_E, _ROUNDER)
    n = float_bits(shifted) - _ROUNDER_BITS
    k = shifted - _ROUNDER
    r = fma(k, _MINUS_LN2_HIGH, x)
    r = fma(k, _MINUS_LN2_LOW, r)
    p = fma(_E0, r, _E1)
    p = fma(p, r, _E2)
    p = fma(p, r, _E3)
    p = fma(p, r, _E4)
    p = fma(p, r, _E5)
    p = fma(p * r, r, r) + _ONE
    return p * bits_float(np.int32((n + np.int32(127)) << np.int32(23)))


def log32(x: Any) -> Any:
    """Return the natural logarithm in float32.

    Parameters
    ----------
    x
        float32, positive and normal.

    Returns
    -------
    float32
        Absolute error below 2·10⁻⁷ near 1, relative error below 2·10⁻⁷ elsewhere.
    """
    bits = float_bits(x)
    # Exponent after moving the mantissa to [sqrt(1/2), sqrt(2)).
    e = np.int32(np.int32(bits - _SQRT_HALF_BITS) >> np.int32(23))
    m = bits_float(np.int32(bits - (e << np.int32(23)))) - _ONE
    k = np.float32(e)
    z = m * m
    p = fma(_L0, m, _L1)
    p = fma(p, m, _L2)
    p = fma(p, m, _L3)
    p = fma(p, m, _L4)
    p = fma(p, m, _L5)
    p = fma(p, m, _L6)
    p = fma(p, m, _L7)
    p = fma(p, m, _L8)
    y = p * m * z
    y = fma(k, _MINUS_LN2_SMALL, y)
    y = fma(_MINUS_HALF, z, y)
    return fma(k, _LN2_HIGH, m + y)
