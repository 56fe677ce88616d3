# SPDX-License-Identifier: Apache-2.0
"""Each control law does what its closed form says, and is the same compiled and interpreted."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powermodel_kernels.control.reference import ideal_moving_average
from powermodel_kernels.control.registry import BUILT_IN
from powermodel_kernels.control.signal import Memory
from powermodel_kernels.laws.sizing import (
    delay_residual,
    high_pass_energy_j,
    high_pass_remaining_w,
    ramp_limit_energy_j,
)
from tests.kernels.control_loop import (
    NEEDED,
    PERIOD_S,
    commands,
    interpreted,
    left_after,
    made,
    seen,
)

NAMES = [record.name for record in BUILT_IN]


def law(name: str, **more: float) -> Any:
    return made(name, PERIOD_S, latency_s=0.03, fast_w=2e7, **(NEEDED.get(name, {}) | more))


def rough(n: int, seed: int = 1) -> Any:
    """Return loads, forecasts with gaps, frequencies and charges that reach every branch."""
    rng = np.random.default_rng(seed)
    wave = 1e8 * (2 + np.sign(np.sin(2 * np.pi * np.arange(n) / 70)))
    load = wave + 3e7 * rng.standard_normal(n)
    return seen(
        load, PERIOD_S,
        forecast=np.where(rng.random(n) < 0.3, 0.0, load),
        frequency=60.0 + 0.05 * rng.standard_normal(n),
        soc=0.5 + 0.2 * rng.standard_normal(n),
        main_w=4e7, fast_w=2e7,
    )  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_compiled_is_the_plain_law_bit_for_bit(name: str) -> None:
    control, shown = law(name, soc_power_share=0.1), rough(400)
    one, two = control.memory(), control.memory()
    np.testing.assert_array_equal(
        commands(control, shown, one).view(np.int32),
        interpreted(control, shown, two).view(np.int32),
    )
    for ours, theirs in zip(one, two, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("name", NAMES)
@given(cut=st.integers(1, 399), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_stopped_anywhere_and_resumed(name: str, cut: int, seed: int) -> None:
    control, shown = law(name, soc_power_share=0.1), rough(400, seed)
    whole = commands(control, shown)
    memory = control.memory()
    first = shown._replace(**{k: getattr(shown, k)[:cut] for k in shown._fields[:4]})
    rest = shown._replace(**{k: getattr(shown, k)[cut:] for k in shown._fields[:4]})
    begun = commands(control, first, memory)
    saved = Memory(*(part.copy() for part in memory))
    np.testing.assert_array_equal(whole, np.concatenate((begun, commands(control, rest, saved))))


@pytest.mark.parametrize("name", [n for n in NAMES if n != "droop"])
def test_storage_begins_at_rest_and_stays_there_under_a_constant_load(name: str) -> None:
    assert not commands(law(name), seen(np.full(300, 123.4e6), PERIOD_S)).any()


@pytest.mark.parametrize("name", NAMES)
def test_without_a_fast_device_it_is_asked_for_nothing(name: str) -> None:
    assert not commands(law(name), rough(300)._replace(fast_limit=np.float32(0.0)))[:, 1].any()


@pytest.mark.parametrize("name", NAMES)
def test_the_fast_device_is_never_asked_for_more_than_it_can(name: str) -> None:
    assert np.abs(commands(law(name), rough(300))[:, 1]).max() <= 2e7


# Moving average.


def test_moving_average_is_the_mean_of_the_window() -> None:
    load = np.random.default_rng(3).uniform(1e8, 9e8, 5000).astype(np.float32)
    control = made("moving-average", PERIOD_S, window=1.23)
    poi = left_after(load, commands(control, seen(load, PERIOD_S)), 0)
    total = np.concatenate(([0.0], np.cumsum(load, dtype=np.float64)))
    k = np.arange(load.size)
    begin = np.maximum(k - 122, 0)
    mean = (total[k + 1] - total[begin]) / (k + 1 - begin)
    np.testing.assert_allclose(poi, mean, rtol=1e-7)


def test_moving_average_does_not_drift() -> None:
    # 10^6 ticks of noise: a float32 sum would be off by kilowatts.
    load = np.concatenate((np.random.default_rng(4).uniform(0, 1e9, 10**6), np.full(200, 5e8)))
    out = commands(made("moving-average", PERIOD_S, window=1.0), seen(load, PERIOD_S))
    assert not out[-100:].any()


@pytest.mark.parametrize("ticks", [0, 1, 5, 10, 20, 30])
def test_a_pure_delay_leaves_what_its_law_says(ticks: int) -> None:
    # A sine of 60 ticks under a window of one period: the mean is constant, only the delay is left.
    load = 5e8 + 1e8 * np.sin(2 * np.pi * np.arange(1200) / 60)
    out = commands(made("moving-average", PERIOD_S, window=0.6), seen(load, PERIOD_S))
    left = left_after(load, out, ticks)[-60:]
    amplitude = math.hypot(*(2 / 60 * (left * f(2 * np.pi * np.arange(60) / 60)).sum()
                             for f in (np.sin, np.cos)))  # fmt: skip
    expected = delay_residual(1 / 0.6, ticks * PERIOD_S)
    assert amplitude / 1e8 == pytest.approx(expected, abs=2e-6)


# High-pass and the split between devices.


def test_high_pass_of_a_step() -> None:
    load = np.concatenate((np.full(10, 1e8), np.full(9000, 4e8)))
    out = commands(made("high-pass", PERIOD_S, time_constant=5.0), seen(load, PERIOD_S))[:, 0]
    after = out[10:]
    # The filter takes the new load in at once: at tick k of the step, k + 1 periods have passed.
    for k in (0, 100, 499, 2000):
        expected = high_pass_remaining_w(3e8, 5.0, (k + 1) * PERIOD_S)
        assert after[k] == pytest.approx(expected, rel=1e-6, abs=64)
    energy_j = after.sum(dtype=np.float64) * PERIOD_S
    assert energy_j == pytest.approx(high_pass_energy_j(3e8, 5.0), rel=1.1e-3)


def test_slow_filters_reach_their_target() -> None:
    # In float32 the increment at 1 ms would vanish 3 MW short of 1 GW.
    control = made("high-pass", 1e-3, time_constant=100.0)
    load = np.concatenate((np.zeros(1), np.full(2_500_000, 1e9)))
    out = commands(control, seen(load, 1e-3))
    # 25 time constants: e^-25 of 1 GW is 14 mW, one rounding of 1 GW is 64 W.
    assert abs(out[-1, 0]) <= 64.0


@pytest.mark.parametrize("period_ticks", [20, 200, 2000])
def test_fast_device_takes_the_high_band_of_a_sine(period_ticks: int) -> None:
    load = 1e8 * np.sin(2 * np.pi * np.arange(12_000) / period_ticks) + 5e8
    control = made("high-pass", PERIOD_S, time_constant=1e4, split_time=0.5, fast_w=1e9)
    shown = seen(load, PERIOD_S, fast_w=1e9)
    main, fast = commands(control, shown)[-period_ticks:].T.astype(np.float64)
    share = -math.expm1(-PERIOD_S / 0.5)
    z = np.exp(-2j * np.pi / period_ticks)
    low = share / (1 - (1 - share) * z)
    both = np.ptp(main + fast) / 2
    assert np.ptp(main) / 2 == pytest.approx(abs(low) * both, rel=1e-2)
    assert np.ptp(fast) / 2 == pytest.approx(abs(1 - low) * both, rel=1e-2)


@pytest.mark.parametrize("fast_w", [0.0, 1e6, 2e7, 1e9])
def test_devices_together_give_the_same_whatever_the_fast_one_can(fast_w: float) -> None:
    shown = rough(500)
    control = law("high-pass")
    alone = commands(control, shown._replace(fast_limit=np.float32(0.0))).sum(axis=1)
    both = commands(control, shown._replace(fast_limit=np.float32(fast_w))).sum(axis=1)
    # main = wish − fast is rounded once, the sum here once more.
    np.testing.assert_allclose(both, alone, atol=64.0)


# Ramp limit.


def test_ramp_limit_on_a_step() -> None:
    load = np.concatenate((np.full(10, 2e8), np.full(3000, 5e8), np.full(3000, 1e8)))
    out = commands(made("ramp-limit", PERIOD_S, ramp=2e7), seen(load, PERIOD_S))
    poi = left_after(load, out, 0)
    assert np.abs(np.diff(poi)).max() <= 2e7 * PERIOD_S + 64.0
    assert poi[10 + 750] == pytest.approx(2e8 + 751 * 2e5, rel=1e-6)
    np.testing.assert_array_equal(poi[1600:3000], 5e8)
    up_j = out[10:1600].sum(dtype=np.float64) * PERIOD_S
    assert up_j == pytest.approx(ramp_limit_energy_j(3e8, 2e7), rel=1e-3)
    down_j = out[3010:].sum(dtype=np.float64) * PERIOD_S
    assert down_j == pytest.approx(-ramp_limit_energy_j(4e8, 2e7), rel=1e-3)


def test_charge_is_brought_back_inside_the_ramp() -> None:
    load = np.full(2000, 3e8)
    control = made("ramp-limit", PERIOD_S, ramp=1e6, soc_power_share=0.05, soc_time=60.0)
    out = commands(control, seen(load, PERIOD_S, soc=0.4))
    poi = left_after(load, out, 0)
    assert np.diff(poi).max() <= 1e6 * PERIOD_S + 32.0
    # 5 % of 1 GW is 50 MW: 20 s of a ramp of 1 MW/s do not reach it.
    assert poi[-1] == pytest.approx(3e8 + 20e6, rel=1e-6)


def test_the_ramp_goes_on_from_where_storage_gave_up() -> None:
    load = np.concatenate((np.full(10, 1e8), np.full(3000, 4e8)))
    out = commands(made("ramp-limit", PERIOD_S, ramp=1e7), seen(load, PERIOD_S, main_w=1e8))
    assert np.abs(out).max() == pytest.approx(1e8)
    poi = left_after(load, out, 0)
    assert poi[10] == pytest.approx(3e8)
    assert np.diff(poi[10:]).max() <= 1e7 * PERIOD_S + 64.0


# Droop and virtual inertia.


def test_droop_answers_a_constant_deviation() -> None:
    control = made("droop", PERIOD_S, power_w=1e8, droop=0.05, inertia=0.0, deadband=0.02)
    out = commands(control, seen(np.zeros(500), PERIOD_S, frequency=59.5))
    # 0.48 Hz outside the deadband, of 3 Hz that ask for the whole rating.
    assert out[-1, 0] == pytest.approx(1e8 * 0.48 / 3.0, rel=1e-5)
    inside = commands(control, seen(np.zeros(50), PERIOD_S, frequency=60.015))
    assert not inside.any()


def test_virtual_inertia_answers_a_slope() -> None:
    slope = -0.25
    frequency = 60.0 + slope * PERIOD_S * np.arange(400)
    control = made(
        "droop", PERIOD_S, power_w=1e8, droop=1.0, inertia=4.0, deadband=1.0, filter_time=0.2
    )
    [(power, _)] = commands(control, seen(np.zeros(400), PERIOD_S, frequency=frequency))[300:301]
    # First-order filter sampled at the period: it lags by T·e^(-T/τ)/(1 − e^(-T/τ)) + T = T/share.
    lag_s = PERIOD_S / -math.expm1(-PERIOD_S / 0.2)
    assert power == pytest.approx(-2 * 4.0 * 1e8 / 60.0 * slope * lag_s / 0.2, rel=1e-3)


# Care for the charge.


@pytest.mark.parametrize(("soc", "share_of_limit"), [(0.9, 1.0), (0.1, -1.0), (0.5, 0.0)])
def test_return_to_the_set_point_is_bounded(soc: float, share_of_limit: float) -> None:
    control = made(
        "moving-average", PERIOD_S, window=1.0, power_w=1e8, soc_power_share=0.02, soc_time=60.0
    )
    out = commands(control, seen(np.full(50, 3e8), PERIOD_S, soc=soc))
    np.testing.assert_allclose(out[:, 0], share_of_limit * 2e6, rtol=1e-6)


def test_charge_returns_as_a_first_order_approach() -> None:
    energy_j, soc, found = 1e9, 0.52, []
    control = made(
        "moving-average", PERIOD_S, window=1.0, energy_j=energy_j, power_w=1e9,
        soc_power_share=0.5, soc_time=20.0,
    )  # fmt: skip
    memory = control.memory()
    for _ in range(4000):
        [(main, _)] = commands(control, seen(np.full(1, 3e8), PERIOD_S, soc=soc), memory)
        soc -= float(main) * PERIOD_S / energy_j
        found.append(soc)
    assert found[1999] == pytest.approx(0.5 + 0.02 * math.exp(-1.0), rel=1e-4)
    assert found[3999] == pytest.approx(0.5 + 0.02 * math.exp(-2.0), rel=1e-4)


# The reference that knows the future.


def test_ideal_mean_looks_both_ways() -> None:
    load = np.zeros(11)
    load[5] = 3.0
    np.testing.assert_allclose(ideal_moving_average(load, 3), [0] * 4 + [1, 1, 1] + [0] * 4)
    np.testing.assert_allclose(ideal_moving_average(np.arange(5.0), 3), [0.5, 1, 2, 3, 3.5])


def test_ideal_mean_beats_every_causal_one_on_a_ramp() -> None:
    load = np.linspace(0.0, 1e9, 1000)
    out = commands(made("moving-average", PERIOD_S, window=1.01), seen(load, PERIOD_S))
    ideal = ideal_moving_average(load, 101)
    inner = slice(200, -200)
    np.testing.assert_allclose(ideal[inner], load[inner], rtol=1e-9)
    # A mean of 101 points is 50 points late.
    np.testing.assert_allclose(out[inner, 0], 50 * 1e9 / 999, rtol=1e-5)


@pytest.mark.parametrize("samples", [0, 4])
def test_ideal_mean_needs_a_center(samples: int) -> None:
    with pytest.raises(
        ValueError, match=f"expected an odd window of at least 1 sample, got {samples}"
    ):
        ideal_moving_average(np.zeros(9), samples)
