# SPDX-License-Identifier: Apache-2.0
"""What a GPU's fleet refuses, how large its blocks are, and how much memory it takes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import powermodel as pm
from powermodel.cli.check import check
from powermodel.device import Device
from powermodel.errors import DeviceError, PlanError
from powermodel.planning.gpu import left_to_cpu, taken_by_gpu
from powermodel.simulation import run
from powermodel_kernels.cuda import memory
from powermodel_kernels.cuda.fleet import MAX_RACK
from powermodel_kernels.cuda.room import device_bytes, threads_of
from powermodel_kernels.fleet.job import NoiseLevel
from tests.cuda.cases import Window, fleet_arguments, noise_arguments, sample_job
from tests.cuda.seeds import seeded
from tests.cuda.smooth_cases import Smoothed
from tests.simulation.small import buffered_scenario, small_scenario

RECORD = Path(__file__).with_name("resources.json")
# Of compute capabilities 8.0 to 10.0 (CUDA programming guide, technical specifications): registers
# of a block, and how many of them are given to a warp at a time.
REGISTERS, AT_A_TIME, WARP = 65_536, 256, 32


def leaves(argument: Any) -> Iterator[np.ndarray]:
    """Yield the arrays of an argument."""
    if isinstance(argument, tuple):
        for member in argument:
            yield from leaves(member)
    elif isinstance(argument, np.ndarray):
        yield argument


def nbytes(argument: Any) -> int:
    return sum(array.nbytes for array in leaves(argument))


@pytest.mark.parametrize(
    ("lanes", "threads"), [(1, 96), (72, 96), (96, 96), (97, 128), (576, 576), (896, 896)]
)
def test_a_block_has_a_thread_for_every_accelerator(lanes: int, threads: int) -> None:
    assert threads_of(lanes) == threads


def test_a_rack_larger_than_a_block_is_refused() -> None:
    with pytest.raises(ValueError, match="rack of 897 accelerators: a GPU computes racks of at"):
        threads_of(MAX_RACK + 1)


def test_the_registers_of_a_block_go_round_for_the_largest_rack() -> None:
    recorded = json.loads(RECORD.read_text(encoding="utf-8"))["rack_bins"]
    for found in recorded.values():
        of_a_warp = -(-found["registers"] * WARP // AT_A_TIME) * AT_A_TIME
        assert MAX_RACK // WARP * of_a_warp <= REGISTERS


@pytest.mark.parametrize("runs", [1, 3])
def test_memory_is_enough_for_what_is_sent_and_not_much_too_large(runs: int) -> None:
    made, window = sample_job(), Window(samples=10_000)
    each = seeded(made, runs)
    *_, path, drawn = noise_arguments(each, window)
    sent = sum(nbytes(argument) for argument in (*fleet_arguments(each, window), path, drawn))
    racks = -(-made.fleet.lanes // window.per_rack)
    expected = device_bytes(
        made.programs, made.fleet, racks, window.samples, window.dt, made.noise, runs=runs
    )
    assert sent <= expected <= 2 * sent


@pytest.mark.parametrize("engine", ["events", "steps"])
def test_memory_of_smoothing_is_enough_for_what_is_sent_and_not_much_too_large(engine: str) -> None:
    case = Smoothed(sample_job(), engine=engine, tiles=(10_000,))
    # Both kernels at once: what they share counts once.
    arrays = {id(a): a for a in leaves(tuple(case.arguments().values()))}
    sent = sum(array.nbytes for array in arrays.values())
    racks = -(-case.job.fleet.lanes // case.per_rack)
    made = case.job
    expected = device_bytes(made.programs, made.fleet, racks, 10_000, case.dt, NoiseLevel(), engine)
    assert sent <= expected <= 2 * sent


def test_the_cuda_compiler_is_loaded_for_those_alone_who_ask_for_a_gpu() -> None:
    code = (
        "import sys, powermodel.simulation.run, powermodel.cli.run; "
        "print([m for m in sys.modules if m.startswith(('powermodel_kernels.cuda', 'cupy'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the machine look like one whose GPU has half a megabyte left."""
    monkeypatch.setattr(run.devices, "resolve", lambda name: Device(name, "asked for", 0))
    monkeypatch.setattr(memory, "free_bytes", lambda _number: 2**19)


@pytest.mark.usefixtures("gpu")
@pytest.mark.parametrize(
    ("path", "value", "error", "says"),
    [
        ("site.halls.0.rack.accelerators", 900, PlanError, "site.halls: one: a rack of 900"),
        ("seed", 1, DeviceError, "GPU 0: the run needs about 2.4 MiB of the GPU's memory, 0.5"),
    ],
)
def test_what_a_gpu_cannot_run_is_refused_before_anything_is_written(
    tmp_path: Path, path: str, value: object, error: type[Exception], says: str
) -> None:
    scenario = small_scenario().set(path, value)
    with pytest.raises(error, match=says) as caught:
        pm.simulate(scenario, device="cuda", to=tmp_path / "run.zarr")
    assert "use device 'cpu'" in str(caught.value)
    assert not (tmp_path / "run.zarr").exists()


def traces_alone(tmp_path: Path) -> pm.Scenario:
    (tmp_path / "trace.csv").write_text("t,p\n0,500\n10,700\n30,600\n", encoding="utf-8")
    made = small_scenario().to_dict()
    trace = {
        "file": str(tmp_path / "trace.csv"),
        "time": {"column": "t", "unit": "s"},
        "power": {"column": "p", "unit": "W"},
        "accelerators_per_copy": 1,
        "correlation": 0.5,
    }
    replay = {"name": "measured", "accelerators": 32, "halls": ["one"], "trace": trace}
    return pm.Scenario.from_dict({**made, "jobs": [replay]})


@pytest.mark.usefixtures("gpu")
def test_traces_alone_are_refused(tmp_path: Path) -> None:
    scenario = traces_alone(tmp_path)
    with pytest.raises(PlanError, match="measured traces are replayed by the CPU\n  hint: use dev"):
        pm.simulate(scenario, device="cuda", to=tmp_path / "run.zarr")
    assert not (tmp_path / "run.zarr").exists()


def test_a_run_says_what_the_cpu_computes() -> None:
    assert left_to_cpu(small_scenario()) == ["the site beyond its racks"]
    buffered = buffered_scenario().set("output.probes", "[0]")
    assert left_to_cpu(buffered) == ["single accelerators", "the site beyond its racks"]
    made = buffered.to_dict()
    made["storage"]["latency"] = dict.fromkeys(("communication", "inverter_delay"), "0 ms")
    assert left_to_cpu(pm.Scenario.from_dict(made))[-1] == (
        "storage (its commands take effect at once, so no step is known ahead)"
    )


def test_check_says_which_stage_a_gpu_computes(capsys: pytest.CaptureFixture[str]) -> None:
    assert taken_by_gpu(buffered_scenario())[-1] == "storage"
    check("colossus2-phase1")
    said = capsys.readouterr().out
    assert "with --device cuda" in said
    assert "GPU: timeline, accelerators, noise and racks" in said
    assert said.count("refused") == 0


@pytest.mark.parametrize("refused", [False, True])
def test_check_says_what_a_gpu_refuses(
    refused: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = traces_alone(tmp_path) if refused else buffered_scenario()
    file = tmp_path / "made.yaml"
    file.write_text(json.dumps(scenario.to_dict(), default=str), encoding="utf-8")
    check(str(file))
    said = " ".join(capsys.readouterr().out.split())
    assert ("refused: no job here runs on a GPU" in said) == refused
    assert ("GPU: timeline, accelerators, power smoothing, noise and racks" in said) != refused


@pytest.mark.usefixtures("gpu")
def test_memory_for_smoothing_is_asked_for_before_the_run(tmp_path: Path) -> None:
    """Bins of racks and what lanes remember: more than the same job needs without."""
    plain, smoothed = (scenario() for scenario in (small_scenario, buffered_scenario))
    needed = []
    for scenario in (plain, smoothed):
        with pytest.raises(DeviceError, match="the run needs about") as caught:
            pm.simulate(scenario, device="cuda", to=tmp_path / "run.zarr")
        needed.append(float(str(caught.value).split("about ")[1].split(" MiB")[0]))
    # 12 racks of 10,000 samples, 76 bytes each.
    assert needed[1] - needed[0] > 12 * 10_000 * 76 / 2**20
    assert not (tmp_path / "run.zarr").exists()
