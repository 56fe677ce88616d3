# SPDX-License-Identifier: Apache-2.0
"""From racks to a hall: quanta to watts, supply without and with a store, the exact sum."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from benchmarks.gpu import Gpu
from benchmarks.measure import Bench, Work
from benchmarks.workload import RACKS, gb200_rack
from powermodel.scenario.rack_store import RackStore
from powermodel.simulation.racks import shelf_of
from powermodel_kernels.chain import RackSupply, add_to, watts
from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.rack.backed import BackedSupply
from powermodel_kernels.rack.backup import BackupSums, RackBackup
from powermodel_kernels.rack.stage import StoredSupply
from powermodel_kernels.rack.store import StoreSums
from powermodel_kernels.tables import F32, I32, I64

_DT_S, _SAMPLES = 0.001, 10_000


def racks_of(bench: Bench) -> I32:
    """Return the power of all accelerators of each rack, quanta, between idle and TDP."""
    rack = gb200_rack()
    span = rack.accelerators * np.array([rack.accelerator.idle_w, rack.accelerator.tdp_w])
    low, high = (span * QUANTA_PER_W).astype(np.int32)
    shape = (20 if bench.small else RACKS, _SAMPLES)
    return np.random.default_rng(0).integers(low, high, shape, np.int32)


def work_of(quanta: I32, row: str, threads: int, passes: int) -> Work:
    """Say what a row does: how often it goes through the racks' samples of four bytes."""
    racks, samples = quanta.shape
    return Work(
        group=f"chain: {racks:,} racks x {samples:,} samples",
        row=f"{row}, {threads} threads" if threads > 1 else f"{row}, 1 thread",
        simulated_s=samples * _DT_S,
        bytes=passes * quanta.nbytes,
        threads=threads,
    )


def whole(supply: RackSupply, quanta: I32, held: I32, total: I64) -> F32:
    power_w = watts(quanta, supply.workers)
    supply.advance(held, power_w, _DT_S)
    add_to(total, power_w, supply.workers)
    return power_w


def test_chain(bench: Bench, threads: int) -> None:
    quanta = racks_of(bench)
    held = np.full(len(quanta), gb200_rack().accelerators, np.int32)
    run = partial(
        whole, shelf_of(gb200_rack(), threads), quanta, held, np.zeros(_SAMPLES, np.int64)
    )
    work = work_of(quanta, "watts, supply and sum", threads, passes=5)
    power_w = bench.time(work, run, rounds=5)
    assert np.isfinite(power_w).all()


@pytest.mark.parametrize("stage", ["watts", "supply", "sum"])
def test_stage(bench: Bench, two_threads: int, stage: str) -> None:
    quanta, supply = racks_of(bench), shelf_of(gb200_rack(), two_threads)
    held = np.full(len(quanta), gb200_rack().accelerators, np.int32)
    given = watts(quanta, two_threads)
    power_w, total = given.copy(), np.zeros(_SAMPLES, np.int64)

    def again() -> None:
        # The supply works in place: what it left must not become its next load.
        power_w[:] = given

    stages = {
        "watts": lambda: watts(quanta, two_threads),
        "supply": lambda: supply.advance(held, power_w, _DT_S),
        "sum": lambda: add_to(total, power_w, two_threads),
    }
    passes = {"watts": 2, "supply": 2, "sum": 1}[stage]
    bench.time(work_of(quanta, stage, two_threads, passes), stages[stage], rounds=5, setup=again)


def stored(threads: int) -> StoredSupply:
    """Return the supply of the rack with the store of GB300 shelves."""
    rack = gb200_rack()
    store = RackStore(like="gb300-electrolytic").store_type(rack.accelerators)
    assert store is not None
    return StoredSupply(shelf_of(rack, threads), store)


def stage_work(quanta: I32, row: str, threads: int, passes: int, floor: str) -> Work:
    """Say what a row of the stages does, compared with moving what the store's stage moves."""
    racks, samples = quanta.shape
    return Work(
        group=f"rack store: {racks:,} racks x {samples:,} samples",
        row=row,
        simulated_s=samples * _DT_S,
        accelerator_steps=racks * samples,
        bytes=passes * quanta.nbytes,
        threads=threads,
        ratio_to=None if row == floor else floor,
    )


@pytest.mark.parametrize("row", ["bytes floor", "supply alone", "store and supply", "backup"])
def test_rack_store(bench: Bench, two_threads: int, row: str) -> None:
    """Rack-samples per second are in the column of accelerator-steps.

    The floor reads and writes every sample twice, as the two halves of the stage with a store do.
    """
    quanta, stage = racks_of(bench), stored(two_threads)
    held = np.full(len(quanta), gb200_rack().accelerators, np.int32)
    given = watts(quanta, two_threads)
    power_w, state = given.copy(), stage.initial(held, _DT_S)
    sums, backup = StoreSums.zeros(_SAMPLES), RackBackup(264e3, 0.02, 0.004, 240.0, 0.2, 5e4, 1e4)
    carried, added = backup.initial(len(quanta), _DT_S), BackupSums.zeros(_SAMPLES)
    there = np.ones(_SAMPLES, bool)
    there[1000:1300] = False

    def again() -> None:
        power_w[:] = given

    def floor() -> None:
        for _ in range(2):
            np.negative(power_w, out=power_w)

    rows = {
        "bytes floor": floor,
        "supply alone": lambda: stage.supply.advance(held, power_w, _DT_S),
        "store and supply": lambda: stage.advance(state, held, power_w, _DT_S, sums),
        "backup": lambda: backup.advance(carried, there, power_w, _DT_S, added, two_threads),
    }
    passes = {"supply alone": 2, "backup": 2}.get(row, 4)
    bench.time(
        stage_work(quanta, row, two_threads, passes, "bytes floor"), rows[row], rounds=5,
        setup=again,
    )  # fmt: skip


@pytest.mark.parametrize("row", ["supply alone", "store and supply", "backup"])
def test_racks_gpu(bench: Bench, gpu: Gpu, row: str) -> None:
    """Whole supply on a GPU, of quanta that lie there and of sums over racks that stay there."""
    from powermodel_kernels.cuda.memory import put_table
    from powermodel_kernels.cuda.racks import TOTAL, CudaRackSupply, sums_of

    quanta, stage, memory = racks_of(bench), stored(1), gpu.memory
    held = np.full(len(quanta), gb200_rack().accelerators, np.int32)
    available = np.ones(_SAMPLES, bool)
    available[1000:1300] = False
    backup = RackBackup(264e3, 0.02, 0.004, 240.0, 0.2, 5e4, 1e4)
    supplies = {
        "supply alone": stage.supply,
        "store and supply": stage,
        "backup": BackedSupply(stage.supply, backup),
    }
    supply = CudaRackSupply(supplies[row], _DT_S, memory)
    states = stage.initial(held, _DT_S), backup.initial(len(quanta), _DT_S)
    sums = memory.zeros((sums_of(stores=True, backups=True), 1, _SAMPLES), np.int64)
    arguments = (
        memory.put(quanta), memory.put(held), *(put_table(memory, state) for state in states),
        memory.put(available), sums,
    )  # fmt: skip
    # Quanta read, watts written; a store reads and writes them once more, and so does a backup.
    work = stage_work(quanta, f"{row}, {gpu.name}", 1, 2 if row == "supply alone" else 4, row)
    bench.time(work, gpu.waited(lambda: supply.advance(*arguments)), rounds=5)
    assert memory.fetch(sums)[TOTAL].any()
