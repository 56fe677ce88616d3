# SPDX-License-Identifier: Apache-2.0
"""Sums without rounding, so that a series summed in parts and summed whole give the same bits."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from powermodel.indicators.inputs import FloatArray

# Dekker's constant 2^27 + 1 cuts a float64 into two halves of 26 bits.
_SPLITTER = 134_217_729.0


def exact_sum(values: FloatArray) -> Fraction:
    """Sum float64 values exactly.

    The values are cut into slices of high-order bits so short that a float64 sum of each slice
    cannot round, whatever its order (error-free vector transformation of Rump, Ogita and Oishi,
    "Accurate floating-point summation I", SIAM J. Sci. Comput. 31 (2008), algorithm 3.2).

    Parameters
    ----------
    values : ndarray of float64
        Finite, of magnitude below 1e290.

    Returns
    -------
    fractions.Fraction
        The sum. Fractions add exactly, so parts can be summed in any order.
    """
    total = Fraction(0)
    if values.size == 0:
        return total
    carry_bits = int(values.size + 2).bit_length()
    rest = values.astype(np.float64)
    while top := float(np.abs(rest).max()):
        sigma = float(np.ldexp(1.0, carry_bits + int(np.frexp(top)[1])))
        part = (sigma + rest) - sigma
        total += Fraction(float(part.sum()))
        rest -= part
    return total


def exact_sum_of_squares(values: FloatArray) -> Fraction:
    """Sum the squares of float64 values exactly.

    Each square is its float64 product and the rounding error of that product (Dekker's TwoProduct,
    Numer. Math. 18 (1971)); both are summed exactly.

    Parameters
    ----------
    values : ndarray of float64
        Zero, or of magnitude between 1e-140 and 1e140.
    """
    scaled = _SPLITTER * values
    high = scaled - (scaled - values)
    low = values - high
    product = values * values
    error = ((high * high - product) + 2.0 * high * low) + low * low
    return exact_sum(product) + exact_sum(error)
