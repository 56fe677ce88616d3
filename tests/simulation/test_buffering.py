# SPDX-License-Identifier: Apache-2.0
"""A site with every layer of buffering: the layers remember, and the run stays repeatable."""

from __future__ import annotations

import numpy as np
import pytest

import powermodel as pm
from powermodel import schema
from tests.simulation.killed import check_resumed, files, killed
from tests.simulation.small import buffered_scenario, small_scenario

PATHS = (
    "poi/power", "load/power", "storage/power", "storage/soc", "storage/loss",
    "fast_storage/power", "rack_store/power", "rack_store/energy", "smoothing/burnt",
)  # fmt: skip
ACCOUNTS = tuple(
    variable.path
    for group in ("storage_account", "storage_ageing", "fast_storage_account")
    for variable in schema.ACCOUNTS[group]
)


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


def test_the_account_of_a_device_balances_and_is_what_the_series_say(run):
    lost_j = 0.0
    for device in ("storage", "fast_storage"):
        told = run[f"{device}_account"].isel(run=0)
        np.testing.assert_array_equal(told["time"].values, [10.0, 20.0, 25.0])
        lost = told["cell_heat"] + told["inverter_loss"]
        balance = told["charged"] - told["discharged"] - lost - told["stored"]
        scale = float(told["discharged"][-1])
        assert np.ptp(balance.values) < 1e-5 * scale, device
        lost_j += float((lost + told["standby"])[-1])
    series_j = float(run["storage/loss"].sum()) * run.attrs["dt_s"]
    assert lost_j == pytest.approx(series_j, rel=1e-9)
    assert "fast_storage_ageing" not in run.children  # a capacitor has no law of it
    cycles = run["storage_account"].isel(run=0, time=-1)
    assert 0.0 < cycles["rainflow_full_cycles"] <= cycles["full_cycles"]
    assert run["storage_ageing/calendar_fade"].values[0, -1] > 0.0


def test_a_run_that_was_cut_off_has_its_account_up_to_there(run, tmp_path):
    def interrupt(progress):
        if progress.blocks_done == 1:
            raise KeyboardInterrupt

    path = tmp_path / "run.zarr"
    with pytest.raises(KeyboardInterrupt):
        pm.simulate(buffered_scenario(), to=path, progress=interrupt)
    cut = pm.open_run(path)["storage_account"]
    np.testing.assert_array_equal(cut["time"].values, [10.0])
    for name, values in cut.data_vars.items():
        np.testing.assert_array_equal(values[0, 0], run[f"storage_account/{name}"][0, 0])


def test_without_the_layers_the_load_swings_more(run):
    plain = pm.simulate(small_scenario())
    later = {"time": slice(12.0, None)}
    steps = [np.abs(np.diff(tree["poi/power"].sel(later).values)).max() for tree in (plain, run)]
    assert steps[1] < 0.6 * steps[0]
    assert "load" not in plain.children


def test_killed_and_resumed_is_byte_equal(tmp_path):
    scenario = buffered_scenario()
    cut = killed(scenario, tmp_path)
    assert [p.name for p in cut.rglob("*.npz")] == ["0.npz"]
    check_resumed(scenario, cut)


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
        for path in (*PATHS, *ACCOUNTS):
            np.testing.assert_array_equal(other[path].values, run[path].values)


def test_steps_gives_what_events_gives(run):
    steps = pm.simulate(buffered_scenario(), engine="steps")
    load, other = run["load/power"].values, steps["load/power"].values
    # Ramps are integers in both; transients differ by quanta of 1/1024 W an accelerator.
    np.testing.assert_allclose(other, load, atol=96.0)
