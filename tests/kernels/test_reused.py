# SPDX-License-Identifier: Apache-2.0
"""Large arrays take the memory of earlier ones, and never that of one that is still in use."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from powermodel_kernels import reused

LARGE = reused.SMALLEST


def address(array: np.ndarray) -> int:
    return int(array.__array_interface__["data"][0])


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    reused.release()
    yield
    reused.release()


def test_an_array_takes_the_memory_of_one_that_was_dropped() -> None:
    first = reused.empty((LARGE // 4, 2), np.int32)
    assert first.shape == (LARGE // 4, 2)
    assert first.dtype == np.int32
    assert first.flags.c_contiguous
    assert first.flags.writeable
    begin = address(first)
    del first
    assert reused.free_bytes() == 2 * LARGE
    again = reused.empty((LARGE // 8,), np.float64)
    assert address(again) == begin
    assert reused.free_bytes() == 0


@pytest.mark.parametrize("view", [lambda a: a[5:9], lambda a: a.T, lambda a: a.view(np.int16)])
def test_a_view_keeps_the_memory(view) -> None:  # type: ignore[no-untyped-def]
    first = reused.empty((LARGE, 1), np.int32)
    first[:] = 7
    seen = view(first)
    expected = seen.copy()
    del first
    gc.collect()
    assert reused.free_bytes() == 0
    other = reused.empty((LARGE, 1), np.int32)
    other[:] = -1
    assert np.array_equal(seen, expected)


def test_arrays_in_use_never_share_memory() -> None:
    rng = np.random.default_rng(5)
    held: list[np.ndarray] = []
    for number in range(200):
        size = int(rng.integers(LARGE // 8, LARGE))
        array = reused.empty((size,), np.int64)
        array[:] = number
        held.append(array)
        if len(held) > 5:
            held.pop(int(rng.integers(len(held))))
        assert all(one.min() == one.max() for one in held)
    assert len({int(one[0]) for one in held}) == len(held)


def test_threads_never_share_memory() -> None:
    def work(number: int) -> bool:
        ok = True
        for size in (LARGE, 3 * LARGE, 2 * LARGE, LARGE):
            array = reused.empty((size,), np.uint8)
            array[:] = number
            ok &= bool((array == number).all())
        return ok

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(64)))


def test_memory_that_is_far_too_large_or_too_small_is_not_taken() -> None:
    arrays = [reused.empty((size,), np.uint8) for size in (LARGE, 20 * LARGE)]
    arrays.clear()
    assert reused.free_bytes() == 21 * LARGE
    between = reused.empty((2 * LARGE,), np.uint8)
    assert between.size == 2 * LARGE
    # What is too small for the new one is given back; what is larger may be asked for again.
    assert reused.free_bytes() == 20 * LARGE


def test_small_arrays_and_more_than_the_limit_are_left_to_the_system(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    small = reused.empty((LARGE - 1,), np.uint8)
    assert small.base is None
    del small
    assert reused.free_bytes() == 0
    monkeypatch.setattr(reused, "KEPT", 3 * LARGE)
    three = [reused.empty((2 * LARGE,), np.uint8) for _ in range(3)]
    three.clear()
    assert reused.free_bytes() == 2 * LARGE


def test_memory_can_be_given_back() -> None:
    array = reused.empty((LARGE,), np.uint8)
    del array
    assert reused.free_bytes() == LARGE
    reused.release()
    assert reused.free_bytes() == 0
