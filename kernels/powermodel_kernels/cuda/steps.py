# SPDX-License-Identifier: Apache-2.0
"""The ``steps`` engine on a GPU: a thread is an accelerator, a block is a warp of them.

Time is cut into windows as long as a warp is wide. Each thread takes its accelerator through the
samples of the window, from event to event; then each thread adds one sample of all of them to the
rack. Threads are at different samples while they step, but they all step, or all handle an event,
at the same time: that keeps a warp together. The arithmetic is that of ``fleet.steps.change``
in the same order, and sums are integers, so every bit is that of the CPU.
"""

from typing import Any

import numpy as np

from powermodel_kernels.cuda.compiler import cuda
from powermodel_kernels.cuda.runs import lane_of_run, of_run, row_of_run
from powermodel_kernels.cuda.walk import ENTER, event_here, onward
from powermodel_kernels.fleet.steps import faded, first_sample
from powermodel_kernels.laws.response import aimed_at, rate_of, struck, to_quanta
from powermodel_kernels.primitives import mul

WIDTH = 32
"""Accelerators and threads of a block, and samples of a window."""
_PADDED = WIDTH + 1
"""A row of shared memory: one more, so that a column lies in as many banks as a row."""

_ZERO = np.float32(0.0)


def rack_steps(
    programs: Any, fleet: Any, runs: Any, scale: Any, slowness: Any, slots: Any, grid: Any,
    decays: Any, place: Any, out: Any,
) -> None:  # fmt: skip
    """Add the power of every accelerator of some racks over one tile to that of its rack.

    Same quantities as ``fleet.steps.rack_power``. There are as many blocks as racks, times the
    warps that a rack fills; the second axis of the grid is the runs.

    Parameters
    ----------
    runs
        See ``Runs``; slots are those of all runs.
    scale, slowness
        Of ``tables.Lanes``, one run after the other.
    decays
        What a rise, a fall and an overshoot keep over one sample, float32 (3,).
    out
        To add to, int32 (racks · runs, samples), quanta.
    """
    tile = cuda.shared.array((WIDTH, _PADDED), np.int32)
    thread, run = cuda.threadIdx.x, cuda.blockIdx.y
    fleet = of_run(fleet, runs, run)
    warps = (place.lanes_per_rack + WIDTH - 1) // WIDTH
    rack = cuda.blockIdx.x // warps
    seat = (cuda.blockIdx.x - rack * warps) * WIDTH + thread
    lane = place.first_lane + rack * place.lanes_per_rack + seat
    here = seat < place.lanes_per_rack and lane < place.stop_lane
    for row in range(WIDTH):
        tile[row, thread] = np.int32(0)
    begin, dt, samples = np.int64(grid.begin), np.int64(grid.dt), np.int64(grid.samples)
    lane = lane if here else place.first_lane
    own = lane_of_run(fleet, lane, run)
    factor, slow = scale[own], slowness[own]
    # The lane's electrical state, and when it was so.
    held = np.int32(fleet.idle)
    target = aimed_at(held, factor)
    edge, over, keep = _ZERO, _ZERO, _ZERO
    now: Any = begin
    # Where it is in its walk, and the first sample that sees its next event.
    s: Any = runs.first[run]
    last_slot = runs.first[run + 1]
    p: Any = np.int64(0)
    stand: Any = ENTER
    clock = slots.start[s, lane // fleet.unit_size]
    due = np.int64(0)
    k: Any = np.int64(0)
    for window in range(0, samples, WIDTH):
        stop: Any = min(window + WIDTH, samples)
        k = k if here else stop
        while k < stop:
            if k >= due:
                now = begin + (k - np.int64(1)) * dt if k > 0 else now
                walking = True
                while walking:
                    event, level = event_here(programs, slots, s, p, stand, clock)
                    # A level that is there already is no change.
                    event = event and level != held
                    due = first_sample(clock, grid) if event else due
                    if event and due > k:
                        break
                    if event:
                        lasting = faded(edge, over, clock - now, fleet)
                        now = clock
                        new = aimed_at(level, factor)
                        gap = np.float32(new - target)
                        edge, over = struck(gap, True, fleet.overshoot, lasting)
                        target, held = new, level
                    s, p, stand, clock = onward(
                        programs, fleet, slow, slots, lane, s, p, stand, clock
                    )
                    walking = s < last_slot
                    due = due if walking else samples
                keep = rate_of(edge, decays)
                edge, over = faded(edge, over, begin + k * dt - now, fleet)
                tile[k - window, thread] = target + to_quanta(edge + over)
                k += np.int64(1)
            until: Any = min(stop, due)
            first, last = np.int32(k - window), np.int32(until - window)
            for j in range(first, last):
                edge, over = mul(edge, keep), mul(over, decays[2])
                tile[j, thread] = target + to_quanta(edge + over)
            k = max(k, until)
        cuda.syncthreads()
        if window + thread < stop:
            total = np.int32(0)
            for i in range(WIDTH):
                total += tile[thread, i]
            row = row_of_run(rack, run, cuda.gridDim.y)
            cuda.atomic.add(out, (row, window + thread), total)
        cuda.syncthreads()
