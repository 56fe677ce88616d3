# SPDX-License-Identifier: Apache-2.0
"""Fluctuation of a rack's power: a path that the job shares and one of its own.

Each path is made on knots of absolute time and drawn straight between them (see ``laws.noise``).
"""

from typing import Any, NamedTuple

import numpy as np

from powermodel_kernels.bind import apart_with_memory
from powermodel_kernels.constants import PURPOSE_NOISE
from powermodel_kernels.fleet.lanes import fill_normals, random_words
from powermodel_kernels.laws.noise import filter_step
from powermodel_kernels.laws.philox import address_word
from powermodel_kernels.laws.response import to_quanta
from powermodel_kernels.octets import (
    WIDTH,
    add8,
    float8,
    fma8,
    load8,
    mul8,
    round8,
    spread8,
    store8,
    sub8,
)
from powermodel_kernels.primitives import fma, mul
from powermodel_kernels.tables import F32, I32

_ONE = np.float32(1.0)
_NEXT = np.uint64(1)
BEFORE_RUN = 1 << 20


class Noise(NamedTuple):
    """Parameters of one job's fluctuation, and the path that its racks share."""

    knot_ticks: int
    """Distance of knots; 0 when there is no noise."""
    warm_up: int
    """Knots before the tile from which the filters start at rest."""
    pole: np.float32
    gain: np.float32
    sigma_common: np.float32
    """σ·√ρ, relative to power."""
    sigma_own: np.float32
    """σ·√(1−ρ): of one accelerator, before the average over its rack."""
    knot: I32
    """For each sample of the tile, the knot before it, counted from the tile's first knot."""
    between: F32
    """How far between that knot and the next the sample lies, 0 to 1."""
    common: F32
    """The shared path on this tile's knots, unit variance; as long as the tile needs."""


def place_samples(knot_ticks: Any, grid: Any, knot: Any, between: Any) -> None:
    """Fill ``knot`` and ``between`` for one tile."""
    offset = np.int64(grid.begin % knot_ticks)
    inverse = _ONE / np.float32(knot_ticks)
    j = np.int32(0)
    for k in range(knot.size):
        while offset >= knot_ticks:
            offset -= knot_ticks
            j += np.int32(1)
        knot[k] = j
        between[k] = np.float32(offset) * inverse
        offset += grid.dt


def white_knots(noise: Any, entity: Any, stream: Any, fleet: Any, grid: Any, needed: Any) -> Any:
    """Return independent normal numbers for a tile's knots and those that warm its filters up.

    Parameters
    ----------
    entity
        Number of the rack on the site, or 0 for the shared path.
    stream
        0 for the shared path, 1 for the racks' own: part of the random address.
    needed
        Knots, from the first that warms up.

    Returns
    -------
    white
        float32 (4, columns): number i at [i % 4, i // 4].
    skip
        Which number is that of the first knot.
    """
    word = address_word(PURPOSE_NOISE, fleet.job, stream)
    # Knots before the beginning of the run have addresses too: the filters warm up on them.
    first = grid.begin // noise.knot_ticks - noise.warm_up + BEFORE_RUN
    block, skip = first // 4, first % 4
    words = np.empty((4, (skip + needed + 3) // 4), np.int32)
    random_words(block, entity, word, fleet, words)
    white = np.empty((4, words.shape[1]), np.float32)
    gain = noise.gain
    for w in range(4):
        row, source = white[w], words[w]
        fill_normals(source, row)
        for i in range(row.size):
            row[i] = gain * row[i]
    return white, skip


def knot_path(noise: Any, entity: Any, stream: Any, fleet: Any, grid: Any, out: Any) -> None:
    """Fill ``out`` float32 with a unit-variance path on the tile's knots, see ``white_knots``."""
    needed = noise.warm_up + out.size
    white, skip = white_knots(noise, entity, stream, fleet, grid, needed)
    one, two, pole = np.float32(0.0), np.float32(0.0), noise.pole
    for j in range(needed):
        one, two = filter_step(white[(skip + j) % 4, (skip + j) // 4], one, two, pole)
        if j >= noise.warm_up:
            out[j - noise.warm_up] = two


def own_sigma(noise: Any, n: Any) -> Any:
    """Return the fluctuation of n accelerators' own parts, which average out as 1/√n."""
    return noise.sigma_own / np.float32(np.sqrt(np.float32(n)))


@apart_with_memory
def add_noise(noise: Any, fleet: Any, rack: Any, n: Any, grid: Any, power: Any) -> None:
    """Add a rack's fluctuation, relative to its power, to ``power`` (samples,) int32.

    Parameters
    ----------
    n
        Accelerators of the job in this rack.
    """
    if noise.knot_ticks == 0:
        return
    path = np.zeros(noise.common.size, np.float32)
    if noise.sigma_own > 0.0:
        knot_path(noise, rack, 1, fleet, grid, path)
    own, common = own_sigma(noise, n), noise.sigma_common
    for j in range(path.size):
        path[j] = fma(own, path[j], common * noise.common[j])
    for k in range(power.size):
        before = np.uint64(noise.knot[k])
        value = fma(noise.between[k], path[before + _NEXT] - path[before], path[before])
        power[k] += to_quanta(mul(np.float32(power[k]), value))


@apart_with_memory
def paths_of_eight(noise: Any, fleet: Any, racks: Any, lanes: Any, grid: Any, out: Any) -> None:
    """Find the fluctuation of up to eight racks, side by side, relative to their power.

    Parameters
    ----------
    racks
        Number of the first on the site, and how many there are.
    lanes
        Accelerators of the job in a rack, and in all of these: the last may hold fewer.
    out
        float32 (knots · 8,): knot by knot, on the tile's knots.
    """
    knots, own = noise.common.size, np.zeros(WIDTH, np.float32)
    needed = noise.warm_up + knots
    side_by_side = np.zeros(needed * WIDTH, np.float32)
    if noise.sigma_own > 0.0:
        for r in range(racks[1]):
            own[r] = own_sigma(noise, min(lanes[0], lanes[1] - r * lanes[0]))
            white, skip = white_knots(noise, racks[0] + r, 1, fleet, grid, needed)
            for j in range(needed):
                side_by_side[j * WIDTH + r] = white[(skip + j) % 4, (skip + j) // 4]
    one, two = spread8(np.float32(0.0)), spread8(np.float32(0.0))
    pole, sigma = spread8(noise.pole), load8(own, 0)
    for j in range(needed):
        # Eight times ``laws.noise.filter_step``.
        one = fma8(pole, one, load8(side_by_side, j * WIDTH))
        two = fma8(pole, two, one)
        knot = j - noise.warm_up
        if knot >= 0:
            shared = spread8(noise.sigma_common * noise.common[knot])
            store8(out, knot * WIDTH, fma8(sigma, two, shared))


def add_noise8(noise: Any, path: Any, first: Any, n: Any, power: Any) -> None:
    """Do for eight racks and a few samples what ``add_noise`` does for one rack.

    Parameters
    ----------
    path
        See ``paths_of_eight``.
    first, n
        First of the samples, and how many there are.
    power
        int32 (n · 8,): sample by sample.
    """
    for j in range(n):
        at = np.int64(noise.knot[first + j]) * WIDTH
        before = load8(path, at)
        gap = sub8(load8(path, at + WIDTH), before)
        value = fma8(spread8(noise.between[first + j]), gap, before)
        quiet = load8(power, j * WIDTH)
        store8(power, j * WIDTH, add8(quiet, round8(mul8(float8(quiet), value))))
