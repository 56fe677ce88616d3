# SPDX-License-Identifier: Apache-2.0
"""The first pass: when every barrier opens."""

from __future__ import annotations

from benchmarks.measure import Bench, Work
from benchmarks.workload import Workload
from powermodel_kernels.constants import TICKS_PER_S
from powermodel_kernels.schedule import Timeline


def test_timeline(bench: Bench, threads: int) -> None:
    load = Workload(1_000 if bench.small else Workload.accelerators)
    stop = round(load.seconds * TICKS_PER_S)
    work = Work(
        group=f"timeline: {load.accelerators:,} accelerators, {load.seconds:g} s",
        row=f"{threads} threads" if threads > 1 else "1 thread",
        simulated_s=load.seconds,
        events=load.events(),
        threads=threads,
    )
    tables = load.tables
    slots = bench.time(work, lambda: Timeline(*tables, threads).slots(0, stop), rounds=9)
    assert slots.start.max() < stop
