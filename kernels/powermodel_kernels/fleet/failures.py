# SPDX-License-Identifier: Apache-2.0
"""When a job fails: a Poisson process, addressed like every random number."""

import math

import numpy as np

from powermodel_kernels.constants import PURPOSE_FAILURE
from powermodel_kernels.laws.philox import address_word, philox4x32
from powermodel_kernels.tables import Fleet


def failure_times(fleet: Fleet, mean_ticks: int, stop: int) -> list[int]:
    """Return the ticks at which failures happen before ``stop``.

    Intervals are exponential with mean ``mean_ticks``: failures of many independent accelerators
    (superposition of renewal processes, for example R. E. Barlow and F. Proschan, Statistical
    Theory of Reliability and Life Testing, 1975).
    """
    times: list[int] = []
    now, number = 0.0, 0
    word = address_word(PURPOSE_FAILURE, fleet.job, 0)
    key = (np.uint64(fleet.seed_low), np.uint64(fleet.seed_high))
    while True:
        a, b, _, _ = philox4x32(np.uint64(number), np.uint64(0), word, np.uint64(fleet.run), *key)
        # 53 bits, never zero.
        u = ((int(a) << 21 | int(b) >> 11) + 0.5) * 2.0**-53
        now -= math.log(u) * mean_ticks
        number += 1
        if now >= stop:
            return times
        times.append(int(now))
