# SPDX-License-Identifier: Apache-2.0
"""From accelerators to the input of their racks on a GPU, a kernel for each stage.

Without memory, a thread is a sample and adds up some racks. With memory, a thread is a rack, a
block is a warp of racks, and time is cut into windows as long as the block is wide: all threads
bring the window of every rack to shared memory, so that neighbours read neighbouring samples; each
thread takes its rack through the window; then each thread adds one sample of all racks and writes
it out. The arithmetic is that of ``chain``, ``rack.lanes`` and ``rack.backup`` in the same order,
and sums are integers, so every bit is that of the CPU. The last axis of the grid is the runs.
"""

from typing import Any

import numpy as np

from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.cuda.compiler import cuda
from powermodel_kernels.cuda.runs import row_of_run
from powermodel_kernels.laws.conversion import input_power, loss
from powermodel_kernels.laws.rack_backup import backup_step
from powermodel_kernels.laws.rack_load import bus_load, rest_power
from powermodel_kernels.laws.rack_store import store_step
from powermodel_kernels.primitives import fma

WIDTH = 32
"""Racks and threads of a block at most, and samples of a window."""
RACKS = 8
"""Racks that a thread of a stage without memory takes."""
_PADDED = WIDTH + 1
"""A row of shared memory: one more, so that a column lies in as many banks as a row."""

_HALF = np.float32(0.5)
_QUANTA = np.float32(QUANTA_PER_W)
_W_PER_QUANTUM = np.float32(1.0 / QUANTA_PER_W)
_ZERO = np.float32(0.0)


def bus_loads(load: Any, held: Any, quanta: Any, power: Any, modules: Any) -> None:
    """Turn the power of accelerators into what the bus of each rack draws.

    A thread is a sample; the second axis of the grid is groups of ``RACKS`` racks.

    Parameters
    ----------
    load, held, quanta, power, modules
        See ``rack_stores``.
    """
    k, run, runs = cuda.grid(1), cuda.blockIdx.z, cuda.gridDim.z
    if k >= quanta.shape[1]:
        return
    first = cuda.blockIdx.y * RACKS
    added = np.int64(0)
    for rack in range(first, min(first + RACKS, held.size)):
        row = row_of_run(rack, run, runs)
        given = quanta[row, k]
        added += np.int64(given)
        rest = rest_power(held[rack], load.base, load.ratio, load.idle)
        power[row, k] = bus_load(np.float32(given) * _W_PER_QUANTUM, load.ratio, rest)
    cuda.atomic.add(modules, (run, k), added)


def rack_stores(
    law: Any, load: Any, state: Any, held: Any, quanta: Any, power: Any, modules: Any, sums: Any
) -> None:
    """Take stores through a stretch of time, in place: see ``rack.stage.StoredSupply.to_shelf``.

    Parameters
    ----------
    law, load, state
        See ``rack.store``; the arrays of the state have one item per rack and run.
    held
        Accelerators that each rack holds, int32.
    quanta
        Power of the accelerators, int32 (racks · runs, samples).
    power
        Out: what the shelves give, float32 W (racks · runs, samples).
    modules
        To add the power of the accelerators to, int64 (runs, samples), quanta.
    sums
        To add to, int64 (3, runs, samples), in the order of ``rack.store.StoreSums``.
    """
    tile = cuda.shared.array((WIDTH, _PADDED), np.float32)
    counted = cuda.shared.array((3, WIDTH, _PADDED), np.int32)
    width, thread = cuda.blockDim.x, cuda.threadIdx.x
    first = cuda.blockIdx.x * width
    racks: Any = min(width, held.size - first)
    run, runs = cuda.blockIdx.y, cuda.gridDim.y
    here = thread < racks
    rack = first + thread if here else first
    own = row_of_run(rack, run, runs)
    limits = (
        state.low[own], state.target[own], state.high[own], state.charge_w[own],
        state.discharge_w[own],
    )  # fmt: skip
    energy, reference, shelf = state.energy[own], state.reference[own], state.shelf[own]
    rest = rest_power(held[rack], load.base, load.ratio, load.idle)
    for begin in range(0, power.shape[1], width):
        samples: Any = min(width, power.shape[1] - begin)
        if thread < samples:
            added = np.int64(0)
            for r in range(racks):
                given = quanta[row_of_run(first + r, run, runs), begin + thread]
                added += np.int64(given)
                tile[thread, r] = np.float32(given) * _W_PER_QUANTUM
            cuda.atomic.add(modules, (run, begin + thread), added)
        cuda.syncthreads()
        if here:
            for k in range(samples):
                needs = bus_load(tile[k, thread], load.ratio, rest)
                if reference < _ZERO:
                    reference, shelf = needs, needs
                reference, shelf, energy, bus, lost = store_step(
                    needs, reference, shelf, energy, limits, law
                )
                tile[k, thread] = shelf
                counted[0, k, thread] = bus
                counted[1, k, thread] = lost
                counted[2, k, thread] = energy
        cuda.syncthreads()
        if thread < samples:
            for i in range(3):
                total = np.int64(0)
                for r in range(racks):
                    total += np.int64(counted[i, thread, r])
                cuda.atomic.add(sums, (i, run, begin + thread), total)
            for r in range(racks):
                power[row_of_run(first + r, run, runs), begin + thread] = tile[thread, r]
        cuda.syncthreads()
    if here:
        state.energy[own], state.reference[own], state.shelf[own] = energy, reference, shelf


def rack_backups(law: Any, state: Any, available: Any, power: Any, sums: Any) -> None:
    """Take the backup of racks through a stretch of time: see ``rack.backup.RackBackup.advance``.

    Outages are rare and short, so threads just go along their rows.

    Parameters
    ----------
    law, state
        See ``rack.backup``; the arrays of the state have one item per rack and run.
    available
        Whether the input is there, bool (samples,).
    power
        In: what the bus draws; out: what the shelf takes from its input; float32 W
        (racks · runs, samples).
    sums
        To add to, int64 (4, runs, samples), in the order of ``rack.backup.BackupSums``.
    """
    run = cuda.blockIdx.y
    row = row_of_run(cuda.grid(1), run, cuda.gridDim.y)
    if row >= np.uint64(power.shape[0]):
        return
    sums_given, sums_lost, sums_unserved, sums_held = (
        sums[0, run], sums[1, run], sums[2, run], sums[3, run],
    )  # fmt: skip
    hold_up, battery = state.hold_up[row], state.battery[row]
    lost, back = state.lost[row], state.back[row]
    for k in range(power.shape[1]):
        drawn, hold_up, battery, lost, back, given, loss_q, unserved = backup_step(
            power[row, k], available[k], hold_up, battery, lost, back, law
        )
        power[row, k] = drawn
        cuda.atomic.add(sums_given, k, given)
        cuda.atomic.add(sums_lost, k, loss_q)
        cuda.atomic.add(sums_unserved, k, unserved)
        cuda.atomic.add(sums_held, k, hold_up + battery)
    state.hold_up[row], state.battery[row] = hold_up, battery
    state.lost[row], state.back[row] = lost, back


def shelf_inputs(
    constant: Any, quadratic: Any, available: Any, power: Any, total: Any, lost: Any
) -> None:
    """Turn what shelves give into what they draw, in place: see ``chain.shelf_input``.

    A thread is a sample; the second axis of the grid is groups of ``RACKS`` racks.

    Parameters
    ----------
    constant, quadratic
        Of the shelves, see ``laws.conversion``, float32.
    available
        Whether the input is there, bool (samples,): without it a shelf draws nothing.
    power
        In: what the shelves give; out: what they draw; float32 W (racks · runs, samples).
    total, lost
        To add what they draw and what they lose to, int64 (runs, samples), quanta.
    """
    k, run, runs = cuda.grid(1), cuda.blockIdx.z, cuda.gridDim.z
    if k >= power.shape[1]:
        return
    first = cuda.blockIdx.y * RACKS
    drawn_sum, lost_sum = np.int64(0), np.int64(0)
    for rack in range(first, min(first + RACKS, power.shape[0] // runs)):
        row = row_of_run(rack, run, runs)
        given = power[row, k]
        drawn = input_power(given, constant, quadratic) if available[k] else _ZERO
        away = loss(given, constant, quadratic) if available[k] else _ZERO
        power[row, k] = drawn
        drawn_sum += np.int64(np.int32(fma(drawn, _QUANTA, _HALF)))
        lost_sum += np.int64(np.int32(fma(away, _QUANTA, _HALF)))
    cuda.atomic.add(total, (run, k), drawn_sum)
    cuda.atomic.add(lost, (run, k), lost_sum)
