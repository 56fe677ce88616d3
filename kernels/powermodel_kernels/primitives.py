# SPDX-License-Identifier: Apache-2.0
"""Operations that every target must do in the same way, here for the interpreter.

A law calls these by name. ``bind`` puts a target's own instruction in their place: a fused
multiply-add rounds once, so it is bit-equal wherever it runs, and a bit cast is free.
"""

from fractions import Fraction
from typing import Any

import numpy as np


def fma(a: Any, b: Any, c: Any) -> Any:
    """Return a·b + c in float32, rounded once (IEEE 754-2019 fusedMultiplyAdd).

    Exact on purpose and slow: this is the oracle for the hardware instruction.
    """
    # The product of two float32 is exact in float64; only the sum can round.
    product = float(a) * float(b)
    total = product + float(c)
    if not np.isfinite(total) or Fraction(product) + Fraction(float(c)) == Fraction(total):
        return np.float32(total)
    return _round_once(Fraction(product) + Fraction(float(c)), total)


def _round_once(exact: Fraction, total: float) -> np.float32:
    """Round an exact value to float32, given its float64 rounding ``total``.

    Double rounding only errs when ``total`` lies on a midpoint of two float32; nudging it towards
    the exact value first settles every case.
    """
    nudged = np.nextafter(total, np.inf if exact > Fraction(total) else -np.inf)
    down, up = np.float32(total), np.float32(nudged)
    if down == up:
        return down
    error_down, error_up = abs(Fraction(float(down)) - exact), abs(Fraction(float(up)) - exact)
    return down if error_down < error_up else up


def mul(a: Any, b: Any) -> Any:
    """Return a·b rounded on its own, never fused into a following addition.

    GPU compilers fuse where they can; a product that feeds an addition must go through here, or
    through ``fma``, to be the same everywhere.
    """
    return a * b


def float_bits(x: Any) -> Any:
    """Return the bits of a float32 as int32."""
    return np.float32(x).view(np.int32)


def bits_float(i: Any) -> Any:
    """Return the float32 whose bits are the int32 ``i``."""
    return np.int32(i).view(np.float32)


def fetch_add(counter: Any, count: Any) -> Any:
    """Add to an int64 counter (1,) and return what it was, undivided among threads."""
    before = int(counter[0])
    counter[0] += count
    return before
