# SPDX-License-Identifier: Apache-2.0
"""A whole run of smoothed jobs whose kernels are executed as PTX is that of the CPU, to the bit."""

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
from tests.cuda.run_cases import assert_same, every_stage

KERNELS = {
    "events": {"smoothed_bins", "smoothed_scan"},
    "steps": {"smoothed_steps", "smoothed_sums"},
}
"""Of accelerators, by engine."""


@pytest.fixture(autouse=True)
def gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the machine look like one with a GPU."""
    here = Device("cuda", "asked for", 0)
    monkeypatch.setattr(
        run_module.devices, "resolve", lambda name: Device("cpu", "") if name == "cpu" else here
    )
    monkeypatch.setattr(memory, "free_bytes", lambda _number: 2**30)


@pytest.mark.parametrize("engine", KERNELS)
def test_every_series_of_a_run_with_smoothing(tmp_path: Path, engine: str) -> None:
    """Cut off after a block, and resumed: what lanes remember is saved, and sent again."""
    plain = every_stage(tmp_path, engine, smoothed=True).set("time.duration", "10.05 s").to_dict()
    # The storage comes after it, and takes its time.
    del plain["storage"]
    made, path = pm.Scenario.from_dict(plain), tmp_path / "run.zarr"
    expected = pm.simulate(made, device="cpu")

    def stop(progress: Progress) -> None:
        if progress.blocks_done == 1:
            raise InterruptedError

    with executed() as gpu:
        with pytest.raises(InterruptedError):
            pm.simulate(made, device="cuda", to=path, progress=stop)
        found = pm.simulate(made, device="cuda", to=path, resume=True)
    assert found.attrs["device"] == "cuda"
    accelerators = ("smoothed_", "rack_bins", "rack_steps")
    assert {name for name in gpu.launched if name.startswith(accelerators)} == KERNELS[engine]
    assert_same(found, expected)
    for series in ("smoothing/burnt", "smoothing/held_back", "rack/power", "probe/power"):
        assert np.ptp(expected[series].values) > 0.0, series
