# SPDX-License-Identifier: Apache-2.0
"""Lists and ranges of quantities as one writes them: ``"0,65,130 J"``, ``"0..200 ms"``."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np

from powermodel.errors import UnitError
from powermodel.sizing.errors import SizingError
from powermodel.units import fraction, quantity

POINTS = 9
"""Values of a range whose step is not written."""

_UNIT = re.compile(r"[^\W\d]+\s*$")


def quantities(text: str, unit: str, where: str, step: float = 0.0) -> tuple[float, ...]:
    """Read rising quantities in SI.

    Parameters
    ----------
    text : str
        ``"0,65,130 J"``: the last unit stands for those before it that have none; or
        ``"0..200 ms"``: evenly spaced values; or one quantity.
    unit : str
        ``"s"``, ``"J"`` or ``"W"``.
    where : str
        What is read, for the message.
    step : float
        The values inside a range are the nearest multiples of it; what is written stays.
    """
    last = _UNIT.search(text)
    if last is None:
        raise SizingError(
            f"missing unit: got {text!r}", where=where, hint=f"the last: '... {unit}'"
        )
    try:
        if ".." in text:
            low, high = (_one(part, last[0], unit) for part in _ends(text, where))
            inner = np.linspace(low, high, POINTS)[1:-1]
            inner = np.rint(inner / step) * step if step else inner
            return _rising((low, *np.unique(np.round(inner, 9)).tolist(), high), where)
        return _rising(tuple(_one(part, last[0], unit) for part in text.split(",")), where)
    except UnitError as error:
        raise SizingError(error.message, where=where, hint=error.hint) from None


def fractions(text: str, where: str) -> tuple[float, ...]:
    """Read rising shares of one: ``"0,0.5,0.8"`` or ``"0,50 %"``."""
    try:
        return _rising(tuple(fraction(part.strip()) for part in text.split(",")), where)
    except UnitError as error:
        raise SizingError(error.message, where=where, hint=error.hint) from None


def _ends(text: str, where: str) -> list[str]:
    parts = text.split("..")
    if len(parts) != 2:
        raise SizingError(f"expected FROM..TO, got {text!r}", where=where, hint="such as 0..200 ms")
    return parts


def _one(text: str, last: str, unit: str) -> float:
    value = quantity(text if _UNIT.search(text) else f"{text.strip()} {last}", unit)
    if value < 0.0:
        raise UnitError(f"expected a value of at least 0, got {text.strip()!r}")
    return value


def _rising(values: tuple[float, ...], where: str) -> tuple[float, ...]:
    if any(b <= a for a, b in pairwise(values)):
        raise SizingError(f"expected rising values, got {', '.join(map(str, values))}", where=where)
    return values
