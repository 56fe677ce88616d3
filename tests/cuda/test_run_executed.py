# SPDX-License-Identifier: Apache-2.0
"""A whole run whose kernels are executed as PTX is the run of the CPU, to the bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import powermodel as pm
from powermodel.device import Device
from powermodel.simulation import run as run_module
from powermodel.simulation.run import Progress
from powermodel_kernels.cuda import memory
from tests.cuda.executed import executed
from tests.cuda.run_cases import assert_same, every_stage, jobs_that_come

TILES = 2
LENGTHS = 2
"""The last tile is shorter."""


@pytest.fixture(autouse=True)
def gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the machine look like one with a GPU."""
    here = Device("cuda", "asked for", 0)
    monkeypatch.setattr(
        run_module.devices, "resolve", lambda name: Device("cpu", "") if name == "cpu" else here
    )
    monkeypatch.setattr(memory, "free_bytes", lambda _number: 2**30)


@pytest.mark.parametrize("engine", ["events", "steps"])
def test_every_series_of_a_run(tmp_path: Path, engine: str) -> None:
    made = every_stage(tmp_path, engine)
    expected = pm.simulate(made, device="cpu")
    with executed() as gpu:
        found = pm.simulate(made, device="cuda")
    assert found.attrs["device"] == "cuda"
    fleet = "rack_bins" if engine == "events" else "rack_steps"
    assert {
        fleet, "rack_noise", "slot_barriers", "bus_loads", "rack_stores", "rack_backups",
        "shelf_inputs", "site_steps",
    } == set(gpu.launched)  # fmt: skip
    # A slot whose end differs between accelerators is reduced before the next one: a launch each,
    # with what it takes and what it gives. All else must not grow with slots, racks or events.
    slots = gpu.launched.count("slot_barriers")
    once = 1 + 1 + 2  # tables of the job; racks; storage: what is fixed, and its state
    a_tile = 1 + 1  # tables of the job; load of the storage
    a_length = 1 + 1  # input of the racks, which is there; forecast and grid of the storage
    outages = 2  # input of the racks of two halls, in the second tile
    assert gpu.sent - slots == once + TILES * a_tile + LENGTHS * a_length + outages
    a_tile_back = 1 + 4 + 1 + 2  # sums; racks of four halls; states; storage and its state
    assert gpu.brought - slots == TILES * a_tile_back
    assert len(gpu.launched) - slots == TILES * (4 + 4 + 5 + 5 + 1)
    assert_same(found, expected)
    for path in (
        "poi/power",
        "storage/power",
        "fast_storage/power",
        "rack/power",
        "rack_store/power",
        "rack_backup/power",
    ):
        assert np.ptp(expected[path].values) > 0.0, path


def test_a_run_that_was_cut_off_goes_on_with_the_states_of_its_last_block(tmp_path: Path) -> None:
    """The device was a tile ahead of what the store has; what it knew then is not used."""
    made, path = every_stage(tmp_path, "events"), tmp_path / "run.zarr"

    def stop(progress: Progress) -> None:
        if progress.blocks_done == 1:
            raise InterruptedError

    with executed():
        with pytest.raises(InterruptedError):
            pm.simulate(made, device="cuda", to=path, progress=stop)
        found = pm.simulate(made, device="cuda", to=path, resume=True)
    assert_same(found, pm.simulate(made, device="cpu"))


def test_jobs_that_come_at_random() -> None:
    made = jobs_that_come()
    expected = pm.simulate(made, device="cpu")
    with executed():
        found = pm.simulate(made, device="cuda")
    assert len(made.job_runs[0]) == 4
    assert_same(found, expected)
