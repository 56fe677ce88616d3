# SPDX-License-Identifier: Apache-2.0
"""The values of an axis: lists, ranges and logarithmic ranges, with or without a unit."""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from powermodel.errors import UnitError

Value: TypeAlias = bool | int | float | str
"""What stands at a path of a scenario, as one writes it."""

_QUANTITY = re.compile(r"\s*([-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*?)\s*")
_MOST = 100_000


class Amount(NamedTuple):
    """A number and the text of its unit, which is empty for a bare number."""

    number: float
    unit: str
    whole: bool


def amount(value: object) -> Amount:
    """Read ``4``, ``0.5`` or ``"10 ms"``.

    Raises
    ------
    UnitError
        If it has no number.
    """
    if isinstance(value, bool):
        raise UnitError(f"expected a number, with or without a unit, got {value!r}")
    if isinstance(value, int | float):
        return Amount(float(value), "", isinstance(value, int))
    match = _QUANTITY.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise UnitError(f"expected a number, with or without a unit, got {value!r}")
    return Amount(float(match[1]), match[2], False)


def same_unit(*values: object) -> tuple[list[float], str, bool]:
    """Read values in one unit.

    Returns
    -------
    tuple of list, str and bool
        Numbers, the text of their unit, and whether all are whole numbers.
    """
    found = [amount(value) for value in values]
    units = {one.unit for one in found}
    if len(units) > 1:
        shown = ", ".join(repr(value) for value in values)
        raise UnitError(f"expected one unit, got {shown}", hint="write both ends in the same unit")
    return [one.number for one in found], found[0].unit, all(one.whole for one in found)


def written(number: float, unit: str, whole: bool) -> Value:
    """Write a value so that it reads as what a user would have typed."""
    if whole:
        return round(number)
    rounded = float(f"{number:.12g}")
    return f"{rounded:.12g} {unit}" if unit else rounded


def evenly(low: object, high: object, step: object | None, count: int | None) -> list[Value]:
    """Return evenly spaced values from low to high, both included."""
    if (step is None) == (count is None):
        raise UnitError("expected a step or a count, one of them")
    if step is None:
        [first, last], unit, whole = same_unit(low, high)
        _check(first, last)
        numbers = np.linspace(first, last, _counted(count)).tolist()
        whole = whole and all(float(number).is_integer() for number in numbers)
        return [written(number, unit, whole) for number in numbers]
    [first, last, by], unit, whole = same_unit(low, high, step)
    _check(first, last)
    if not by > 0.0:
        raise UnitError(f"expected a step above 0, got {step!r}")
    steps = math.floor((last - first) / by * (1.0 + 1e-12))
    if steps >= _MOST:
        raise UnitError(f"expected at most {_MOST} values, got {steps + 1}")
    return [written(first + n * by, unit, whole) for n in range(steps + 1)]


def logarithmic(low: object, high: object, count: int) -> list[Value]:
    """Return values from low to high, both included, whose neighbors have one ratio."""
    [first, last], unit, _ = same_unit(low, high)
    _check(first, last)
    if not first > 0.0:
        raise UnitError(f"expected a low end above 0 for a logarithmic range, got {low!r}")
    numbers = np.geomspace(first, last, _counted(count)).tolist()
    return [written(number, unit, False) for number in numbers]


def between(share: float, low: object, high: object, step: object | None) -> Value:
    """Return the value at a share from 0 to 1 of the way from low to high.

    Whole ends give whole numbers, each with the same share; a step gives its multiples from the
    low end on.
    """
    if step is not None:
        return _choice(share, evenly(low, high, step, None))
    [first, last], unit, whole = same_unit(low, high)
    _check(first, last)
    if whole:
        return min(int(first + math.floor(share * (last - first + 1.0))), int(last))
    return written(first + share * (last - first), unit, False)


def _choice(share: float, choices: list[Value]) -> Value:
    return choices[min(int(share * len(choices)), len(choices) - 1)]


def _check(low: float, high: float) -> None:
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise UnitError(f"expected a low end below the high end, got {low:g} and {high:g}")


def _counted(count: Any) -> int:
    if isinstance(count, bool) or not isinstance(count, int) or not 2 <= count <= _MOST:
        raise UnitError(f"expected a count from 2 to {_MOST}, got {count!r}")
    return count
