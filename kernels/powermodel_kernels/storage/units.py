# SPDX-License-Identifier: Apache-2.0
"""One step of one unit: inverter, cell, charge, in the order of the electricity.

Written by index, so that a loop of the CPU and a thread of a GPU run the same source.
"""

from typing import Any

import numpy as np

from powermodel_kernels.laws.cell import (
    current,
    discharge_limit,
    pair_next,
    pair_stored,
    terminal_power,
)
from powermodel_kernels.laws.inverter import budget_next, followed, grid_power, loss
from powermodel_kernels.laws.response import to_quanta
from powermodel_kernels.primitives import fma, mul

_ZERO = np.float32(0.0)
_PER_STEP_OF_SOC = np.float32(2.0**-24)
# Power of a unit is converted to int32 in quanta of 1/256 W, of which four make up one of the
# house's 1/1024 W: float32 does not resolve a unit's megawatts any finer, and 8 MW fit.
_COARSE = np.float32(256.0)
COARSE_SHIFT = np.int64(2)
COARSE_LIMIT_W = 2**31 / 256.0


def source_of(u: Any, soc: Any, fixed: Any, units: Any) -> Any:
    """Return the source voltage of a cell over the coming step, and the open-circuit voltage."""
    ocv = fma(units.ocv_slope[u], soc, units.ocv_v[u])
    held = fma(-fixed.mean[0], units.pair_1_v[u], ocv + units.hysteresis_v[u])
    return fma(-fixed.mean[1], units.pair_2_v[u], held), ocv


def current_window(
    u: Any, soc: Any, source: Any, horizon: Any, fixed: Any, curves: Any, units: Any
) -> Any:
    """Return the largest discharging and charging current of a cell, A, both positive.

    Parameters
    ----------
    horizon
        One over the steps for which the charge must suffice.
    """
    room = curves.to_ampere[u] * horizon
    most = discharge_limit(
        fixed.discharge_a, source - fixed.min_v, units.per_r_discharge[u],
        (soc - fixed.soc_low) * room,
    )  # fmt: skip
    least = discharge_limit(
        fixed.charge_a, fixed.max_v - source, units.per_r_charge[u], (fixed.soc_high - soc) * room
    )
    return most, least


def step_unit(u: Any, discharge_w: Any, charge_w: Any, fixed: Any, curves: Any, units: Any) -> Any:
    """Take one unit through one step, all but the count of its charge.

    Without a number of 64 bits, so that a loop over units fills the vectors of the CPU.

    Parameters
    ----------
    u
        Number of the unit.
    discharge_w, charge_w
        The farm's command, W: its positive and its negative part.

    Returns
    -------
    power, source, heat : int32
        Power on the side of the grid, out of the cells, and lost in the cells, coarse quanta.
    step : int32
        Charge given, see ``Fixed.charge_shift``.
    limited : int32
        Whether the cells could not do what the inverter asked.
    """
    # Read.
    on, budget = units.online[u], units.budget[u]
    pair_1, pair_2 = units.pair_1_v[u], units.pair_2_v[u]
    r_pair, per_r_pair = units.r_pair[u], units.per_r_pair[u]
    # Both, and chosen from later: a load that depends on a number keeps a loop from being one of
    # vectors.
    r_discharge, r_charge = units.r_discharge[u], units.r_charge[u]
    # Inverter: what it would do.
    cap = fixed.overload_w if budget > np.int32(0) else fixed.rated_w
    wish = fma(discharge_w, units.discharge_share[u], mul(charge_w, units.charge_share[u]))
    target = mul(on, min(max(wish, -cap), cap))
    power = followed(mul(on, units.power_w[u]), target, fixed.jump)
    out = power >= _ZERO
    constant = mul(on, fixed.discharge_loss[0] if out else fixed.charge_loss[0])
    quadratic = fixed.discharge_loss[1] if out else fixed.charge_loss[1]
    asked = power + loss(power, constant, quadratic)
    # Cell: what it can do.
    soc = mul(np.float32(units.soc[u]), _PER_STEP_OF_SOC)
    source, ocv = source_of(u, soc, fixed, units)
    resistance = r_discharge if asked > _ZERO else r_charge
    wanted = current(mul(asked, fixed.per_cell), source, resistance)
    most, least = current_window(u, soc, source, np.float32(1.0), fixed, curves, units)
    amperes = min(max(wanted, -least), most)
    limited = (wanted > most) | (wanted < -least)
    given = mul(terminal_power(amperes, source, resistance), fixed.cells)
    given = given if limited else asked
    power = grid_power(given, constant, quadratic) if limited else power
    # Charge, pairs, heat.
    leak = mul(fixed.leak, ocv)
    step = to_quanta(mul(amperes + leak, curves.per_coulomb[u]))
    next_1 = pair_next(pair_1, fixed.keep[0], fixed.gain[0], r_pair, amperes)
    next_2 = pair_next(pair_2, fixed.keep[1], fixed.gain[1], r_pair, amperes)
    stored = pair_stored(
        pair_1, next_1, fixed.mean[0], per_r_pair * fixed.per_share[0], amperes
    ) + pair_stored(pair_2, next_2, fixed.mean[1], per_r_pair * fixed.per_share[1], amperes)
    drop = fma(resistance, amperes, ocv - source)
    heat = fma(amperes, drop, fma(leak, ocv, -stored))
    # Write.
    units.power_w[u] = followed(power, target, fixed.lag)
    units.budget[u] = budget_next(
        budget, abs(power) > fixed.rated_w, fixed.spend, fixed.regain, fixed.budget
    )
    units.pair_1_v[u], units.pair_2_v[u] = next_1, next_2
    units.heat[u] += heat
    return (
        to_quanta(mul(power, _COARSE)), to_quanta(mul(given, _COARSE)),
        to_quanta(mul(mul(heat, fixed.cells), _COARSE)), step, np.int32(limited),
    )  # fmt: skip


def count_unit(u: Any, step: Any, fixed: Any, units: Any) -> Any:
    """Count the charge that a unit gave in a step; return whether its current turned, int32."""
    charge = units.charge[u] - np.int64(step)
    units.charge[u] = charge
    # Charge is never negative, and CPUs shift vectors of 64 bits only without a sign.
    units.soc[u] = np.int32(np.uint64(charge) >> np.uint64(fixed.charge_shift))
    units.moved[u] += np.int64(abs(step))
    was = units.step_charge[u]
    units.step_charge[u] = was if step == np.int32(0) else step
    return np.int32((step ^ was) < np.int32(0)) if step != np.int32(0) else np.int32(0)


def advance_unit(
    u: Any, discharge_w: Any, charge_w: Any, fixed: Any, curves: Any, units: Any
) -> Any:
    """Take one unit through one step, see ``step_unit`` and ``count_unit``.

    Returns
    -------
    power, source, heat, soc, limited, turned : int32
        The state of charge is that before the step, in steps of 2**−24.
    """
    soc = units.soc[u]
    power, source, heat, step, limited = step_unit(u, discharge_w, charge_w, fixed, curves, units)
    return power, source, heat, soc, limited, count_unit(u, step, fixed, units)
