# SPDX-License-Identifier: Apache-2.0
"""A standard normal number, and a uniform one, from 32 random bits.

Source: M. B. Giles, "Approximating the erfinv function", GPU Computing Gems Jade Edition (2012),
chapter 10, single-precision table.
"""

import math
from typing import Any

import numpy as np

from powermodel_kernels.laws.elementary import log32
from powermodel_kernels.primitives import fma

_SQRT_2 = np.float32(1.4142135623730951)
_FOUR = np.float32(4.0)
_ONE = np.float32(1.0)
_MINUS_TWO = np.float32(-2.0)
_HALF = np.float32(0.5)
_TWO_TO_MINUS_32 = np.float32(2.0**-32)
_TWO_TO_MINUS_23 = np.float32(2.0**-23)
_MAGNITUDE = np.int32(0x7FFFFFFF)
_23_BITS = np.int32(0x007FFFFF)
_BRANCH = np.float32(5.0)
_CENTRE = np.float32(2.5)
_TAIL = np.float32(3.0)

_C0, _C1, _C2, _C3, _C4, _C5, _C6, _C7, _C8 = (
    np.float32(c)
    for c in (
        2.81022636e-08,
        3.43273939e-07,
        -3.5233877e-06,
        -4.39150654e-06,
        0.00021858087,
        -0.00125372503,
        -0.00417768164,
        0.246640727,
        1.50140941,
    )
)
_T0, _T1, _T2, _T3, _T4, _T5, _T6, _T7, _T8 = (
    np.float32(c)
    for c in (
        -0.000200214257,
        0.000100950558,
        0.00134934322,
        -0.00367342844,
        0.00573950773,
        -0.0076224613,
        0.00943887047,
        1.00167406,
        2.83297682,
    )
)


def normal32(word: Any) -> Any:
    """Return the standard normal quantile of a random 32-bit word.

    The top bit is the sign; the other 31 give the tail probability p = (m + ½)/2³², so both tails
    reach ±6.3 and are resolved alike: the slowest of a million accelerators sits at 4.9.

    Parameters
    ----------
    word
        int32: the 32 random bits.

    Returns
    -------
    float32
        Dimensionless, absolute error below 2·10⁻⁶ within ±5.
    """
    return quantile(word, rarity(commonness(word)))


def commonness(word: Any) -> Any:
    """Return 4p(1 − p) of a word's tail probability p, see ``normal32``: 1 at the median."""
    p = _tail_probability(word)
    return _FOUR * p * (_ONE - p)


def rarity(common: Any) -> Any:
    """Return −ln of a word's ``commonness``: 0 at the median."""
    return -log32(common)


def quantile(word: Any, w: Any) -> Any:
    """Return the standard normal quantile of a word, see ``normal32``.

    Parameters
    ----------
    word
        int32: the 32 random bits.
    w
        Its ``rarity``, float32.
    """
    p = _tail_probability(word)
    c = w - _CENTRE
    centre = fma(_C0, c, _C1)
    centre = fma(centre, c, _C2)
    centre = fma(centre, c, _C3)
    centre = fma(centre, c, _C4)
    centre = fma(centre, c, _C5)
    centre = fma(centre, c, _C6)
    centre = fma(centre, c, _C7)
    centre = fma(centre, c, _C8)
    t = np.float32(math.sqrt(max(w, np.float32(0.0)))) - _TAIL
    tail = fma(_T0, t, _T1)
    tail = fma(tail, t, _T2)
    tail = fma(tail, t, _T3)
    tail = fma(tail, t, _T4)
    tail = fma(tail, t, _T5)
    tail = fma(tail, t, _T6)
    tail = fma(tail, t, _T7)
    tail = fma(tail, t, _T8)
    z = (centre if w < _BRANCH else tail) * fma(_MINUS_TWO, p, _ONE) * _SQRT_2
    return z if word >= np.int32(0) else -z


def _tail_probability(word: Any) -> Any:
    m = word & _MAGNITUDE
    return fma(np.float32(m), _TWO_TO_MINUS_32, _HALF * _TWO_TO_MINUS_32)


def uniform32(word: Any) -> Any:
    """Return a uniform number in (0, 1) from a random int32 (23 of its bits are used).

    One bit more and adding the half would round the largest to 1.
    """
    return (np.float32((word >> np.int32(9)) & _23_BITS) + _HALF) * _TWO_TO_MINUS_23
