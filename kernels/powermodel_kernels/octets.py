# SPDX-License-Identifier: Apache-2.0
"""Eight numbers side by side, all int32 or all float32: here for the interpreter.

Eight racks that go through time together are one vector register, without a compiler that would
have to find out. ``bind`` puts vector instructions in the place of these functions.
"""

from typing import Any

import numpy as np

from powermodel_kernels import primitives
from powermodel_kernels.laws.response import alive, to_quanta

WIDTH = 8
FIELDS = 4
BIN = FIELDS * WIDTH


def load8(source: Any, at: Any) -> Any:
    """Return the numbers source[at], source[at + 1], … of an array of one dimension."""
    return source[at : at + WIDTH].copy()


def store8(target: Any, at: Any, numbers: Any) -> None:
    """Put eight numbers at target[at], target[at + 1], …."""
    target[at : at + WIDTH] = numbers


def spread8(number: Any) -> Any:
    """Return a number, int32 or float32, eight times."""
    return np.full(WIDTH, number)


def add8(a: Any, b: Any) -> Any:
    """Return the eight sums."""
    return a + b


def sub8(a: Any, b: Any) -> Any:
    """Return the eight differences of float32."""
    return a - b


def mul8(a: Any, b: Any) -> Any:
    """Return the eight products of float32, each rounded on its own."""
    return a * b


def fma8(a: Any, b: Any, c: Any) -> Any:
    """Return a·b + c of float32, each rounded once."""
    return np.array([primitives.fma(*one) for one in zip(a, b, c, strict=True)], np.float32)


def float8(numbers: Any) -> Any:
    """Return eight int32 as float32, to the nearest."""
    return numbers.astype(np.float32)


def round8(numbers: Any) -> Any:
    """Return eight float32 as the nearest int32, halves away from zero, see ``to_quanta``."""
    return np.array([to_quanta(one) for one in numbers], np.int32)


def alive8(powers: Any) -> Any:
    """Return what is left of eight powers, float32, see ``alive``."""
    return np.array([alive(one) for one in powers], np.float32)


def still8(a: Any, b: Any, c: Any) -> Any:
    """Return whether three times eight float32 are all zero."""
    return not (a.any() or b.any() or c.any())


def sums8(source: Any, at: Any) -> Any:
    """Return the sums of eight times eight int32 that lie side by side from source[at] on."""
    return source[at : at + WIDTH * WIDTH].reshape(WIDTH, WIDTH).sum(axis=1, dtype=np.int32)


def add_fields8(target: Any, row: Any, first: Any, a: Any, b: Any, c: Any, d: Any, at: Any) -> None:
    """Add four numbers of each of eight lanes to four that lie side by side.

    Parameters
    ----------
    target
        int32, one dimension, rows of ``BIN``: of lane i the four from row[i]·BIN + first on.
    row
        int32 (lanes,), not negative. Lanes may share a row.
    a, b, c, d
        The four numbers of each lane, int32 (lanes,).
    at
        First of the eight lanes.
    """
    for i in range(at, at + WIDTH):
        for field, numbers in enumerate((a, b, c, d)):
            target[row[i] * BIN + first + field] += numbers[i]


def load_fields8(source: Any, at: Any) -> Any:
    """Return what ``slot8`` spread out, from source[at] on: four fields, each of eight members."""
    square = source[at : at + FIELDS * WIDTH].reshape(WIDTH, FIELDS)
    order = [slot8(member) for member in range(WIDTH)]
    return tuple(square[order, field] for field in range(FIELDS))


def slot8(member: Any) -> Any:
    """Return where one of eight members has its four fields: vector halves take turns."""
    half = WIDTH // 2
    return member % half * 2 + member // half


def store_turned8(target: Any, column: Any, source: Any, at: Any) -> None:
    """Put 64 numbers that lie row by row into eight rows of an array, column by column.

    Parameters
    ----------
    target
        int32 (8 or more, columns): row r gets the numbers r of the eight rows of ``source``.
    column
        Of ``target``: the first of eight.
    source
        int32, one dimension.
    at
        Where its 64 numbers begin.
    """
    square = source[at : at + WIDTH * WIDTH].reshape(WIDTH, WIDTH)
    target[:WIDTH, column : column + WIDTH] = square.T


def store_each8(target: Any, column: Any, numbers: Any) -> None:
    """Put each of eight numbers eight times into its row of an array, see ``store_turned8``."""
    for r in range(WIDTH):
        target[r, column : column + WIDTH] = numbers[r]
