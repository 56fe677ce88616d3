# SPDX-License-Identifier: Apache-2.0
"""All units of a farm: one step of each, what they can do, and what changes slowly."""

from typing import Any

import numpy as np

from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.laws.cell import between, hysteresis_next, terminal_power
from powermodel_kernels.laws.inverter import grid_power
from powermodel_kernels.primitives import fma, mul
from powermodel_kernels.storage.cycles import add_corners, age_in_store
from powermodel_kernels.storage.tables import (
    BEGUN,
    CAN_CHARGE,
    CAN_DISCHARGE,
    CELL_HEAT,
    CHARGED,
    DISCHARGED,
    INVERTER_LOSS,
    SAMPLES,
    STANDBY,
    STANDBY_NOW,
)
from powermodel_kernels.storage.units import (
    COARSE_SHIFT,
    count_unit,
    current_window,
    source_of,
    step_unit,
)

_ZERO = np.float32(0.0)
_ONE = np.float32(1.0)
_HALF = np.float32(0.5)
_QUANTA = np.float32(QUANTA_PER_W)
_PER_STEP_OF_SOC = np.float32(2.0**-24)


def advance_units(steps: Any, sample: Any, fixed: Any, curves: Any, units: Any, room: Any) -> None:
    """Take all units through steps in which nothing but their commands changes.

    A loop over units for each kind of number: only so do they fill the vectors of the CPU.

    Parameters
    ----------
    steps
        How many, at most as many as there is room for.
    sample
        Number of the first step's sample since the beginning of the run.
    room
        With the commands; takes what comes of them, see ``tables.Window``.
    """
    for k in range(steps):
        asked = room.command_w[k]
        up, down = max(asked, _ZERO), min(asked, _ZERO)
        for u in range(units.charge.size):
            given, source, heat, step, short = step_unit(u, up, down, fixed, curves, units)
            room.given[u], room.source[u], room.heat[u] = given, source, heat
            room.step[u], room.short[u] = step, short
        see_charge(k, units, room)
        add_up(k, units, room)
        turned = np.int32(0)
        for u in range(units.charge.size):
            room.turned[u] = count_unit(u, room.step[u], fixed, units)
            turned += room.turned[u]
        if turned > np.int32(0):
            add_corners(room.turned, sample + k, fixed, units)


def see_charge(k: Any, units: Any, room: Any) -> None:
    """Note the charge of all units before a step, and how many are limited in it."""
    soc_sum, limited = np.int64(0), np.int32(0)
    soc_min, soc_max = np.int32(2**30), np.int32(-(2**30))
    for u in range(units.soc.size):
        soc = units.soc[u]
        soc_sum += np.int64(soc)
        soc_min, soc_max = min(soc_min, soc), max(soc_max, soc)
        limited += room.short[u]
    room.soc[k], room.soc_min[k], room.soc_max[k] = soc_sum, soc_min, soc_max
    room.limited[k] = limited


def add_up(k: Any, units: Any, room: Any) -> None:
    """Add up what all units did in a step, for the step and for the run."""
    net, source, heat, out = np.int64(0), np.int64(0), np.int64(0), np.int64(0)
    for u in range(units.soc.size):
        given = room.given[u]
        net += np.int64(given)
        out += np.int64(max(given, np.int32(0)))
        source += np.int64(room.source[u])
        heat += np.int64(room.heat[u])
    standby, total = units.limits[STANDBY_NOW], units.total
    warmth, inverters = heat << COARSE_SHIFT, (source - net) << COARSE_SHIFT
    total[DISCHARGED] += out << COARSE_SHIFT
    total[CHARGED] += (out - net) << COARSE_SHIFT
    total[CELL_HEAT] += warmth
    total[INVERTER_LOSS] += inverters
    total[STANDBY] += standby
    total[SAMPLES] += np.int64(1)
    room.power[k] = (net << COARSE_SHIFT) - standby
    room.loss[k] = warmth + inverters + standby


def is_online(u: Any, sample: Any, outages: Any) -> Any:
    """Return whether a unit is in no outage at a sample."""
    for row in range(outages.shape[0]):
        if outages[row, 0] <= u < outages[row, 1] and outages[row, 2] <= sample < outages[row, 3]:
            return False
    return True


def outage_turns(sample: Any, outages: Any) -> Any:
    """Return whether an outage begins or ends at a sample."""
    turns = False
    for row in range(outages.shape[0]):
        turns = turns or outages[row, 2] == sample or outages[row, 3] == sample
    return turns


def open_circuit_line(soc: Any, fixed: Any, curves: Any) -> Any:
    """Return the straight piece of the open-circuit voltage at a state of charge.

    Between two reports the charge moves by a few 10⁻⁵ of the capacity, so a unit may follow the
    piece that it left for so long; the error is below 0.1 mV.

    Returns
    -------
    at_zero, slope : float32
        V = at_zero + slope·soc.
    """
    place = fma(soc, fixed.ocv_per_step, fixed.ocv_offset)
    j = min(max(np.int32(place), np.int32(0)), fixed.ocv_last)
    low = curves.ocv_v[j]
    rise = curves.ocv_v[j + 1] - low
    return fma(rise, fixed.ocv_offset - np.float32(j), low), rise * fixed.ocv_per_step


def report(sample: Any, horizon: Any, fixed: Any, curves: Any, units: Any) -> None:
    """Find out what each unit can do, and share out commands by it.

    Parameters
    ----------
    sample
        Number of the sample since the beginning of the run.
    horizon
        One over the steps until the next report: the charge must last so long.
    """
    limits = units.limits
    limits[CAN_DISCHARGE], limits[CAN_CHARGE], limits[STANDBY_NOW] = 0, 0, 0
    for u in range(units.charge.size):
        discharge, charge, standby = report_unit(u, sample, horizon, fixed, curves, units)
        limits[CAN_DISCHARGE] += discharge
        limits[CAN_CHARGE] += charge
        limits[STANDBY_NOW] += standby
    to_discharge, to_charge = per_quanta(limits[CAN_DISCHARGE]), per_quanta(limits[CAN_CHARGE])
    for u in range(units.charge.size):
        units.discharge_share[u] *= to_discharge
        units.charge_share[u] *= to_charge


def per_quanta(able: Any) -> Any:
    """Return one over what all units can do, given in quanta, 1/W."""
    return _QUANTA / np.float32(max(able, np.int64(1)))


def report_unit(u: Any, sample: Any, horizon: Any, fixed: Any, curves: Any, units: Any) -> Any:
    """Find out what a unit can do, and put it down, W, as its shares.

    Returns
    -------
    discharge, charge, standby : int64
        What it can do and its auxiliary power, quanta.
    """
    on = is_online(u, sample, curves.outages)
    units.online[u] = _ONE if on else _ZERO
    able = on and units.temperature_c[u] <= fixed.max_c
    soc = np.float32(units.soc[u]) * _PER_STEP_OF_SOC
    units.ocv_v[u], units.ocv_slope[u] = open_circuit_line(soc, fixed, curves)
    source, _ = source_of(u, soc, fixed, units)
    most, least = current_window(u, soc, source, horizon, fixed, curves, units)
    out = mul(terminal_power(most, source, units.r_discharge[u]), fixed.cells)
    taken = mul(terminal_power(-least, source, units.r_charge[u]), fixed.cells)
    out = grid_power(out, fixed.discharge_loss[0], fixed.discharge_loss[1])
    taken = -grid_power(taken, fixed.charge_loss[0], fixed.charge_loss[1])
    units.discharge_share[u] = min(max(out, _ZERO), fixed.rated_w) if able else _ZERO
    units.charge_share[u] = min(max(taken, _ZERO), fixed.rated_w) if able else _ZERO
    return (
        np.int64(units.discharge_share[u] * _QUANTA), np.int64(units.charge_share[u] * _QUANTA),
        fixed.standby_q if on else np.int64(0),
    )  # fmt: skip


def at_temperature(temperature: Any, points: Any, values: Any) -> Any:
    """Return a value of a table, held at its ends."""
    last = points.size - 1
    if temperature >= points[last]:
        return values[last]
    j = 0
    while j + 2 < points.size and temperature >= points[j + 1]:
        j += 1
    if j == last or temperature <= points[j]:
        return values[j]
    where = (temperature - points[j]) / (points[j + 1] - points[j])
    return between(values[j], values[j + 1], where)


def settle(fixed: Any, curves: Any, units: Any) -> None:
    """Update what changes slowly: temperature, hysteresis, and the resistances that follow."""
    begun = units.limits[BEGUN] != 0
    units.limits[BEGUN] = 1
    for u in range(units.charge.size):
        settle_unit(u, begun, fixed, curves, units)


def settle_unit(u: Any, begun: Any, fixed: Any, curves: Any, units: Any) -> None:
    """Update what changes slowly in a unit; ``begun``: whether there is a time to look back on."""
    if begun:
        rise = mul(units.heat[u] * fixed.per_slow_step, fixed.kelvin_per_w)
        above = units.temperature_c[u] - fixed.ambient_c
        units.temperature_c[u] = fixed.ambient_c + fma(fixed.warm_keep, above - rise, rise)
        charged = np.float32(units.charge[u] - units.marked[u]) * fixed.charge_unit
        state = hysteresis_next(units.hysteresis[u], charged, fixed.hysteresis_rate)
        units.hysteresis[u] = state
        units.hysteresis_v[u] = state * fixed.hysteresis_v
        if fixed.ages:
            age_in_store(u, fixed.slow_s, fixed, units)
    units.heat[u] = _ZERO
    units.marked[u] = units.charge[u]
    warmth, factor = units.temperature_c[u], curves.resistance[u]
    discharge = mul(factor, at_temperature(warmth, curves.temperature_c, curves.discharge_ohm))
    charge = mul(factor, at_temperature(warmth, curves.temperature_c, curves.charge_ohm))
    pair = _HALF * (discharge + charge)
    units.r_discharge[u] = fma(fixed.pair_share, pair, discharge)
    units.r_charge[u] = fma(fixed.pair_share, pair, charge)
    units.r_pair[u] = pair
    units.per_r_discharge[u] = _ONE / units.r_discharge[u]
    units.per_r_charge[u] = _ONE / units.r_charge[u]
    units.per_r_pair[u] = _ONE / pair
