# SPDX-License-Identifier: Apache-2.0
"""Stages of racks that remember, on a GPU: a thread is a rack, a block is a warp of racks.

Time is cut into windows as long as the block is wide. All threads bring the window of every rack
to shared memory, so that neighbours read neighbouring samples; each thread takes its rack through
the window; then each thread adds one sample of all racks and writes it out. The arithmetic is that
of ``rack.lanes`` and ``chain.shelf_input`` in the same order, and sums are integers, so every bit
is that of the CPU.
"""

from typing import Any

import numpy as np

from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.cuda.compiler import cuda
from powermodel_kernels.laws.conversion import input_power, loss
from powermodel_kernels.laws.rack_backup import backup_step
from powermodel_kernels.laws.rack_load import bus_load, rest_power
from powermodel_kernels.laws.rack_store import store_step
from powermodel_kernels.primitives import fma

WIDTH = 32
"""Racks and threads of a block at most, and samples of a window."""
_PADDED = WIDTH + 1
"""A row of shared memory: one more, so that a column lies in as many banks as a row."""

_HALF = np.float32(0.5)
_QUANTA = np.float32(QUANTA_PER_W)
_ZERO = np.float32(0.0)


def rack_stores(
    law: Any, load: Any, state: Any, held: Any, constant: Any, quadratic: Any, power: Any,
    sums: Any,
) -> None:  # fmt: skip
    """Take racks through a stretch of time, in place: see ``rack.stage.StoredSupply.advance``.

    Parameters
    ----------
    law, load, state
        See ``rack.store``; the arrays of the state have one item per rack.
    held
        Accelerators that each rack holds, int32.
    constant, quadratic
        Of the shelves, see ``laws.conversion``, float32.
    power
        In: power of the accelerators; out: what the racks draw; float32 W (racks, samples).
    sums
        To add to, int64 (4, samples), in the order of ``rack.store.StoreSums``.
    """
    tile = cuda.shared.array((WIDTH, _PADDED), np.float32)
    counted = cuda.shared.array((4, WIDTH, _PADDED), np.int32)
    width, thread = cuda.blockDim.x, cuda.threadIdx.x
    first = cuda.blockIdx.x * width
    rack = first + thread
    racks: Any = min(width, power.shape[0] - first)
    here = thread < racks
    rack = rack if here else first
    limits = (
        state.low[rack], state.target[rack], state.high[rack], state.charge_w[rack],
        state.discharge_w[rack],
    )  # fmt: skip
    energy, reference, shelf = state.energy[rack], state.reference[rack], state.shelf[rack]
    rest = rest_power(held[rack], load.base, load.ratio, load.idle)
    for begin in range(0, power.shape[1], width):
        samples: Any = min(width, power.shape[1] - begin)
        if thread < samples:
            for r in range(racks):
                tile[thread, r] = power[first + r, begin + thread]
        cuda.syncthreads()
        if here:
            for k in range(samples):
                needs = bus_load(tile[k, thread], load.ratio, rest)
                if reference < _ZERO:
                    reference, shelf = needs, needs
                reference, shelf, energy, bus, lost = store_step(
                    needs, reference, shelf, energy, limits, law
                )
                tile[k, thread] = input_power(shelf, constant, quadratic)
                counted[0, k, thread] = bus
                counted[1, k, thread] = lost
                counted[2, k, thread] = energy
                counted[3, k, thread] = np.int32(
                    fma(loss(shelf, constant, quadratic), _QUANTA, _HALF)
                )
        cuda.syncthreads()
        if thread < samples:
            for i in range(4):
                total = np.int64(0)
                for r in range(racks):
                    total += np.int64(counted[i, thread, r])
                cuda.atomic.add(sums, (i, begin + thread), total)
            for r in range(racks):
                power[first + r, begin + thread] = tile[thread, r]
        cuda.syncthreads()
    if here:
        state.energy[rack], state.reference[rack], state.shelf[rack] = energy, reference, shelf


def rack_backups(law: Any, state: Any, available: Any, power: Any, sums: Any) -> None:
    """Take the backup of racks through a stretch of time: see ``rack.backup.RackBackup.advance``.

    Outages are rare and short, so threads just go along their rows.

    Parameters
    ----------
    law, state
        See ``rack.backup``; the arrays of the state have one item per rack.
    available
        Whether the input is there, bool (samples,).
    power
        In: what the bus draws; out: what the shelf takes from its input; float32 W
        (racks, samples).
    sums
        To add to, int64 (4, samples), in the order of ``rack.backup.BackupSums``.
    """
    rack = cuda.grid(1)
    if rack >= power.shape[0]:
        return
    hold_up, battery = state.hold_up[rack], state.battery[rack]
    lost, back = state.lost[rack], state.back[rack]
    for k in range(power.shape[1]):
        drawn, hold_up, battery, lost, back, given, loss_q, unserved = backup_step(
            power[rack, k], available[k], hold_up, battery, lost, back, law
        )
        power[rack, k] = drawn
        cuda.atomic.add(sums, (0, k), given)
        cuda.atomic.add(sums, (1, k), loss_q)
        cuda.atomic.add(sums, (2, k), unserved)
        cuda.atomic.add(sums, (3, k), hold_up + battery)
    state.hold_up[rack], state.battery[rack] = hold_up, battery
    state.lost[rack], state.back[rack] = lost, back
