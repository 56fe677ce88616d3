# SPDX-License-Identifier: Apache-2.0
"""The smallest whole number that passes, without taking for granted that larger ones do too."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Smallest:
    """What a search found.

    Parameters
    ----------
    value : int or None
        The smallest number from which on every number that was looked at passes. Where even the
        largest fails but some number passes, the smallest that does; None where none does.
    tried : dict of int to bool
        Every number that was looked at, and whether it passed.
    """

    value: int | None
    tried: dict[int, bool]

    @property
    def reversals(self) -> tuple[int, ...]:
        """Numbers that failed although a smaller one passed."""
        passed = [number for number, ok in self.tried.items() if ok]
        least = min(passed, default=None)
        if least is None:
            return ()
        return tuple(sorted(n for n, ok in self.tried.items() if not ok and n > least))

    @property
    def monotone(self) -> bool:
        """Whether nothing that was looked at speaks against "more is better"."""
        return not self.reversals


def smallest(
    passes: Callable[[int], bool],
    most: int,
    ahead: Callable[[Iterable[int]], None] = lambda numbers: None,
) -> Smallest:
    """Find the smallest number from 0 to `most` that passes.

    Bisection between a number that fails and one that passes. Then neighbours above the answer
    are looked at; where one fails, "more is better" does not hold, and the search goes on above
    it. What passes below a failure is not an answer: there the result hangs on a hair.

    Parameters
    ----------
    passes : callable
        Whether a number meets the goal.
    most : int
        Largest number allowed.
    ahead : callable
        Told, before a number is looked at, it and those that may be next, the likeliest first.
    """
    tried: dict[int, bool] = {}

    def look(number: int) -> bool:
        if number not in tried:
            tried[number] = passes(number)
        return tried[number]

    ahead(itertools.chain((0, most), _halvings(0, most)))
    if look(0):
        low, high = -1, 0
    elif most > 0 and look(most):
        low, high = 0, most
    else:
        found = next((number for number in _halves(most) if look(number)), None)
        if found is None:
            return Smallest(None, tried)
        low, high = 0, found
    while True:
        high = _between(look, low, high, ahead)
        ahead(_above(high, most))
        failed = [number for number in _above(high, most) if not look(number)]
        if not failed:
            return Smallest(high, tried)
        low, high = max(failed), most
        if not look(most):
            # Only a hump passes: its foot is the answer, and the reversals tell.
            return Smallest(min(number for number, ok in tried.items() if ok), tried)


def _between(
    look: Callable[[int], bool], low: int, high: int, ahead: Callable[[Iterable[int]], None]
) -> int:
    """Bisect between `low`, which fails, and `high`, which passes."""
    while high - low > 1:
        ahead(_halvings(low, high))
        middle = (low + high) // 2
        low, high = (low, middle) if look(middle) else (middle, high)
    return high


def _halvings(low: int, high: int) -> Iterator[int]:
    """Yield all numbers between two in the order in which bisection may come to them."""
    waiting = deque([(low, high)])
    while waiting:
        low, high = waiting.popleft()
        if high - low > 1:
            middle = (low + high) // 2
            yield middle
            waiting += [(low, middle), (middle, high)]


def _above(number: int, most: int) -> list[int]:
    """Return the numbers above an answer that are looked at: next, a tenth more, half-way up."""
    candidates = (number + 1, number + max(2, number // 10), (number + most + 1) // 2)
    return sorted({n for n in candidates if number < n <= most})


def _halves(most: int) -> list[int]:
    """Return most / 2, most / 4 ... 1: where a hump that `most` misses is looked for."""
    found = []
    while most > 1:
        most //= 2
        found.append(most)
    return found
