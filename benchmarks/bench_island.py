# SPDX-License-Identifier: Apache-2.0
"""An island of hundreds of machines at 1 ms: how much faster than real time on one core.

Alone, with as many batteries that answer its frequency, and two such runs on two threads.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from benchmarks.measure import Bar, Bench, Work
from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.supply.answered import (
    FormingBattery,
    advance_answered,
    battery_arrays,
    quiet,
)
from powermodel_kernels.supply.arrays import island_arrays
from powermodel_kernels.supply.island import IslandSeries
from powermodel_kernels.supply.machines import Gast, Ggov1, IslandSetup, Unit
from powermodel_kernels.supply.settle import settled_state

_DT_S = 0.001
_BAR = Bar("times_real_time", at_least=100.0)
_GAST = Gast(droop=0.05, valve_s=0.4, turbine_s=0.1, exhaust_s=3.0)
_GGOV1 = Ggov1(
    droop=0.05, proportional=10.0, integral=2.0, actuator_s=0.3, turbine_gain=1.25,
    no_load_flow=0.2, turbine_lag_s=0.3,
)  # fmt: skip
_SETS = {"GAST": [_GAST], "GGOV1": [_GGOV1], "half GAST, half GGOV1": [_GAST, _GGOV1]}
_BATTERY = FormingBattery(
    base_va=4e6, droop=0.02, inertia_s=1.0, limit_w=4e6, latency_s=0.02, lag_s=0.02
)


def island(
    governors: list[Gast | Ggov1], machines: int, batteries: int, samples: int
) -> Callable[[], IslandSeries]:
    """Return what takes an island through a square swing of a tenth of its load."""
    count = len(governors)
    units = [Unit(20e6, 2.0, governors[i % count], 16e6, kind=i % count) for i in range(machines)]
    setup = IslandSetup(units, 60.0, reactive_ratio=0.2)
    fixed = island_arrays(setup, _DT_S, watched=())
    cells = battery_arrays([_BATTERY] * batteries, _DT_S)
    start_w = 0.6 * setup.capability_w
    load = np.full(samples, round(start_w * QUANTA_PER_W), np.int64)
    swing = 0.1 * start_w * QUANTA_PER_W
    load += np.rint(swing * np.sign(np.sin(np.arange(samples) * 0.005))).astype(np.int64)
    start, none = settled_state(setup, fixed, start_w), load * 0
    return lambda: advance_answered(fixed, start, cells, quiet(cells), load, none, 0)[2].island


def check(out: IslandSeries, machines: int) -> None:
    assert np.isfinite(out.speed).all()
    assert out.online[-1] == machines


@pytest.mark.parametrize("batteries", [False, True], ids=["alone", "batteries"])
@pytest.mark.parametrize("row", list(_SETS))
def test_island(bench: Bench, row: str, batteries: bool) -> None:
    machines, samples = (6, 100) if bench.small else (300, 10_000)
    run = island(_SETS[row], machines, machines if batteries else 0, samples)
    also = f" and {machines} batteries" if batteries else ""
    work = Work(
        group=f"island: {machines} machines{also} x {samples:,} steps of 1 ms",
        row=row,
        simulated_s=samples * _DT_S,
        bars=(_BAR,),
    )
    check(bench.time(work, run, rounds=5), machines)


@pytest.mark.parametrize("threads", [1, 2])
def test_runs_side_by_side(bench: Bench, threads: int) -> None:
    """As many runs as threads: what a study does on the cores of one machine."""
    machines, samples = (6, 100) if bench.small else (300, 10_000)
    run = island(_SETS["half GAST, half GGOV1"], machines, machines, samples)
    work = Work(
        group=f"island: runs side by side, {machines} machines and batteries, one a thread",
        row="1 run" if threads == 1 else f"{threads} runs",
        simulated_s=threads * samples * _DT_S,
        threads=threads,
        ratio_to=None if threads == 1 else "1 run",
    )
    with ThreadPoolExecutor(threads) as pool:

        def together() -> list[IslandSeries]:
            return [one.result() for one in [pool.submit(run) for _ in range(threads)]]

        found = bench.time(work, together, rounds=5)
    for one in found:
        check(one, machines)
    assert all(np.array_equal(one.speed, found[0].speed) for one in found)
