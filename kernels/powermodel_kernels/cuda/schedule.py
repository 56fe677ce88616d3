# SPDX-License-Identifier: Apache-2.0
"""The timelines of some runs of a job with their reduction on a GPU, to the bit that of the CPU.

Where all accelerators begin every slot together, slots are independent of each other, and some are
reduced at once before they are asked for. Runs go on together: a launch reduces the next slots of
all runs that need some.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from powermodel_kernels.bind import cpu
from powermodel_kernels.constants import BARRIER_GROUP, BARRIER_JOB
from powermodel_kernels.cuda.compiler import launch
from powermodel_kernels.cuda.memory import Memory
from powermodel_kernels.cuda.runs import Runs, slot_commons
from powermodel_kernels.cuda.timeline import THREADS, slot_barriers, span_of
from powermodel_kernels.drawn import Drawn, no_room
from powermodel_kernels.schedule import Reduced, Timeline
from powermodel_kernels.tables import I64

AT_ONCE = 8
"""Slots of a run that are reduced at once."""


class Wanted(NamedTuple):
    """Slots of a run that follow each other."""

    programs: list[int]
    number: int
    """Of the first."""
    start: I64
    """When each begins, (slots, units) ticks, counted as in ``Timeline``; alone, from zero on."""


@dataclass
class CudaTimeline(Timeline):
    """Used as ``Timeline`` is, once it was taken on by ``advance``."""

    def goes_on(self, end: int) -> bool:
        """Take in the slots up to a tick that are reduced; return whether more are needed."""
        while not self._kept or self._advance_needed(end):
            if (self._epoch, self._number) not in self._ahead:
                return True
            self._kept.append(self._next_slot())
            self._stacked = None
        return False

    def wanted(self) -> Wanted:
        """Return the slots to reduce next; those of a job that begins together begin at zero."""
        following = self._coming()
        count = AT_ONCE if self._together else 1
        start = np.zeros((count, 1), np.int64) if self._together else self._next_start[None]
        return Wanted([next(following) for _ in range(count)], self._number, start)

    def take(self, found: Sequence[Reduced], finish: Sequence[I64]) -> None:
        """Take the slots that ``wanted`` named, and when each unit ends them."""
        self._rows_for(len(found))[:] = finish
        self._ahead = {(self._epoch, self._number + i): slot for i, slot in enumerate(found)}

    def _origin(self) -> int:
        return self._since + (int(self._next_start[0]) if self._together else 0)

    @property
    def _together(self) -> bool:
        return self.fleet.unit_size >= self.fleet.lanes

    def _room(self) -> Drawn:
        """Keep nothing of what is drawn, see ``side_by_side``."""
        return no_room()


@dataclass(frozen=True)
class Reducer:
    """What the reduction of the slots of some runs needs, on the host and on the device."""

    memory: Memory
    timelines: Sequence[CudaTimeline]
    """Of each run."""
    runs: Runs
    programs_there: Any
    runs_there: Any
    slowness_there: Any
    """Of all runs, one after the other."""

    def advance(self, end: int) -> None:
        """Reduce all slots of all runs up to a tick."""
        while waiting := [run for run, one in enumerate(self.timelines) if one.goes_on(end)]:
            self._reduce(waiting)

    def _reduce(self, waiting: list[int]) -> None:
        """Reduce the next slots of some runs in one launch."""
        asked = [self.timelines[run].wanted() for run in waiting]
        run = np.repeat(np.array(waiting, np.int64), [len(one.programs) for one in asked])
        program = np.concatenate([one.programs for one in asked]).astype(np.int64)
        number = np.concatenate([one.number + np.arange(len(one.programs)) for one in asked])
        found = iter(self._launched(run, program, number, np.concatenate([a.start for a in asked])))
        for which, one in zip(waiting, asked, strict=True):
            some = [next(found) for _ in one.programs]
            self.timelines[which].take([slot for slot, _ in some], [ends for _, ends in some])

    def _launched(
        self, run: I64, program: I64, number: I64, start: I64
    ) -> list[tuple[Reduced, I64]]:
        """Return slots, reduced, and when each unit ends them."""
        first = self.timelines[0]
        programs, fleet = first.programs, first.fleet
        scopes = [first._scopes(one) for one in program]
        jobs, grouped = (
            [int((s == scope).sum()) for s in scopes] for scope in (BARRIER_JOB, BARRIER_GROUP)
        )
        common = np.zeros((program.size, max(s.size for s in scopes)), np.float32)
        cpu(slot_commons)(programs, fleet, self.runs, run, program, number, common)
        groups = -(-fleet.lanes // fleet.group_size)
        out = self.memory.zeros_all(
            [(program.size, max(1, *jobs)), (program.size, max(1, *grouped), groups), start.shape],
            [np.int64] * 3,
        )
        span = span_of(fleet.group_size, any(grouped))
        sent = self.memory.put_all([run, program, number, common, start])
        launch(
            slot_barriers, (-(-fleet.lanes // span), program.size), THREADS, self.programs_there,
            fleet, self.runs_there, self.slowness_there, *sent.arrays, span, *out.arrays,
        )  # fmt: skip
        slowest, opened, finish = self.memory.fetch_all(out)
        first, last = finish.min(axis=1), finish.max(axis=1)
        return [
            (
                Reduced(
                    common[i, : s.size], slowest[i, : jobs[i]], opened[i, : grouped[i]],
                    (int(first[i]), int(last[i])),
                ),
                finish[i],
            )
            for i, s in enumerate(scopes)
        ]  # fmt: skip
