# SPDX-License-Identifier: Apache-2.0
"""Runs that differ in what a seed draws, side by side in a launch: one axis of its grid.

They have programs, places and samples in common. What differs lies one run after the other: lanes,
slots, the path of their common fluctuation; of racks, all runs of one rack are neighbours, so that
some racks of all runs are one stretch of memory. One run is an axis of length one.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from powermodel_kernels.fleet.lanes import common_exponents
from powermodel_kernels.tables import I64, Fleet, Slots

_NOT_KEPT = np.empty((0, 0, 0), np.int32)


class Runs(NamedTuple):
    """What a kernel is told of each run."""

    low: I64
    """Lower half of its seed, shape (runs,)."""
    high: I64
    first: I64
    """Its slots in a table of those of all runs, and the end of the last, shape (runs + 1,)."""


def of_run(fleet: Any, runs: Any, run: Any) -> Any:
    """Return the table of a job with the seed of one run."""
    return Fleet(
        fleet.job, fleet.lanes, fleet.group_size, fleet.unit_size, fleet.stage_size, fleet.stages,
        fleet.fill_ticks, fleet.bubble_ticks, fleet.idle, fleet.rise_rate, fleet.fall_rate,
        fleet.overshoot_rate, fleet.overshoot, fleet.age_shift, fleet.horizon, runs.low[run],
        runs.high[run], fleet.run,
    )  # fmt: skip


def slot_commons(
    programs: Any, fleet: Any, runs: Any, run: Any, program: Any, number: Any, out: Any
) -> None:
    """Fill what the job of a run shares in each slot, on the CPU, see ``tables.Slots``.

    Parameters
    ----------
    run, program, number
        Of each slot, int64.
    out
        float32 (slots, phases).
    """
    for s in range(run.size):
        common_exponents(programs, of_run(fleet, runs, run[s]), program[s], number[s], out[s])


def row_of_run(rack: Any, run: Any, runs: Any) -> Any:
    """Return where a rack of a run stands among those of all runs: not negative, as types go."""
    return np.uint64(np.int64(rack) * np.int64(runs) + np.int64(run))


def lane_of_run(fleet: Any, lane: Any, run: Any) -> Any:
    """Return where a lane of a run stands among those of all runs."""
    return np.int64(run) * np.int64(fleet.lanes) + lane


def seeds_of(fleets: Sequence[Fleet]) -> Runs:
    """Return runs of a job that differ in their seeds, without slots."""
    low, high = (
        np.array([getattr(fleet, name) for fleet in fleets], np.int64)
        for name in ("seed_low", "seed_high")
    )
    return Runs(low, high, np.zeros(len(fleets) + 1, np.int64))


def from_zero(table: Slots) -> Slots:
    """Return slots with absolute begins."""
    start = table.since[:, None] + table.start
    return table._replace(since=np.zeros_like(table.since), start=start)


def _for_a_gpu(table: Slots) -> Slots:
    """Return slots with absolute begins, without what a GPU draws sooner than it reads."""
    return from_zero(table)._replace(deviation=_NOT_KEPT, place=np.full_like(table.place, -1))


def side_by_side(runs: Runs, tables: Sequence[Slots]) -> tuple[Runs, Slots]:
    """Return runs with their slots, and the slots of all of them, one run after the other.

    Begins are absolute, counted from zero. What a slot does not have is zero and never read.
    """
    first = np.cumsum([0, *(table.program.size for table in tables)], dtype=np.int64)
    tables = [_for_a_gpu(table) for table in tables]
    if len(tables) == 1:
        return runs._replace(first=first), tables[0]
    columns = []
    for parts in zip(*tables, strict=True):
        shape = np.max([part.shape for part in parts], axis=0)
        column = np.zeros((first[-1], *shape[1:]), parts[0].dtype)
        for begin, part in zip(first, parts, strict=False):
            room = column[begin : begin + len(part)]
            room[tuple(slice(length) for length in part.shape)] = part
        columns.append(column)
    return runs._replace(first=first), Slots(*columns)
