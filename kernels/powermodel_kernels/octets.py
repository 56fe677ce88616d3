# SPDX-License-Identifier: Apache-2.0
"""Eight numbers side by side, all int32 or all float32: here for the interpreter.

Eight racks that go through time together are one vector register, without a compiler that would
have to find out. ``bind`` puts vector instructions in the place of these functions.
"""

from typing import Any

import numpy as np

from powermodel_kernels import primitives

WIDTH = 8


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


def fma8(a: Any, b: Any, c: Any) -> Any:
    """Return a·b + c of float32, each rounded once."""
    return np.array([primitives.fma(*one) for one in zip(a, b, c, strict=True)], np.float32)


def float8(numbers: Any) -> Any:
    """Return eight int32 as float32, to the nearest."""
    return numbers.astype(np.float32)


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
