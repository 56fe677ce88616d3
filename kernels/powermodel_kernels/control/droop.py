# SPDX-License-Identifier: Apache-2.0
"""Droop and virtual inertia: a grid-forming inverter as a frequency estimate shows it.

P = −(Δf − deadband)·P_rated/(droop·f₀) − 2H·P_rated/f₀·df/dt, with df/dt behind a first-order
filter. Source of form and defaults: ANDES 2.0.0, models REGF1 (droop) and REPCA1 (deadband); the
swing equation for the inertia (P. Kundur, Power System Stability and Control, 1994, eq. 3.209).
It acts on frequency alone: swings of the load reach it through the frequency that they move.
"""

from collections.abc import Mapping
from typing import Any

from powermodel_kernels.control.common import OWN, soc_power, split, within
from powermodel_kernels.control.record import (
    ControlLaw,
    Parameter,
    Plant,
    Prepared,
    share_per_period,
)
from powermodel_kernels.control.signal import Memory, Signal
from powermodel_kernels.primitives import fma, mul
from powermodel_kernels.tables import F32

_NOMINAL, _DEADBAND, _DROOP_GAIN, _INERTIA_GAIN, _SHARE = range(OWN, OWN + 5)


def droop(signal: Signal, parameters: F32, memory: Memory) -> Any:
    """Return (main, fast) commands, W.

    Own parameters: nominal frequency and deadband, Hz; W per Hz of deviation; W per Hz between the
    deviation and its filtered self, which is the filter's time constant times its slope; share of
    that filter per period.
    """
    deviation = signal.frequency_hz - parameters[_NOMINAL]
    outside = deviation - within(deviation, -parameters[_DEADBAND], parameters[_DEADBAND])
    slope = deviation - memory.f[0]
    memory.f[0] = fma(slope, parameters[_SHARE], memory.f[0])
    inertia = mul(slope, parameters[_INERTIA_GAIN])
    wish = soc_power(signal, parameters) - fma(outside, parameters[_DROOP_GAIN], inertia)
    return split(wish, signal, parameters, memory)


def _prepare(values: Mapping[str, float], plant: Plant) -> Prepared:
    nominal, filter_s = values["nominal_frequency"], values["filter_time"]
    return Prepared(
        (
            nominal,
            values["deadband"],
            plant.power_w / (values["droop"] * nominal),
            2.0 * values["inertia"] * plant.power_w / (nominal * filter_s),
            share_per_period(plant, filter_s),
        ),
        floats=1,
    )


_ANDES = "ANDES 2.0.0, code default"

RECORD = ControlLaw(
    name="droop",
    title="Storage answers the frequency: droop and virtual inertia",
    source="ANDES 2.0.0, REGF1 and REPCA1; Kundur 1994",
    law=droop,
    parameters=(
        Parameter(
            "droop", "change of frequency, per unit, for the whole rating", "1", 1e-3, 1.0, 0.033,
            "H", f"{_ANDES}, REGF1 wdrp",
        ),
        Parameter("inertia", "virtual inertia constant H on the rating", "s", 0.0, 60.0, 5.0),
        Parameter(
            "deadband", "deviation without an answer", "Hz", 0.0, 1.0, 0.017,
            "H", f"{_ANDES}, REPCA1",
        ),
        Parameter("filter_time", "time constant of the slope's filter", "s", 1e-3, 10.0, 0.1),
        Parameter("nominal_frequency", "of the grid", "Hz", 10.0, 500.0, 60.0),
    ),
    prepare=_prepare,
)  # fmt: skip
