# SPDX-License-Identifier: Apache-2.0
"""The search for the smallest number: exact where more is better, honest where it is not."""

import itertools
import math
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powermodel.sizing.bisection import smallest


@given(st.integers(0, 2000), st.integers(0, 2000))
def test_finds_the_threshold_in_few_looks(threshold: int, most: int) -> None:
    found = smallest(lambda n: n >= threshold, most)
    assert found.value == (threshold if threshold <= most else None)
    assert found.monotone
    assert found.reversals == ()
    # Bisection, three neighbours, and the search for a hump.
    assert len(found.tried) <= 2 * math.log2(most + 2) + 5


def test_a_failure_above_moves_the_answer_up() -> None:
    found = smallest(lambda n: n >= 20 and n != 34, 64)
    # A lone failure where nobody looks stays unseen: 21, 22 and 42 are looked at.
    assert found.value == 20
    assert found.monotone
    found = smallest(lambda n: n >= 20 and n != 21, 64)
    assert found.value == 22
    assert not found.monotone
    assert found.reversals == (21,)


def test_a_hump_is_found_and_told() -> None:
    found = smallest(lambda n: 10 <= n <= 30, 100)
    assert found.value == 10
    assert not found.monotone
    assert 100 in found.reversals


def test_zero_and_none() -> None:
    assert smallest(lambda n: True, 8).value == 0
    nothing = smallest(lambda n: False, 8)
    assert (nothing.value, nothing.monotone) == (None, True)


@given(st.integers(1, 60).flatmap(lambda n: st.lists(st.booleans(), min_size=n, max_size=n)))
def test_any_answer_passes_and_what_fails_above_is_told(passes: list[bool]) -> None:
    found = smallest(lambda n: passes[n], len(passes) - 1)
    if found.value is None:
        assert not passes[0]
        assert not passes[-1]
        return
    assert passes[found.value]
    failed_above = [n for n, ok in found.tried.items() if not ok and n > found.value]
    assert set(failed_above) <= set(found.reversals)
    if passes[-1]:
        assert failed_above == []


@pytest.mark.parametrize("threshold", [1, 7, 399, 400])
def test_every_number_is_asked_once(threshold: int) -> None:
    asked: list[int] = []
    smallest(lambda n: asked.append(n) or n >= threshold, 400)
    assert len(asked) == len(set(asked))


@pytest.mark.parametrize("threshold", [0, 1, 7, 399, 400, 500])
def test_what_may_be_asked_next_is_told_before(threshold: int) -> None:
    """Of 64 numbers told at a time, most are known when they are asked for."""
    told: set[int] = set()
    stages: list[list[int]] = []
    missed: list[int] = []

    def ahead(numbers: Iterable[int]) -> None:
        first = next(iter(rest := iter(numbers)), None)
        if first is not None and first not in told:
            stages.append([first, *itertools.islice(rest, 63)])
            told.update(stages[-1])

    def passes(number: int) -> bool:
        if number not in told:
            missed.append(number)
        return number >= threshold

    found = smallest(passes, 400, ahead)
    assert found == smallest(lambda n: n >= threshold, 400)
    # Up to six halvings in each, and the neighbours.
    assert len(stages) <= 3
    assert len(missed) <= 2
