# SPDX-License-Identifier: Apache-2.0
"""A load that many workers compute, each a window of time and racks, is the load of one."""

from __future__ import annotations

import numpy as np
import pytest

from powermodel.ensemble import run_study, task
from powermodel.ensemble.grid import Grid
from powermodel.ensemble.layout import load_scenario
from powermodel.ensemble.loads import LoadBlocks, Window, WindowFiles, blocks_in_step
from powermodel.planning import plan
from powermodel.simulation import racks
from powermodel.simulation.handed import RackWindow
from powermodel.store.files import LocalFiles
from tests.ensemble.small_study import every_file, small_study, study_data
from tests.simulation.small import buffered_scenario, small_scenario

ONE = {"seeds": 1, "axes": {"storage.units": [0, 1]}}


@pytest.fixture(scope="module")
def planned():
    return plan(load_scenario(small_scenario()))


def load_w(*given):
    """Return the load of each block."""
    return [series["poi/power"] for _, (series,) in blocks_in_step([LoadBlocks(*given)], 0)]


@pytest.fixture(scope="module")
def whole(planned):
    return load_w(planned)


def test_shares_of_the_racks_add_up_to_all(planned, monkeypatch):
    every = RackWindow(planned).block(0, 2_000)
    monkeypatch.setattr(racks, "RACKS_AT_ONCE", 3)
    parts = [RackWindow(planned, (part, 4)).block(0, 2_000) for part in range(4)]
    np.testing.assert_array_equal(sum(parts), every)
    assert all(part[0].any() for part in parts[:2])


def test_windows_in_any_order_give_the_load(planned, whole, tmp_path, monkeypatch):
    monkeypatch.setattr(racks, "RACKS_AT_ONCE", 4)
    monkeypatch.setattr(task, "RACKS_AT_ONCE", 4)
    windows = task.cut(planned, 6)
    assert {window.share for window in windows} == {(0, 2), (1, 2)}
    assert sorted({window.blocks for window in windows}) == [(0, 1), (1, 2), (2, 3)]
    files = WindowFiles(LocalFiles(tmp_path), (0,))
    for window in reversed(windows):
        files.write(planned, window)
    found = load_w(planned, files, 2)
    for one, other in zip(found, whole, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_window_that_is_missing_or_damaged_is_computed(planned, whole, tmp_path):
    files = WindowFiles(LocalFiles(tmp_path), (0,))
    files.write(planned, Window((0, 2)))
    first = tmp_path / files.folder / "0-0-1"
    first.write_bytes(first.read_bytes()[:-9])
    found = load_w(planned, files, 1)
    for one, other in zip(found, whole, strict=True):
        np.testing.assert_array_equal(one, other)


def test_only_large_loads_without_memory_are_cut(monkeypatch):
    grid = Grid.of(small_study(**ONE))
    assert task.windows_of(grid, (0, 0), 8) == []
    monkeypatch.setattr(task, "_WINDOW_S", 1e-9)
    assert len(task.windows_of(grid, (0, 0), 8)) == 2
    assert task.windows_of(grid, (0, 0), 1) == []
    data = study_data(scenario=buffered_scenario().to_dict(), axes={})
    assert task.windows_of(Grid.of(small_study(**data)), (0,), 8) == []


def test_workers_that_share_a_load_write_the_bytes_of_one(tmp_path, monkeypatch):
    run_study(small_study(**ONE), tmp_path / "one.zarr", workers=1)
    monkeypatch.setattr(task, "_WINDOW_S", 1e-9)
    cut = task.tasks("s", Grid.of(small_study(**ONE)), [(0, 0), (1, 0)], 2)
    assert [(one.window is None, one.places) for one in cut] == [
        (False, ()), (False, ()), (True, ((0, 0),)), (True, ((1, 0),)),
    ]  # fmt: skip
    told = []
    run_study(small_study(**ONE), tmp_path / "two.zarr", workers=2, progress=told.append)
    assert [now.done for now in told][-1] == 2
    assert every_file(tmp_path / "two.zarr") == every_file(tmp_path / "one.zarr")
