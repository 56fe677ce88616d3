# SPDX-License-Identifier: Apache-2.0
"""The timeline of one job with its reduction on a GPU, to the bit that of the CPU.

Where all accelerators begin every slot together, slots are independent of each other, and some are
reduced at once before they are asked for.
"""

from dataclasses import dataclass, field
from itertools import tee
from typing import Any

import numpy as np

from powermodel_kernels.constants import BARRIER_GROUP, BARRIER_JOB
from powermodel_kernels.cuda.compiler import launch
from powermodel_kernels.cuda.memory import Memory
from powermodel_kernels.cuda.timeline import THREADS, slot_barriers, span_of
from powermodel_kernels.schedule import Reduced, Timeline

AT_ONCE = 8
"""Slots that are reduced at once."""


@dataclass
class CudaTimeline(Timeline):
    """Used as ``Timeline`` is, from one thread."""

    memory: Memory = field(kw_only=True)
    programs_there: Any = field(kw_only=True)
    """``programs`` with its arrays on the device."""
    slowness_there: Any = field(kw_only=True)
    """Of ``lanes``, on the device."""
    _ahead: dict[tuple[int, int], Reduced] = field(default_factory=dict)
    """Slots reduced before they are asked for, as if they began at zero, by epoch and number."""

    def _reduced(self, program: int, number: int) -> Reduced:
        if self.fleet.unit_size < self.fleet.lanes:
            return self._launched([program], number, self._next_start[None])[0]
        # Keyed by the epoch: what was expected to come before a crash is not asked for after it.
        if (self._epoch, number) not in self._ahead:
            self._upcoming, following = tee(self._upcoming)
            programs = [program, *(next(following) for _ in range(AT_ONCE - 1))]
            found = self._launched(programs, number, np.zeros((AT_ONCE, 1), np.int64))
            self._ahead = {(self._epoch, number + i): slot for i, slot in enumerate(found)}
        return self._begun(program, self._ahead.pop((self._epoch, number)))

    def _begun(self, program: int, found: Reduced) -> Reduced:
        """Move the first leg of a slot that was reduced as if it began at zero to its begin."""
        start = int(self._next_start[0])
        first_leg = found.slowest[:1] if found.slowest.size else found.finish
        first_leg += start
        for column, leg in self._legs_of_group_barriers(self._scopes(program)):
            found.groups[column] += 0 if leg else start
        return found

    def _launched(self, programs: list[int], number: int, start: Any) -> list[Reduced]:
        """Reduce slots that follow each other, each from its start."""
        fleet, scopes = self.fleet, [self._scopes(program) for program in programs]
        jobs, grouped = (
            [int((s == scope).sum()) for s in scopes] for scope in (BARRIER_JOB, BARRIER_GROUP)
        )
        common = np.zeros((len(programs), max(s.size for s in scopes)), np.float32)
        for i, program in enumerate(programs):
            common[i, : scopes[i].size] = self._common(program, number + i)
        groups = -(-fleet.lanes // fleet.group_size)
        out = self.memory.zeros_all(
            [(len(programs), max(1, *jobs)), (len(programs), max(1, *grouped), groups),
             start.shape],
            [np.int64] * 3,
        )  # fmt: skip
        span = span_of(fleet.group_size, any(grouped))
        sent = self.memory.put_all([
            np.array(programs, np.int64), np.arange(number, number + len(programs)), common, start,
        ])  # fmt: skip
        launch(
            slot_barriers, (-(-fleet.lanes // span), len(programs)), THREADS, self.programs_there,
            fleet, self.slowness_there, *sent.arrays, span, *out.arrays,
        )  # fmt: skip
        slowest, opened, finish = self.memory.fetch_all(out)
        return [
            Reduced(common[i, : s.size], slowest[i, : jobs[i]], opened[i, : grouped[i]], finish[i])
            for i, s in enumerate(scopes)
        ]
