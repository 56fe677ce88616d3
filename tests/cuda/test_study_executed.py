# SPDX-License-Identifier: Apache-2.0
"""A study on a GPU, its kernels executed as PTX, writes the files of one on the CPU."""

from __future__ import annotations

import copy
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from powermodel.ensemble import gpus, run_study, task
from powermodel.ensemble.runs import Run
from powermodel.planning import plan
from powermodel.scenario import Scenario
from powermodel.simulation.blocks import Site
from powermodel.simulation.cuda_together import share_loads
from powermodel_kernels.cuda import memory
from tests.cuda.executed import executed
from tests.cuda.run_simulated import TINY
from tests.cuda.study_cases import BLOCKS, of_seeds, of_storages
from tests.ensemble.small_study import every_file

SEEDS = 3


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


@pytest.fixture(scope="module")
def on_cpu(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return the files of the study of some seeds."""
    path = tmp_path_factory.mktemp("seeds") / "cpu.zarr"
    run_study(of_seeds(SEEDS), path, workers=1)
    return every_file(path)


def test_loads_of_seeds_are_computed_together(tmp_path: Path, on_cpu: dict[str, bytes]) -> None:
    """Their slots differ in number, since each seed draws crashes of its own."""
    with executed() as there:
        run_study(of_seeds(SEEDS), tmp_path / "gpu.zarr", device="cuda", workers=1)
    tiles, halls = 3, 2
    found = Counter(there.launched)
    # A slot whose end differs between accelerators is reduced before the next one.
    assert found.pop("slot_barriers") < 2 * 15
    assert found == {
        "rack_bins": tiles * halls, "rack_noise": tiles * halls, "shelf_inputs": tiles * halls,
        "bus_loads": tiles, "rack_stores": tiles, "rack_backups": tiles, "site_steps": tiles,
    }  # fmt: skip
    assert every_file(tmp_path / "gpu.zarr") == on_cpu


def test_loads_with_power_smoothing_that_were_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What accelerators remember comes back to the state of each run, and goes there again."""
    study, take, taken = of_seeds(2, smoothed=True), Run.take, []

    def until_cut(self: Run, first: int, load: Any) -> None:
        if len(taken) == 4:
            raise KeyboardInterrupt
        taken.append(first)
        take(self, first, load)

    run_study(study, tmp_path / "cpu.zarr", workers=1)
    with executed() as there:
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(Run, "take", until_cut)
            run_study(study, tmp_path / "gpu.zarr", device="cuda", workers=1)
        run_study(study, tmp_path / "gpu.zarr", device="cuda", workers=1, resume=True)
    # Two halls; the second tile is launched ahead of the cut, and again.
    assert there.launched.count("smoothed_bins") == 2 * 3
    assert every_file(tmp_path / "gpu.zarr") == every_file(tmp_path / "cpu.zarr")


@pytest.mark.parametrize(
    ("cut", "at_once", "saved"),
    [
        # After the first block of one load and of one run of the next: the others have no state.
        (3, 64, ["0", "0", "0"]),
        # Two loads first: after the second block of one of them, and of one run of the other.
        (7, 2, ["0", "1", "1", "1"]),
    ],
)
def test_loads_that_were_cut_off_go_on_from_different_blocks(
    tmp_path: Path,
    on_cpu: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
    cut: int,
    at_once: int,
    saved: list[str],
) -> None:
    study, path, take = of_seeds(SEEDS), tmp_path / "gpu.zarr", Run.take
    begun: list[int] = []

    def until_cut(self: Run, first: int, load: Any) -> None:
        if len(begun) == cut:
            raise KeyboardInterrupt
        begun.append(first)
        take(self, first, load)

    with executed():
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(Run, "take", until_cut)
            patch.setattr(task, "LOADS_AT_ONCE", at_once)
            run_study(study, path, device="cuda", workers=1)
        states = (file for file in path.glob("progress/state/*/*") if file.is_file())
        assert sorted(file.name for file in states) == saved
        run_study(study, path, device="cuda", workers=1, resume=True)
    assert every_file(path) == on_cpu


def sites_of(seeds: int, gpu: int | None) -> list[Site]:
    """Return a tiny site for each of some seeds."""
    data = copy.deepcopy(TINY)
    # All accelerators begin a slot together: some slots are reduced at once.
    data["jobs"][0]["program"]["iteration"][1] |= {"barrier": "job", "waiting_power": "idle"}
    made = Scenario.from_dict(data)
    return [Site(plan(made.set("seed", 7 + seed)), 1, gpu) for seed in range(seeds)]


def test_a_tile_of_sixteen_loads_takes_the_launches_and_transfers_of_one() -> None:
    counts, blocks = [], []
    for seeds in (1, 16):
        with executed() as there:
            sites = sites_of(seeds, 0)
            share_loads(sites)
            blocks = [site.block(0, 300) for site in sites]
            counts.append((Counter(there.launched), there.sent, there.brought))
    assert counts[0] == counts[1]
    assert counts[0][0] == dict.fromkeys(
        ["slot_barriers", "rack_bins", "rack_noise", "bus_loads", "shelf_inputs"], 1
    )
    for found, alone in zip(blocks, sites_of(16, None), strict=True):
        expected = alone.block(0, 300)
        assert expected["rack/power"].any()
        for name, values in expected.items():
            np.testing.assert_array_equal(found[name], values, err_msg=name)
