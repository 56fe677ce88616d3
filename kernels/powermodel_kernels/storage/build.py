# SPDX-License-Identifier: Apache-2.0
"""From a farm in SI words to the tables and the state of its kernels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from powermodel_kernels.bind import cpu
from powermodel_kernels.build import quanta
from powermodel_kernels.constants import TICKS_PER_S
from powermodel_kernels.laws.cell import pair_constants
from powermodel_kernels.laws.inverter import active_limit
from powermodel_kernels.storage.cycles import DEPTH
from powermodel_kernels.storage.farm import Cell, Farm, Unit
from powermodel_kernels.storage.spread import lognormal_factors
from powermodel_kernels.storage.tables import TOTALS, Curves, Fixed, Units
from powermodel_kernels.tables import F32, I32, I64

SLOW_TICKS = TICKS_PER_S
"""Temperature, hysteresis and resistance are updated once per second of absolute time."""

_KIND: dict[Any, Any] = {F32: np.float32, I32: np.int32, I64: np.int64}
_BUDGET_PER_S = 1_000_000
_LARGEST_STEP = 2**30


def fixed_of(farm: Farm, dt_ticks: int) -> Fixed:
    """Return what the units of a farm share, for one dt; the farm is checked before."""
    unit, cell, dt = farm.unit, farm.unit.cell, dt_ticks / TICKS_PER_S
    pairs = [pair_constants(s, t, dt) for s, t in _pairs(cell)]
    rated = active_limit(unit.power_w, unit.apparent_va, farm.reactive_var)
    overload = active_limit(
        unit.overload * unit.power_w, unit.overload * unit.apparent_va, farm.reactive_var
    )
    shift = _charge_shift(cell, dt)
    per_soc = (len(cell.ocv_v) - 1) / (cell.soc_last - cell.soc_first)
    f = np.float32
    return Fixed(
        dt_ticks=np.int64(dt_ticks),
        dt_s=f(dt),
        cells=f(unit.cells),
        per_cell=f(1.0 / unit.cells),
        rated_w=f(rated),
        overload_w=f(overload),
        budget=np.int32(round(unit.overload_s * _BUDGET_PER_S)),
        spend=np.int32(max(1, round(dt * _BUDGET_PER_S))),
        regain=np.int32(max(1, round(dt * _BUDGET_PER_S * unit.overload_s / unit.recovery_s))),
        jump=f(1.0 if farm.inverter_lag_s == 0.0 else 0.0),
        lag=f(1.0 if farm.inverter_lag_s == 0.0 else -math.expm1(-dt / farm.inverter_lag_s)),
        discharge_loss=_loss(unit, (unit.loss_constant, unit.loss_quadratic)),
        charge_loss=_loss(unit, unit.charge_loss or (unit.loss_constant, unit.loss_quadratic)),
        standby_q=np.int64(quanta(unit.standby_w)),
        charge_shift=np.int64(shift),
        charge_unit=f(2.0 ** -(24 + shift)),
        soc_low=f(farm.soc_window[0]),
        soc_high=f(farm.soc_window[1]),
        min_v=f(cell.min_v),
        max_v=f(cell.max_v),
        discharge_a=f(cell.discharge_a),
        charge_a=f(cell.charge_a),
        ocv_offset=f(-cell.soc_first * per_soc),
        ocv_per_step=f(per_soc),
        ocv_last=np.int32(len(cell.ocv_v) - 2),
        keep=(f(pairs[0][0]), f(pairs[1][0])),
        gain=(f(pairs[0][1]), f(pairs[1][1])),
        mean=(f(pairs[0][2]), f(pairs[1][2])),
        per_share=(f(1.0 / _pairs(cell)[0][0]), f(1.0 / _pairs(cell)[1][0])),
        pair_share=f(_pair_share(cell, dt)),
        hysteresis_v=f(cell.hysteresis_v),
        hysteresis_rate=f(cell.hysteresis_rate),
        leak=f(cell.leak_s),
        per_slow_step=f(dt_ticks / SLOW_TICKS),
        ambient_c=f(unit.ambient_c),
        max_c=f(cell.max_c),
        ages=np.bool_(cell.tested_depth is not None),
        tested_depth=f(cell.tested_depth or 0.0),
        slow_s=f(SLOW_TICKS / TICKS_PER_S),
        warm_keep=f(math.exp(-SLOW_TICKS / TICKS_PER_S * cell.cooling_w_per_k / cell.heat_j_per_k)),
        kelvin_per_w=f(1.0 / cell.cooling_w_per_k),
    )


def _loss(unit: Unit, loss: tuple[float, float]) -> tuple[np.float32, np.float32]:
    """Return p0 in W and k in 1/W."""
    return np.float32(loss[0] * unit.apparent_va), np.float32(loss[1] / unit.apparent_va)


def _pairs(cell: Cell) -> list[tuple[float, float]]:
    """Return share and time constant of each pair; one that is not there has a tiny share."""
    return [(max(s, 1e-12), t) for s, t in zip(cell.pair_share, cell.pair_tau_s, strict=True)]


def _pair_share(cell: Cell, dt: float) -> float:
    """Return what to add to the measured resistance for the mean of a step, over the pairs' scale.

    The measured resistance holds what the pairs show after ``resistance_time_s``.
    """
    within = sum(s * (1.0 - pair_constants(s, t, dt)[2]) for s, t in _pairs(cell))
    return within + sum(s * math.expm1(-cell.resistance_time_s / t) for s, t in _pairs(cell))


def _charge_shift(cell: Cell, dt: float) -> int:
    """Return how finely charge can be counted so that no step leaves an int32."""
    amperes = max(cell.discharge_a, cell.charge_a) + cell.leak_s * max(cell.ocv_v)
    # A unit's capacity may be a half of the nominal one.
    finest = math.floor(math.log2(_LARGEST_STEP * cell.charge_c / (2.0 * amperes * dt)))
    return min(finest, 56) - 24


def curves_of(farm: Farm, dt_ticks: int, fixed: Fixed) -> Curves:
    """Return the tables of a farm, its units' spread drawn."""
    cell, dt = farm.unit.cell, dt_ticks / TICKS_PER_S
    capacity = cell.charge_c * _factors(farm, farm.capacity_sigma, 0).astype(np.float64)
    rows = [
        (o.first_unit, o.stop_unit, -(-o.begin_ticks // dt_ticks), -(-o.end_ticks // dt_ticks))
        for o in farm.outages
    ]
    return Curves(
        ocv_v=np.array(cell.ocv_v, np.float32),
        temperature_c=np.array(cell.temperature_c, np.float32),
        charge_ohm=np.array(cell.charge_ohm, np.float32),
        discharge_ohm=np.array(cell.discharge_ohm, np.float32),
        resistance=_factors(farm, farm.resistance_sigma, 1),
        per_coulomb=(2.0 ** (24 + int(fixed.charge_shift)) * dt / capacity).astype(np.float32),
        to_ampere=(capacity / dt).astype(np.float32),
        outages=np.array(rows, np.int64).reshape(len(rows), 4),
    )


def _factors(farm: Farm, sigma: float, what: int) -> F32:
    out = np.ones(farm.units, np.float32)
    if sigma > 0.0:
        seed = farm.seed & 0xFFFFFFFF, (farm.seed >> 32) & 0xFFFFFFFF
        cpu(lognormal_factors)(np.float32(sigma), what, farm.number, farm.run, *seed, out)
    return out


def units_of(farm: Farm, fixed: Fixed) -> Units:
    """Return the state of a farm at the beginning of a run."""
    n = farm.units
    made: dict[str, Any] = {
        name: np.zeros(n, _KIND[Units.__annotations__[name]]) for name in Units._fields
    }
    charge = round(farm.soc * 2.0 ** (24 + int(fixed.charge_shift)))
    made |= {name: np.zeros((n, DEPTH), np.int64) for name in ("corner", "corner_at")}
    made |= {"total": np.zeros(len(TOTALS), np.int64), "limits": np.zeros(4, np.int64)}
    made["charge"][:] = made["marked"][:] = charge
    made["soc"][:] = charge >> int(fixed.charge_shift)
    made["corner"][:, 0], made["corners"][:] = charge, 1
    made["budget"][:] = fixed.budget
    made["temperature_c"][:] = farm.unit.ambient_c
    return Units(**made)
