# SPDX-License-Identifier: Apache-2.0
"""On an NVIDIA GPU a run is that of the CPU to the bit, and so is every law (``make test-gpu``)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import powermodel as pm
from powermodel.ensemble import run_study
from powermodel.limits import LimitSet
from powermodel.simulation.run import Progress
from powermodel.sizing import Axis, Question, answer, run_farm, to_dict
from powermodel_kernels.cuda import compiler
from tests.cuda.laws import KERNEL, SAMPLES, Calls, differences, modules
from tests.cuda.run_cases import assert_same, every_stage, jobs_that_come
from tests.cuda.site_cases import Runs, same
from tests.cuda.study_cases import of_seeds, of_storages
from tests.ensemble.small_study import every_file
from tests.simulation.small import small_scenario
from tests.sizing.small_question import square_scenario

pytestmark = pytest.mark.gpu

ROOT = Path(__file__).parents[2]


def assert_same_on_both(scenario: pm.Scenario) -> None:
    scenario = scenario.set("output.racks", "all").set("output.probes", "[0]")
    cpu, gpu = (pm.simulate(scenario, device=device) for device in ("cpu", "cuda"))
    assert gpu.attrs["device"] == "cuda"
    for group in ("poi", "hall", "rack", "probe"):
        values = cpu[f"{group}/power"].values
        assert np.ptp(values) > 0.0
        np.testing.assert_array_equal(gpu[f"{group}/power"].values, values)


def test_two_jobs_with_noise_and_a_crash() -> None:
    assert_same_on_both(small_scenario(crash="12 s"))


def test_racks_larger_than_the_usual_block() -> None:
    scenario = small_scenario(noise=False)
    for hall in (0, 1):
        scenario = scenario.set(f"site.halls.{hall}.rack.accelerators", 200)
    assert_same_on_both(scenario.set("jobs.0.accelerators", 500).set("jobs.1.accelerators", 1000))


def test_jobs_that_come_at_random() -> None:
    made = jobs_that_come()
    assert_same(pm.simulate(made, device="cuda"), pm.simulate(made, device="cpu"))


def test_a_shipped_site_of_a_thousand_racks() -> None:
    scenario = pm.Scenario.load("colossus2-phase1").set("jobs.0.accelerators", 72_000)
    assert_same_on_both(scenario.set("time.duration", "10 s"))


@pytest.mark.parametrize("smoothed", [False, True], ids=["plain", "smoothed"])
@pytest.mark.parametrize("engine", ["events", "steps"])
def test_every_stage_of_a_run(tmp_path: Path, engine: str, smoothed: bool) -> None:
    """Timeline, either engine, smoothing, noise, rack stores, backups through a sag, storage."""
    made = every_stage(tmp_path, engine, smoothed=smoothed)
    assert_same(pm.simulate(made, device="cuda"), pm.simulate(made, device="cpu"))


@pytest.mark.parametrize("smoothed", [False, True], ids=["plain", "smoothed"])
def test_a_run_that_was_cut_off_goes_on_with_the_states_of_its_last_block(
    tmp_path: Path, smoothed: bool
) -> None:
    made, path = every_stage(tmp_path, "events", smoothed=smoothed), tmp_path / "run.zarr"

    def stop(progress: Progress) -> None:
        if progress.blocks_done == 1:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        pm.simulate(made, device="cuda", to=path, progress=stop)
    found = pm.simulate(made, device="cuda", to=path, resume=True)
    assert_same(found, pm.simulate(made, device="cpu"))


def test_a_study_whose_runs_advance_together(tmp_path: Path) -> None:
    study = of_storages(["100 ms", "200 ms"])
    for device in ("cpu", "cuda"):
        run_study(study, tmp_path / device, device=device, workers=1)
    assert every_file(tmp_path / "cuda") == every_file(tmp_path / "cpu")


@pytest.mark.parametrize("smoothed", [False, True], ids=["plain", "smoothed"])
@pytest.mark.parametrize("engine", ["events", "steps"])
def test_a_study_whose_loads_are_computed_together(
    tmp_path: Path, engine: str, smoothed: bool
) -> None:
    """Sixteen seeds, each with crashes of its own, at once; then more, added to the store."""
    for seeds in (16, 70):
        study = of_seeds(seeds, engine=engine, smoothed=smoothed)
        for device in ("cpu", "cuda"):
            run_study(study, tmp_path / device, device=device, workers=1, resume=seeds > 16)
        assert every_file(tmp_path / "cuda") == every_file(tmp_path / "cpu")


def test_a_search_for_a_size() -> None:
    """Farms of two seeds and many numbers of units at once, and delays."""
    axes = (Axis("window", "storage.control.window", ("2 s", "4 s")),)
    limits = LimitSet.parse(["band 0.5-2 Hz <= 4 kW"])
    asked = Question(square_scenario(), limits, (3, 4), axes, 40, (0.0, 0.1, 0.2), 5.0)
    found, expected = (answer(asked, run_farm, gpu=gpu) for gpu in (0, None))
    assert to_dict(found) == to_dict(expected)
    assert np.array_equal(found.series.poi_w, expected.series.poi_w)


def test_the_next_process_finds_the_machine_code() -> None:
    code = """
import powermodel as pm
from powermodel_kernels.cuda import compiler
from tests.simulation.small import small_scenario
compiler.ptx = None
print(pm.simulate(small_scenario(), device="cuda").attrs["device"])
"""
    pm.simulate(small_scenario(), device="cuda")
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout == "cuda\n", done.stderr[-2000:]


@pytest.mark.parametrize(
    "case", [Runs(), Runs(((300, 0),) * 40, cuts=(0, 500))], ids=["three runs", "forty runs"]
)
def test_storage_of_runs_that_advance_together(case: Runs) -> None:
    assert same(case.result(), case.expected())


# One block and copies of the host are enough to look at results.
@pytest.mark.filterwarnings("ignore:.*likely result in GPU under-util")
@pytest.mark.filterwarnings("ignore:.*Host array used in CUDA kernel")
@pytest.mark.parametrize("module", modules())
def test_laws(module: str) -> None:
    calls = Calls(module)
    kernel = compiler.kernel(calls.function(KERNEL, cuda=compiler.cuda))[1, SAMPLES]
    wrong = [
        text
        for name in calls.names
        for text in differences(name, calls.run(kernel, name), calls.expected(name))
    ]
    assert not wrong, "\n".join(wrong[:20])
