# SPDX-License-Identifier: Apache-2.0
"""An island of hundreds of machines at 1 ms: how much faster than real time on one core."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.measure import Bar, Bench, Work
from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.supply.arrays import island_arrays
from powermodel_kernels.supply.island import Supply
from powermodel_kernels.supply.machines import Gast, Ggov1, IslandSetup, Unit
from powermodel_kernels.supply.settle import settled_state

_DT_S = 0.001
_GAST = Gast(droop=0.05, valve_s=0.4, turbine_s=0.1, exhaust_s=3.0)
_GGOV1 = Ggov1(
    droop=0.05, proportional=10.0, integral=2.0, actuator_s=0.3, turbine_gain=1.25,
    no_load_flow=0.2, turbine_lag_s=0.3,
)  # fmt: skip
_SETS = {"GAST": [_GAST], "GGOV1": [_GGOV1], "half GAST, half GGOV1": [_GAST, _GGOV1]}


@pytest.mark.parametrize("row", list(_SETS))
def test_island(bench: Bench, row: str) -> None:
    machines, samples = (6, 100) if bench.small else (300, 10_000)
    governors = _SETS[row]
    units = [Unit(20e6, 2.0, governors[i % len(governors)], 16e6) for i in range(machines)]
    setup = IslandSetup(units, 60.0, reactive_ratio=0.2)
    island = island_arrays(setup, _DT_S, watched=())
    start_w = 0.6 * setup.capability_w
    load = np.full(samples, round(start_w * QUANTA_PER_W), np.int64)
    swing = 0.1 * start_w * QUANTA_PER_W
    load += np.rint(swing * np.sign(np.sin(np.arange(samples) * 0.005))).astype(np.int64)
    start, supply = settled_state(setup, island, start_w), Supply(island)
    work = Work(
        group=f"island: {machines} machines x {samples:,} steps of 1 ms",
        row=row,
        simulated_s=samples * _DT_S,
        threads=1,
        bars=(Bar("times_real_time", at_least=100.0),),
    )
    _, out = bench.time(work, lambda: supply.advance(start, load, load * 0, 0), rounds=5)
    assert np.isfinite(out.speed).all()
    assert out.online[-1] == machines
