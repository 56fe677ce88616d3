# SPDX-License-Identifier: Apache-2.0
"""Levels against closed forms, and exact sums against Fraction and math.fsum."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powermodel.indicators import IndicatorError, NotAssessedError, levels
from powermodel.indicators.exact import exact_sum, exact_sum_of_squares

watts = st.floats(-1e12, 1e12, allow_subnormal=False).map(lambda x: 0.0 if abs(x) < 1e-100 else x)


def test_sine_levels():
    dt_s, amplitude_w, mean_w = 1e-3, 40e6, 100e6
    t_s = np.arange(10_000) * dt_s
    found = levels(mean_w + amplitude_w * np.sin(2 * np.pi * 0.5 * t_s), dt_s)
    assert found.peak_w == pytest.approx(140e6, rel=1e-9)
    assert found.minimum_w == pytest.approx(60e6, rel=1e-9)
    assert found.mean_w == pytest.approx(mean_w, rel=1e-12)
    assert found.std_w == pytest.approx(amplitude_w / math.sqrt(2), rel=1e-12)
    assert found.dynamic_range_w == pytest.approx(80e6, rel=1e-9)
    assert found.peak_to_mean == pytest.approx(1.4, rel=1e-9)
    assert found.energy_j == pytest.approx(mean_w * 10.0, rel=1e-12)
    assert found.peak_at_s == 0.5
    assert found.minimum_at_s == 1.5


def test_square_wave_levels_are_exact():
    # 30 % of the time at 50 MW, 70 % at 170 MW; the first extreme counts.
    found = levels(np.tile(np.repeat([50e6, 170e6], [300, 700]), 5), 2e-3)
    assert (found.peak_w, found.minimum_w, found.mean_w) == (170e6, 50e6, 134e6)
    assert found.std_w == pytest.approx(120e6 * math.sqrt(0.3 * 0.7), rel=1e-15)
    assert found.energy_j == 134e6 * 10.0
    assert (found.peak_at_s, found.minimum_at_s) == (0.6, 0.0)


def test_constant_power_has_no_spread():
    found = levels(np.full(1001, 0.1), 0.1)
    assert found.std_w == 0.0
    assert found.dynamic_range_w == 0.0
    assert found.mean_w == 0.1


@given(st.lists(watts, min_size=1, max_size=60))
@settings(max_examples=200, deadline=None)
def test_exact_sums_are_exact(values):
    array = np.array(values)
    assert exact_sum(array) == sum((Fraction(x) for x in values), Fraction(0))
    assert exact_sum_of_squares(array) == sum((Fraction(x) ** 2 for x in values), Fraction(0))
    assert float(exact_sum(array)) == math.fsum(values)


def test_exact_sum_of_a_large_array():
    values = np.random.default_rng(1).normal(1e8, 1e7, 300_001)
    assert float(exact_sum(values)) == math.fsum(values)


def test_single_precision_and_integers_are_accepted():
    assert levels(np.array([1, 2, 3], dtype=np.int64), 1.0).mean_w == 2.0
    assert levels(np.array([1.5, 2.5], dtype=np.float32), 1.0).energy_j == 4.0


@pytest.mark.parametrize(
    ("power", "dt_s", "message"),
    [
        ([1.0, math.nan, 3.0], 1.0, "expected finite power, got nan at sample 1"),
        ([1.0, math.inf], 1.0, "expected finite power, got inf at sample 1"),
        ([], 1.0, "without samples"),
        ([[1.0], [2.0]], 1.0, "expected one power series, got an array with 2 dimensions"),
        (["a"], 1.0, "expected power in W as numbers"),
        ([1.0, 2.0], 0.0, "expected a time step above 0 s, got 0.0 s"),
        ([1.0, 2.0], -1.0, "expected a time step above 0 s, got -1.0 s"),
    ],
)
def test_bad_input_is_named(power, dt_s, message):
    with pytest.raises(IndicatorError, match=message):
        levels(power, dt_s)


def test_nan_tells_the_cure():
    with pytest.raises(IndicatorError, match="--resume"):
        levels([math.nan], 1.0)


def test_peak_to_mean_needs_a_positive_mean():
    with pytest.raises(NotAssessedError, match="mean above 0 W"):
        _ = levels([-1.0, 1.0], 1.0).peak_to_mean
