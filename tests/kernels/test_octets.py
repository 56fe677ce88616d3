# SPDX-License-Identifier: Apache-2.0
"""Eight numbers side by side: compiled, in plain Python, and one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from powermodel_kernels.bind import cpu
from powermodel_kernels.laws.response import alive, to_quanta
from powermodel_kernels.octets import (
    BIN,
    FIELDS,
    WIDTH,
    add8,
    add_fields8,
    alive8,
    float8,
    fma8,
    load8,
    load_fields8,
    mul8,
    round8,
    slot8,
    spread8,
    still8,
    store8,
    store_each8,
    store_turned8,
    sub8,
    sums8,
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


def eight_sums(source: Any, at: Any, out: Any) -> None:
    store8(out, 0, sums8(source, at))


def test_eight_numbers_side_by_side_are_summed() -> None:
    source = np.random.default_rng(3).integers(-(2**27), 2**27, 100, np.int32)
    expected = [source[5 + 8 * i : 13 + 8 * i].sum() for i in range(WIDTH)]
    for run in (eight_sums, cpu(eight_sums)):
        out = np.empty(WIDTH, np.int32)
        run(source, 5, out)
        assert np.array_equal(out, expected)


def each_product(a: Any, b: Any, out: Any) -> None:
    store8(out, 0, mul8(load8(a, 0), load8(b, 0)))
    store8(out, WIDTH, sub8(load8(a, 0), load8(b, 0)))


NUMBERS = st.lists(st.floats(-(2.0**30), 2.0**30, width=32), min_size=WIDTH, max_size=WIDTH)


@settings(deadline=None, max_examples=30)
@given(NUMBERS, NUMBERS)
def test_products_and_differences_of_eight(one: list[float], other: list[float]) -> None:
    a, b = np.array(one, np.float32), np.array(other, np.float32)
    expected = np.concatenate([a * b, a - b])
    for run in (each_product, cpu(each_product)):
        out = np.empty(2 * WIDTH, np.float32)
        run(a, b, out)
        assert np.array_equal(out.view(np.int32), expected.view(np.int32))


def rounded(source: Any, out: Any) -> None:
    store8(out, 0, round8(load8(source, 0)))


EDGES = [0.5, -0.5, -0.0, 0.49999997, -0.49999997, 8388608.5, -(2.0**30), 1.5]
POWERS = st.lists(
    st.one_of(st.sampled_from(EDGES), st.floats(-(2.0**30), 2.0**30, width=32)),
    min_size=WIDTH, max_size=WIDTH,
)  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(POWERS)
def test_eight_are_rounded_as_one_is(powers: list[float]) -> None:
    source = np.array(powers, np.float32)
    expected = [to_quanta(one) for one in source]
    for run in (rounded, cpu(rounded)):
        out = np.empty(WIDTH, np.int32)
        run(source, out)
        assert np.array_equal(out, expected)


def what_is_alive(source: Any, out: Any, still: Any) -> None:
    left = alive8(load8(source, 0))
    none = spread8(np.float32(0.0))
    store8(out, 0, left)
    still[0] = still8(left, none, none)
    still[1] = still8(none, left, none)
    still[2] = still8(none, none, left)


SMALL = st.one_of(
    st.sampled_from([0.25, -0.25, 0.24999999, -0.24999999, -0.0, 1e-40]),
    st.floats(-0.5, 0.5, width=32),
)


@settings(deadline=None, max_examples=100)
@given(st.lists(SMALL, min_size=WIDTH, max_size=WIDTH))
def test_next_to_nothing_of_eight_is_nothing_and_all_nothing_is_still(powers: list[float]) -> None:
    source = np.array(powers, np.float32)
    expected = np.array([alive(one) for one in source], np.float32)
    for run in (what_is_alive, cpu(what_is_alive)):
        out, still = np.empty(WIDTH, np.float32), np.zeros(3, np.bool_)
        run(source, out, still)
        assert np.array_equal(out.view(np.int32), expected.view(np.int32))
        assert list(still) == [not expected.any()] * 3


def each_in_its_row(source: Any, column: Any, out: Any) -> None:
    store_each8(out, column, load8(source, 1))


def test_each_of_eight_fills_its_row() -> None:
    source = np.arange(100, 110, dtype=np.int32)
    expected = np.full((9, 20), -1, np.int32)
    expected[:8, 3:11] = source[1:9, None]
    for run in (each_in_its_row, cpu(each_in_its_row)):
        found = np.full((9, 20), -1, np.int32)
        run(source, 3, found)
        assert np.array_equal(found, expected)


def add_fields(target: Any, row: Any, first: Any, fields: Any, at: Any) -> None:
    add_fields8(target, row, first, fields[0], fields[1], fields[2], fields[3], at)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.integers(0, 4), min_size=WIDTH + 3, max_size=WIDTH + 3),
    st.integers(0, WIDTH - 1),
    st.integers(0, 3),
    st.randoms(use_true_random=False),
)
def test_fields_of_eight_lanes_are_added_where_they_belong(
    rows: list[int], rack: int, at: int, random: Any
) -> None:
    """Rows that several lanes share, as where one sample sees a whole rack, get them all."""
    row = np.array(rows, np.int32)
    fields = np.array(
        [[random.randint(-(2**20), 2**20) for _ in rows] for _ in range(FIELDS)], np.int32
    )
    first = FIELDS * slot8(rack)
    expected = np.arange(5 * BIN, dtype=np.int32)
    for i in range(at, at + WIDTH):
        for field in range(FIELDS):
            expected[row[i] * BIN + first + field] += fields[field, i]
    for run in (add_fields, cpu(add_fields)):
        found = np.arange(5 * BIN, dtype=np.int32)
        run(found, row, first, tuple(fields), at)
        assert np.array_equal(found, expected)


def load_fields(source: Any, at: Any, out: Any) -> None:
    a, b, c, d = load_fields8(source, at)
    store8(out, 0, a)
    store8(out, WIDTH, b)
    store8(out, 2 * WIDTH, c)
    store8(out, 3 * WIDTH, d)


def test_fields_come_back_in_the_order_of_the_racks() -> None:
    assert sorted(slot8(member) for member in range(WIDTH)) == list(range(WIDTH))
    source = np.arange(3 * BIN, dtype=np.int32)
    expected = [
        [source[BIN + FIELDS * slot8(member) + field] for member in range(WIDTH)]
        for field in range(FIELDS)
    ]
    for run in (load_fields, cpu(load_fields)):
        found = np.empty(BIN, np.int32)
        run(source, BIN, found)
        assert np.array_equal(found.reshape(FIELDS, WIDTH), expected)
