# SPDX-License-Identifier: Apache-2.0
"""The first pass: when every barrier opens."""

from __future__ import annotations

from benchmarks.gpu import Gpu
from benchmarks.measure import Bench, Work
from benchmarks.workload import Workload
from powermodel_kernels.constants import TICKS_PER_S
from powermodel_kernels.schedule import Timeline


def timeline_work(bench: Bench, row: str, threads: int) -> tuple[Work, Workload, int]:
    """Return how the pass stands in the table, its workload, and the tick at which it ends."""
    load = Workload(1_000 if bench.small else Workload.accelerators)
    work = Work(
        group=f"timeline: {load.accelerators:,} accelerators, {load.seconds:g} s",
        row=row,
        simulated_s=load.seconds,
        events=load.events(),
        threads=threads,
    )
    return work, load, round(load.seconds * TICKS_PER_S)


def test_timeline(bench: Bench, threads: int) -> None:
    row = f"{threads} threads" if threads > 1 else "1 thread"
    work, load, stop = timeline_work(bench, row, threads)
    tables = load.tables
    slots = bench.time(work, lambda: Timeline(*tables, threads).slots(0, stop), rounds=9)
    assert (slots.since + slots.start.max(axis=1)).max() < stop


def test_timeline_gpu(bench: Bench, gpu: Gpu) -> None:
    """Tables sent, slots reduced eight at a time and fetched, then sent as a tile needs them."""
    work, load, _ = timeline_work(bench, f"{gpu.name}, tables sent", 1)
    job = bench.time(work, gpu.waited(lambda: gpu.opened(load, "events")), rounds=9)
    assert job.rack_power(next(load.batches())).any()
