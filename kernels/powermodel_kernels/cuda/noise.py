# SPDX-License-Identifier: Apache-2.0
"""Fluctuation of a rack's power on a GPU: a block is a rack of a run.

All threads draw white noise, one thread runs the filter over it in the order of the CPU, all
threads put the path on the samples. The arithmetic is that of ``fleet.noise``, bit for bit.
"""

import math
from typing import Any

import numpy as np

from powermodel_kernels.constants import PURPOSE_NOISE
from powermodel_kernels.cuda.compiler import cuda
from powermodel_kernels.cuda.runs import of_run, row_of_run
from powermodel_kernels.fleet.noise import BEFORE_RUN
from powermodel_kernels.laws.noise import filter_step
from powermodel_kernels.laws.normal import normal32
from powermodel_kernels.laws.philox import address_word, philox4x32
from powermodel_kernels.laws.response import to_quanta
from powermodel_kernels.primitives import fma, mul

THREADS = 128
"""Threads of a block at most."""
_WORDS, _ROOM = 4, 4 * THREADS
"""Random numbers of one address, and of all threads together."""

_ZERO = np.float32(0.0)
_OWN_STREAM = 1


def rack_noise(
    noise: Any, fleet: Any, runs: Any, grid: Any, place: Any, path: Any, power: Any
) -> None:
    """Add each rack's fluctuation to its power: see ``fleet.noise.add_noise``.

    Parameters
    ----------
    noise, fleet, grid, place
        See ``fleet.noise`` and ``tables``; the common path is that of one run after the other.
    runs
        See ``Runs``: the second axis of the grid.
    path
        Scratch, float32 (racks · runs, knots): as many knots as a run has of ``noise.common``.
    power
        Power of the racks, changed in place, int32 (racks · runs, samples), quanta.
    """
    white = cuda.shared.array(_ROOM, np.float32)
    rack, thread, width = cuda.blockIdx.x, cuda.threadIdx.x, cuda.blockDim.x
    run = cuda.blockIdx.y
    row, fleet = row_of_run(rack, run, cuda.gridDim.y), of_run(fleet, runs, run)
    warm_up, knots = np.int64(noise.warm_up), np.int64(path.shape[1])
    entity = np.uint64(place.first_rack + rack)
    word = address_word(PURPOSE_NOISE, fleet.job, _OWN_STREAM)
    begin = np.int64(grid.begin) // np.int64(noise.knot_ticks) - warm_up + np.int64(BEFORE_RUN)
    address, skip = begin // _WORDS, begin % _WORDS
    needed = warm_up + knots
    one, two = _ZERO, _ZERO
    # The knot of the first random number of a round; those before knot 0 are not used.
    for knot in range(-skip, needed, _WORDS * width):
        a, b, c, d = philox4x32(
            np.uint64(address + (knot + skip) // _WORDS + thread), entity, word,
            np.uint64(fleet.run), np.uint64(fleet.seed_low), np.uint64(fleet.seed_high),
        )  # fmt: skip
        at = _WORDS * thread
        white[at] = noise.gain * normal32(np.int32(np.uint32(a)))
        white[at + 1] = noise.gain * normal32(np.int32(np.uint32(b)))
        white[at + 2] = noise.gain * normal32(np.int32(np.uint32(c)))
        white[at + 3] = noise.gain * normal32(np.int32(np.uint32(d)))
        cuda.syncthreads()
        if thread == 0:
            for j in range(max(knot, 0), min(knot + _WORDS * width, needed)):
                one, two = filter_step(white[j - knot], one, two, noise.pole)
                if j >= warm_up:
                    path[row, j - warm_up] = two
        cuda.syncthreads()
    filled: Any = min(
        place.lanes_per_rack, place.stop_lane - (place.first_lane + rack * place.lanes_per_rack)
    )
    own = noise.sigma_own / np.float32(math.sqrt(np.float32(filled)))
    for j in range(thread, knots, width):
        at_knot = path[row, j] if noise.sigma_own > _ZERO else _ZERO
        path[row, j] = fma(own, at_knot, noise.sigma_common * noise.common[run * knots + j])
    cuda.syncthreads()
    for k in range(thread, power.shape[1], width):
        before = noise.knot[k]
        here = path[row, before]
        value = fma(noise.between[k], path[row, before + 1] - here, here)
        power[row, k] += to_quanta(mul(np.float32(power[row, k]), value))
