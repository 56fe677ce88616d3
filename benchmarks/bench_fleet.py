# SPDX-License-Identifier: Apache-2.0
"""The fleet: both engines on the same work, ``steps`` beside its anchor in C, and scaling."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pytest

from benchmarks import anchor
from benchmarks.gpu import Gpu
from benchmarks.measure import Bar, Bench, Work
from benchmarks.workload import NOISE, QUIET, Workload
from powermodel_kernels.fleet.job import NoiseLevel

ENGINES = ("steps", "events")
NOISES = pytest.mark.parametrize("noise", [QUIET, NOISE], ids=["quiet", "noisy"])
# Of the kernels: two cores, rack output kept.
TIMES_REAL_TIME, TIMES_STEPS = 100.0, 10.0
# Of the C anchor, in either order.
TIMES_C = 0.8
NS_PER_EVENT = 10.0


def count(threads: int) -> str:
    return "1 thread" if threads == 1 else f"{threads} threads"


def fleet_work(bench: Bench, engine: str, threads: int, noise: NoiseLevel) -> tuple[Work, Workload]:
    """Return the workload and how it stands in the table."""
    load = Workload(1_000 if bench.small else Workload.accelerators, noise=noise)
    bars: tuple[Bar, ...] = (Bar("ns_per_event_per_core", at_most=NS_PER_EVENT),)
    if threads == 2:
        bars += Bar("times_real_time", at_least=TIMES_REAL_TIME), Bar("ratio", at_least=TIMES_STEPS)
    noisy = noise.sigma > 0.0
    work = Work(
        group=f"fleet: {load.title}, {'correlated noise, ' if noisy else ''}rack output kept",
        row=f"{engine}, {count(threads)}",
        simulated_s=load.seconds,
        accelerator_steps=load.accelerator_steps,
        events=load.events() if engine == "events" else None,
        changes=load.changes() if engine == "events" else None,
        bytes=4 * load.racks * load.samples,
        threads=threads,
        ratio_to=f"steps, {count(threads)}" if engine == "events" else None,
        bars=bars if engine == "events" and not noisy else (),
    )
    return work, load


@NOISES
def test_events(bench: Bench, threads: int, noise: NoiseLevel) -> None:
    work, load = fleet_work(bench, "events", threads, noise)
    power = bench.time(work, lambda: load.rack_power("events", threads), rounds=9, warm_up=2)
    assert power.shape == (load.racks, load.samples)


@dataclass
class Interleaved:
    """The anchor, run before each round of ``steps``."""

    made: anchor.Anchor
    seconds: dict[str, list[float]] = field(default_factory=lambda: {o: [] for o in anchor.ORDERS})

    def __call__(self) -> None:
        for order, taken in self.seconds.items():
            taken.append(self.made.seconds(order))

    def note(self, bench: Bench) -> None:
        """Say how ``steps`` compares: 1 is as fast as C, 0.5 half as fast."""
        for order, taken in self.seconds.items():
            bench.note(**{f"c_{order}_s": median(taken)})
            bench.note(**{f"ratio_to_c_{order}": median(taken) / bench.median_s})


@pytest.mark.timeout(3600)
@NOISES
def test_steps(bench: Bench, threads: int, noise: NoiseLevel, tmp_path: Path) -> None:
    work, load = fleet_work(bench, "steps", threads, noise)
    beside = None
    if noise.sigma == 0.0:
        if anchor.compiler() is None:
            bench.note(remark="no C compiler, so no anchor: install cc or name one in CC")
        else:
            beside = Interleaved(anchor_of(load, threads, tmp_path))
            bars = tuple(Bar(f"ratio_to_c_{order}", at_least=TIMES_C) for order in anchor.ORDERS)
            work = replace(work, bars=bars)
    # Compiled on a few racks: a warm-up of this work would take as long as a round.
    replace(load, accelerators=2 * load.per_rack).rack_power("steps", threads)
    power = bench.time(
        work, lambda: load.rack_power("steps", threads), rounds=3, warm_up=0, setup=beside
    )
    assert power.shape == (load.racks, load.samples)
    if beside is not None and bench.timed:
        beside.note(bench)


def anchor_of(load: Workload, threads: int, folder: Path) -> anchor.Anchor:
    """Return the anchor at the size of a workload."""
    _, fleet, _, _ = load.tables
    unit_s = 1e-9 * 2.0**fleet.age_shift
    rates = np.array([fleet.rise_rate, fleet.fall_rate, fleet.overshoot_rate]) / unit_s
    return anchor.Anchor(
        anchor.compiled(folder),
        racks=load.racks,
        lanes=load.per_rack,
        samples=load.samples,
        stretch=max(1, load.accelerator_steps // load.events()),
        keep=np.exp(-load.dt_s * rates).astype(np.float32),
        threads=threads,
    )


@NOISES
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kept", ["there", "fetched", "kernels alone"])
def test_gpu(bench: Bench, gpu: Gpu, engine: str, noise: NoiseLevel, kept: str) -> None:
    """The same work on a GPU: racks left in its memory, or brought back, or opened before."""
    work, load = fleet_work(bench, engine, 1, noise)
    words = {
        "there": "",
        "fetched": ", fetched to the host",
        "kernels alone": ", timeline not in it",
    }
    work = replace(work, row=f"{engine}, {gpu.name}{words[kept]}", ratio_to=f"{engine}, 2 threads")
    ready = gpu.opened(load, engine)

    def run() -> Any:
        job = ready if kept == "kernels alone" else gpu.opened(load, engine)
        place = load.whole()
        return job.rack_power(place) if kept == "fetched" else job.rack_power_there(place)

    power = bench.time(work, gpu.waited(run), rounds=9, warm_up=2)
    assert power.shape == (load.racks, load.samples)


@pytest.mark.parametrize("accelerators", [1_000, 10_000, 100_000, 1_000_000])
def test_accelerators_gpu(bench: Bench, gpu: Gpu, accelerators: int) -> None:
    """Racks in as many batches as fit the GPU's memory: one, up to a million accelerators."""
    load = Workload(accelerators // 100 if bench.small else accelerators)
    run = gpu.waited(lambda: gpu.opened(load, "events").rack_power_there(load.whole()))
    axis = f"accelerators, {gpu.name}"
    work = Work(
        group=f"scaling: {axis}",
        row=f"{load.accelerators:,}",
        simulated_s=load.seconds,
        accelerator_steps=load.accelerator_steps,
        events=load.events(),
    )
    bench.note(scaling=axis, size=load.accelerators)
    bench.time(work, run, rounds=5)


def scaled(bench: Bench, load: Workload, threads: int, axis: str, size: float, row: str) -> None:
    """Time one point of a scaling curve: racks in batches, none kept."""

    def run() -> None:
        job = load.opened("events", threads)
        for place in load.batches():
            job.rack_power(place)

    work = Work(
        group=f"scaling: {axis}",
        row=row,
        simulated_s=load.seconds,
        accelerator_steps=load.accelerator_steps,
        events=load.events(),
        changes=load.changes(),
        threads=threads,
    )
    bench.note(scaling=axis, size=size)
    bench.time(work, run, rounds=5)


@pytest.mark.parametrize("accelerators", [1_000, 10_000, 100_000, 1_000_000])
def test_accelerators(bench: Bench, two_threads: int, accelerators: int) -> None:
    load = Workload(accelerators // 100 if bench.small else accelerators)
    scaled(bench, load, two_threads, "accelerators", load.accelerators, f"{load.accelerators:,}")


@pytest.mark.parametrize("rounds", [1, 2, 4, 8])
def test_events_per_iteration(bench: Bench, two_threads: int, rounds: int) -> None:
    load = Workload(100 if bench.small else 100_000, rounds=rounds)
    size = 6 * rounds
    scaled(bench, load, two_threads, "events per iteration", size, f"{size} events")


@pytest.mark.parametrize("dt_ms", [0.5, 1.0, 2.0, 5.0])
def test_dt(bench: Bench, two_threads: int, dt_ms: float) -> None:
    load = Workload(100 if bench.small else 100_000, dt_s=dt_ms * 1e-3)
    scaled(bench, load, two_threads, "dt", dt_ms, f"{dt_ms:g} ms")
