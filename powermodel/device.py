# SPDX-License-Identifier: Apache-2.0
"""Where a run computes: the device that was asked for, or an error, never another one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from powermodel.errors import DeviceError


@dataclass(frozen=True, slots=True)
class Device:
    """A device that can run."""

    name: str
    """``"cpu"``."""
    reason: str
    """Why this one."""


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
        return Device("cpu", "auto: the CPU engine is the one that this version has")
    if re.fullmatch(r"cuda(:\d+)?", name):
        raise DeviceError(
            f"device {name!r}: this version has no CUDA engine", hint="use device 'cpu'"
        )
    raise DeviceError(f"unknown device {name!r}", hint="valid: cpu, cuda, cuda:N, auto")
