# SPDX-License-Identifier: Apache-2.0
"""The ``events`` engine for smoothed targets on a GPU: a thread is an accelerator.

A thread takes its accelerator through a whole tile, as on the CPU, and adds to the bins of its
rack: they are in the memory of the GPU, since a ramp adds to a bin far ahead. Then a block is a
rack: all its threads bring some samples of the bins nearer, one runs over them (the same arithmetic
in the same order as on the CPU), all write out what it found.
"""

from typing import Any

import numpy as np

from powermodel_kernels.cuda.compiler import cuda
from powermodel_kernels.cuda.runs import lane_of_run, of_run, row_of_run
from powermodel_kernels.cuda.walk import ENTER, next_event
from powermodel_kernels.fleet.smooth_events import (
    BIN_WIDTH,
    RAW,
    Bins,
    add_memory,
    at_begin,
    bin_of,
    follow,
    scan_rack,
)
from powermodel_kernels.fleet.smoothing import Memory, copy_lane
from powermodel_kernels.laws.response import aimed_at
from powermodel_kernels.sums import add_at

THREADS = 128
"""Threads of a block: accelerators, or samples that are near at once."""


def smoothed_bins(
    programs: Any, fleet: Any, runs: Any, scale: Any, slowness: Any, slots: Any, grid: Any,
    smoothing: Any, span: Any, place: Any, before: Any, after: Any, bins: Any,
) -> None:  # fmt: skip
    """Add every accelerator of some racks to the bins of its rack.

    Same quantities as ``fleet.smooth_events.bin_lane``. As many threads as accelerators, or more;
    the second axis of the grid is the runs.

    Parameters
    ----------
    runs
        See ``Runs``; slots are those of all runs.
    scale, slowness
        Of ``tables.Lanes``, one run after the other.
    span
        First tick that is new to the memory, and one past the last, int64.
    before, after
        What all lanes of the job remember before the span, and after it (out), one run after the
        other.
    bins
        To add to: as ``Bins``, with racks and runs as first axis.
    """
    run = cuda.blockIdx.y
    fleet = of_run(fleet, runs, run)
    number = np.int64(cuda.grid(1))
    lane = place.first_lane + number
    if lane < place.stop_lane:
        row = row_of_run(number // place.lanes_per_rack, run, cuda.gridDim.y)
        seat = lane_of_run(fleet, lane, run)
        factor, slow = scale[seat], slowness[seat]
        own = Bins(bins.sums[row], bins.seen[row])
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
        copy_lane(before, seat, mine, 0)
        raw = aimed_at(mine.level[0], factor)
        add_at(own.sums, 0, RAW, np.int64(raw))
        add_memory(mine, 0, smoothing, fleet, grid, own)
        first, stop = np.int64(span[0]), np.int64(span[1])
        now, coming = first, mine.level[0]
        s, last = runs.first[run], runs.first[run + 1]
        p: Any = np.int64(0)
        stand: Any = ENTER
        clock = slots.start[s, lane // fleet.unit_size]
        while now < stop:
            tick, level, s, p, stand, clock = next_event(
                programs, fleet, slow, slots, last, lane, s, p, stand, clock, first, stop
            )
            # Of changes at one tick the last counts: work that takes no time is no activity.
            if now < tick:
                follow(coming, now, tick, factor, smoothing, mine, 0, fleet, grid, own)
                now = tick
            if now < stop:
                coming, new, k = level, aimed_at(level, factor), bin_of(now, grid)
                own.seen[k] = np.int32(1)
                add_at(own.sums, k, RAW, np.int64(new - raw))
                raw = new
        copy_lane(mine, 0, after, seat)


def smoothed_scan(grid: Any, decays: Any, bins: Any, out: Any, ends: Any) -> None:
    """Turn the bins of one rack of a run into power: a block is a rack, the second axis the runs.

    Same quantities as ``fleet.smooth_events.scan_rack``.

    Parameters
    ----------
    bins
        As ``Bins``, with racks and runs as first axis.
    out
        int32 (racks · runs, samples), quanta.
    ends
        To add what racks burn and hold back to, int64 (2, runs, samples), quanta.
    """
    sums = cuda.shared.array((THREADS, BIN_WIDTH), np.int64)
    seen = cuda.shared.array(THREADS, np.int32)
    power = cuda.shared.array(THREADS, np.int32)
    lost = cuda.shared.array(THREADS, np.int64)
    back = cuda.shared.array(THREADS, np.int64)
    rack, thread, width = cuda.blockIdx.x, cuda.threadIdx.x, cuda.blockDim.x
    run = cuda.blockIdx.y
    row = row_of_run(rack, run, cuda.gridDim.y)
    state = at_begin()
    for window in range(0, out.shape[1], THREADS):
        n: Any = min(THREADS, out.shape[1] - window)
        for k in range(thread, n, width):
            seen[k] = bins.seen[row, window + k]
            lost[k], back[k] = np.int64(0), np.int64(0)
        for j in range(thread, n * BIN_WIDTH, width):
            k = j // BIN_WIDTH
            sums[k, j - k * BIN_WIDTH] = bins.sums[row, window + k, j - k * BIN_WIDTH]
        cuda.syncthreads()
        if thread == 0:
            state = scan_rack(
                Bins(sums, seen), state, decays, np.int64(grid.dt), power[:n], lost, back
            )
        cuda.syncthreads()
        for k in range(thread, n, width):
            out[row, window + k] = power[k]
            cuda.atomic.add(ends, (0, run, window + k), lost[k])
            cuda.atomic.add(ends, (1, run, window + k), back[k])
        cuda.syncthreads()
