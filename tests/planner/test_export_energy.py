# SPDX-License-Identifier: Apache-2.0
"""Means over intervals against a plain sum over every tick, whole and repeated."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from powermodel.exporters.comtrade import check_comtrade, write_comtrade
from powermodel.exporters.energy import interval_means
from powermodel.exporters.series import PlannerSeries
from tests.planner.made_series import BASIS


@given(
    st.lists(st.integers(0, 1000), min_size=2, max_size=12),
    st.integers(1, 5),
    st.integers(1, 17),
    st.integers(1, 9),
)
def test_means_of_a_repeated_record_are_those_of_its_ticks(values, dt, interval, count):
    series = PlannerSeries("x", dt, np.array(values, dtype=float), BASIS)
    ticks = np.repeat(np.array(values, dtype=float), dt)
    long = np.resize(ticks, interval * count)
    means, lengths = interval_means(series, interval, count)
    np.testing.assert_allclose(means, long.reshape(count, interval).mean(axis=1), atol=1e-9)
    assert lengths == pytest.approx([interval / 1e9] * count)


@given(
    st.lists(st.integers(0, 1000), min_size=2, max_size=12), st.integers(1, 5), st.integers(1, 9)
)
def test_means_of_a_record_keep_its_energy(values, dt, interval):
    series = PlannerSeries("x", dt, np.array(values, dtype=float), BASIS)
    means, lengths = interval_means(series, interval)
    assert lengths.sum() == pytest.approx(series.duration_s)
    assert (means * lengths).sum() == pytest.approx(series.energy_j, abs=1e-15)


@pytest.mark.parametrize("data", ["FLOAT32", "BINARY32", "BINARY", "ASCII"])
@pytest.mark.parametrize("power", [np.full(50, 7e8), np.zeros(50), np.linspace(-3e8, 9e8, 50)])
def test_comtrade_of_constant_zero_and_negative_power(tmp_path, data, power):
    series = PlannerSeries("x", 1_000_000, power, BASIS)
    checks = check_comtrade(series, write_comtrade(series, tmp_path, data=data))
    assert all(check.passed for check in checks), checks
