# SPDX-License-Identifier: Apache-2.0
"""Fused multiply-add, exp and log against exact arithmetic and float64."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from powermodel_kernels.bind import cpu
from powermodel_kernels.primitives import bits_float, float_bits, fma
from tests.kernels import loops

ANY = st.floats(-(2.0**60), 2.0**60, width=32)


def nearest_float32(exact: Fraction) -> np.float32:
    """Round to nearest, halves to even, by comparing distances exactly."""
    guess = np.float32(float(exact))
    around = [guess, *(np.nextafter(guess, np.float32(s) * np.float32(np.inf)) for s in (-1, 1))]
    return min(around, key=lambda x: (abs(Fraction(float(x)) - exact), float_bits(x) & 1))


# A float64 sum of this one lands on the midpoint of two float32, and would round the wrong way.
MIDPOINT = (2.0**-24 * (1 + 2.0**-20), 1 - 2.0**-20, 1 + 2.0**-23)


@settings(deadline=None, max_examples=300)
@given(ANY, ANY, ANY)
@example(*MIDPOINT)
@example(-MIDPOINT[0], MIDPOINT[1], -MIDPOINT[2])
@example(2.0**-80, 2.0**-69, 0.0)
def test_fma_rounds_once(a: float, b: float, c: float) -> None:
    exact = Fraction(a) * Fraction(b) + Fraction(c)
    result = fma(np.float32(a), np.float32(b), np.float32(c))
    assert result == nearest_float32(exact)


def test_fma_midpoint_example_would_fail_with_two_roundings() -> None:
    a, b, c = MIDPOINT
    assert fma(np.float32(a), np.float32(b), np.float32(c)) != np.float32(a * b + c)


@given(st.integers(-(2**31), 2**31 - 1).filter(lambda i: (i >> 23) & 0xFF != 0xFF))
def test_bit_casts_undo_each_other(i: int) -> None:
    assert float_bits(bits_float(i)) == i


def evaluated(loop: object, x: np.ndarray) -> np.ndarray:
    out = np.empty_like(x)
    cpu(loop)(x, out)
    return out.astype(np.float64)


def test_exp32_relative_error_below_two_in_ten_million() -> None:
    x = np.linspace(-87.0, 88.0, 1_000_001).astype(np.float32)
    true = np.exp(x.astype(np.float64))
    assert np.abs(evaluated(loops.each_exp32, x) / true - 1.0).max() < 2e-7


@pytest.mark.parametrize(("x", "held"), [(-1000.0, -87.0), (-87.5, -87.0), (500.0, 88.0)])
def test_exp32_holds_its_argument_outside_the_range(x: float, held: float) -> None:
    outside, edge = evaluated(loops.each_exp32, np.array([x, held], np.float32))
    assert outside == edge


def test_exp32_of_zero_is_one() -> None:
    assert evaluated(loops.each_exp32, np.zeros(1, np.float32))[0] == 1.0


def test_log32_error_near_one_and_elsewhere() -> None:
    near = np.linspace(0.5, 2.0, 500_001).astype(np.float32)
    far = np.geomspace(2.0**-126, 3e38, 500_001).astype(np.float32)
    far = far[(far < 0.5) | (far > 2.0)]
    error_near = evaluated(loops.each_log32, near) - np.log(near.astype(np.float64))
    assert np.abs(error_near).max() < 2e-7
    ratio_far = evaluated(loops.each_log32, far) / np.log(far.astype(np.float64))
    assert np.abs(ratio_far - 1.0).max() < 2e-7
