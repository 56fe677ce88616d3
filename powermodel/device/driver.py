# SPDX-License-Identifier: Apache-2.0
"""What there is of CUDA on this machine, asked of the driver itself, without any package."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

_DRIVER = "libcuda.so.1"
_OK = 0


# Attributes of a device, in the driver's numbering (cuda.h).
_MAJOR, _MINOR = 75, 76


@dataclass(frozen=True, slots=True)
class CudaDriver:
    """The NVIDIA driver, as far as it answers."""

    version: tuple[int, int] | None
    """CUDA version that the driver supports; None without a driver."""
    devices: int = 0
    problem: str | None = None
    """Why there is no driver, or why it sees no device."""

    @property
    def extra(self) -> str | None:
        """The extra of powermodel that fits the driver; None if no extra does."""
        if self.version is None or self.version[0] < 12:
            return None
        return "cuda12" if self.version[0] == 12 else "cuda13"


def find_driver(library: str = _DRIVER) -> CudaDriver:
    """Ask the driver for its version and its devices.

    Parameters
    ----------
    library : str
        The shared library of the driver.
    """
    try:
        driver = ctypes.CDLL(library)
    except OSError:
        return CudaDriver(None, problem=f"no NVIDIA driver: {library} was not found")
    number = ctypes.c_int(0)
    status = driver.cuDriverGetVersion(ctypes.byref(number))
    if status != _OK:
        return CudaDriver(None, problem=f"the driver does not tell its version (error {status})")
    version = number.value // 1000, number.value % 1000 // 10
    count = ctypes.c_int(0)
    status = driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(count))
    if status != _OK:
        return CudaDriver(version, problem=f"the driver sees no GPU (error {status})")
    return CudaDriver(version, count.value)


def compute_capability(number: int, library: str = _DRIVER) -> tuple[int, int]:
    """Ask the driver for the compute capability of one of its devices.

    Parameters
    ----------
    number : int
        Of the device; `find_driver` says how many there are.
    library : str
        The shared library of the driver.
    """
    driver = ctypes.CDLL(library)
    device, major, minor = ctypes.c_int(0), ctypes.c_int(0), ctypes.c_int(0)
    driver.cuDeviceGet(ctypes.byref(device), number)
    for value, attribute in ((major, _MAJOR), (minor, _MINOR)):
        driver.cuDeviceGetAttribute(ctypes.byref(value), attribute, device)
    return major.value, minor.value
