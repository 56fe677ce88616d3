# SPDX-License-Identifier: Apache-2.0
"""A whole run whose kernels are executed as PTX is the run of the CPU, to the bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import powermodel as pm
from powermodel.device import Device
from powermodel.simulation import run as run_module
from powermodel_kernels.cuda import memory
from tests.cuda.executed import executed
from tests.cuda.run_simulated import TINY

TRACE = "t,p\n0,500\n4,900\n8,300\n20,700\n"


@pytest.fixture(autouse=True)
def gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the machine look like one with a GPU."""
    here = Device("cuda", "asked for", 0)
    monkeypatch.setattr(
        run_module.devices, "resolve", lambda name: Device("cpu", "") if name == "cpu" else here
    )
    monkeypatch.setattr(memory, "free_bytes", lambda _number: 2**30)


def scenario(folder: Path, engine: str) -> pm.Scenario:
    """Return two tiles of every kind of rack, with one job that the CPU replays."""
    made: dict[str, Any] = {**TINY, "engine": engine}
    rack = {"like": "gb200-nvl72", "accelerators": 4}
    backup = {"like": "orv3-hpr-bbu"}
    made["site"] = {
        "name": "tiny site",
        "sags": [{"at": "10.05 s", "duration": "30 ms", "halls": ["backed", "held"]}],
        "halls": [
            {"name": "plain", "rack": rack, "racks": 2},
            {"name": "stored", "rack": rack, "racks": 2, "store": "gb300-electrolytic"},
            {"name": "backed", "rack": rack, "racks": 2, "store": "gb300-electrolytic",
             "backup": backup},
            {"name": "held", "rack": rack, "racks": 1, "backup": backup},
            {"name": "measured", "rack": rack, "racks": 1},
        ],
    }  # fmt: skip
    (folder / "trace.csv").write_text(TRACE, encoding="utf-8")
    trace = {
        "file": str(folder / "trace.csv"),
        "time": {"column": "t", "unit": "s"},
        "power": {"column": "p", "unit": "W"},
        "accelerators_per_copy": 1,
        "correlation": 0.5,
    }
    (train,) = made["jobs"]
    halls = ["plain", "stored", "backed", "held"]
    made["jobs"] = [
        {**train, "accelerators": 27, "halls": halls},
        {"name": "replay", "accelerators": 4, "halls": ["measured"], "trace": trace},
    ]
    made["storage"] = {
        "unit": {"like": "megapack-2xl-2h", "power": "20 kW", "apparent_power": "25 kW",
                 "energy": "10 kWh"},
        "units": 3,
        "spread": {"capacity": 0.02, "resistance": 0.05},
        "outages": [{"units": 1, "at": "4 s", "until": "10.1 s"}],
        "control": {"kind": "high-pass", "time_constant": "5 s", "period": "10 ms"},
        "fast": {
            "unit": {"like": "supercapacitor-1mw", "power": "30 kW", "apparent_power": "30 kW",
                     "energy": "0.2 kWh"},
            "units": 1,
        },
    }  # fmt: skip
    made["time"] = {"duration": "10.2 s", "dt": "1 ms", "block": "10 s"}
    return pm.Scenario.from_dict(made)


@pytest.mark.parametrize("engine", ["events", "steps"])
def test_every_series_of_a_run(tmp_path: Path, engine: str) -> None:
    made = scenario(tmp_path, engine)
    expected = pm.simulate(made, device="cpu")
    with executed() as launched:
        found = pm.simulate(made, device="cuda")
    assert found.attrs["device"] == "cuda"
    fleet = "rack_bins" if engine == "events" else "rack_steps"
    assert {
        fleet, "rack_noise", "slot_barriers", "bus_loads", "rack_stores", "rack_backups",
        "shelf_inputs", "site_steps",
    } == set(launched)  # fmt: skip
    compared = 0
    for node in expected.subtree:
        for name, values in node.ds.data_vars.items():
            there = found[f"{node.path}/{name}"].values
            np.testing.assert_array_equal(there, values.values, err_msg=f"{node.path}/{name}")
            compared += 1
    assert compared > 10
    for path in (
        "poi/power",
        "storage/power",
        "fast_storage/power",
        "rack/power",
        "rack_store/power",
        "rack_backup/power",
    ):
        assert np.ptp(expected[path].values) > 0.0, path
