# SPDX-License-Identifier: Apache-2.0
"""A study on a GPU, its kernels executed as PTX, writes the files of one on the CPU."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from powermodel.ensemble import gpus, run_study
from powermodel_kernels.cuda import memory
from tests.cuda.executed import executed
from tests.cuda.study_cases import BLOCKS, of_storages
from tests.ensemble.small_study import every_file


@pytest.fixture(autouse=True)
def gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the machine look like one with a GPU."""
    monkeypatch.setattr(gpus, "resolve", lambda _name: SimpleNamespace(number=0))
    monkeypatch.setattr(memory, "free_bytes", lambda _number: 2**30)


@pytest.mark.parametrize(
    ("latencies", "launches"),
    [
        # Three numbers of units, in one launch for each block.
        (["100 ms"], BLOCKS),
        # Runs with other delays are a launch of their own; without any, the CPU's.
        (["100 ms", "200 ms", "0 ms"], 2 * BLOCKS),
    ],
)
def test_runs_with_one_load_are_computed_together(
    tmp_path: Path, latencies: list[str], launches: int
) -> None:
    run_study(of_storages(latencies), tmp_path / "cpu.zarr", workers=1)
    with executed() as there:
        run_study(of_storages(latencies), tmp_path / "gpu.zarr", device="cuda", workers=1)
    assert there.launched.count("site_steps") == launches
    assert every_file(tmp_path / "gpu.zarr") == every_file(tmp_path / "cpu.zarr")
