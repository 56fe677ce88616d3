# SPDX-License-Identifier: Apache-2.0
"""Tasks that wait for a worker: small ones are joined until what Dask adds to each is little."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable

from powermodel.ensemble.task import Task, joined

_TASK_S = 1.0
"""Time of a task below which it is joined with the next ones. Dask takes some ms for each."""
_TASKS_PER_WORKER = 4
"""Tasks that are left for each worker when they are joined: all end at about the same time."""


class Queue:
    """Tasks in order. How long one takes, the workers tell; until then each goes alone.

    Parameters
    ----------
    work : iterable of Task
        What waits.
    slots : int
        Tasks that are computed at a time.
    """

    def __init__(self, work: Iterable[Task], slots: int) -> None:
        self._waiting = deque(work)
        self._slots = slots
        self._task_s = math.inf

    def learn(self, task_s: float) -> None:
        """Take in how long a task took that was not joined, or each of those that were, s."""
        self._task_s = task_s

    def take(self) -> tuple[Task, int] | None:
        """Return the next task and from how many it was joined; None where there is none."""
        if not self._waiting:
            return None
        found = [self._waiting.popleft()]
        share = len(self._waiting) // (_TASKS_PER_WORKER * self._slots)
        while len(found) < share and len(found) * self._task_s < _TASK_S:
            if found[0].is_part or self._waiting[0].is_part:
                break
            found.append(self._waiting.popleft())
        return joined(found), len(found)
