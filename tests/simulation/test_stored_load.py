# SPDX-License-Identifier: Apache-2.0
"""A load that is there already, run again with other storage."""

from __future__ import annotations

import numpy as np
import pytest

import powermodel as pm
from powermodel.errors import PlanError, StoreError
from tests.simulation.killed import files
from tests.simulation.small import buffered_scenario


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("stored") / "whole.zarr"
    pm.simulate(buffered_scenario(), to=path)
    return path


def test_the_same_storage_gives_the_same_bits(whole):
    run, again = pm.open_run(whole), pm.simulate(buffered_scenario(), load_from=whole)
    for path in ("poi/power", "load/power", "storage/power", "storage/soc", "storage/loss"):
        np.testing.assert_array_equal(again[path].values, run[path].values)
    assert "hall" not in again.children
    assert "smoothing" not in again.children
    assert again.attrs["load_from"] == f"{run.attrs['scenario_digest']}, seed 7"


def test_other_storage_sees_the_same_load(whole):
    run = pm.open_run(whole)
    other = pm.simulate(buffered_scenario().set("storage.units", 1), load_from=whole)
    np.testing.assert_array_equal(other["load/power"].values, run["load/power"].values)
    assert not np.array_equal(other["storage/power"].values, run["storage/power"].values)
    load, storage = other["load/power"].values, other["storage/power"].values
    np.testing.assert_array_equal(other["poi/power"].values, load - storage)


def test_resumed_it_ends_in_the_same_bytes(whole, tmp_path):
    def interrupt(progress):
        if progress.blocks_done == 1:
            raise KeyboardInterrupt

    once, twice = tmp_path / "once.zarr", tmp_path / "twice.zarr"
    pm.simulate(buffered_scenario(), load_from=whole, to=once)
    with pytest.raises(KeyboardInterrupt):
        pm.simulate(buffered_scenario(), load_from=whole, to=twice, progress=interrupt)
    pm.simulate(buffered_scenario(), load_from=whole, to=twice, resume=True)
    assert files(once) == files(twice)
    with pytest.raises(StoreError, match=r"load_from is .* in the store, None in this run"):
        pm.simulate(buffered_scenario(), to=once, resume=True)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("time.duration", "30 s", "it holds 25 s, and the run asks for 30 s"),
        ("time.dt", "0.5 ms", "its step is 1 ms, that of the run 0.5 ms"),
    ],
)
def test_a_load_that_does_not_fit_is_refused(whole, path, value, message):
    with pytest.raises(PlanError, match=message):
        pm.simulate(buffered_scenario().set(path, value), load_from=whole)


def test_a_load_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(StoreError, match="no store"):
        pm.simulate(buffered_scenario(), load_from=tmp_path / "none.zarr")
