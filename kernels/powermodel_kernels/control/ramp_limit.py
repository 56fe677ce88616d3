# SPDX-License-Identifier: Apache-2.0
"""Ramp limit: the power at the point of interconnection moves no faster than a given rate.

The charge is brought back inside the same limit: its correction moves the goal, never the rate.
Closed form for a step: energy ΔP²/(2r) (integral of the ramp).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from powermodel_kernels.control.common import (
    OWN,
    OWN_MEMORY,
    fine,
    soc_power,
    split,
    watts,
    within,
)
from powermodel_kernels.control.record import ControlLaw, Parameter, Plant, Prepared
from powermodel_kernels.control.signal import Memory, Signal
from powermodel_kernels.tables import F32

_TARGET = OWN_MEMORY
_STARTED = OWN_MEMORY + 1


def ramp_limit(signal: Signal, parameters: F32, memory: Memory) -> Any:
    """Return (main, fast) commands, W. Own parameter: the ramp of one period, W."""
    load, most = fine(signal.load_w), fine(parameters[OWN])
    target = memory.i[_TARGET] if memory.i[_STARTED] else load
    goal = load - fine(soc_power(signal, parameters))
    target += within(goal - target, -most, most)
    # What storage cannot hold, the point of interconnection has seen: the limit goes on from there.
    target = within(
        target,
        load - fine(signal.power_max_discharge_w + signal.fast_power_max_discharge_w),
        load + fine(signal.power_max_charge_w + signal.fast_power_max_charge_w),
    )
    memory.i[_TARGET], memory.i[_STARTED] = target, np.int64(1)
    return split(watts(load - target), signal, parameters, memory)


def _prepare(values: Mapping[str, float], plant: Plant) -> Prepared:
    return Prepared((values["ramp"] * plant.period_s,), integers=2)


RECORD = ControlLaw(
    name="ramp-limit",
    title="The point of interconnection moves no faster than a rate",
    source="closed form",
    law=ramp_limit,
    parameters=(Parameter("ramp", "fastest change, up and down", "W/s", 1.0, 1e12),),
    prepare=_prepare,
)
