# SPDX-License-Identifier: Apache-2.0
"""A statistic as a record of four functions, so that hours at 1 ms need the memory of one block.

Whoever feeds the blocks never knows which statistic it is; whoever writes a statistic never knows
where the blocks end. Blocks and parts come in the order of time and without gaps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, NoReturn, TypeVar

import numpy as np
import numpy.typing as npt

from powermodel.indicators.inputs import FloatArray, IndicatorError, checked_power

S = TypeVar("S")
R = TypeVar("R")

EMPTY: FloatArray = np.empty(0, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Statistic(Generic[S, R]):
    """One statistic of a power series.

    Parameters
    ----------
    init : callable
        ``init(start)`` makes the state of a part that starts at sample number `start`.
    update : callable
        ``update(state, block)`` adds the samples [W] that follow.
    merge : callable
        ``merge(earlier, later)`` joins the states of two adjacent parts.
    finish : callable
        ``finish(state)`` turns the state into the result.
    """

    init: Callable[[int], S]
    update: Callable[[S, FloatArray], S]
    merge: Callable[[S, S], S]
    finish: Callable[[S], R]

    def of(self, power_w: FloatArray, start: int = 0) -> S:
        """Return the state of one part of the series that starts at sample `start`."""
        return self.update(self.init(start), power_w)


def stream(
    statistics: Mapping[str, Statistic[Any, Any]], blocks: Iterable[npt.ArrayLike]
) -> dict[str, Any]:
    """Feed blocks of one series to many statistics in one pass.

    Parameters
    ----------
    statistics : mapping of str to Statistic
        What to compute.
    blocks : iterable of array_like
        Power [W], in the order of time, of any sizes.

    Returns
    -------
    dict of str to state
        The state of each statistic; its ``finish`` gives the result.
    """
    states = {name: statistic.init(0) for name, statistic in statistics.items()}
    n = 0
    for block in blocks:
        power_w = checked_power(block, first_sample=n)
        if power_w.size == 0:
            continue
        n += power_w.size
        for name, statistic in statistics.items():
            states[name] = statistic.update(states[name], power_w)
    if n == 0:
        raise IndicatorError("expected a power series, got one without samples")
    return states


def check_adjacent(earlier_end: int, later_start: int) -> None:
    """Refuse to merge parts that do not touch: a gap would be taken for a step."""
    if earlier_end != later_start:
        raise IndicatorError(
            "expected adjacent parts in the order of time, got one that ends before sample"
            f" {earlier_end} and one that starts at sample {later_start}"
        )


def not_merged(_earlier: Any, _later: Any) -> NoReturn:
    """Refuse to merge parts of a statistic that remembers what came before."""
    raise IndicatorError(
        "this statistic cannot be merged from parts: it remembers what came before",
        hint="stream the blocks of a series one after another",
    )


@dataclass(frozen=True, slots=True)
class Edges:
    """The first and the last `width` samples of a part: what windows across its ends need."""

    width: int
    start: int
    size: int
    head: FloatArray
    tail: FloatArray

    @classmethod
    def at(cls, start: int, width: int) -> Edges:
        """Return the edges of a part without samples that starts at sample `start`."""
        return cls(width, start, 0, EMPTY, EMPTY)

    @property
    def end(self) -> int:
        """Number of the sample after the last one."""
        return self.start + self.size

    def then(self, block: FloatArray) -> Edges:
        """Return the edges of this part and the samples that follow."""
        head = self.head
        if head.size < self.width:
            head = np.concatenate((head, block[: self.width - head.size]))
        joined = np.concatenate((self.tail, block[-self.width :]))
        return Edges(
            self.width, self.start, self.size + block.size, head, joined[-self.width :].copy()
        )

    def join(self, later: Edges) -> Edges:
        """Return the edges of this part and an adjacent later one."""
        check_adjacent(self.end, later.start)
        head = np.concatenate((self.head, later.head[: self.width - self.head.size]))
        tail = np.concatenate((self.tail, later.tail))[-self.width :]
        return Edges(self.width, self.start, self.size + later.size, head, tail)
