# SPDX-License-Identifier: Apache-2.0
"""Small storage sites for tests: an LFP unit, an ideal one, and loads to put before them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.control.high_pass import high_pass
from powermodel_kernels.control.none import none
from powermodel_kernels.control.signal import Control
from powermodel_kernels.storage.driver import Outputs, State
from powermodel_kernels.storage.farm import Cell, Farm, Unit
from powermodel_kernels.storage.site import StorageSite
from powermodel_kernels.tables import F32, I64

MS = 1_000_000
S = 1000 * MS
KWH = 3.6e6

LFP = Cell(
    charge_c=10800.0, nominal_v=3.2, min_v=2.0, max_v=3.6, discharge_a=19.8, charge_a=3.0,
    soc_first=0.055, soc_last=0.955,
    ocv_v=(
        3.083, 3.204, 3.221, 3.249, 3.269, 3.284, 3.294, 3.2985,
        3.3008, 3.303, 3.307, 3.3125, 3.326, 3.339, 3.342, 3.345,
    ),
    temperature_c=(10.0, 25.0, 40.0), charge_ohm=(0.0626, 0.0448, 0.0352),
    discharge_ohm=(0.0694, 0.0478, 0.0384), pair_share=(0.125, 0.125), pair_tau_s=(0.05, 5.0),
    hysteresis_v=0.0187, hysteresis_rate=20.0, heat_j_per_k=70.07, cooling_w_per_k=0.0956,
)  # fmt: skip
"""The Sony cell of the reference, with assumed pairs."""
PACK = Unit(LFP, 3854.4 * KWH, 1927.2e3, 2400e3, 0.0055, 0.0125, overload=1.2)
IDEAL_CELL = Cell(
    charge_c=1e6, nominal_v=400.0, min_v=300.0, max_v=500.0, discharge_a=1e4, charge_a=1e4,
    soc_first=0.0, soc_last=1.0, ocv_v=(400.0, 400.0), temperature_c=(0.0, 50.0),
    charge_ohm=(1e-7, 1e-7), discharge_ohm=(1e-7, 1e-7),
)  # fmt: skip
"""No resistance to speak of, no limit within reach."""
IDEAL = Unit(IDEAL_CELL, 4e9, 2e6, 2e6, 0.0, 0.0)


def follow(period_ticks: int = MS, measurement: int = 0, communication: int = 0) -> Control:
    """Return a controller that asks for the load less the load of the first sample."""
    parameters = np.zeros(8, np.float32)
    parameters[3] = 1.0  # the split passes everything to the main device at once
    return Control(high_pass, parameters, (1, 3, 1), period_ticks, measurement, communication)


def split_at(tau_s: float, period_ticks: int = MS) -> Control:
    """Return the same with a fast device that takes what is above a corner frequency."""
    control = follow(period_ticks)
    control.parameters[3] = -np.expm1(-period_ticks / S / tau_s)
    return control


def rest() -> Control:
    """Return a controller that asks for nothing."""
    return Control(none, np.zeros(8, np.float32), (1, 3, 1), MS, 0, 0)


def quanta(power_w: Any) -> I64:
    """Return W as quanta."""
    return np.rint(np.asarray(power_w) * QUANTA_PER_W).astype(np.int64)


def watts(power_q: I64) -> Any:
    """Return quanta as W."""
    return power_q / QUANTA_PER_W


def times(duration_s: float, dt_s: float = 0.001) -> Any:
    """Return the instants of the samples, s."""
    return np.arange(round(duration_s / dt_s)) * dt_s


def square(t: Any, low_w: float, high_w: float, period_s: float = 2.0, duty: float = 0.5) -> Any:
    """Return a square wave that begins low."""
    # Rounded so that an edge does not depend on how the instants were computed.
    phase = np.mod(np.round(t, 9), period_s) / period_s
    return np.where(phase < 1.0 - duty - 1e-9, low_w, high_w)


def ran(
    farm: Farm, load_w: Any, control: Control | None = None, dt_s: float = 0.001,
    fast: Farm | None = None, **options: Any,
) -> tuple[StorageSite, State, Outputs]:  # fmt: skip
    """Return a site that has seen a load from time zero."""
    site = StorageSite(farm, fast, control or follow(), dt_s, **options)
    state = site.initial()
    return site, state, site.advance(state, quanta(load_w), 0)


def arrays_of(state: Any, prefix: str = "") -> dict[str, F32 | I64]:
    """Return every array of a state by its path: what is saved."""
    found: dict[str, Any] = {}
    for name, value in state._asdict().items():
        path = f"{prefix}{name}"
        found |= arrays_of(value, path + "/") if hasattr(value, "_fields") else {path: value}
    return found


def same_bits(one: Any, other: Any) -> bool:
    """Return whether two tuples of arrays hold the same bits."""
    a, b = arrays_of(one), arrays_of(other)
    return a.keys() == b.keys() and all(a[n].tobytes() == b[n].tobytes() for n in a)


def changed(farm: Farm, **cell: Any) -> Farm:
    """Return a farm with something about its cell changed."""
    return replace(farm, unit=replace(farm.unit, cell=replace(farm.unit.cell, **cell)))
