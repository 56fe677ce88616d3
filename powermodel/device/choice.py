# SPDX-License-Identifier: Apache-2.0
"""The device that was asked for, or an error that says why not; never another one."""

from __future__ import annotations

import importlib.util
import os
import re
from dataclasses import dataclass

from powermodel.device.driver import CudaDriver, compute_capability, find_driver
from powermodel.errors import DeviceError, Problem

_OLDEST_DRIVER = (12, 0)
_OLDEST_GPU = (8, 0)
# What CUDA runs on here: the name that people know, and the module.
_PACKAGES = (("numba-cuda", "numba_cuda"), ("CuPy", "cupy"))


@dataclass(frozen=True, slots=True)
class Device:
    """A device that can run."""

    name: str
    """``"cpu"``, ``"cuda"`` or ``"cuda:N"``."""
    reason: str
    """Why this one."""
    number: int | None = None
    """Number of the GPU; None for the CPU."""


def resolve(name: str = "auto") -> Device:
    """Return the device of a run.

    Parameters
    ----------
    name : str
        ``"cpu"``, ``"cuda"``, ``"cuda:0"`` ... or ``"auto"``.

    Raises
    ------
    DeviceError
        If the device is unknown or cannot be used; nothing else is taken in its place.
    """
    if name == "cpu":
        return Device("cpu", "asked for")
    if name == "auto":
        return Device("cpu", "auto: a GPU is taken only when it is asked for")
    cuda = re.fullmatch(r"cuda(?::(\d+))?", name)
    if cuda is None:
        raise DeviceError(f"unknown device {name!r}", hint="valid: cpu, cuda, cuda:N, auto")
    number = int(cuda[1] or 0)
    if _simulated():
        return Device(name, "simulated", number)
    problem = cuda_problem(number)
    if problem is not None:
        raise DeviceError(problem.message, where=f"device {name!r}", hint=problem.hint)
    return Device(name, "asked for", number)


def cuda_problem(number: int = 0) -> Problem | None:
    """Return why a GPU cannot be used, and the cure; None if it can.

    Parameters
    ----------
    number : int
        Which of the machine's GPUs.
    """
    driver = find_driver()
    for package, module in _PACKAGES:
        if not _installed(module):
            return _missing(package, driver)
    if driver.problem is not None or not driver.devices:
        hint = "install the driver of NVIDIA, make its GPUs visible, or use device 'cpu'"
        return Problem(driver.problem or "the driver sees no GPU", hint=hint)
    if driver.version is not None and driver.version < _OLDEST_DRIVER:
        found, wanted = (_dotted(v) for v in (driver.version, _OLDEST_DRIVER))
        return Problem(
            f"the driver supports CUDA {found}, {wanted} is needed", hint="install a newer driver"
        )
    if number >= driver.devices:
        return Problem(
            f"there is no GPU {number}: the driver sees {driver.devices}, numbered from 0",
            hint="use another one; CUDA_VISIBLE_DEVICES decides which are seen",
        )
    capability = compute_capability(number)
    if capability < _OLDEST_GPU:
        return Problem(
            f"GPU {number} has compute capability {_dotted(capability)}, expected "
            f"{_dotted(_OLDEST_GPU)} or newer",
            hint="use a GPU of the generation of the A100 or later, or device 'cpu'",
        )
    return None


def _missing(package: str, driver: CudaDriver) -> Problem:
    """Say that a package is missing; where that would not help alone, say so too."""
    install = f"pip install 'powermodel[{driver.extra or 'cuda13'}]'"
    if driver.problem is None:
        return Problem(f"{package} is not installed", hint=install)
    return Problem(
        f"{package} is not installed, and {driver.problem}",
        hint=f"use device 'cpu', or install the driver of an NVIDIA GPU, then {install}",
    )


def _simulated() -> bool:
    """Whether kernels run in Numba's simulator: for tests, far too slow for anything else."""
    return os.environ.get("NUMBA_ENABLE_CUDASIM") == "1"


def _installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
