# SPDX-License-Identifier: Apache-2.0
"""Units of a farm on a GPU: a thread is a unit, a block is a warp of them.

A launch takes all units through the steps between two reports, under commands that are known when
it starts: those already on their way. Each thread takes its unit through a window of steps; then
each thread sums one step of all units of its block. The arithmetic is that of ``storage.units``,
and sums are integers, so every bit is that of the CPU.
"""

from typing import Any

import numpy as np

from powermodel_kernels.cuda.compiler import cuda
from powermodel_kernels.storage.units import advance_unit

WIDTH = 32
"""Units and threads of a block at most, and steps of a window."""
_PADDED = WIDTH + 1
"""A row of shared memory: one more, so that a column lies in as many banks as a row."""
SUMS = ("power", "source", "heat", "soc", "limited")
"""What is summed over units: see ``storage.units.advance_unit``."""

_ZERO = np.float32(0.0)


def unit_steps(command_w: Any, fixed: Any, curves: Any, units: Any, sums: Any) -> None:
    """Take all units through a stretch of steps, in place.

    Parameters
    ----------
    command_w
        What is asked of the farm at each step, W, float32 (steps,).
    fixed, curves, units
        See ``storage.tables``.
    sums
        To add to, int64 (5, steps), in the order of ``SUMS``.
    """
    tile = cuda.shared.array((5, WIDTH, _PADDED), np.int32)
    width, thread = cuda.blockDim.x, cuda.threadIdx.x
    first = cuda.blockIdx.x * width
    present: Any = min(width, units.charge.size - first)
    here = thread < present
    u = np.int64(first + thread) if here else np.int64(first)
    for begin in range(0, command_w.size, width):
        steps: Any = min(width, command_w.size - begin)
        if here:
            for k in range(steps):
                asked = command_w[begin + k]
                power, source, heat, soc, limited, _ = advance_unit(
                    u, max(asked, _ZERO), min(asked, _ZERO), fixed, curves, units
                )
                tile[0, k, thread] = power
                tile[1, k, thread] = source
                tile[2, k, thread] = heat
                tile[3, k, thread] = soc
                tile[4, k, thread] = limited
        cuda.syncthreads()
        if thread < steps:
            for i in range(5):
                total = np.int64(0)
                for v in range(present):
                    total += np.int64(tile[i, thread, v])
                cuda.atomic.add(sums, (i, begin + thread), total)
        cuda.syncthreads()
