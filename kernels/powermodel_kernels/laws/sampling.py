# SPDX-License-Identifier: Apache-2.0
"""Which sample first sees an event."""

from typing import Any

import numpy as np

_COARSE = np.int64(10)


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
    # The estimate is off by at most two; each line below moves it by one where needed.
    k = k + np.int64(k * dt < offset)
    k = k + np.int64(k * dt < offset)
    k = k + np.int64(k * dt < offset)
    k = k - np.int64((k - np.int64(1)) * dt >= offset)
    k = k - np.int64((k - np.int64(1)) * dt >= offset)
    return max(k, np.int64(0))
