# SPDX-License-Identifier: Apache-2.0
"""Threads that take their work piece by piece: each item once, whoever takes it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event, current_thread, main_thread
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from powermodel_kernels import parallel
from powermodel_kernels.bind import cpu
from powermodel_kernels.parallel import each, nothing_taken, on_threads


def count_items(thread: Any, taken: Any, at_once: Any, seen: Any, pieces: Any) -> None:
    """Add one to every item that this thread takes, and count its pieces."""
    for first in each(taken, at_once, seen.size):
        pieces[thread] += 1
        for i in range(first, min(first + at_once, seen.size)):
            seen[i] += 1


@given(items=st.integers(0, 300), at_once=st.integers(1, 40), threads=st.integers(1, 5))
def test_every_item_is_taken_once(items: int, at_once: int, threads: int) -> None:
    seen, pieces = np.zeros(items, np.int64), np.zeros(threads, np.int64)
    on_threads(count_items, threads, at_once, seen, pieces)
    assert (seen == 1).all()
    assert pieces.sum() == -(-items // at_once)


def test_threads_that_take_at_the_same_time_never_take_the_same() -> None:
    seen, pieces = np.zeros(3_000_000, np.int64), np.zeros(4, np.int64)
    on_threads(count_items, 4, 1, seen, pieces)
    assert (seen == 1).all()
    assert pieces.sum() == seen.size


@given(items=st.integers(0, 50), at_once=st.integers(1, 9), before=st.integers(0, 60))
def test_compiled_equals_the_interpreter(items: int, at_once: int, before: int) -> None:
    answers = []
    for call in (count_items, cpu(count_items)):
        taken, seen, pieces = nothing_taken() + before, np.zeros(items, np.int64), np.zeros(1, int)
        call(0, taken, at_once, seen, pieces)
        answers.append((taken.tolist(), seen.tolist(), pieces.tolist()))
    assert answers[0] == answers[1]


def test_runs_that_go_on_at_the_same_time_share_the_threads() -> None:
    def run(items: int) -> bool:
        seen = np.zeros(items, np.int64)
        on_threads(count_items, 3, 2, seen, np.zeros(3, np.int64))
        return bool((seen == 1).all())

    with ThreadPoolExecutor(6) as runs:
        assert all(runs.map(run, range(1000, 1040)))


@pytest.fixture
def interpreted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "cpu", lambda driver: driver)


@pytest.mark.usefixtures("interpreted")
def test_the_caller_is_one_of_the_threads() -> None:
    threads = {}

    def note(thread: int, taken: Any) -> None:
        threads[thread] = current_thread()

    on_threads(note, 1)
    assert threads == {0: main_thread()}


@pytest.mark.usefixtures("interpreted")
def test_what_nobody_has_begun_is_not_waited_for() -> None:
    free, seen = Event(), np.zeros(40, np.int64)
    blocked = parallel._pool(1).submit(free.wait)
    on_threads(count_items, 2, 3, seen, np.zeros(2, np.int64))
    assert (seen == 1).all()
    assert not blocked.done()
    free.set()
    assert blocked.result()


@pytest.mark.usefixtures("interpreted")
@pytest.mark.parametrize("failing", [0, 1])
def test_an_error_of_any_thread_comes_after_all_have_stopped(failing: int) -> None:
    began, stopped = Event(), []

    def fail(thread: int, taken: Any) -> None:
        if thread == 1:
            began.set()
        assert began.wait(60.0)
        if thread == failing:
            raise MemoryError(f"thread {thread}")
        stopped.append(thread)

    with pytest.raises(MemoryError, match=f"thread {failing}"):
        on_threads(fail, 2)
    assert stopped == [1 - failing]
