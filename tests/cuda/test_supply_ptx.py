# SPDX-License-Identifier: Apache-2.0
"""The laws of supply as PTX, executed on the CPU: the bits of the CPU path, island and all."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import typeof, types

from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.laws.grid import impedance
from powermodel_kernels.laws.lag import lag_factor
from powermodel_kernels.supply.answered import (
    FormingBattery,
    advance_answered,
    answered_block,
    battery_arrays,
    quiet,
)
from powermodel_kernels.supply.arrays import island_arrays
from powermodel_kernels.supply.cooling import Cooling, cool
from powermodel_kernels.supply.events import Sag, sag_profile
from powermodel_kernels.supply.grid import GridSource, grid_block
from powermodel_kernels.supply.island import at_fixed_ratio, empty_series
from powermodel_kernels.supply.machines import IslandSetup, Shedding
from powermodel_kernels.supply.ridethrough import (
    LoadUnit,
    RideSeries,
    load_units,
    on_grid,
    ride_block,
    ride_through,
)
from powermodel_kernels.supply.settle import settled_state
from powermodel_kernels.supply.waterfall import LossStage, loss_waterfall, walk_stages
from tests.cuda.kept import kept_ptx
from tests.cuda.ptx_run import PtxProgram
from tests.kernels.islands import governor_of, units

CAPABILITY = (9, 0)


def on_gpu(driver: Any, *arguments: Any) -> None:
    """Run a driver's PTX as one thread."""
    signature = types.void(*(typeof(argument) for argument in arguments))
    PtxProgram(kept_ptx(driver, signature, CAPABILITY)).launch(1, 1, *arguments)


def test_island_with_batteries() -> None:
    setup = IslandSetup(
        [*units(2), *units(2, governor_of("ggov1-reciprocating"), trip_at_s=0.25)], 60.0,
        shedding=[Shedding(-0.004, 0.02, 0.1)], reactive_ratio=0.2, load_damping=1.0,
        restore_rate=0.5,
    )  # fmt: skip
    island = island_arrays(setup, 0.001)
    batteries = battery_arrays([FormingBattery(10e6, 0.02, 1.0, 5e6, 0.015, 0.01)], 0.001)
    load = np.full(400, int(30e6 * QUANTA_PER_W), np.int64)
    load[50:] += int(15e6 * QUANTA_PER_W)
    start = settled_state(setup, island, 30e6)
    last, held, whole = advance_answered(
        island, start, batteries, quiet(batteries), load, load * 0, 0
    )
    state, cells = type(start)._make(part.copy() for part in start), quiet(batteries)
    out, storage = empty_series(load.size, island), np.empty(load.size, np.int64)
    reactive = at_fixed_ratio(island, load)
    on_gpu(
        answered_block, island, state, batteries, cells, load, reactive, load * 0, 0, out, storage
    )
    assert (whole.island.served < load).any()
    assert whole.island.online[-1] == 2
    for one, other in zip(
        (*state, *cells, *out, storage), (*last, *held, *whole.island, whole.storage), strict=True
    ):
        assert np.array_equal(one, other)


def test_losses_inwards_and_outwards() -> None:
    stage = LossStage("ups", 1e8, 0.01, 0.005, 0.02)
    power = np.random.default_rng(7).integers(0, 10**11, 50)
    table = np.array(
        [[1e8 * QUANTA_PER_W, 1 / (1e8 * QUANTA_PER_W), 0.01, 0.005, 0.02]], np.float32
    )
    for outward, wanted in ((True, "drawn_w"), (False, "delivered_w")):
        passed = np.empty((1, 50), np.int64)
        on_gpu(walk_stages, power, table, outward, passed)
        fall = loss_waterfall([stage._replace(on_module=not outward)], power / QUANTA_PER_W)
        assert np.array_equal(passed / QUANTA_PER_W, getattr(fall, wanted))


def test_cooling() -> None:
    cooling = Cooling(1e8, 0.01, (0.02, 0.03, 0.05), (4.0, 60.0, 600.0))
    it = np.random.default_rng(8).integers(0, int(1e8 * QUANTA_PER_W), 200)
    last, expected = cooling.advance(cooling.settled(3e7), it, 0.001)
    state, out = cooling.settled(3e7), np.empty(200, np.int64)
    factors = np.array([lag_factor(0.001, t) for t in cooling.times_s], np.float32)
    rating = np.float32(1e8 * QUANTA_PER_W)
    on_gpu(
        cool, it, state.heat, state.rest, factors, np.array(cooling.ratios, np.float32),
        np.float32(0.01), rating, np.float32(1.0) / rating, out,
    )  # fmt: skip
    assert np.array_equal(out, expected)
    assert all(np.array_equal(a, b) for a, b in zip(state, last, strict=True))


def test_grid() -> None:
    source = GridSource(2e9, 10.0, 60.0)
    active = np.random.default_rng(9).integers(0, int(0.4e9 * QUANTA_PER_W), 200)
    expected = source.voltages(active, active // 10)
    r, x = impedance(2e9, 10.0, 2e9)
    found, sine = np.empty(200, np.float32), np.empty(200, np.float32)
    numbers = [np.float32(n) for n in (1.0 / (2e9 * QUANTA_PER_W), r, x, 1.0)]
    on_gpu(grid_block, active, active // 10, *numbers, found, sine)
    assert np.array_equal(found, expected.voltage)
    assert np.array_equal(np.arcsin(sine.astype(np.float64)), expected.angle_rad)


def test_ride_through() -> None:
    unit = LoadUnit(0.88, 1.12, 0.92, 0.004, 0.05, 0.1, 0.1, 0.3, 2, 1.0, 0.2)
    voltage = sag_profile([Sag(0.05, 0.05, 0.3), Sag(0.5, 0.05, 0.3)], 0.001, 1000)
    load = np.random.default_rng(10).integers(10**9, 10**11, (1, 1000))
    units_ = load_units([unit], 0.001)
    last, expected = ride_through(units_, on_grid(units_), load, voltage, voltage * 0, 0)
    state = on_grid(units_)
    out = RideSeries._make(np.zeros_like(series) for series in expected)
    on_gpu(ride_block, units_, state, load, voltage, voltage * 0, 0, out)
    for one, other in zip((*state, *out), (*last, *expected), strict=True):
        assert np.array_equal(one, other)
