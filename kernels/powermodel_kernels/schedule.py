# SPDX-License-Identifier: Apache-2.0
"""The timeline of one job: which program runs when, and when its barriers open.

The timeline goes forward tile by tile and keeps only the slots that a tile can still feel, so its
memory does not grow with the duration of the run.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import tee
from typing import NamedTuple

import numpy as np

from powermodel_kernels import reused
from powermodel_kernels.bind import cpu
from powermodel_kernels.constants import BARRIER_GROUP, BARRIER_JOB, BARRIER_NONE, NEVER
from powermodel_kernels.drawn import Drawn, room_for
from powermodel_kernels.fleet.lanes import common_exponents
from powermodel_kernels.parallel import on_threads
from powermodel_kernels.tables import F32, I32, I64, Fleet, Lanes, Programs, Slots
from powermodel_kernels.timeline import Batch, slot_legs

# Lanes that one pass of the timeline takes at a time: its buffers stay in the first-level cache.
_CHUNK_LANES = 512
_AT_ONCE = 4
"""Slots that are reduced at once: to wake a thread for each takes as long as some of the work."""
_LATE = 1.25
"""A slot rarely takes longer than this, relative to the means of its phases."""
_ROWS = 8
"""Slots for whose begins there is room at first."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """A stretch of a job's life with a known beginning: its start, after a crash, after its end."""

    begin: int
    """Absolute tick."""
    opening: tuple[int, ...]
    """Programs that run once, in order."""
    iterates: bool
    """Whether iterations follow; otherwise the last opening program repeats."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """The order of programs: epochs, the iteration, and what comes every so many iterations."""

    epochs: tuple[Epoch, ...]
    iteration: int
    extras: tuple[tuple[int, int], ...] = ()
    """(program, every): after each ``every``-th iteration of an epoch."""

    def programs(self, epoch: Epoch) -> Iterator[int]:
        """Yield the programs of an epoch without end."""
        yield from epoch.opening
        done = 0
        while epoch.iterates:
            yield self.iteration
            done += 1
            for program, every in self.extras:
                if done % every == 0:
                    yield program
        while True:
            yield epoch.opening[-1]


class Reduced(NamedTuple):
    """One slot, reduced to its barriers: see ``timeline.slot_legs``."""

    common: F32
    slowest: I64
    """Arrival of the slowest lane at each job barrier, counted from the one before; the others
    alike."""
    groups: I64
    ends: tuple[int, int]
    """The first and the last end of a unit; all of them are the row of begins after the slot's."""
    place: int = -1
    """Where its durations are kept."""


@dataclass(slots=True)
class _Slot:
    """One slot while it is of interest."""

    program: int
    number: int
    end: int
    common: np.ndarray
    since: int
    start: I64
    last_start: int
    """The latest begin of a unit, absolute."""
    job_barrier: I64
    group_barrier: I64
    place: int


@dataclass
class Timeline:
    """Goes through a job's slots in order. State apart from what is given is rebuilt from it."""

    programs: Programs
    fleet: Fleet
    lanes: Lanes
    schedule: Schedule
    workers: int = 1
    _kept: list[_Slot] = field(default_factory=list)
    _epoch: int = 0
    _number: int = 0
    _stacked: Slots | None = None
    _ahead: dict[tuple[int, int], Reduced] = field(default_factory=dict)
    """Slots that are reduced before they are asked for, by epoch and number: what was expected to
    come before a crash is not asked for after it."""
    _since: int = 0
    """The tick from which the next begins are counted: the last job barrier, or of the epoch."""

    def __post_init__(self) -> None:
        self._drawn = self._room()
        units = -(-self.fleet.lanes // self.fleet.unit_size)
        self._starts: I64 = reused.empty((_ROWS, units), np.int64)
        self._row = 0
        self._enter(self.schedule.epochs[0])

    def slots(self, begin: int, end: int) -> Slots:
        """Return the slots that a tile can feel.

        Parameters
        ----------
        begin, end
            Absolute ticks; successive calls must not go back.
        """
        memory = self.fleet.horizon << self.fleet.age_shift
        # A tile before the job's first slot gets that slot too: a table has at least one.
        while not self._kept or self._advance_needed(end):
            if (self._epoch, self._number) not in self._ahead:
                self._reduce(end)
            self._kept.append(self._next_slot())
            self._stacked = None
        while len(self._kept) > 1 and self._kept[1].last_start <= begin - memory:
            self._drawn.give_back(self._kept.pop(0).place)
            self._stacked = None
        # Where iterations are longer than tiles, most tiles feel the slots of the one before.
        if self._stacked is None:
            self._stacked = self._table()
        return self._stacked

    @property
    def _next_start(self) -> I64:
        """When every unit begins the next slot: the row after those of the kept ones."""
        row: I64 = self._starts[self._row]
        return row

    def _rows_for(self, count: int) -> I64:
        """Return the rows of the begins of so many slots after the next, to be filled."""
        if self._row + count >= len(self._starts):
            kept = len(self._kept) + 1
            rows = reused.empty((2 * kept + count + _ROWS, self._next_start.size), np.int64)
            rows[:kept] = self._starts[self._row + 1 - kept : self._row + 1]
            self._starts, self._row = rows, kept - 1
        found: I64 = self._starts[self._row + 1 : self._row + 1 + count]
        return found

    def _room(self) -> Drawn:
        return room_for(self.programs, self.fleet)

    def next_begin(self) -> int:
        """Return the tick at which the next slot begins, of those that are not kept yet."""
        return min(self._soonest, self._epoch_end())

    def _advance_needed(self, end: int) -> bool:
        """Tell whether some unit begins a slot before ``end``, entering the next epoch if due."""
        while True:
            limit = self._epoch_end()
            if self._soonest < min(limit, end):
                return True
            if limit >= end:
                return False
            self._epoch += 1
            self._enter(self.schedule.epochs[self._epoch])

    def _enter(self, epoch: Epoch) -> None:
        """Let every unit begin its next slot with an epoch."""
        self._next_start[:] = 0
        self._since = self._soonest = self._latest = epoch.begin
        self._upcoming = self.schedule.programs(epoch)

    def _epoch_end(self) -> int:
        following = self._epoch + 1
        epochs = self.schedule.epochs
        return epochs[following].begin if following < len(epochs) else NEVER

    def _next_slot(self) -> _Slot:
        """Take a slot that is reduced, and move every unit to its end."""
        program, number = next(self._upcoming), self._number
        self._number += 1
        found = self._ahead.pop((self._epoch, number))
        begins, origin = (self._since, self._next_start, self._latest), self._origin()
        found.slowest[:1] += origin
        job_barrier = np.cumsum(found.slowest)
        for column, leg in self._legs_of_group_barriers(self._scopes(program)):
            found.groups[column] += job_barrier[leg - 1] if leg else origin
        self._since = int(job_barrier[-1]) if job_barrier.size else origin
        self._soonest, self._latest = (self._since + end for end in found.ends)
        self._row += 1
        return _Slot(
            program, number, self._epoch_end(), found.common, *begins, job_barrier, found.groups,
            found.place,
        )  # fmt: skip

    def _origin(self) -> int:
        """Return the tick from which the first leg of the next slot is counted."""
        return self._since

    def _scopes(self, program: int) -> I32:
        """Return the barrier at the end of each phase of a program."""
        scopes: I32 = self.programs.barrier[slice(*self.programs.first[program : program + 2])]
        return scopes

    def _reduce(self, end: int) -> None:
        """Reduce the slots that come next, as many as surely begin before a tick."""
        for slot in self._ahead.values():
            self._drawn.give_back(slot.place)
        fleet, programs = self.fleet, self._soon(end)
        scopes = [self._scopes(program) for program in programs]
        jobs, grouped = (
            [int((s == scope).sum()) for s in scopes] for scope in (BARRIER_JOB, BARRIER_GROUP)
        )
        batch = Batch(
            program=np.array(programs, np.int64),
            number=self._number + np.arange(len(programs)),
            place=np.array([self._drawn.take() for _ in programs], np.int64),
            common=np.zeros((len(programs), max(s.size for s in scopes)), np.float32),
        )
        for common, program, number in zip(batch.common, *batch[:2], strict=True):
            cpu(common_exponents)(self.programs, fleet, program, number, common)
        slowest = np.zeros((self.workers, len(programs), max(jobs)), np.int64)
        groups = -(-fleet.lanes // fleet.group_size)
        opened = np.zeros((len(programs), max(grouped), groups), np.int64)
        finish = self._rows_for(len(programs))
        ends = np.zeros((self.workers, len(programs), 2), np.int64)
        ends[:, :, 0] = NEVER
        chunk = fleet.group_size * -(-_CHUNK_LANES // fleet.group_size)
        on_threads(
            slot_legs, self.workers, self.programs, fleet, self.lanes, batch, self._next_start,
            chunk, slowest, opened, finish, ends, self._drawn.durations,
        )  # fmt: skip
        slowest, first, last = slowest.max(axis=0), ends[:, :, 0].min(axis=0), ends[:, :, 1].max(0)
        self._ahead = {
            (self._epoch, self._number + i): Reduced(
                batch.common[i, : s.size], slowest[i, : jobs[i]], opened[i, : grouped[i]],
                (int(first[i]), int(last[i])), int(batch.place[i]),
            )
            for i, s in enumerate(scopes)
        }  # fmt: skip

    def _soon(self, end: int) -> list[int]:
        """Return the programs that come next and surely begin before a tick; one at least."""
        following = self._coming()
        end, begins = min(end, self._epoch_end()), self._soonest
        found: list[int] = []
        while not found or (len(found) < _AT_ONCE and begins < end):
            found.append(next(following))
            rows = slice(*self.programs.first[found[-1] : found[-1] + 2])
            begins += round(_LATE * int(self.programs.mean_ticks[rows].sum()))
        return found

    def _coming(self) -> Iterator[int]:
        """Look at the programs that come next, and take none."""
        self._upcoming, following = tee(self._upcoming)
        return following

    @staticmethod
    def _legs_of_group_barriers(scopes: np.ndarray) -> Iterator[tuple[int, int]]:
        """Yield, for each group barrier, how many job barriers came before it."""
        column = leg = 0
        for scope in scopes[scopes != BARRIER_NONE]:
            if scope == BARRIER_JOB:
                leg += 1
            else:
                yield column, leg
                column += 1

    def _table(self) -> Slots:
        """Stack the kept slots; what a slot does not have is left at zero and never read."""
        kept = self._kept
        phases = max(s.common.size for s in kept)
        jobs = max(s.job_barrier.size for s in kept)
        groups = max(s.group_barrier.shape[0] for s in kept)
        table = Slots(
            program=np.array([s.program for s in kept], np.int64),
            number=np.array([s.number for s in kept], np.int64),
            end=np.array([s.end for s in kept], np.int64),
            common=np.zeros((len(kept), phases), np.float32),
            since=np.array([s.since for s in kept], np.int64),
            start=self._starts[self._row - len(kept) : self._row],
            job_barrier=np.zeros((len(kept), jobs), np.int64),
            group_barrier=np.zeros((len(kept), groups, kept[0].group_barrier.shape[1]), np.int64),
            deviation=self._drawn.durations,
            place=np.array([s.place for s in kept], np.int64),
        )
        for i, s in enumerate(kept):
            table.common[i, : s.common.size] = s.common
            table.job_barrier[i, : s.job_barrier.size] = s.job_barrier
            table.group_barrier[i, : s.group_barrier.shape[0]] = s.group_barrier
        return table
