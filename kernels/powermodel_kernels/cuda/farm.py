# SPDX-License-Identifier: Apache-2.0
"""Storage at the point of interconnection on a GPU: units, sums, controller, whole runs at once.

A block is a run: its farms, its controller, its load. One launch takes all runs through a stretch
of samples, and nothing comes back before its end. Threads take a unit each through the steps whose
commands are already on their way, then sum what units did, each thread one step of one sum; the
first thread is the controller. The arithmetic is that of ``storage.driver`` in the same order for
every unit, and sums are integers, so every bit is that of the CPU.

Units of all runs stand one after another; those of run ``r`` are ``first[r]`` to ``first[r + 1]``.
"""

from typing import Any

import numpy as np

from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.control.signal import Memory
from powermodel_kernels.cuda.compiler import cuda
from powermodel_kernels.storage.cycles import add_corner
from powermodel_kernels.storage.driver import Links, Outputs, decide, mean_soc
from powermodel_kernels.storage.tables import (
    BEGUN,
    CELL_HEAT,
    CHARGED,
    DISCHARGED,
    INVERTER_LOSS,
    SAMPLES,
    STANDBY,
    STANDBY_NOW,
)
from powermodel_kernels.storage.together import per_quanta, report_unit, settle_unit
from powermodel_kernels.storage.units import COARSE_SHIFT, advance_unit

THREADS = 128
"""Threads of a block at most: units that are computed at once."""
STEPS = 16
"""Steps of a window at most."""
_PADDED = THREADS + 1
"""A row of shared memory: one more, so that a column lies in as many banks as a row."""
_KINDS = 5
"""What a unit says of a step: power, source, heat, state of charge, whether it is limited."""
_POWER, _SOURCE, _HEAT, _SOC, _LIMITED, _OUT, _SOC_MIN, _SOC_MAX = range(8)
_SUMS = 8
"""Their sums in that order, then the sum of positive power and the range of the charge."""

_NOTHING = np.int64(0)
_ZERO = np.float32(0.0)
_QUANTA = np.float32(QUANTA_PER_W)
_PER_STEP_OF_SOC = np.float32(2.0**-24)


def turns(sample: Any, outages: Any, begin: Any, stop: Any) -> Any:
    """Return whether an outage of a run's units begins or ends at a sample."""
    found = False
    for row in range(outages.shape[0]):
        mine = begin <= outages[row, 0] < stop
        found = found or (mine and (outages[row, 2] == sample or outages[row, 3] == sample))
    return found


def due(sample: Any, period: Any, slow: Any, outages: Any, begin: Any, stop: Any) -> Any:
    """Return whether anything but a step is due for a farm of a run at a sample."""
    return sample % slow == 0 or sample % period == 0 or turns(sample, outages, begin, stop)


def tend(run: Any, sample: Any, period: Any, slow: Any, farm: Any, room: Any) -> None:
    """Do for a farm of a run what is due at a sample before its step; ``room``: 3 sums."""
    fixed, curves, units, first = farm
    begin, stop = first[run], first[run + 1]
    thread, width = cuda.threadIdx.x, cuda.blockDim.x
    if sample % slow == 0:
        begun = units.limits[run, BEGUN] != 0
        cuda.syncthreads()
        for u in range(begin + thread, stop, width):
            settle_unit(u, begun, fixed, curves, units)
        if thread == 0:
            units.limits[run, BEGUN] = 1
    if sample % period == 0 or turns(sample, curves.outages, begin, stop):
        if thread == 0:
            room[0], room[1], room[2] = 0, 0, 0
        cuda.syncthreads()
        for u in range(begin + thread, stop, width):
            discharge, charge, standby = report_unit(
                u, sample, np.float32(1.0) / np.float32(period), fixed, curves, units
            )
            cuda.atomic.add(room, 0, discharge)
            cuda.atomic.add(room, 1, charge)
            cuda.atomic.add(room, 2, standby)
        cuda.syncthreads()
        to_discharge, to_charge = per_quanta(room[0]), per_quanta(room[1])
        for u in range(begin + thread, stop, width):
            units.discharge_share[u] *= to_discharge
            units.charge_share[u] *= to_charge
        if thread == 0:
            # In the order of CAN_DISCHARGE, CAN_CHARGE, STANDBY_NOW.
            for i in range(3):
                units.limits[run, i] = room[i]
    cuda.syncthreads()


def advance(
    run: Any, steps: Any, sample: Any, orders: Any, farm: Any, tile: Any, sums: Any
) -> None:
    """Take the units of a farm of a run through some steps, and sum what they do.

    Parameters
    ----------
    orders
        Commands of the farm, W (steps,).
    tile
        Room for the steps of as many units as there are threads.
    sums
        Set to the sums of each step, (_SUMS, steps).
    """
    fixed, curves, units, first = farm
    begin, stop = first[run], first[run + 1]
    thread, width = cuda.threadIdx.x, cuda.blockDim.x
    for row in range(thread, _KINDS * steps, width):
        kind, j = row // steps, row % steps
        sums[kind, j] = 0
        if kind == _POWER:
            sums[_OUT, j] = 0
        if kind == _SOC:
            sums[_SOC_MIN, j], sums[_SOC_MAX, j] = 2**30, -(2**30)
    for base in range(begin, stop, width):
        u: Any = base + thread
        if u < stop:
            for j in range(steps):
                asked = orders[j]
                power, source, heat, soc, limited, turned = advance_unit(
                    u, max(asked, _ZERO), min(asked, _ZERO), fixed, curves, units
                )
                tile[_POWER, j, thread] = power
                tile[_SOURCE, j, thread] = source
                tile[_HEAT, j, thread] = heat
                tile[_SOC, j, thread] = soc
                tile[_LIMITED, j, thread] = limited
                if turned != np.int32(0):
                    before = units.charge[u] + np.int64(units.step_charge[u])
                    add_corner(u, before, sample + j, fixed, units)
        cuda.syncthreads()
        present: Any = min(width, stop - base)
        for row in range(thread, _KINDS * steps, width):
            kind, j = row // steps, row % steps
            total, out = _NOTHING, _NOTHING
            low, high = np.int32(2**30), np.int32(-(2**30))
            for v in range(present):
                value = tile[kind, j, v]
                total += np.int64(value)
                out += np.int64(max(value, np.int32(0)))
                low, high = min(low, value), max(high, value)
            sums[kind, j] += total
            if kind == _POWER:
                sums[_OUT, j] += out
            if kind == _SOC:
                sums[_SOC_MIN, j] = min(sums[_SOC_MIN, j], np.int64(low))
                sums[_SOC_MAX, j] = max(sums[_SOC_MAX, j], np.int64(high))
        cuda.syncthreads()


def add_totals(run: Any, steps: Any, units: Any, sums: Any) -> None:
    """Add the sums of some steps to those of the run."""
    standby, total = units.limits[run, STANDBY_NOW], units.total[run]
    for j in range(steps):
        net, out = sums[_POWER, j], sums[_OUT, j]
        total[DISCHARGED] += out << COARSE_SHIFT
        total[CHARGED] += (out - net) << COARSE_SHIFT
        total[CELL_HEAT] += sums[_HEAT, j] << COARSE_SHIFT
        total[INVERTER_LOSS] += (sums[_SOURCE, j] - net) << COARSE_SHIFT
        total[STANDBY] += standby
        total[SAMPLES] += np.int64(1)


def power_and_loss(j: Any, standby: Any, sums: Any) -> Any:
    """Return power and losses of a farm in a step, quanta."""
    net, warmth = sums[_POWER, j], sums[_HEAT, j] << COARSE_SHIFT
    inverters = (sums[_SOURCE, j] - net) << COARSE_SHIFT
    return (net << COARSE_SHIFT) - standby, warmth + inverters + standby


def site_steps(
    load_q: Any, forecast_q: Any, frequency_hz: Any, begin: Any, timing: Any, known: Any,
    parameters: Any, memories: Any, links_of: Any, main: Any, fast: Any, outs: Any,
) -> None:  # fmt: skip
    """Advance all runs over samples begin, begin + 1, ….

    Parameters
    ----------
    load_q, forecast_q, frequency_hz
        Of each run, (runs, samples); see ``storage.driver.drive``.
    timing
        Of all runs.
    known
        How many samples ahead the commands of both farms are known, at least 1.
    parameters, memories, links_of, outs
        Of each run, with a row for each.
    main, fast
        (fixed, curves, units, first) of all runs' farms; a farm without units is none.
    """
    tile = cuda.shared.array((_KINDS, STEPS, _PADDED), np.int32)
    sums = cuda.shared.array((_SUMS, STEPS), np.int64)
    sums_fast = cuda.shared.array((_SUMS, STEPS), np.int64)
    orders = cuda.shared.array(STEPS, np.float32)
    orders_fast = cuda.shared.array(STEPS, np.float32)
    room = cuda.shared.array(3, np.int64)
    run, thread = cuda.blockIdx.x, cuda.threadIdx.x
    memory = Memory(memories.f[run], memories.i[run], memories.ring[run])
    links = Links(
        links_of.load[run], links_of.poi[run], links_of.storage[run], links_of.main[run],
        links_of.fast[run], links_of.held[run], links_of.last[run],
    )  # fmt: skip
    out = Outputs(
        outs.power_q[run], outs.fast_power_q[run], outs.command_q[run], outs.loss_q[run],
        outs.soc_mean[run], outs.soc_min[run], outs.soc_max[run], outs.fast_soc[run],
        outs.limited[run],
    )  # fmt: skip
    _, curves, units, first = main
    _, curves_fast, units_fast, first_fast = fast
    count, count_fast = first[run + 1] - first[run], first_fast[run + 1] - first_fast[run]
    limits, limits_fast = units.limits[run], units_fast.limits[run]
    n = load_q.shape[1]
    if thread == 0 and links.last[1] == 0:
        links.last[1] = 1
        for i in range(links.load.size):
            links.load[i], links.poi[i] = load_q[run, 0], load_q[run, 0]
    cuda.syncthreads()
    k = np.int64(0)
    while k < n:
        s = begin + k
        tend(run, s, timing.report_main, timing.slow, main, room)
        tend(run, s, timing.report_fast, timing.slow, fast, room)
        steps = np.int64(1)
        while (
            steps < min(known, STEPS)
            and k + steps < n
            and not due(
                s + steps, timing.report_main, timing.slow, curves.outages, first[run],
                first[run + 1],
            )
            and not due(
                s + steps, timing.report_fast, timing.slow, curves_fast.outages, first_fast[run],
                first_fast[run + 1],
            )
        ):  # fmt: skip
            steps += 1
        if thread < steps:
            orders[thread] = links.main[(s + thread + 1) % links.main.size]
            orders_fast[thread] = links.fast[(s + thread + 1) % links.fast.size]
        cuda.syncthreads()
        advance(run, steps, s, orders, main, tile, sums)
        advance(run, steps, s, orders_fast, fast, tile, sums_fast)
        cuda.syncthreads()
        if thread < steps:
            j = k + thread
            power, loss = power_and_loss(thread, limits[STANDBY_NOW], sums)
            power_fast, loss_fast = power_and_loss(thread, limits_fast[STANDBY_NOW], sums_fast)
            out.power_q[j], out.fast_power_q[j] = power + power_fast, power_fast
            out.loss_q[j] = loss + loss_fast
            out.command_q[j] = np.int64(orders[thread] * _QUANTA) + np.int64(
                orders_fast[thread] * _QUANTA
            )
            out.soc_mean[j] = mean_soc(sums[_SOC, thread], count)
            out.soc_min[j] = np.float32(np.int32(sums[_SOC_MIN, thread])) * _PER_STEP_OF_SOC
            out.soc_max[j] = np.float32(np.int32(sums[_SOC_MAX, thread])) * _PER_STEP_OF_SOC
            out.fast_soc[j] = mean_soc(sums_fast[_SOC, thread], count_fast)
            out.limited[j] = np.int32(sums[_LIMITED, thread] + sums_fast[_LIMITED, thread])
        cuda.syncthreads()
        if thread == 0:
            add_totals(run, steps, units, sums)
            add_totals(run, steps, units_fast, sums_fast)
            for i in range(k, k + steps):
                decide(
                    i, begin, load_q[run], forecast_q[run], frequency_hz[run], timing,
                    parameters[run], memory, links, limits, limits_fast, out,
                )  # fmt: skip
        cuda.syncthreads()
        k += steps
    if thread == 0 and n > 0:
        links.last[0] = out.power_q[n - 1]
