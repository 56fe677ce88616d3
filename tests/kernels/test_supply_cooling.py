# SPDX-License-Identifier: Apache-2.0
"""Cooling against the closed form of its lags, long lags at short steps, PUE as published."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import signal

import powermodel_datasets as facts
from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.laws.cooling import plant_ratio
from powermodel_kernels.laws.lag import added, lag_factor, lagged
from powermodel_kernels.supply.cooling import Cooling

RATING_W = 1e8
TABLE_C = (0, 10, 20, 30)


def cooling_of(name: str, wet_bulb_c: float = 20.0) -> Cooling:
    record = facts.load("cooling", name)
    value = {field: record[field].value for field in record}
    plant = plant_ratio(TABLE_C, [value[f"plant_ratio_{t}c"] for t in TABLE_C], wet_bulb_c)
    return Cooling(
        RATING_W,
        value["base_ratio"],
        (value["fan_ratio"], value["pump_ratio"], plant),
        (value["plate_time"], value["distribution_time"], value["plant_time"]),
    )


def load(power_w: float, samples: int) -> np.ndarray:
    return np.full(samples, int(power_w * QUANTA_PER_W), np.int64)


@pytest.mark.parametrize("dt_s", [0.00025, 0.001, 0.1])
def test_first_order_lag_is_its_closed_form(dt_s: float) -> None:
    cooling = Cooling(RATING_W, 0.0, (0.1, 0.0, 0.0), (2.0, 60.0, 600.0))
    samples = round(4.0 / dt_s)
    _, out = cooling.advance(cooling.settled(0.0), load(RATING_W, samples), dt_s)
    t = dt_s * np.arange(1, samples + 1)
    exact_w = 0.1 * RATING_W * -np.expm1(-t / 2.0)
    assert np.abs(out / QUANTA_PER_W - exact_w).max() < 1e-6 * RATING_W


def test_cascade_is_that_of_the_continuous_system() -> None:
    cooling = Cooling(RATING_W, 0.01, (0.02, 0.03, 0.05), (4.0, 60.0, 600.0))
    dt_s, samples = 0.05, 20_000
    it = load(0, samples)
    it[:] = ((np.arange(samples) // 2000) % 2) * int(0.9 * RATING_W * QUANTA_PER_W)
    _, out = cooling.advance(cooling.settled(0.0), it, dt_s)
    plate = signal.TransferFunction([1], [4, 1])
    total = np.zeros(samples + 1)
    poles, t = [], dt_s * np.arange(samples + 1)
    held = np.append(it, it[-1]) / QUANTA_PER_W
    for ratio, time in zip((0.02, 0.03, 0.05), (4.0, 60.0, 600.0), strict=True):
        poles.append(-1 / time)
        plate = signal.ZerosPolesGain([], poles, math.prod(-p for p in poles))
        total += ratio * signal.lsim(plate, held, t, interp=False)[1]
    assert np.abs(out / QUANTA_PER_W - 0.01 * RATING_W - total[1:]).max() < 2e-5 * RATING_W


def test_twenty_minutes_at_a_quarter_millisecond_reach_their_goal() -> None:
    """A plain float32 state stops where factor x gap is below half its last bit: 14 % short."""
    factor = np.float32(lag_factor(0.00025, 1200.0))
    value, rest = np.float32(0.5), np.float32(0.0)
    for _ in range(2000):
        value, rest = lagged(value, rest, np.float32(0.501), factor)
    exact = 0.501 - 0.001 * math.exp(-2000 * 0.00025 / 1200.0)
    assert float(value) + float(rest) == pytest.approx(exact, abs=1e-11)
    assert np.float32(0.5) + factor * np.float32(0.001) == np.float32(0.5)


def test_error_free_sum_keeps_what_does_not_fit() -> None:
    value, rest = np.float32(1.0), np.float32(0.0)
    for _ in range(1000):
        value, rest = added(value, rest, np.float32(1e-9))
    assert float(value) + float(rest) == pytest.approx(1.000001, abs=1e-12)


def test_a_stage_without_lag_follows_at_once() -> None:
    assert lag_factor(0.001, 0.0) == 1.0


def test_blocks_do_not_change_a_bit() -> None:
    cooling = cooling_of("liquid-chiller")
    it = np.random.default_rng(1).integers(0, int(RATING_W * QUANTA_PER_W), 5000)
    start = cooling.settled(3e7)
    whole_state, whole = cooling.advance(start, it, 0.001)
    state, parts = start, []
    for block in np.split(it, [1, 700, 4000]):
        state, out = cooling.advance(state, block, 0.001)
        parts.append(out)
    assert np.array_equal(np.concatenate(parts), whole)
    assert all(np.array_equal(a, b) for a, b in zip(state, whole_state, strict=True))
    assert np.array_equal(start.heat, cooling.settled(3e7).heat)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("liquid-dry-cooler", 1.05, 1.15), ("liquid-chiller", 1.10, 1.20), ("air-chiller", 1.4, 1.8)],
)
def test_pue_comes_out_within_its_published_bounds(name: str, low: float, high: float) -> None:
    for wet_bulb_c in (0.0, 12.0, 30.0):
        cooling = cooling_of(name, wet_bulb_c)
        _, out = cooling.advance(cooling.settled(RATING_W), load(RATING_W, 10), 0.001)
        assert low <= 1 + out[-1] / QUANTA_PER_W / RATING_W <= high


def test_milliseconds_hardly_reach_the_plant() -> None:
    """A swing of all the power, each second: what cooling draws moves by less than 2 % of it."""
    cooling = cooling_of("liquid-dry-cooler")
    it = load(RATING_W, 60_000)
    it[(np.arange(it.size) // 500) % 2 == 1] = 0
    _, out = cooling.advance(cooling.settled(RATING_W / 2), it, 0.001)
    assert np.ptp(out[40_000:]) / QUANTA_PER_W < 0.02 * 0.1 * RATING_W


def test_wet_bulb_outside_the_table_is_refused() -> None:
    assert plant_ratio((0, 10), (0.1, 0.2), 2.5) == pytest.approx(0.125)
    assert plant_ratio((0, 10), (0.1, 0.2), 10) == pytest.approx(0.2)
    with pytest.raises(ValueError, match=r"wet-bulb temperature 31 °C is outside .* 0 to 30 °C"):
        cooling_of("air-chiller", 31.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0.0, 0.0, (0, 0, 0), (1, 1, 1)), "IT rating above 0"),
        ((1.0, 0.0, (0, 0), (1, 1, 1)), "three stages"),
        ((1.0, 0.0, (0, 0, -1), (1, 1, 1)), "must not be negative"),
    ],
)
def test_bad_cooling_is_refused(arguments: tuple, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Cooling(*arguments)
