# SPDX-License-Identifier: Apache-2.0
"""Studies: what workers gain, what a task and a run cost, and what a worker holds in memory."""

from __future__ import annotations

import copy
import itertools
import os
import time
from pathlib import Path
from statistics import median
from typing import Any

import distributed
import psutil
import pytest

from benchmarks.measure import Bar, Bench, Work
from powermodel.ensemble import Study, run_study, spread
from powermodel.ensemble.estimate import plan_study
from powermodel.ensemble.grid import Grid

_PAIRS = 3
_SEEDS = 48
# Sixteen accelerators for 20 s: a run of which all but the cost per run is small.
_TINY: dict[str, Any] = {
    "powermodel": 1,
    "name": "tiny",
    "site": {
        "name": "tiny site",
        "halls": [{"name": "hall", "rack": {"like": "gb200-nvl72", "accelerators": 8}, "racks": 2}],
    },
    "jobs": [
        {
            "name": "train",
            "accelerators": 16,
            "program": {
                "iteration": [
                    {"name": "compute", "duration": "1.1 s", "power": "0.9 TDP"},
                    {"name": "exchange", "duration": "0.4 s", "power": "0.3 TDP"},
                ]
            },
        }
    ],
    "time": {"duration": "20 s", "dt": "5 ms", "fastest_response": "50 ms"},
}


def study(**changes: Any) -> Study:
    """Return a study of the tiny site."""
    data = {"study": 1, "name": "bench", "scenario": copy.deepcopy(_TINY)}
    return Study.from_dict(data | {"keep": {"overview": ["1s"]}} | changes)


def shipped(bench: Bench, **changes: Any) -> Study:
    """Return the shipped study, or a corner of it."""
    found = Study.load("battery-latency").model_dump(mode="json", exclude_none=True)
    if bench.small:
        found |= {"axes": {"storage.units": [0, 2]}, "seeds": 1, "set": {"time.duration": "10 s"}}
        found["measure"] = {"after": "1 s"}
    return Study.from_dict(found | changes)


class Workers:
    """Workers that have started and compiled: what is timed is the study alone."""

    def __init__(self, cluster: Any, folder: Path) -> None:
        self._cluster, self._folder = cluster, folder
        self._numbers = itertools.count()
        self.client: Any = cluster.get_client()

    def seconds(self, what: Study) -> float:
        """Run a study on all of them and return its time."""
        count = len(self._cluster.workers)
        out = self._folder / f"{count}-{next(self._numbers)}.zarr"
        began = time.perf_counter()
        run_study(what, out, scheduler=self._cluster.scheduler_address, workers=count)
        return time.perf_counter() - began

    def apart(self, what: Study, count: int) -> float:
        """Return the time in which so many of them run a study each, without a cluster's part."""
        began = time.perf_counter()
        studies = [self.client.submit(_alone, what, self._new(), pure=False) for _ in range(count)]
        self.client.gather(studies)
        return time.perf_counter() - began

    def _new(self) -> str:
        return str(self._folder / f"apart-{next(self._numbers)}.zarr")


def _alone(what: Study, out: str) -> None:
    run_study(what, out, workers=1)


@pytest.mark.skipif(spread.cores() < 2, reason="needs two cores")
def test_two_workers(bench: Bench, tmp_path: Path) -> None:
    """Pairs of one worker and two, each pair in turn, on workers that are warm.

    The study is the shipped one, whole: 192 runs of 8 loads. Two cores of a virtual machine may be
    threads of one core, so the table says beside it what two processes gain that share nothing.
    """
    what, part = shipped(bench), shipped(bench, seeds=1)
    with spread.local_cluster(1) as single, spread.local_cluster(2) as double:
        one, two = Workers(single, tmp_path / "one"), Workers(double, tmp_path / "two")
        one.seconds(part)
        two.apart(part, 2)
        pairs: list[tuple[float, float]] = []
        machine: list[float] = []

        def pair() -> None:
            pairs.append((one.seconds(what), two.seconds(what)))
            machine.append(2 * two.apart(part, 1) / two.apart(part, 2))

        runs = Grid.of(what).runs
        work = Work("study: one worker and two", f"{runs} runs of the shipped study", threads=2,
                    bars=(Bar("speedup", at_least=1.8),))  # fmt: skip
        bench.time(work, pair, rounds=_PAIRS, warm_up=0, child=True)
        for workers in (one, two):
            workers.client.close()
    bench.note(
        speedup=median(first / second for first, second in pairs),
        one_worker_s=median(first for first, _ in pairs),
        machine_speedup=median(machine),
    )


def test_overhead_of_a_task(bench: Bench, tmp_path: Path) -> None:
    """Share of a study, from its call to its end, in which its one worker computes no task.

    The worst case of the shipped study: no two runs share a load.
    """
    seeds = 1 if bench.small else _SEEDS
    what = shipped(bench, axes={"storage.units": [8]}, seeds=seeds)
    with spread.local_cluster(1) as cluster:
        workers = Workers(cluster, tmp_path)
        workers.seconds(what)
        spent: list[float] = []
        computed: list[list[float]] = []

        def go() -> None:
            with distributed.get_task_stream(client=workers.client) as stream:
                spent.append(workers.seconds(what))
            actions = [one for task in stream.data for one in task["startstops"]]
            computed.append([a["stop"] - a["start"] for a in actions if a["action"] == "compute"])

        work = Work("study: overhead of a task", f"{seeds} loads of 60 s, each with 8 units",
                    bars=(Bar("overhead_share", at_most=0.05),))  # fmt: skip
        bench.time(work, go, rounds=3, warm_up=0, child=True)
        workers.client.close()
    beyond_s = median(all_s - sum(own) for all_s, own in zip(spent, computed, strict=True))
    bench.note(
        overhead_share=beyond_s / median(spent),
        overhead_s=beyond_s,
        tasks=len(computed[-1]),
        work_per_run_s=median(map(sum, computed)) / seeds,
    )


@pytest.mark.parametrize("seeds", [10, 100, 1_000])
def test_cost_of_a_run(bench: Bench, tmp_path: Path, seeds: int) -> None:
    seeds = min(seeds, 10) if bench.small else seeds
    number = iter(range(100))

    def go() -> None:
        run_study(study(seeds=seeds), tmp_path / f"{next(number)}.zarr", workers=1)

    work = Work("study: cost of a run, tiny site for 20 s", f"{seeds:,} runs")
    bench.time(work, go, rounds=1)
    files = sum(1 for path in tmp_path.rglob("*") if path.is_file())
    if bench.timed:
        bench.note(seconds_per_run=bench.median_s / seeds, files=files)


def test_seeds_of_colossus(bench: Bench, tmp_path: Path) -> None:
    """64 seeds of 60 s; as fast as time passes where it takes 3,840 s at most for all of them."""
    seeds, duration_s = (2, 1) if bench.small else (64, 60)
    what = Study.from_dict(
        {
            "study": 1,
            "name": "seeds",
            "scenario": "colossus2-phase1",
            "set": {"time.duration": f"{duration_s} s"},
            "seeds": seeds,
            "keep": {"overview": ["1s"] if duration_s > 1 else ["100ms"]},
        }
    )
    work = Work("study: seeds of colossus2-phase1", f"{seeds} seeds of {duration_s} s",
                simulated_s=seeds * duration_s, threads=spread.cores(),
                bars=(Bar("times_real_time", at_least=1.0),))  # fmt: skip
    bench.time(work, lambda: run_study(what, tmp_path / "seeds.zarr"), rounds=1, warm_up=0,
               child=True)  # fmt: skip


def test_memory_of_a_worker(bench: Bench, tmp_path: Path) -> None:
    """Largest resident memory of any worker, and what the plan says."""
    what = shipped(bench, axes={"storage.units": [0, 8]})
    planned = plan_study(what, 2)
    most = [0]

    def watch(_now: object) -> None:
        for child in psutil.Process(os.getpid()).children(recursive=True):
            try:
                most[0] = max(most[0], _peak_bytes(child.pid))
            except (psutil.NoSuchProcess, FileNotFoundError):
                continue

    work = Work("study: memory of a worker", "the shipped study, two workers",
                bars=(Bar("measured_to_planned", at_least=0.8, at_most=1.2),))  # fmt: skip
    bench.time(
        work, lambda: run_study(what, tmp_path / "m.zarr", workers=2, progress=watch),
        rounds=1, warm_up=0, child=True,
    )  # fmt: skip
    bench.note(
        worker_bytes=most[0],
        planned_bytes=planned.memory_bytes,
        measured_to_planned=most[0] / planned.memory_bytes,
    )


def _peak_bytes(process: int) -> int:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
