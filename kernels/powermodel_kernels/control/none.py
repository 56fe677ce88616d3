# SPDX-License-Identifier: Apache-2.0
"""No control: storage stays at rest, with its losses at zero power."""

from typing import Any

import numpy as np

from powermodel_kernels.control.record import ControlLaw, Prepared
from powermodel_kernels.control.signal import Memory, Signal
from powermodel_kernels.tables import F32


def none(signal: Signal, parameters: F32, memory: Memory) -> Any:
    """Return (main, fast) commands of 0 W."""
    return np.float32(0.0), np.float32(0.0)


RECORD = ControlLaw(
    name="none",
    title="No control: storage stays at rest",
    source="",
    law=none,
    parameters=(),
    prepare=lambda values, plant: Prepared(()),
)
