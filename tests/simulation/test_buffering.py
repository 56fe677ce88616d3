# SPDX-License-Identifier: Apache-2.0
"""A site with every layer of buffering: the layers remember, and the run stays repeatable."""

from __future__ import annotations

import signal
import subprocess
import sys

import numpy as np
import pytest

import powermodel as pm
from tests.simulation.small import buffered_scenario, small_scenario
from tests.simulation.test_resume import _CHILD, files

PATHS = (
    "poi/power", "load/power", "storage/power", "storage/soc", "storage/loss",
    "fast_storage/power", "rack_store/power", "rack_store/energy", "smoothing/burnt",
)  # fmt: skip


@pytest.fixture(scope="module")
def run():
    return pm.simulate(buffered_scenario())


def test_every_layer_has_its_series_and_does_something(run):
    for path in PATHS:
        values = run[path].values
        assert np.isfinite(values).all()
        assert np.ptp(values) > 0.0, path


def test_the_balance_at_the_poi_is_exact(run):
    load, storage = run["load/power"].values, run["storage/power"].values
    np.testing.assert_array_equal(run["poi/power"].values, load - storage)


def test_without_the_layers_the_load_swings_more(run):
    plain = pm.simulate(small_scenario())
    later = {"time": slice(12.0, None)}
    steps = [np.abs(np.diff(tree["poi/power"].sel(later).values)).max() for tree in (plain, run)]
    assert steps[1] < 0.6 * steps[0]
    assert "load" not in plain.children


def test_killed_and_resumed_is_byte_equal(tmp_path):
    scenario = buffered_scenario()
    (tmp_path / "s.yaml").write_text(scenario.to_yaml())
    pm.simulate(scenario, to=tmp_path / "whole.zarr")
    child = subprocess.run(
        [sys.executable, "-c", _CHILD, tmp_path / "s.yaml", tmp_path / "cut.zarr"], check=False
    )
    assert child.returncode == -signal.SIGKILL
    assert [p.name for p in (tmp_path / "cut.zarr").rglob("*.npz")] == ["0.npz"]
    seen = []
    pm.simulate(scenario, to=tmp_path / "cut.zarr", resume=True, workers=1, progress=seen.append)
    assert seen[0].restored_blocks == 1
    assert files(tmp_path / "cut.zarr") == files(tmp_path / "whole.zarr")


def test_a_damaged_block_in_the_middle_is_computed_again_from_the_start(tmp_path):
    path = tmp_path / "run.zarr"
    pm.simulate(buffered_scenario(), to=path)
    before = files(path)
    chunks = [p for p in sorted((path / "storage" / "power" / "c").rglob("*")) if p.is_file()]
    data = bytearray(chunks[1].read_bytes())
    data[len(data) // 2] ^= 0x40
    chunks[1].write_bytes(data)
    pm.simulate(buffered_scenario(), to=path, resume=True)
    assert files(path) == before


def test_neither_block_size_nor_threads_change_a_bit(run):
    for change, workers in ((("time.block", "20 s"), 1), (("time.block", "10 s"), 3)):
        other = pm.simulate(buffered_scenario().set(*change), workers=workers)
        for path in PATHS:
            np.testing.assert_array_equal(other[path].values, run[path].values)


def test_steps_gives_what_events_gives(run):
    steps = pm.simulate(buffered_scenario(), engine="steps")
    load, other = run["load/power"].values, steps["load/power"].values
    # Ramps are integers in both; transients differ by quanta of 1/1024 W an accelerator.
    np.testing.assert_allclose(other, load, atol=96.0)
