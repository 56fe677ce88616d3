# SPDX-License-Identifier: Apache-2.0
"""Rings of integers: the mean over a window without drift, however long it runs, and a delay."""

from typing import Any

import numpy as np

from powermodel_kernels.constants import QUANTA_PER_W

_QUANTA = np.float32(QUANTA_PER_W)
_W_PER_QUANTUM = np.float32(1.0 / QUANTA_PER_W)


def quanta(power_w: Any) -> Any:
    """Return W, float32, in quanta of power, int64."""
    return np.int64(power_w * _QUANTA)


def quanta_watts(power: Any) -> Any:
    """Return quanta of power as W, float32."""
    return np.float32(power) * _W_PER_QUANTUM


def held_back(power_w: Any, ring: Any, state: Any, place: Any) -> Any:
    """Return the power of so many ticks ago as the ring is long, W; without a ring that of now.

    Parameters
    ----------
    power_w
        W, float32.
    ring
        int64 quanta, one element per tick of delay.
    state
        Array of int64 whose element ``place`` is the place in the ring.
    """
    if ring.size == 0:
        return power_w
    at = state[place]
    before = ring[at]
    ring[at] = quanta(power_w)
    state[place] = np.int64(0) if at + 1 >= ring.size else at + 1
    return quanta_watts(before)


def ring_mean(power_w: Any, ring: Any, state: Any, first: Any) -> Any:
    """Take a power into the ring and return the mean of what is in it, W.

    Until the ring is full the mean is of what has been seen, so a controller begins at rest.

    Parameters
    ----------
    power_w
        W, float32.
    ring
        The window, one element per period, int64 quanta.
    state
        Array of int64 whose elements ``first`` and the two after it hold the place in the ring,
        how many are in it, and their sum.
    first
        Place in ``state``.
    """
    place, count, total = state[first], state[first + 1], state[first + 2]
    new = quanta(power_w)
    total += new - ring[place]
    ring[place] = new
    count = min(count + 1, np.int64(ring.size))
    place += 1
    state[first] = np.int64(0) if place >= ring.size else place
    state[first + 1], state[first + 2] = count, total
    return quanta_watts(total // count)
