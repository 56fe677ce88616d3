# SPDX-License-Identifier: Apache-2.0
"""The ideal, which knows the future: a reference to compare with, never a control law."""

import numpy as np
from numpy.typing import NDArray


def ideal_moving_average(load_w: NDArray[np.floating], samples: int) -> NDArray[np.float64]:
    """Return the mean over a window centered on each sample: no lag, because it looks ahead.

    Parameters
    ----------
    load_w
        Power, W.
    samples
        Length of the window; odd, so that it has a center. At the ends it is cut to what is there.

    Raises
    ------
    ValueError
        If the window is even or below 1.
    """
    if samples < 1 or samples % 2 == 0:
        raise ValueError(f"expected an odd window of at least 1 sample, got {samples}")
    half = samples // 2
    total = np.concatenate(([0.0], np.cumsum(load_w, dtype=np.float64)))
    k = np.arange(load_w.size)
    first, stop = np.maximum(k - half, 0), np.minimum(k + half + 1, load_w.size)
    mean: NDArray[np.float64] = (total[stop] - total[first]) / (stop - first)
    return mean
