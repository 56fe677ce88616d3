# SPDX-License-Identifier: Apache-2.0
"""The ``steps`` engine for smoothed targets on a GPU: a thread is an accelerator, a block a warp.

As in ``steps``, time is cut into windows as long as a warp is wide: each thread takes its
accelerator through the samples of the window, then each adds one sample of all of them to the sums
of the rack. A rack may fill several warps and is rounded as one, so that is done afterwards, when
all have added.
"""

from typing import Any

import numpy as np

from powermodel_kernels.cuda.compiler import cuda
from powermodel_kernels.cuda.runs import lane_of_run, of_run, row_of_run
from powermodel_kernels.cuda.walk import ENTER, next_event
from powermodel_kernels.fleet.smooth_steps import at_sample, go_on, rounded, settle
from powermodel_kernels.fleet.smoothing import Memory, copy_lane

WIDTH = 32
"""Accelerators and threads of a block, and samples of a window."""
THREADS = 128
"""Threads of a block that rounds."""
RACKS = 8
"""Racks that a thread rounds."""
KINDS = 5
"""Sums that ``at_sample`` is added to."""
_PADDED = WIDTH + 1
"""A row of shared memory: one more, so that a column lies in as many banks as a row."""


def smoothed_steps(
    programs: Any, fleet: Any, runs: Any, scale: Any, slowness: Any, slots: Any, grid: Any,
    smoothing: Any, span: Any, place: Any, before: Any, after: Any, sums: Any,
) -> None:  # fmt: skip
    """Add what every sample sees of every accelerator of some racks to the sums of its rack.

    Same quantities as ``fleet.smooth_steps.walk_lane``. There are as many blocks as racks, times
    the warps that a rack fills; the second axis of the grid is the runs.

    Parameters
    ----------
    runs, scale, slowness, span, before, after
        See ``smooth_events.smoothed_bins``.
    sums
        To add to, int64 (racks · runs, KINDS, samples).
    """
    quanta = cuda.shared.array((3, WIDTH, _PADDED), np.int32)
    fine = cuda.shared.array((2, WIDTH, _PADDED), np.int64)
    thread, run = cuda.threadIdx.x, cuda.blockIdx.y
    fleet = of_run(fleet, runs, run)
    warps = (place.lanes_per_rack + WIDTH - 1) // WIDTH
    rack = cuda.blockIdx.x // warps
    seat = (cuda.blockIdx.x - rack * warps) * WIDTH + thread
    lane = place.first_lane + rack * place.lanes_per_rack + seat
    here = seat < place.lanes_per_rack and lane < place.stop_lane
    lane = lane if here else place.first_lane
    for row in range(WIDTH):
        for kind in range(3):
            quanta[kind, row, thread] = np.int32(0)
        for kind in range(2):
            fine[kind, row, thread] = np.int64(0)
    own = lane_of_run(fleet, lane, run)
    factor, slow = scale[own], slowness[own]
    # What the thread's own lane remembers, in registers: arrays of one item.
    mine = Memory(
        level=cuda.local.array(1, np.int32),
        smoothed=cuda.local.array(1, np.int64),
        hold_end=cuda.local.array(1, np.int64),
        active_until=cuda.local.array(1, np.int64),
        since=cuda.local.array(1, np.int64),
        rise=cuda.local.array(1, np.float32),
        fall=cuda.local.array(1, np.float32),
        over=cuda.local.array(1, np.float32),
        lag=cuda.local.array(1, np.float32),
        changed=cuda.local.array(1, np.int64),
        own=cuda.local.array(1, np.float32),
    )
    copy_lane(before, own, mine, 0)
    begin, dt, samples = np.int64(grid.begin), np.int64(grid.dt), np.int64(grid.samples)
    first, stop = np.int64(span[0]), np.int64(span[1])
    # What the lane does already is taken for its first event.
    tick, level, now, coming = first, mine.level[0], first, mine.level[0]
    s, last_slot = runs.first[run], runs.first[run + 1]
    p: Any = np.int64(0)
    stand: Any = ENTER
    clock = slots.start[s, lane // fleet.unit_size]
    for window in range(0, samples + 1, WIDTH):
        # After the last sample, on to the end of the span: a sample that nobody asked for.
        last: Any = min(window + WIDTH, samples + 1) if here else window
        for k in range(window, last):
            sample = begin + k * dt if k < samples else stop
            due: Any = True
            is_new: Any = False
            while due:
                due = tick <= sample and tick < stop
                until = tick if due else sample
                # Of changes at one tick the last counts: work that takes no time is no activity.
                if now < until or not due:
                    is_new = go_on(coming, now, until, factor, smoothing, mine, 0, fleet)
                    now = until
                if due:
                    coming = level
                    tick, level, s, p, stand, clock = next_event(
                        programs, fleet, slow, slots, last_slot, lane, s, p, stand, clock, first,
                        stop,
                    )  # fmt: skip
            if k < samples:
                # A jump at the very tick of a sample is seen by it.
                settle(sample, sample + np.int64(1), is_new, factor, smoothing, mine, 0, fleet)
                power, late, work, target, below = at_sample(
                    sample, factor, smoothing, mine, 0, fleet
                )
                row = k - window
                quanta[0, row, thread], quanta[1, row, thread] = power, late
                quanta[2, row, thread] = work
                fine[0, row, thread], fine[1, row, thread] = target, below
        cuda.syncthreads()
        if window + thread < samples:
            for kind in range(KINDS):
                total = np.int64(0)
                for i in range(WIDTH):
                    total += np.int64(
                        quanta[kind, thread, i] if kind < 3 else fine[kind - 3, thread, i]
                    )
                whole = row_of_run(rack, run, cuda.gridDim.y)
                cuda.atomic.add(sums, (whole, kind, window + thread), total)
        cuda.syncthreads()
    if here:
        copy_lane(mine, 0, after, own)


def smoothed_sums(sums: Any, out: Any, ends: Any) -> None:
    """Round the sums of racks: a thread is a sample, the further axes are some racks, and runs.

    Same quantities as ``fleet.smooth_steps.sum_rack``.

    Parameters
    ----------
    sums
        From ``smoothed_steps``, int64 (racks · runs, KINDS, samples).
    out
        int32 (racks · runs, samples), quanta.
    ends
        To add what racks burn and hold back to, int64 (2, runs, samples), quanta.
    """
    k, run, runs = cuda.grid(1), cuda.blockIdx.z, cuda.gridDim.z
    if k >= out.shape[1]:
        return
    first = cuda.blockIdx.y * RACKS
    all_lost, all_back = np.int64(0), np.int64(0)
    for rack in range(first, min(first + RACKS, out.shape[0] // runs)):
        row = row_of_run(rack, run, runs)
        drawn, lost, back = rounded(
            sums[row, 0, k], sums[row, 1, k], sums[row, 2, k], sums[row, 3, k], sums[row, 4, k],
        )  # fmt: skip
        out[row, k] = np.int32(drawn)
        all_lost += lost
        all_back += back
    cuda.atomic.add(ends, (0, run, k), all_lost)
    cuda.atomic.add(ends, (1, run, k), all_back)
