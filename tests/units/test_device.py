# SPDX-License-Identifier: Apache-2.0
"""A device is the one that was asked for, or an error that names the reason and the cure."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from powermodel.device import choice, cuda_problem, resolve
from powermodel.device.driver import CudaDriver, compute_capability
from powermodel.errors import DeviceError

READY = CudaDriver((13, 0), 2)
NO_DRIVER = CudaDriver(None, problem="no NVIDIA driver: libcuda.so.1 was not found")

Machine = Callable[..., None]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Make this machine look like one with a driver, packages and GPUs."""

    def make(
        driver: CudaDriver = READY,
        missing: tuple[str, ...] = (),
        capability: tuple[int, int] = (9, 0),
    ) -> None:
        monkeypatch.delenv("NUMBA_ENABLE_CUDASIM", raising=False)
        monkeypatch.setattr(choice, "find_driver", lambda: driver)
        monkeypatch.setattr(choice, "compute_capability", lambda _number: capability)
        monkeypatch.setattr(choice, "_installed", lambda module: module not in missing)

    return make


def test_cpu_is_the_cpu() -> None:
    assert resolve("cpu").name == "cpu"


def test_auto_says_what_it_took(machine: Machine) -> None:
    machine()
    device = resolve("auto")
    assert (device.name, device.number) == ("cpu", None)
    assert device.reason == "auto: a GPU is taken only when it is asked for"


@pytest.mark.parametrize(("name", "number"), [("cuda", 0), ("cuda:0", 0), ("cuda:1", 1)])
def test_a_gpu_that_can_be_used_is_taken(machine: Machine, name: str, number: int) -> None:
    machine()
    assert cuda_problem(number) is None
    device = resolve(name)
    assert (device.name, device.number, device.reason) == (name, number, "asked for")


def test_the_simulator_is_taken_where_tests_ask_for_it(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(driver=NO_DRIVER, missing=("cupy",))
    monkeypatch.setenv("NUMBA_ENABLE_CUDASIM", "1")
    assert resolve("cuda").reason == "simulated"


@pytest.mark.parametrize(
    ("found", "reason", "cure"),
    [
        (
            {"missing": ("numba_cuda", "cupy")},
            "numba-cuda is not installed",
            "pip install 'powermodel[cuda13]'",
        ),
        (
            {"missing": ("cupy",), "driver": CudaDriver((12, 8), 1)},
            "CuPy is not installed",
            "pip install 'powermodel[cuda12]'",
        ),
        (
            {"missing": ("cupy",), "driver": NO_DRIVER},
            "CuPy is not installed, and no NVIDIA driver: libcuda.so.1 was not found",
            "use device 'cpu', or install the driver of an NVIDIA GPU, then pip install",
        ),
        ({"driver": NO_DRIVER}, "no NVIDIA driver: libcuda.so.1 was not found", "install the"),
        (
            {"driver": CudaDriver((13, 1), problem="the driver sees no GPU (error 100)")},
            "the driver sees no GPU (error 100)",
            "make its GPUs visible, or use device 'cpu'",
        ),
        ({"driver": CudaDriver((13, 1), 0)}, "the driver sees no GPU", "make its GPUs visible"),
        (
            {"driver": CudaDriver((11, 4), 3)},
            "the driver supports CUDA 11.4, 12.0 is needed",
            "install a newer driver",
        ),
        (
            {"driver": CudaDriver((13, 0), 1)},
            "there is no GPU 1: the driver sees 1, numbered from 0",
            "CUDA_VISIBLE_DEVICES",
        ),
        (
            {"capability": (7, 5)},
            "GPU 1 has compute capability 7.5, expected 8.0 or newer",
            "the generation of the A100 or later",
        ),
    ],
)
def test_a_gpu_that_cannot_be_used_is_refused_with_the_cure(
    machine: Machine, found: dict[str, object], reason: str, cure: str
) -> None:
    machine(**found)
    with pytest.raises(DeviceError) as caught:
        resolve("cuda:1")
    said = str(caught.value)
    assert said.startswith(f"device 'cuda:1': {reason}\n  hint: ")
    assert cure in said
    assert caught.value.exit_code == 4


def test_unknown_device_lists_the_valid() -> None:
    with pytest.raises(DeviceError, match="unknown device 'tpu'\n  hint: valid: cpu, cuda"):
        resolve("tpu")


def test_the_driver_is_asked_for_the_compute_capability(monkeypatch: pytest.MonkeyPatch) -> None:
    def get(device: Any, number: int) -> None:
        device._obj.value = 40 + number

    def attribute(value: Any, which: int, device: Any) -> None:
        value._obj.value = {(75, 43): 10, (76, 43): 3}[which, device.value]

    driver = SimpleNamespace(cuDeviceGet=get, cuDeviceGetAttribute=attribute)
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: driver)
    assert compute_capability(3) == (10, 3)
