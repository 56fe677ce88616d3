# SPDX-License-Identifier: Apache-2.0
"""The racks of one site in several runs on a GPU: a tile ahead of those who need them.

The runs differ in what a seed draws and go on in step. Each launch and each transfer is for all of
them; one run alone is as good.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import ref

import numpy as np
from numpy.typing import NDArray

from powermodel_kernels.constants import TILE_TICKS
from powermodel_kernels.cuda.jobs import JobRuns, join
from powermodel_kernels.cuda.memory import Memory, Pack, put_tables
from powermodel_kernels.cuda.room import racks_at_once
from powermodel_kernels.rack.backup import BackupState
from powermodel_kernels.rack.store import StoreState
from powermodel_kernels.tables import I32, I64

if TYPE_CHECKING:
    from powermodel.simulation.cuda_racks import CudaRacks


class Came(NamedTuple):
    """What came back of a tile for one run."""

    sums: I64
    """Of each placement on the device, (placements, rows, samples): see ``racks.sums_of``."""
    rows: dict[int, NDArray[np.float32]]
    """Power of single racks, W, by their number on the site."""
    columns: list[np.ndarray]
    """Of each placement: what its racks hold, the state of their stores, that of their backups."""


class _Standing(NamedTuple):
    """The racks of a placement on the device: all runs of a rack are neighbours."""

    held: Any
    store: StoreState | None
    backup: BackupState | None

    def racks(self, first: int, stop: int, runs: int) -> _Standing:
        """Return some of them, as views."""
        store, backup = self.store, self.backup
        return _Standing(
            self.held[first:stop],
            store and store.racks(first * runs, stop * runs),
            backup and backup.racks(first * runs, stop * runs),
        )


class _Held(NamedTuple):
    """How many accelerators racks hold, as a table."""

    held: I32


class _Launched(NamedTuple):
    """A tile that the device computes, or has computed."""

    key: tuple[Any, ...]
    wait: Callable[[], list[Any]]
    spans: list[tuple[int, int]]
    """Which racks of the site come back: first, and first after the last."""


class RackRuns:
    """The racks of a site in several runs, those of jobs with a program.

    Tiles come one after the other, so the next one is launched before the results of this one are
    waited for: the device computes it while the host takes this one on to the store.

    Parameters
    ----------
    racks : sequence of CudaRacks
        Of each run: they belong to these runs from now on, all at the same sample.
    """

    def __init__(self, racks: Sequence[CudaRacks]) -> None:
        # Racks hold their runs; the other way round would keep the device's memory for too long.
        self._racks = [ref(one) for one in racks]
        self._count = len(racks)
        self._sent: tuple[dict[int, _Standing], Pack] | None = None
        self._now: _Launched | None = None
        self._ahead: _Launched | None = None
        self._found: list[Any] | None = None
        self._to_come: set[int] = set()
        self._all_available: dict[int, Any] = {}

    @property
    def _each(self) -> list[CudaRacks]:
        return [racks for one in self._racks if (racks := one()) is not None]

    @property
    def _jobs(self) -> dict[int, JobRuns]:
        """What stands in racks of its own, by its number."""
        return {number: fleet.runs for number, fleet in self._each[0].jobs.items()}

    @property
    def _memory(self) -> Memory:
        return next(iter(self._jobs.values())).memory

    def begin_anew(self) -> None:
        """Go on from states that the racks were given."""
        self._sent = self._now = self._ahead = None

    def go_on(self, run: int, begin: int, samples: int, racks: list[int]) -> None:
        """Let a run go on to a tile; the first to come takes all others along.

        Parameters
        ----------
        run : int
            Which of the runs.
        begin, samples : int
            First tick of the tile, and its length.
        racks : list of int
            Whose power is to come back.
        """
        key = (begin, samples, racks)
        if self._now is None or not self._to_come:
            self._advance(begin, samples, racks)
            self._to_come = set(range(self._count))
        assert self._now is not None
        assert self._now.key == key
        self._to_come.remove(run)

    def _advance(self, begin: int, samples: int, racks: list[int]) -> None:
        if self._ahead is not None and self._ahead.key == (begin, samples, racks):
            self._now = self._ahead
        else:
            if self._ahead is not None:
                # States on the device are those after a tile that nobody asked for.
                self._sent = None
            self._now = self._launched(begin, samples, racks)
        self._found = self._ahead = None
        first = self._each[0]
        following = begin + samples * first.dt
        if following < first.until:
            left = min(TILE_TICKS, first.until - following) // first.dt
            self._ahead = self._launched(following, left, racks)

    # To the device.

    def _launched(self, begin: int, samples: int, racks: list[int]) -> _Launched:
        """Launch all that the device computes of a tile, from the states that are there."""
        memory, first, jobs, count = self._memory, self._each[0], self._jobs, self._count
        self._sent = self._sent or self._send()
        standing, pack = self._sent
        sums = memory.zeros((len(first.row), first.sums, count, samples), np.int64)
        back: list[Any] = [sums]
        spans: list[tuple[int, int]] = []
        for number, place in first.placements.items():
            supply = first.supply_there(place)
            available = self._available(place.hall, begin, samples)
            tile = jobs[place.standing].made_ready(begin, first.dt, samples)
            to_smooth = first.jobs[place.standing].bytes_to_smooth(samples)
            at_once = max(1, racks_at_once(samples, tile.knots, to_smooth) // count)
            for rack, asked in first.places_of(place, at_once):
                power = jobs[place.standing].rack_power_there(asked, tile)
                stop = rack + power.shape[0] // count
                some = standing[number].racks(rack, stop, count)
                power = supply.advance(power, *some, available, sums[first.row[number]])
                begins = asked.first_rack
                for a, b in stretches(racks, begins, begins + stop - rack):
                    back.append(power[(a - begins) * count : (b - begins) * count])
                    spans.append((a, b))
        for job in jobs.values():
            job.all_launched(job.made_ready(begin, first.dt, samples))
        if first.remember:
            back.append(memory.snapshot(pack))
        return _Launched((begin, samples, racks), memory.start_fetch(back), spans)

    def _send(self) -> tuple[dict[int, _Standing], Pack]:
        """Send what the host knows of the racks."""
        each, tables = self._each, []
        for number in each[0].row:
            tables.append(_Held(each[0].held_by(number)))
            states = zip(*(racks.states(number) for racks in each), strict=True)
            tables += [_beside(of_runs) for of_runs in states]
        found, pack = put_tables(self._memory, tables)
        there = zip(found[::3], found[1::3], found[2::3], strict=True)
        return {
            number: _Standing(held.held, store or None, backup or None)
            for number, (held, store, backup) in zip(each[0].row, there, strict=True)
        }, pack

    def _available(self, hall: int, begin: int, samples: int) -> Any:
        """Return whether the input of the racks of a hall is there, on the device."""
        available = self._each[0].available(hall, begin, samples)
        if not available.all():
            return self._memory.put(available)
        if samples not in self._all_available:
            self._all_available[samples] = self._memory.put(available)
        return self._all_available[samples]

    # And back.

    def came(self, run: int) -> Came:
        """Return what came back of this tile for a run."""
        assert self._now is not None
        if self._found is None:
            self._found = self._now.wait()
        sums, *rows = self._found
        columns = rows.pop() if self._each[0].remember else []
        return Came(
            sums[:, :, run],
            {
                rack: values[(rack - first) * self._count + run]
                for (first, stop), values in zip(self._now.spans, rows, strict=True)
                for rack in range(first, stop)
            },
            [column[run :: self._count] for column in columns],
        )


def _beside(states: tuple[Any, ...]) -> Any:
    """Return the state of some racks in all runs, the runs of a rack beside each other."""
    if states[0] is None:
        return ()
    columns = (np.stack(column, axis=1).ravel() for column in zip(*states, strict=True))
    return type(states[0])(*columns)


def stretches(racks: list[int], first: int, stop: int) -> Iterator[tuple[int, int]]:
    """Yield stretches of neighbours among some racks, in order: first, and first after the last."""
    inside = [rack for rack in racks if first <= rack < stop]
    breaks = [i for i, (a, b) in enumerate(pairwise(inside), start=1) if b != a + 1]
    for a, b in pairwise([0, *breaks, len(inside)]):
        if a < b:
            yield inside[a], inside[b - 1] + 1


def share_racks(racks: Sequence[CudaRacks]) -> None:
    """Let the racks of runs that differ in their seed share launches and transfers.

    Parameters
    ----------
    racks : sequence of CudaRacks
        Of each run, all at the same sample, of which nothing was asked so far.
    """
    for job in racks[0].jobs:
        join([one.jobs[job] for one in racks])
    runs = RackRuns(racks)
    for number, one in enumerate(racks):
        one.belong_to(runs, number)
