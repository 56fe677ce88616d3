# SPDX-License-Identifier: Apache-2.0
"""Eight numbers side by side: compiled, in plain Python, and one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from powermodel_kernels.bind import cpu
from powermodel_kernels.octets import (
    WIDTH,
    add8,
    float8,
    fma8,
    load8,
    spread8,
    store8,
    store_turned8,
)
from powermodel_kernels.primitives import fma

INTS = st.lists(st.integers(-(2**29), 2**29), min_size=24, max_size=24)


def every_operation(ints: Any, floats: Any, at: Any, factor: Any, out: Any, sums: Any) -> None:
    """Store ints + ints, and float(ints)·factor + floats, from ``at`` on."""
    a = load8(ints, at)
    store8(sums, at, add8(a, a))
    b = load8(floats, at)
    store8(out, at, fma8(float8(a), spread8(factor), b))
    store8(out, 0, add8(b, b))


def turned(source: Any, at: Any, column: Any, out: Any) -> None:
    store_turned8(out, column, source, at)


@settings(deadline=None, max_examples=30)
@given(INTS, st.integers(8, 16), st.floats(-2.0, 2.0, width=32))
def test_octets_are_eight_single_operations(numbers: list[int], at: int, factor: float) -> None:
    ints = np.array(numbers, np.int32)
    floats = ints[::-1].astype(np.float32) / np.float32(3.0)
    expected, sums = np.zeros(24, np.float32), np.zeros(24, np.int32)
    for i in range(at, at + WIDTH):
        sums[i] = 2 * numbers[i]
        expected[i] = fma(np.float32(numbers[i]), np.float32(factor), floats[i])
        expected[i - at] = floats[i] + floats[i]
    for run in (every_operation, cpu(every_operation)):
        found, found_sums = np.zeros(24, np.float32), np.zeros(24, np.int32)
        run(ints, floats, at, np.float32(factor), found, found_sums)
        assert np.array_equal(found.view(np.int32), expected.view(np.int32))
        assert np.array_equal(found_sums, sums)


def test_a_square_of_eight_is_turned() -> None:
    source = np.arange(100, dtype=np.int32)
    expected = np.full((9, 20), -1, np.int32)
    expected[:8, 3:11] = source[5:69].reshape(8, 8).T
    for run in (turned, cpu(turned)):
        found = np.full((9, 20), -1, np.int32)
        run(source, 5, 3, found)
        assert np.array_equal(found, expected)
