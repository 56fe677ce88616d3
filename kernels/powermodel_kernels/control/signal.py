# SPDX-License-Identifier: Apache-2.0
"""What a controller sees, what it remembers, and what a stage needs to run it.

A control law is a plain function ``law(signal, parameters, memory)`` of a `Signal` of float32
scalars, a float32 array that its record prepared, and a `Memory` that it changes in place. It
returns the powers that it asks of the main and of the fast device, W float32, discharging positive.
It is called once per period; the stage delays what it sees and what it asks.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from powermodel_kernels.tables import F32, I64


class Signal(NamedTuple):
    """Measurements at one tick of a controller, each a float32, as old as the delay makes them."""

    load_w: Any
    """Load of the site."""
    poi_w: Any
    """Power at the point of interconnection."""
    storage_w: Any
    """Power of all storage, discharging positive."""
    soc: Any
    """Mean state of charge of the main device, 0 to 1."""
    power_max_discharge_w: Any
    """What the main device can discharge now, not negative."""
    power_max_charge_w: Any
    """What it can charge now, not negative."""
    fast_soc: Any
    """Mean state of charge of the fast device; any number where there is none."""
    fast_power_max_discharge_w: Any
    """What the fast device can discharge now; 0 where there is none."""
    fast_power_max_charge_w: Any
    forecast_w: Any
    """Load that the scheduler announces for one latency ahead; 0 where it announces nothing."""
    frequency_hz: Any
    """Estimate at the point of interconnection; the nominal one where nothing simulates it."""
    period_s: Any
    """Time between two ticks of the controller."""


class Memory(NamedTuple):
    """What a controller keeps from tick to tick: saved and restored as it is."""

    f: F32
    i: I64
    ring: I64


Law = Callable[[Signal, F32, Memory], tuple[Any, Any]]


class Control(NamedTuple):
    """A control law made ready: what a stage is given."""

    law: Law
    parameters: F32
    sizes: tuple[int, int, int]
    """Elements of each array of the memory."""
    period_ticks: int
    measurement_ticks: int
    """Age of what the law sees."""
    communication_ticks: int
    """Time from the law to the inverters."""

    def memory(self) -> Memory:
        """Return the memory at the beginning of a run: every law starts from zeros."""
        floats, integers, ring = self.sizes
        return Memory(
            np.zeros(floats, np.float32), np.zeros(integers, np.int64), np.zeros(ring, np.int64)
        )
