# SPDX-License-Identifier: Apache-2.0
"""The ``events`` engine on a GPU: a block is a rack, a thread is an accelerator.

Each thread walks its accelerator through the slots. Time is cut into windows whose bins fit shared
memory: all threads add their events of the window, one thread for each kind of bin runs over it
(the same arithmetic in the same order as on the CPU), all threads write it out. Bins are integers,
so the order of the atomic additions does not matter and the sums are those of the CPU, bit for bit.
"""

from typing import Any

import numpy as np

from powermodel_kernels.cuda.compiler import block_of, cuda
from powermodel_kernels.cuda.runs import lane_of_run, of_run, row_of_run
from powermodel_kernels.cuda.walk import ENTER, event_here, onward
from powermodel_kernels.laws.response import aimed_at, alive, to_quanta, transition
from powermodel_kernels.laws.sampling import placed
from powermodel_kernels.primitives import bits_float, float_bits, fma

WINDOW = 1024
"""Samples whose bins are in shared memory at once: 16 kB."""
_ROW = WINDOW + 8
"""Bins of one kind, and room that puts those of other kinds into other banks."""
MAX_RACK = 896
"""Accelerators of the largest rack: 28 warps, as many as the registers of a block go round for."""
THREADS = 96
"""Threads of a block: a rack of 72 in whole warps; larger racks are gone through in turns."""

_ZERO = np.float32(0.0)
_RISE, _FALL, _OVER, _STEP = 0, 1, 2, 3


def four(row: Any, at: Any) -> Any:
    """Return four bins that follow each other, loaded before the first of them is changed."""
    return row[at], row[at + 1], row[at + 2], row[at + 3]


def run_levels(row: Any, before: Any, samples: Any) -> Any:
    """Turn the steps of a window into levels, and return the last one."""
    level = before
    for at in range(0, samples, 4):
        a, b, c, d = four(row, at)
        row[at] = level + a
        row[at + 1] = level + (a + b)
        row[at + 2] = level + (a + b + c)
        level += a + b + c + d
        row[at + 3] = level
    return level


def run_transients(row: Any, before: Any, keep: Any, samples: Any) -> Any:
    """Turn what begins in a window into what is left of it, as bits, and return the last one."""
    left = before
    for at in range(0, samples, 8):
        left = alive(left)
        first, second = four(row, at), four(row, at + 4)
        for k in range(4):
            left = fma(left, keep, np.float32(first[k]))
            row[at + k] = float_bits(left)
        for k in range(4):
            left = fma(left, keep, np.float32(second[k]))
            row[at + 4 + k] = float_bits(left)
    return left


@block_of(MAX_RACK)
def rack_bins(
    programs: Any, fleet: Any, runs: Any, scale: Any, slowness: Any, slots: Any, grid: Any,
    decays: Any, place: Any, out: Any,
) -> None:  # fmt: skip
    """Compute the power of one rack of a run over one tile: a block is a rack.

    Same quantities as ``fleet.events.rack_power``. A block needs a thread for every accelerator of
    a rack; the second axis of the grid is the runs.

    Parameters
    ----------
    runs
        See ``Runs``; slots are those of all runs.
    scale, slowness
        Of ``tables.Lanes``, one run after the other.
    decays
        What a rise, a fall and an overshoot keep over one sample, float32 (3,).
    out
        int32 (racks · runs, samples), quanta.
    """
    bins = cuda.shared.array((4, _ROW), np.int32)
    rack, run, thread = cuda.blockIdx.x, cuda.blockIdx.y, cuda.threadIdx.x
    fleet = of_run(fleet, runs, run)
    lane = place.first_lane + rack * place.lanes_per_rack + thread
    here = thread < place.lanes_per_rack and lane < place.stop_lane
    lane = lane if here else place.first_lane
    begin, dt, samples = np.int64(grid.begin), np.int64(grid.dt), np.int64(grid.samples)
    shift, horizon = np.int64(fleet.age_shift), np.int64(fleet.horizon)
    settled = begin - (horizon << shift)
    rates = (fleet.rise_rate, fleet.fall_rate, fleet.overshoot_rate)
    # The lane's electrical state.
    seat = lane_of_run(fleet, lane, run)
    factor, slow = scale[seat], slowness[seat]
    held = np.int32(fleet.idle)
    since = np.int64(-(2**50))
    rise, fall, over = _ZERO, _ZERO, _ZERO
    # Where the lane is in its walk.
    s, last = runs.first[run], runs.first[run + 1]
    p, stand = np.int64(0), ENTER
    clock = slots.start[s, lane // fleet.unit_size]
    # State of the runs over time: a transient is kept by the thread of its kind, the level by the
    # last thread, which is in another warp where there are two.
    level, left = np.int32(0), _ZERO
    first_step = aimed_at(held, factor) if here else np.int32(0)
    for k in range(thread, WINDOW, cuda.blockDim.x):
        for kind in range(4):
            bins[kind, k] = np.int32(0)
    cuda.syncthreads()
    cuda.atomic.add(bins, (_STEP, 0), first_step)
    for window in range(0, samples, WINDOW):
        stop: Any = min(window + WINDOW, samples)
        walking = here and s < last
        while walking:
            event, new_level = event_here(programs, slots, s, p, stand, clock)
            # A level that is there already is no change, whatever is still decaying.
            if event and new_level != held:
                k, age, ahead = placed(
                    clock, since, begin, dt, samples, grid.coarse_rate, shift, horizon
                )
                if k >= stop:
                    break
                step = aimed_at(new_level, factor) - aimed_at(held, factor)
                rise, fall, over, add_rise, add_fall, add_over = transition(
                    np.float32(step), age, ahead, clock >= settled, np.int32(horizon),
                    rates, fleet.overshoot, (rise, fall, over),
                )  # fmt: skip
                at = k - window
                cuda.atomic.add(bins, (_STEP, at), step)
                cuda.atomic.add(bins, (_RISE, at), to_quanta(add_rise))
                cuda.atomic.add(bins, (_FALL, at), to_quanta(add_fall))
                cuda.atomic.add(bins, (_OVER, at), to_quanta(add_over))
                held, since = new_level, clock
            s, p, stand, clock = onward(programs, fleet, slow, slots, lane, s, p, stand, clock)
            walking = s < last
        cuda.syncthreads()
        if thread < _STEP:
            left = run_transients(bins[thread], left, decays[thread], stop - window)
        elif thread == cuda.blockDim.x - 1:
            level = run_levels(bins[_STEP], level, stop - window)
        cuda.syncthreads()
        row = row_of_run(rack, run, cuda.gridDim.y)
        for k in range(thread, stop - window, cuda.blockDim.x):
            moving = bits_float(bins[_RISE, k]) + bits_float(bins[_FALL, k])
            out[row, window + k] = bins[_STEP, k] + to_quanta(moving + bits_float(bins[_OVER, k]))
            for kind in range(4):
                bins[kind, k] = np.int32(0)
        cuda.syncthreads()
