# SPDX-License-Identifier: Apache-2.0
"""Batteries on an island: how they share a step, and the latency beyond which they harm."""

from __future__ import annotations

import cmath
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq

from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.supply.answered import (
    AnsweredSeries,
    FormingBattery,
    advance_answered,
    answered_block,
    battery_arrays,
    quiet,
)
from powermodel_kernels.supply.arrays import island_arrays
from powermodel_kernels.supply.island import IslandSeries, at_fixed_ratio
from powermodel_kernels.supply.machines import IslandSetup, Unit
from powermodel_kernels.supply.settle import settled_state
from tests.kernels.islands import NO_TRIPS, STABLE, ticks, units

SETUP = IslandSetup(units(10, **NO_TRIPS), 60.0)
BATTERY = FormingBattery(100e6, 0.01, 0.0, 100e6, 0.0, 0.02)
BASE_W, BEFORE_W = 200e6, 80e6


def run(
    batteries: list[FormingBattery], load_w: np.ndarray, setup: IslandSetup = SETUP
) -> AnsweredSeries:
    island, fixed = island_arrays(setup, 0.001), battery_arrays(batteries, 0.001)
    load = np.rint(load_w * QUANTA_PER_W).astype(np.int64)
    state = settled_state(setup, island, BEFORE_W)
    return advance_answered(island, state, fixed, quiet(fixed), load, load * 0, 0)[2]


def step(step_w: float, seconds: float = 20.0) -> np.ndarray:
    load_w = np.full(round(seconds * 1000), BEFORE_W)
    load_w[1000:] += step_w
    return load_w


def swing(seconds: float, hz: float, size_w: float) -> np.ndarray:
    t = np.arange(round(seconds * 1000)) * 0.001
    return BEFORE_W + size_w * np.sign(np.sin(2 * np.pi * hz * t))


def critical_latency_s(battery: FormingBattery) -> float:
    """Return the latency at which the linear loop oscillates: 2Hs + G(s) + K(s)·e^(−sτ) = 0."""
    share = battery.base_va / BASE_W

    def machines(s: complex) -> complex:
        return 2 * 2.0 * s + 1 / (0.05 * (1 + 0.4 * s) * (1 + 0.1 * s))

    def answer(s: complex) -> complex:
        k = 1 / battery.droop + 2 * battery.inertia_s * s
        return share * k / (1 + battery.lag_s * s)

    omega = brentq(lambda w: abs(answer(1j * w)) - abs(machines(1j * w)), 3.0, 60.0)
    turn = cmath.phase(-answer(1j * omega) / machines(1j * omega))
    return (turn % (2 * np.pi)) / omega


def test_droop_shares_a_step_between_machines_and_battery() -> None:
    out = run([BATTERY], step(20e6))
    stiffness = 1 / 0.05 + 0.5 / 0.01
    assert float(out.island.speed[-1]) == pytest.approx(-0.1 / stiffness, rel=1e-4)
    expected = 0.1 / stiffness / 0.01 * 100e6
    assert out.storage[-1] / QUANTA_PER_W == pytest.approx(expected, rel=1e-4)


def test_virtual_inertia_slows_the_fall() -> None:
    """Over 0.2 s the fall is that of real and virtual inertia together."""
    forming = FormingBattery(100e6, 1e6, 8.0, 100e6, 0.0, 0.005)
    out = run([forming], step(20e6, 2.0))
    fall = float(out.island.speed[1000] - out.island.speed[1100]) / 0.1
    alone = 20e6 / (2 * 2.0 * BASE_W)
    both = 20e6 / (2 * (2.0 * BASE_W + 8.0 * 100e6))
    assert both < fall < 1.25 * both < 0.5 * alone


def test_a_battery_stops_at_its_limit() -> None:
    out = run([replace(BATTERY, limit_w=5e6)], step(20e6))
    assert np.abs(out.storage).max() / QUANTA_PER_W == pytest.approx(5e6, rel=1e-6)


def test_stability_flips_at_the_latency_of_the_linear_loop() -> None:
    critical = critical_latency_s(BATTERY)
    assert 0.02 < critical < 0.2
    for factor in (0.93, 1.07):
        late = replace(BATTERY, latency_s=factor * critical)
        speed = run([late], step(0.05e6, 30.0)).island.speed
        early, last = np.ptp(speed[4000:6000]), np.ptp(speed[-2000:])
        assert (last > early) == (factor > 1)


def test_the_curve_over_latency_shows_where_the_battery_harms() -> None:
    """1 to 200 ms under a square swing of 1 Hz: better than none at first, far worse at last."""
    load_w = swing(12.0, 1.0, 10e6)
    none = np.ptp(run([], load_w).island.speed[6000:])
    curve = {}
    for late_ms in (1, 10, 20, 50, 100, 200):
        out = run([replace(BATTERY, latency_s=late_ms / 1000)], load_w)
        curve[late_ms] = np.ptp(out.island.speed[6000:]) / none
    assert curve[1] < 0.6
    assert curve[10] < 1
    assert curve[200] > 2
    assert list(curve.values()) == sorted(curve.values())


def test_blocks_and_interpreter_do_not_change_a_bit() -> None:
    batteries = [replace(BATTERY, latency_s=0.017, inertia_s=1.0), replace(BATTERY, droop=0.03)]
    island, fixed = island_arrays(SETUP, 0.001), battery_arrays(batteries, 0.001)
    load = np.rint(swing(0.5, 9.0, 10e6) * QUANTA_PER_W).astype(np.int64)
    start, cells = settled_state(SETUP, island, BEFORE_W), quiet(fixed)
    last, held, whole = advance_answered(island, start, fixed, cells, load, load * 0, 0)
    state, parts = start, []
    for a, b in ((0, 1), (1, 60), (60, 500)):
        part_load = load[a:b]
        state, cells, part = advance_answered(
            island, state, fixed, cells, part_load, part_load * 0, ticks(a * 0.001)
        )
        parts.append(part)
    assert np.array_equal(np.concatenate([p.storage for p in parts]), whole.storage)
    for one, other in zip((*state, *cells), (*last, *held), strict=True):
        assert np.array_equal(one, other)
    plain, plain_cells = type(start)._make(p.copy() for p in start), quiet(fixed)
    out = IslandSeries._make(np.empty_like(series) for series in whole.island)
    storage = np.empty_like(whole.storage)
    n = 30
    reactive = at_fixed_ratio(island, load)
    answered_block(
        island, plain, fixed, plain_cells, load[:n], reactive, load[:n] * 0, 0, out, storage
    )
    assert np.array_equal(storage[:n], whole.storage[:n])
    assert np.array_equal(out.speed[:n], whole.island.speed[:n])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"base_va": 0.0}, "per unit of a base, which must be above 0 VA"),
        ({"droop": 0.0}, "droop of a battery must be above 0"),
        ({"latency_s": -1.0}, "must not be negative"),
    ],
)
def test_bad_batteries_are_refused(change: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(BATTERY, **change)


def test_the_linear_loop_of_the_test_is_that_of_the_island() -> None:
    unit = SETUP.units[0]
    assert isinstance(unit, Unit)
    assert (unit.governor, unit.inertia_s, SETUP.base_va) == (STABLE, 2.0, BASE_W)
