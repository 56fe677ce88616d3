# SPDX-License-Identifier: Apache-2.0
"""Durations, sampling, noise and conversion, each against its closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import integrate, signal

from powermodel_kernels.bind import cpu
from powermodel_kernels.laws import conversion, noise
from powermodel_kernels.laws.duration import deviation, lognormal_factor, uniform_factor
from powermodel_kernels.laws.sampling import (
    SHORT_DT,
    counted,
    is_short,
    next_sample,
    next_sample_short,
    placed,
    split,
)
from tests.kernels import loops

DT = st.integers(2**10, 10_000_000)
OFFSET = st.integers(0, 10_000_000_000)


def first_at_or_after(offset: int, dt: int) -> int:
    return -(-offset // dt)


@settings(deadline=None, max_examples=500)
@given(OFFSET, DT)
@example(10_000_000_000, 2**10)
@example(2**34, 2**10)
def test_next_sample_is_the_exact_ceiling(offset: int, dt: int) -> None:
    k = next_sample(np.int64(offset), np.int64(dt), np.float32(1024.0 / dt))
    assert k == first_at_or_after(offset, dt)


def test_next_sample_on_and_around_every_kind_of_sample() -> None:
    random = np.random.default_rng(2)
    dt = np.concatenate([np.full(100_000, 2**10), random.integers(2**10, 10**7, 200_000)])
    k = np.floor(random.random(dt.size) * 10**10 / dt).astype(np.int64)
    for shift in (-1, 0, 1):
        offset = np.maximum(k * dt + shift, 0)
        out = np.empty(dt.size, np.int64)
        cpu(loops.each_next_sample)(offset, dt, (1024.0 / dt).astype(np.float32), out)
        assert np.array_equal(out, -(-offset // dt))


SHORT = st.one_of(st.integers(*SHORT_DT), st.sampled_from(SHORT_DT)).filter(lambda dt: is_short(dt))


@settings(deadline=None, max_examples=500)
@given(OFFSET, SHORT, st.sampled_from((-1, 0, 1)))
def test_next_sample_in_32_bits_is_the_exact_ceiling(offset: int, dt: int, off: int) -> None:
    on_a_sample = max(offset // dt * dt + off, 0)
    for one in (offset, on_a_sample):
        found = next_sample_short(*split(np.int64(one)), np.int64(dt), np.float32(1024.0 / dt))
        k = first_at_or_after(one, dt)
        assert found == (k, k * dt - one)
        assert [number.dtype for number in found] == [np.int32, np.int32]


def test_next_sample_in_32_bits_compiled_on_and_around_every_kind_of_sample() -> None:
    random = np.random.default_rng(3)
    dt = np.concatenate([
        np.full(100_000, SHORT_DT[0]), random.integers(SHORT_DT[0], 10**7, 200_000),
        random.integers(*SHORT_DT, 100_000),
    ])  # fmt: skip
    k = np.floor(random.random(dt.size) * (2**34 - 1) / dt).astype(np.int64)
    for shift in (-1, 0, 1):
        offset = np.maximum(k * dt + shift, 0)
        out, until = np.empty(dt.size, np.int32), np.empty(dt.size, np.int32)
        cpu(loops.each_next_sample_short)(offset, dt, (1024.0 / dt).astype(np.float32), out, until)
        assert np.array_equal(out, -(-offset // dt))
        assert np.array_equal(until, -(-offset // dt) * dt - offset)


@given(st.integers(0, 2**60), st.integers(0, 10), st.integers(1, 2**28))
def test_counted_is_a_floor_up_to_the_horizon(ticks: int, shift: int, horizon: int) -> None:
    found = counted(np.int64(ticks), np.int64(shift), np.int64(horizon))
    assert found == min(ticks // 2**shift, horizon)


TICK = st.integers(0, 3 * 10**10)


@settings(deadline=None, max_examples=200)
@given(TICK, st.integers(0, 2**50), st.integers(0, 10), st.integers(1, 2**28))
def test_placed_finds_the_sample_and_both_distances(
    when: int, before: int, shift: int, horizon: int
) -> None:
    since = when - before
    begin, dt, samples = 10**10, 10**6, 10**4
    numbers = [np.int64(x) for x in (when, since, begin, dt, samples)]
    found = placed(*numbers, np.float32(1024.0 / dt), np.int64(shift), np.int64(horizon))
    k = min(max(first_at_or_after(when - begin, dt), 0), samples)
    ahead = max(begin + k * dt - when, 0) >> shift
    assert found == (k, min((when - since) >> shift, horizon), min(ahead, horizon))


@given(st.floats(-6.0, 6.0), st.floats(0.0, 0.5), st.floats(-1.0, 1.0))
def test_lognormal_factor_is_the_exponential_of_its_parts(z: float, s: float, c: float) -> None:
    factor = lognormal_factor(np.float32(z), np.float32(s), np.float32(c))
    assert float(factor) == pytest.approx(math.exp(s * z + c), rel=1e-6)


def test_uniform_factor_has_mean_one_over_the_unit_interval() -> None:
    u = (np.arange(1000, dtype=np.float32) + np.float32(0.5)) / np.float32(1000)
    assert float(np.mean([uniform_factor(x) for x in u])) == pytest.approx(1.0, rel=1e-6)


@pytest.mark.parametrize(
    ("factor", "mean", "expected"),
    [
        (1.0, 1e6, 0),
        (1.5, 1000.0, 500),
        (0.5, 1000.0, -500),
        (1.0078125, 250.0, 1),
        (0.0, 9.0, -9),
    ],
)
def test_deviation_is_the_difference_from_the_mean_towards_zero(
    factor: float, mean: float, expected: int
) -> None:
    assert deviation(np.float32(factor), np.float32(mean)) == expected


@pytest.mark.parametrize("knots", [4, 8, 32])
def test_noise_input_gain_gives_unit_variance(knots: int) -> None:
    a = noise.pole(knots)
    impulse = np.zeros(60 * knots)
    impulse[0] = noise.input_gain(a)
    response = signal.lfilter([1.0], [1.0, -2.0 * a, a * a], impulse)
    assert np.sum(response**2) == pytest.approx(1.0, rel=1e-9)


def test_noise_filter_step_is_two_first_order_filters_in_a_row() -> None:
    white = np.random.default_rng(3).standard_normal(200).astype(np.float32)
    one = two = np.float32(0.0)
    out = []
    for w in white:
        one, two = noise.filter_step(w, one, two, np.float32(0.75))
        out.append(two)
    expected = signal.lfilter([1.0], [1.0, -1.5, 0.5625], white.astype(np.float64))
    np.testing.assert_allclose(out, expected, atol=1e-5)


@pytest.mark.parametrize("lag_s", [0.0, 0.01, 0.05, 0.2, -0.05])
def test_noise_autocorrelation_is_that_of_the_continuous_filter(lag_s: float) -> None:
    tau = 0.05

    def product(t: float) -> float:
        later = t + abs(lag_s)
        return t * math.exp(-t / tau) * later * math.exp(-later / tau)

    at_lag, at_zero = integrate.quad(product, 0, 2)[0], tau**3 / 4.0
    assert noise.autocorrelation(lag_s, tau) == pytest.approx(at_lag / at_zero, rel=1e-6)


def test_noise_on_knots_has_nearly_the_continuous_autocorrelation() -> None:
    a = noise.pole(noise.KNOTS_PER_TIME_CONSTANT)
    n = np.arange(400)
    h = noise.input_gain(a) * (n + 1) * a**n
    for knots in (4, 8, 16, 32):
        on_knots = float(np.sum(h[knots:] * h[:-knots]))
        continuous = noise.autocorrelation(knots / noise.KNOTS_PER_TIME_CONSTANT, 1.0)
        assert on_knots == pytest.approx(continuous, abs=2e-3)


def test_what_the_warm_up_leaves_out_is_below_its_stated_bound() -> None:
    per_tau = noise.KNOTS_PER_TIME_CONSTANT
    a, n = noise.pole(per_tau), np.arange(noise.WARM_UP_TIME_CONSTANTS * per_tau, 4000)
    missing = noise.input_gain(a) * (n + 1) * a**n
    assert math.sqrt(np.sum(missing**2)) < 3e-6


@pytest.mark.parametrize("n", [1, 72, 10**6])
@pytest.mark.parametrize("rho", [0.0, 0.5, 1.0])
def test_aggregate_sigma_is_that_of_the_covariance_matrix(n: int, rho: float) -> None:
    variance_of_sum = n * 0.03**2 + n * (n - 1) * rho * 0.03**2
    assert noise.aggregate_sigma(0.03, rho, n) == pytest.approx(math.sqrt(variance_of_sum) / n)


@pytest.mark.parametrize(("efficiency", "load"), [(0.96, 0.5), (0.975, 0.4), (0.9, 1.0)])
def test_conversion_is_best_where_it_was_declared(efficiency: float, load: float) -> None:
    p0, k = conversion.loss_coefficients(efficiency, load)
    loads = load * np.linspace(0.5, 1.5, 101)
    drawn = [conversion.input_power(*(np.float32(x) for x in (p, p0, k))) for p in loads]
    achieved = loads / np.array(drawn, np.float64)
    assert achieved[50] == pytest.approx(efficiency, rel=2e-7)
    assert abs(int(achieved.argmax()) - 50) <= 1
    assert achieved[0] < achieved[25] < achieved[50] > achieved[75] > achieved[100]


def test_conversion_without_load_draws_its_constant_losses() -> None:
    assert conversion.input_power(0.0, 120.0, 1e-6) == 120.0
