# SPDX-License-Identifier: Apache-2.0
"""``powermodel doctor``: what a machine offers, with and without an NVIDIA driver."""

from __future__ import annotations

import ctypes
import importlib.metadata
import json
import os
from collections.abc import Callable

import psutil
import pytest

from powermodel.cli import doctor
from powermodel.device import cuda_problem
from powermodel.device.driver import CudaDriver, find_driver
from powermodel.errors import Problem


class FakeDriver:
    """The three functions that are asked, as a driver would answer them."""

    def __init__(self, version: int, devices: int, init: int = 0) -> None:
        self.cuDriverGetVersion = self._answer(version)
        self.cuDeviceGetCount = self._answer(devices)
        self.cuInit = lambda _flags: init

    @staticmethod
    def _answer(value: int) -> Callable[[object], int]:
        def function(reference: object) -> int:
            reference._obj.value = value  # type: ignore[attr-defined]
            return 0 if value >= 0 else 999

        return function


def test_json_is_what_this_machine_has(cli):
    found = json.loads(cli("doctor", "--json").out)
    assert found["packages"]["powermodel"] == importlib.metadata.version("powermodel")
    assert found["cpu"]["usable"] == len(os.sched_getaffinity(0))
    assert found["memory"]["total_bytes"] == psutil.virtual_memory().total
    problem = cuda_problem()
    assert found["device"] == {"auto": "cpu", "cuda": problem.message if problem else "ready"}
    assert all(version != "not installed" for version in found["packages"].values())


@pytest.mark.parametrize(
    ("problem", "says"), [(None, "ready"), (Problem("CuPy is not installed"), "CuPy is not")]
)
def test_the_table_says_plainly_whether_the_gpu_can_be_used(cli, monkeypatch, problem, says):
    monkeypatch.setattr("powermodel.device.cuda_problem", lambda: problem)
    answer = cli("doctor")
    assert answer.status == 0
    rows = dict(line.split("  ", 1) for line in answer.out.splitlines() if "  " in line)
    assert rows["--device cuda"].strip().startswith(says)
    assert rows["GPU"].strip().startswith("timeline, accelerators, noise, racks, storage")
    assert "compiled kernels" in answer.out


def test_a_cache_that_cannot_be_written_is_a_warning(cli, monkeypatch, tmp_path):
    monkeypatch.setattr("powermodel_kernels.compiled.cache_directory", lambda: None)
    answer = cli("doctor")
    assert answer.status == 0
    assert "compiled kernels  none can be written" in answer.out
    assert "warning: no place for compiled kernels can be written" in answer.err
    assert "set POWERMODEL_CACHE_DIR" in answer.err
    assert "no compiled kernels to remove" in cli("doctor", "--clear-cache").err


def test_the_cache_is_emptied_on_request(cli, monkeypatch, tmp_path):
    monkeypatch.setattr("powermodel_kernels.compiled.cache_directory", lambda: tmp_path)
    folder = tmp_path / f"fleet.events-{'0' * 16}"
    folder.mkdir()
    (folder / "code.nbc").write_bytes(bytes(2_000_000))
    kept = json.loads(cli("doctor", "--json").out)["kernel_cache"]
    assert (kept["path"], kept["used_bytes"]) == (str(tmp_path), 2_000_000)
    answer = cli("doctor", "--clear-cache", "--json")
    assert answer.status == 0
    assert "removed 2 MB of compiled kernels" in answer.err
    assert json.loads(answer.out)["kernel_cache"]["used_bytes"] == 0
    assert not folder.exists()


def test_without_a_driver(tmp_path):
    name = str(tmp_path / "libcuda.so.1")
    assert find_driver(name) == CudaDriver(None, problem=f"no NVIDIA driver: {name} was not found")


@pytest.mark.parametrize(
    ("driver", "expected", "extra"),
    [
        (FakeDriver(12080, 1), CudaDriver((12, 8), 1), "cuda12"),
        (FakeDriver(13000, 8), CudaDriver((13, 0), 8), "cuda13"),
        (FakeDriver(11040, 2), CudaDriver((11, 4), 2), None),
        (
            FakeDriver(13010, 0, init=100),
            CudaDriver((13, 1), problem="the driver sees no GPU (error 100)"),
            "cuda13",
        ),
        (
            FakeDriver(-1, 0),
            CudaDriver(None, problem="the driver does not tell its version (error 999)"),
            None,
        ),
    ],
)
def test_what_a_driver_answers(monkeypatch, driver, expected, extra):
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: driver)
    found = find_driver()
    assert found == expected
    assert found.extra == extra


def test_the_extra_that_fits_the_driver_is_named(cli, monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: FakeDriver(13000, 1))
    monkeypatch.setattr("powermodel.device.cuda_problem", lambda: None)
    out = cli("doctor").out
    assert "supports CUDA 13.0; 1 GPU\n" in out
    assert "pip install 'powermodel[cuda13]' installs both" in out


def test_no_extra_is_named_where_both_packages_are_there(monkeypatch):
    versions = {"cupy-cuda12x": "14.2", "numba-cuda": "0.30.4"}
    monkeypatch.setattr(
        "powermodel.provenance.package_version",
        lambda name: versions.get(name, "not installed"),
    )
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: FakeDriver(12080, 2))
    monkeypatch.setattr("powermodel.device.cuda_problem", lambda: None)
    cuda = doctor.examine()["cuda"]
    assert (cuda["cupy"], cuda["numba_cuda"]) == ("cupy-cuda12x 14.2", "numba-cuda 0.30.4")
    assert doctor.cuda_rows(cuda) == [
        ("CUDA driver", "supports CUDA 12.8; 2 GPUs"),
        ("cupy", "cupy-cuda12x 14.2"),
        ("numba-cuda", "numba-cuda 0.30.4"),
    ]
