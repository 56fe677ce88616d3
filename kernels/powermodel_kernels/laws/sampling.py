# SPDX-License-Identifier: Apache-2.0
"""Which sample first sees an event."""

from typing import Any

import numpy as np

from powermodel_kernels.primitives import fma

SHORT_DT = (2**14, 2**29)
"""Sample spacings, ticks, from and below which ``next_sample_short`` holds: 16 µs to 0.5 s."""

_COARSE = np.int64(10)
_ZERO = np.int64(0)
_ONE = np.int64(1)
_HALF = np.float32(0.5)


def next_sample(offset: Any, dt: Any, coarse_rate: Any) -> Any:
    """Return the index of the first sample at or after an event.

    A division by dt, made of a float32 estimate and an exact integer correction: 64-bit division
    is slow on every target.

    Parameters
    ----------
    offset
        Time of the event since sample 0, int64 ticks, 0 to 2**34.
    dt
        Sample spacing, int64 ticks, at least 2**10 (about 1 µs).
    coarse_rate
        2**10 / dt, float32.

    Returns
    -------
    int64
    """
    k = np.int64(np.int32(np.float32(np.int32(offset >> _COARSE)) * coarse_rate))
    # The estimate is off by at most two, up or down; from here on the sum k·dt + short stays the
    # offset, and each line moves a sample where the sum is not yet right: one product in all.
    short = offset - k * dt
    k, short = _later(k, short, dt)
    k, short = _later(k, short, dt)
    k, short = _later(k, short, dt)
    k, short = _earlier(k, short, dt)
    k, short = _earlier(k, short, dt)
    return max(k, _ZERO)


def _later(k: Any, short: Any, dt: Any) -> Any:
    """Move one sample on where sample k is still before the event."""
    before = short > _ZERO
    return (k + _ONE if before else k), (short - dt if before else short)


def _earlier(k: Any, short: Any, dt: Any) -> Any:
    """Move one sample back where that one is not before the event either."""
    also = short <= -dt
    return (k - _ONE if also else k), (short + dt if also else short)


def split(offset: Any) -> Any:
    """Return a time since sample 0 in 2**10 ticks, and its lower 32 bits, both int32."""
    return np.int32(offset >> _COARSE), np.int32(offset)


def next_sample_short(coarse: Any, low: Any, dt: Any, coarse_rate: Any) -> Any:
    """Do what ``next_sample`` does, for a spacing within ``SHORT_DT``, in 32 bits.

    Twice as many of them fit a vector, and the way to the sample is short enough for them. The
    nearest sample is the one wanted or the one before it: the estimate is off by at most three
    sixteenths of a spacing, one that ``coarse`` cuts off and two by rounding.

    Parameters
    ----------
    coarse, low
        Time of the event, see ``split``.
    dt, coarse_rate
        See ``next_sample``.

    Returns
    -------
    sample : int32
    until : int32
        Ticks from the event to that sample.
    """
    k = np.int32(fma(np.float32(coarse), coarse_rate, _HALF))
    until = np.int32(np.int64(k) * np.int64(dt) - np.int64(low))
    before = until < np.int32(0)
    return np.int32(k + before), np.int32(until + (np.int32(dt) if before else np.int32(0)))


def is_short(dt: Any) -> Any:
    """Return whether ``next_sample_short`` holds for a spacing."""
    return SHORT_DT[0] <= dt < SHORT_DT[1]


def counted(ticks: Any, shift: Any, horizon: Any) -> Any:
    """Return a stretch of time, not negative, in 2**shift ticks and at most the horizon, int32."""
    return np.int32(min(np.int64(np.uint64(ticks) >> np.uint64(shift)), horizon))


def counted_short(ticks: Any, shift: Any, horizon: Any) -> Any:
    """Do what ``counted`` does for a stretch of time that an int32 holds, in 32 bits."""
    return min(np.int32(ticks >> shift), horizon)


def placed(
    when: Any, since: Any, begin: Any, dt: Any, samples: Any, coarse_rate: Any, shift: Any,
    horizon: Any,
) -> Any:  # fmt: skip
    """Return where an event stands in a tile, and how far it is from its neighbours.

    Parameters
    ----------
    when, since
        Absolute ticks of this event of a lane and of its last one, int64.
    begin, dt, samples
        The samples of the tile, int64.
    coarse_rate
        See ``next_sample``.
    shift, horizon
        Ages are counted in 2**shift ticks, up to the horizon, int64.

    Returns
    -------
    sample : int64
        The first sample that sees the event: 0 for what came before the tile, ``samples`` for what
        comes after it.
    age, ahead : int32
        Time since the last event, and to that sample.
    """
    offset = min(max(when - begin, _ZERO), samples * dt)
    k = next_sample(offset, dt, coarse_rate)
    age = np.int32(min((when - since) >> shift, horizon))
    ahead = np.int32(min(max((begin + k * dt - when) >> shift, _ZERO), horizon))
    return k, age, ahead
