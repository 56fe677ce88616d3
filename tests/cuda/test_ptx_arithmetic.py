# SPDX-License-Identifier: Apache-2.0
"""Translated instructions one by one: PTX ISA 9.0, chapter 9, against Python's exact numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest

from powermodel_kernels.primitives import fma
from tests.cuda.ptx_by_hand import element, evaluate, run

EDGES = {
    "s32": [0, 1, -1, 2, -7, 13, 31, 32, 33, 2**31 - 1, -(2**31), 0x1234567],
    "u32": [0, 1, 2, 7, 31, 32, 33, 2**31, 2**32 - 1, 0xDEADBEEF],
    "s64": [0, 1, -1, 3, -(2**63), 2**63 - 1, 2**40 + 5, -(2**33), 64],
    "u64": [0, 1, 3, 2**63, 2**64 - 1, 0xD2511F53 * 0xCD9E8D57, 64],
    "u16": [0, 1, 5, 2**15, 2**16 - 1],
}
FLOATS = [0.0, -0.0, 1.0, -1.5, 1 + 2**-12, 3e38, -3e38, 1e-40, math.inf, math.nan, 0.1, 2**24 + 2]
DTYPES = {"s": np.int64, "u": np.uint64}


def wrap(kind: str, x: int) -> int:
    """Return what a register of this type holds of an exact integer."""
    n = int(kind[1:])
    x &= 2**n - 1
    return x - 2**n if kind[0] == "s" and x >= 2 ** (n - 1) else x


def quotient(a: int, b: int) -> int:
    q = abs(a) // abs(b)
    return q if (a < 0) == (b < 0) else -q


def typed(kind: str, values: list[int]) -> Any:
    return np.array(values, f"{'i' if kind[0] == 's' else 'u'}{int(kind[1:]) // 8}")


INTEGER: dict[str, Callable[[int, int], int]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul.lo": lambda a, b: a * b,
    "min": min,
    "max": max,
}


@pytest.mark.parametrize("kind", EDGES)
def test_integer_arithmetic_wraps(kind: str) -> None:
    pairs = list(product(EDGES[kind], repeat=2))
    a, b = (typed(kind, list(v)) for v in zip(*pairs, strict=True))
    found = evaluate([f"{op}.{kind}" for op in INTEGER], (kind, kind), kind, a, b)
    for op, exact in INTEGER.items():
        assert found[f"{op}.{kind}"].tolist() == [wrap(kind, exact(x, y)) for x, y in pairs]


@pytest.mark.parametrize("kind", EDGES)
def test_integer_division_rounds_towards_zero(kind: str) -> None:
    pairs = [(x, y) for x, y in product(EDGES[kind], repeat=2) if y]
    a, b = (typed(kind, list(v)) for v in zip(*pairs, strict=True))
    found = evaluate([f"div.{kind}", f"rem.{kind}"], (kind, kind), kind, a, b)
    assert found[f"div.{kind}"].tolist() == [wrap(kind, quotient(x, y)) for x, y in pairs]
    assert found[f"rem.{kind}"].tolist() == [x - y * quotient(x, y) for x, y in pairs]


@pytest.mark.parametrize("kind", [kind for kind in EDGES if kind[0] == "s"])
def test_magnitude_of_the_lowest_number_is_itself(kind: str) -> None:
    values = list(EDGES[kind])
    found = evaluate([f"abs.{kind}"], (kind,), kind, typed(kind, values))[f"abs.{kind}"]
    assert found.tolist() == [wrap(kind, abs(x)) for x in values]


@pytest.mark.parametrize("kind", ["s32", "u32", "s64", "u64"])
def test_high_half_of_a_product(kind: str) -> None:
    pairs = list(product(EDGES[kind], repeat=2))
    a, b = (typed(kind, list(v)) for v in zip(*pairs, strict=True))
    found = evaluate([f"mul.hi.{kind}"], (kind, kind), kind, a, b)[f"mul.hi.{kind}"]
    assert found.tolist() == [(x * y) >> int(kind[1:]) for x, y in pairs]


@pytest.mark.parametrize("kind", ["s32", "u32"])
def test_wide_product_and_sum(kind: str) -> None:
    wide = f"{kind[0]}64"
    pairs = list(product(EDGES[kind], repeat=2))
    a, b = (typed(kind, list(v)) for v in zip(*pairs, strict=True))
    c = typed(wide, [EDGES[wide][i % len(EDGES[wide])] for i in range(len(pairs))])
    found = evaluate([f"mul.wide.{kind}"], (kind, kind), wide, a, b)[f"mul.wide.{kind}"]
    assert found.tolist() == [x * y for x, y in pairs]
    found = evaluate([f"mad.wide.{kind}"], (kind, kind, wide), wide, a, b, c)[f"mad.wide.{kind}"]
    exact = [wrap(wide, x * y + int(z)) for (x, y), z in zip(pairs, c, strict=True)]
    assert found.tolist() == exact


@pytest.mark.parametrize("kind", ["s32", "u32", "s64", "u64"])
def test_shifts_beyond_the_width(kind: str) -> None:
    n = int(kind[1:])
    pairs = list(product(EDGES[kind], [0, 1, n - 1, n, n + 1, 255]))
    a, amount = zip(*pairs, strict=True)
    left, right = f"shl.b{n}", f"shr.{kind}"
    found = evaluate([left, right], (kind, "u32"), kind, typed(kind, list(a)), typed("u32", amount))
    assert found[left].tolist() == [wrap(kind, x << s) for x, s in pairs]
    assert found[right].tolist() == [x >> s for x, s in pairs]


@pytest.mark.parametrize("kind", ["b32", "b64"])
def test_bits_are_inserted_into_others(kind: str) -> None:
    n, whole = int(kind[1:]), f"u{kind[1:]}"
    edges = [0, 1, n // 2, n - 1, n, 255]
    rows = list(product([0, 5, 2**n - 1], [0, 9, 2**n - 1], edges, edges))
    a, b, at, length = zip(*rows, strict=True)
    found = evaluate(
        [f"bfi.{kind}"], (kind, kind, "u32", "u32"), kind, typed(whole, list(a)),
        typed(whole, list(b)), typed("u32", list(at)), typed("u32", list(length)),
    )[f"bfi.{kind}"]  # fmt: skip
    exact = []
    for x, y, first, many in rows:
        field = ((1 << many) - 1) << first & (2**n - 1)
        exact.append(y & ~field | x << first & field)
    assert found.tolist() == exact


def test_bits() -> None:
    pairs = list(product(EDGES["u32"], repeat=2))
    a, b = (typed("u32", list(v)) for v in zip(*pairs, strict=True))
    found = evaluate(["and.b32", "or.b32", "xor.b32"], ("b32", "b32"), "b32", a, b)
    assert np.array_equal(found["and.b32"], a & b)
    assert np.array_equal(found["or.b32"], a | b)
    assert np.array_equal(found["xor.b32"], a ^ b)
    assert np.array_equal(evaluate(["not.b32"], ("b32",), "b32", a)["not.b32"], ~a)


def test_predicates_are_set_from_numbers_and_each_other() -> None:
    out = np.zeros((4, 2), np.uint32)
    lines = [element("a", "%rd1", 4)]
    for k, source in enumerate(["-1", "0", "1", "%p1"]):
        lines.append(f"mov.pred %p{k + 1}, {source}; selp.u32 %r1, 1, 0, %p{k + 1};")
        lines.append(f"st.global.u32 [%rd1+{8 * k}], %r1;")
    run("\n".join(lines), out, threads=2)
    assert out.tolist() == [[1, 1], [0, 0], [1, 1], [1, 1]]


@pytest.mark.parametrize("kind", ["s32", "u32", "s64"])
def test_comparisons(kind: str) -> None:
    pairs = list(product(EDGES[kind], repeat=2))
    a, b = (typed(kind, list(v)) for v in zip(*pairs, strict=True))
    exact = {"eq": a == b, "ne": a != b, "lt": a < b, "le": a <= b, "gt": a > b, "ge": a >= b}
    found = evaluate([f"setp.{op}.{kind}" for op in exact], (kind, kind), "pred", a, b)
    for op, expected in exact.items():
        assert np.array_equal(found[f"setp.{op}.{kind}"] != 0, expected), op


def float_pairs() -> tuple[Any, Any]:
    values = np.array(FLOATS, np.float32)
    return np.repeat(values, len(FLOATS)), np.tile(values, len(FLOATS))


def same_bits(a: Any, b: Any) -> bool:
    """Tell whether floats are equal to the sign of zero; every NaN is alike."""
    return bool(
        np.array_equal(a, b, equal_nan=True)
        and np.array_equal(np.signbit(a[~np.isnan(a)]), np.signbit(b[~np.isnan(b)]))
    )


def test_float_arithmetic_rounds_each_operation() -> None:
    a, b = float_pairs()
    found = evaluate(["add.f32", "sub.f32", "mul.f32", "mul.rn.f32"], ("f32", "f32"), "f32", a, b)
    with np.errstate(all="ignore"):
        assert same_bits(found["add.f32"], a + b)
        assert same_bits(found["sub.f32"], a - b)
        assert same_bits(found["mul.f32"], a * b)
        assert same_bits(found["mul.rn.f32"], a * b)


def test_fused_multiply_add_rounds_once() -> None:
    a, b = float_pairs()
    c = np.roll(-np.float32(1) * a, 5)
    found = evaluate(["fma.rn.f32"], ("f32", "f32", "f32"), "f32", a, b, c)["fma.rn.f32"]
    with np.errstate(all="ignore"):
        exact = np.array([fma(*t) for t in zip(a, b, c, strict=True)], np.float32)
    assert same_bits(found, exact)
    x = np.full(1, 1 + 2**-12, np.float32)
    once = evaluate(["fma.rn.f32"], ("f32",) * 3, "f32", x, x, np.full(1, -(1 + 2**-11), "f4"))
    assert once["fma.rn.f32"][0] == 2.0**-24


def test_least_and_largest_float() -> None:
    """A number wins over NaN, and +0 is larger than −0."""
    a, b = float_pairs()
    found = evaluate(["min.f32", "max.f32"], ("f32", "f32"), "f32", a, b)
    least, largest = np.fmin(a, b), np.fmax(a, b)
    both_zero = (a == 0) & (b == 0)
    negative = np.signbit(a), np.signbit(b)
    least[both_zero] = np.where(negative[0] | negative[1], -0.0, 0.0)[both_zero]
    largest[both_zero] = np.where(negative[0] & negative[1], -0.0, 0.0)[both_zero]
    assert same_bits(found["min.f32"], least)
    assert same_bits(found["max.f32"], largest)


def test_float_comparisons_are_false_for_nan() -> None:
    a, b = float_pairs()
    found = evaluate(["setp.lt.f32", "setp.ge.f32", "setp.eq.f32"], ("f32", "f32"), "pred", a, b)
    assert np.array_equal(found["setp.lt.f32"] != 0, a < b)
    assert np.array_equal(found["setp.ge.f32"] != 0, a >= b)
    assert np.array_equal(found["setp.eq.f32"] != 0, a == b)


def test_unordered_float_comparisons_are_true_for_nan() -> None:
    a, b = float_pairs()
    ordered = {"ltu": a >= b, "leu": a > b, "gtu": a <= b, "geu": a < b}
    found = evaluate([f"setp.{op}.f32" for op in ordered], ("f32", "f32"), "pred", a, b)
    for op, inverse in ordered.items():
        assert np.array_equal(found[f"setp.{op}.f32"] != 0, ~inverse), op


def test_square_root_reciprocal_sign_and_magnitude() -> None:
    a = np.abs(np.array(FLOATS, np.float32))
    names = ["sqrt.rn.f32", "rcp.rn.f32", "neg.f32", "abs.f32"]
    found = evaluate(names, ("f32",), "f32", a)
    assert same_bits(found["sqrt.rn.f32"], np.sqrt(a))
    with np.errstate(divide="ignore", over="ignore"):
        assert same_bits(found["rcp.rn.f32"], np.float32(1.0) / a)
    assert same_bits(found["neg.f32"], -a)
    assert same_bits(found["abs.f32"], a)


def test_float_to_integer_holds_at_the_ends() -> None:
    values = [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 3e9, -3e9, 5e9, math.inf, -math.inf, math.nan]
    a = np.array(values, np.float32)
    rounding = {"rzi": math.trunc, "rni": round, "rmi": math.floor}
    for how, rounded in rounding.items():
        exact = [0 if math.isnan(x) else x if math.isinf(x) else rounded(x) for x in values]
        found = evaluate([f"cvt.{how}.s32.f32"], ("f32",), "s32", a)[f"cvt.{how}.s32.f32"]
        assert found.tolist() == [max(min(x, 2**31 - 1), -(2**31)) for x in exact]
    exact = [0 if math.isnan(x) else max(min(x, 2**32 - 1), 0) for x in values]
    found = evaluate(["cvt.rzi.u32.f32"], ("f32",), "u32", a)["cvt.rzi.u32.f32"]
    assert found.tolist() == [int(x) for x in exact]


@pytest.mark.parametrize("kind", ["s32", "u32", "s64", "u64"])
def test_integer_to_float_rounds_to_nearest_even(kind: str) -> None:
    values = [*EDGES[kind], 2**24 + 1, 2**24 + 3, 2**30 + 2**6 + 1]
    found = evaluate([f"cvt.rn.f32.{kind}"], (kind,), "f32", typed(kind, values))
    # Below 2**53 float64 is exact, and the edges above it are far from any midpoint of float32.
    assert found[f"cvt.rn.f32.{kind}"].tolist() == [float(np.float32(x)) for x in values]


@pytest.mark.parametrize(
    ("to", "of"), [("s64", "s32"), ("u64", "u32"), ("u32", "u64"), ("s32", "s64"), ("u16", "u32")]
)
def test_integers_extend_and_truncate(to: str, of: str) -> None:
    found = evaluate([f"cvt.{to}.{of}"], (of,), to, typed(of, EDGES[of]))[f"cvt.{to}.{of}"]
    assert found.tolist() == [wrap(to, x) for x in EDGES[of]]
