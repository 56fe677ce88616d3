# SPDX-License-Identifier: Apache-2.0
"""When the next accelerator of a job changes its target."""

from typing import Any

import numpy as np

from powermodel_kernels.fleet.walk import walk_lanes
from powermodel_kernels.parallel import each


def first_changes(
    thread: Any, taken: Any, programs: Any, fleet: Any, lanes: Any, slots: Any, after: Any,
    max_events: Any, chunk: Any, first: Any,
) -> None:  # fmt: skip
    """Put the earliest change in some slots, from tick ``after`` on, into ``first[thread]``.

    Parameters
    ----------
    thread, taken
        Number of the thread, and what is taken of the lanes, see ``parallel.each``.
    max_events
        Upper bound on the events of one lane in these slots.
    chunk
        Lanes taken at a time.
    first
        In: NEVER; out: ticks, int64 (threads,).
    """
    ticks = np.empty(max_events * chunk, np.int64)
    level = np.empty(max_events, np.int32)
    end = np.empty(max_events, np.int64)
    for lane in each(taken, chunk, fleet.lanes):
        n = min(chunk, fleet.lanes - lane)
        when = ticks[: max_events * n].reshape((max_events, n))
        count = walk_lanes(programs, fleet, lanes, slots, lane, when, level, end)
        for e in range(count):
            for i in range(n):
                if after <= when[e, i] < min(end[e], first[thread]):
                    first[thread] = when[e, i]
