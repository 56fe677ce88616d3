# SPDX-License-Identifier: Apache-2.0
"""Small tasks are joined, in order and each once; a run that is recorded is not computed again."""

from __future__ import annotations

import os
import shutil

import pytest
from distributed import Client
from hypothesis import given
from hypothesis import strategies as st

from powermodel.ensemble import spread
from powermodel.ensemble.grid import Grid
from powermodel.ensemble.loads import Window
from powermodel.ensemble.queue import Queue
from powermodel.ensemble.task import Task, joined, perform, tasks
from tests.ensemble.small_study import every_file, small_study


def a_task(number, *, window=None, parts=0):
    return Task("s", (number,), () if window else ((number,),), {}, window, parts)


def all_of(queue):
    while (taken := queue.take()) is not None:
        yield taken


def test_tasks_go_alone_until_it_is_known_how_long_they_take():
    queue = Queue([a_task(number) for number in range(100)], 1)
    assert [queue.take()[1] for _ in range(3)] == [1, 1, 1]
    queue.learn(0.25)
    task, count = queue.take()
    assert count == 4
    assert task.places == ((3,), (4,), (5,), (6,))


def test_long_tasks_stay_alone():
    queue = Queue([a_task(number) for number in range(100)], 1)
    queue.learn(1.0)
    assert {count for _, count in all_of(queue)} == {1}


def test_each_worker_keeps_tasks_to_the_end():
    queue = Queue([a_task(number) for number in range(64)], 4)
    queue.learn(1e-3)
    counts = [count for _, count in all_of(queue)]
    assert counts[0] == 3
    assert counts[-16:] == [1] * 16
    assert sum(counts) == 64


@given(
    kinds=st.lists(st.sampled_from(["whole", "window", "behind windows"]), max_size=40),
    slots=st.integers(1, 3),
    task_s=st.floats(1e-4, 2.0),
)
def test_every_task_comes_once_in_order_and_parts_are_never_joined(kinds, slots, task_s):
    windows = {"window": Window((0, 1))}
    given_tasks = [
        a_task(number, window=windows.get(kind), parts=int(kind == "behind windows"))
        for number, kind in enumerate(kinds)
    ]
    queue = Queue(given_tasks, slots)
    queue.learn(task_s)
    found = list(all_of(queue))
    assert [place for task, _ in found for place in task.places] == [
        place for task in given_tasks for place in task.places
    ]
    assert sum(count for _, count in found) == len(kinds)
    assert all(count == 1 for task, count in found if task.is_part)
    assert [task for task, _ in found if task.is_part] == [
        one for one in given_tasks if one.is_part
    ]


@pytest.fixture
def emptied(small_store, tmp_path):
    """Return a copy of the small study of which only the last two seeds are there."""
    path = tmp_path / "study.zarr"
    shutil.copytree(small_store, path)
    for key in every_file(path):
        if "/c/" in key and key.split("/c/")[1].split("/")[2:3] == ["0"]:
            (path / key).unlink()
    return path


def test_a_joined_task_writes_the_bytes_of_its_parts_and_none_twice(small_store, emptied):
    kept = {key: (emptied / key).stat().st_mtime_ns for key in every_file(emptied)}
    grid = Grid.of(small_study())
    one = joined(tasks(str(emptied), grid, grid.places(), 1))
    assert sorted(one.places) == sorted(grid.places())
    assert perform(one) == one.places
    assert every_file(emptied) == every_file(small_store)
    assert {key: (emptied / key).stat().st_mtime_ns for key in kept} == kept


def test_workers_of_this_machine_keep_their_memory(monkeypatch):
    # Dask tells workers to hand it back at every chance, and leaves the word in this process.
    monkeypatch.delenv("MALLOC_TRIM_THRESHOLD_", raising=False)
    with (
        spread.local_cluster(1) as cluster,
        Client(cluster.scheduler_address, set_as_default=False) as client,
    ):
        asked = client.submit(os.getenv, "MALLOC_TRIM_THRESHOLD_", pure=False)
        assert asked.result() is None
        assert client.submit(os.getenv, "OMP_NUM_THREADS", pure=False).result() == "1"
