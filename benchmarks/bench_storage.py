# SPDX-License-Identifier: Apache-2.0
"""Storage at the point of interconnection: units, thermal node, cycles and controller at 1 ms."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.gpu import Gpu
from benchmarks.measure import Bar, Bench, Work
from powermodel import planning
from powermodel.provenance import run_attributes
from powermodel.scenario import Scenario
from powermodel.scenario.storage_unit import unit_spec
from powermodel.simulation import write_run
from powermodel.simulation.farm import unit_of
from powermodel.store import StoreLayout, StoreWriter, open_run
from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.control.moving_average import moving_average
from powermodel_kernels.control.signal import Control
from powermodel_kernels.storage.farm import Farm
from powermodel_kernels.storage.site import StorageSite
from powermodel_kernels.tables import I64

_DT_S, _MS = 0.001, 1_000_000
_SIMULATED_S = 20.0
_BAR_UNIT_STEPS = 5e7


def site_of(units: int) -> StorageSite:
    """Return a farm of Megapacks whose controller ticks at every step."""
    spec = unit_spec("megapack-2xl-2h")
    farm = Farm(
        unit_of(spec, spec.auxiliary_power_w), units, capacity_sigma=0.01, resistance_sigma=0.05,
        inverter_lag_s=0.02,
    )  # fmt: skip
    parameters = np.zeros(8, np.float32)
    parameters[3] = 1.0
    control = Control(moving_average, parameters, (1, 4, 2000), _MS, 10 * _MS, 10 * _MS)
    return StorageSite(farm, None, control, _DT_S)


def load_of(units: int, samples: int) -> I64:
    """Return a square wave of 2 s, as large as three quarters of the units."""
    t = np.arange(samples) * _DT_S
    swing_w = 0.75 * units * 1.9e6
    return ((2 * swing_w + np.where(t % 2.0 < 1.5, swing_w, 0.0)) * QUANTA_PER_W).astype(np.int64)


@pytest.mark.parametrize("runs", [1, 2], ids=["1 run", "2 runs"])
@pytest.mark.parametrize("units", [168, 1000])
def test_storage(bench: Bench, units: int, runs: int) -> None:
    samples = round((2.0 if bench.small else _SIMULATED_S) / _DT_S)
    load, site = load_of(units, samples), site_of(units)
    states = [site.initial() for _ in range(runs)]
    site.advance(site.initial(), load[:100], 0)

    def all_runs() -> list[Any]:
        with ThreadPoolExecutor(runs) as pool:
            return list(pool.map(lambda state: site.advance(state, load, 0), states))

    work = Work(
        group=f"storage: units at 1 ms, {_SIMULATED_S:.0f} s",
        row=f"{units:,} units, {runs} runs at once" if runs > 1 else f"{units:,} units, 1 run",
        simulated_s=runs * samples * _DT_S,
        threads=runs,
        bars=(Bar("times_real_time", at_least=_BAR_UNIT_STEPS / 1e6),)
        if (units, runs) == (1000, 1)
        else (),
    )
    out = bench.time(work, all_runs, rounds=3)
    if bench.timed:
        bench.note(unit_steps_per_s=runs * units * samples / bench.median_s)
    assert np.ptp(out[0].power_q) > 0


@pytest.mark.parametrize("runs", [1, 132, 528])
def test_storage_gpu(bench: Bench, gpu: Gpu, runs: int) -> None:
    """Runs that advance together, a block each: one, one a multiprocessor of an H100, four."""
    from powermodel_kernels.cuda.site import CudaStorage

    units, samples = 168, round((0.2 if bench.small else 2.0) / _DT_S)
    site = site_of(units)
    there = CudaStorage([site] * runs, [site.initial() for _ in range(runs)], gpu.memory)
    load = np.tile(load_of(units, samples), (runs, 1))
    work = Work(
        group="storage: runs of 168 units at 1 ms in one launch, 2 s",
        row=f"{runs} runs, {gpu.name}" if runs > 1 else f"1 run, {gpu.name}",
        simulated_s=runs * samples * _DT_S,
    )
    out = bench.time(work, gpu.waited(lambda: there.advance(load, 0)), rounds=3)
    if bench.timed:
        bench.note(unit_steps_per_s=runs * units * samples / bench.median_s)
    assert np.ptp(out[0].power_q) > 0


def test_stored_load(bench: Bench, tmp_path: Path) -> None:
    """A whole run on a load that is in a store: what 24 hours of other storage would take."""
    scenario = Scenario.load("colossus2-1gw").with_(
        time={
            "duration": "10 s" if bench.small else "10 min",
            "block": "10 s" if bench.small else "5 min",
        }
    )
    plan = planning.plan(scenario)
    load_q = load_of(300, plan.samples)
    layout = StoreLayout(dt_ticks=_MS, n_samples=plan.samples, block_samples=plan.samples)
    attributes = run_attributes(
        scenario.to_yaml(), scenario.digest, seed=0, engine="events", device="cpu",
        dt_s=_DT_S, duration_s=plan.duration_s,
    )  # fmt: skip
    with StoreWriter.create(tmp_path / "load.zarr", layout, attributes) as writer:
        writer.write(0, {"poi/power": load_q / QUANTA_PER_W})
        writer.finish()

    def whole_run() -> None:
        write_run(scenario, tmp_path / "run.zarr", load_from=tmp_path / "load.zarr", overwrite=True)

    work = Work(
        group="storage: a run of 600 units on a stored load, series and overview written",
        row="10 s" if bench.small else "10 min",
        simulated_s=plan.duration_s,
        threads=1,
    )
    bench.time(work, whole_run, rounds=1)
    if bench.timed:
        bench.note(minutes_for_24_h=24 * 60 * bench.median_s / plan.duration_s)
    assert open_run(tmp_path / "run.zarr").attrs["complete"] == 1
