# SPDX-License-Identifier: Apache-2.0
"""Counts of power and ramps, against NumPy on whole series and in every partition."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powermodel.indicators.distribution import BINS, counted, distribution_statistic
from powermodel.indicators.inputs import IndicatorError

SERIES = np.random.default_rng(4).normal(3e8, 2e8, size=20_000)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.05, 0.5, 0.9, 0.999, 1.0])
def test_a_quantile_is_that_of_numpy_within_the_bin(share):
    statistic = distribution_statistic()
    found = statistic.finish(statistic.of(SERIES)).quantile(share)
    exact = np.quantile(SERIES, share, method="inverted_cdf")
    assert abs(found - exact) <= max(0.5, 2.0**-10 * abs(exact))


def test_small_values_are_exact_to_half_a_watt():
    series = np.array([-3.0, 0.0, 0.2, 7.0, 511.0, 512.0])
    statistic = distribution_statistic()
    found = statistic.finish(statistic.of(series))
    assert [found.quantile(k / 6) for k in range(1, 7)] == [-3.0, 0.0, 0.0, 7.0, 511.0, 512.0]


def test_shares_of_exceedance_are_exact():
    statistic = distribution_statistic()
    watts, shares = statistic.finish(statistic.of(SERIES)).exceedance()
    rounded = np.sign(SERIES) * np.rint(np.abs(SERIES))
    for place in range(0, len(watts), 97):
        assert shares[place] == (rounded >= watts[place]).mean()
    assert (shares[0], (np.diff(watts) > 0).all()) == (1.0, True)


def test_ramps_are_those_of_the_whole_series():
    statistic = distribution_statistic(0.01, 0.5)
    found = statistic.finish(statistic.of(SERIES))
    np.testing.assert_array_equal(found.counts, counted(np.abs(SERIES[50:] - SERIES[:-50])))
    assert found.total == len(SERIES) - 50


@settings(max_examples=40, deadline=None)
@given(
    cuts=st.lists(st.integers(0, 300), max_size=6),
    merged=st.integers(0, 300),
    window=st.sampled_from([None, 0.02, 0.5]),
)
def test_no_partition_changes_a_count(cuts, merged, window):
    series = SERIES[:300]
    statistic = distribution_statistic(0.01, window)
    whole = statistic.finish(statistic.of(series))
    parts = []
    for begin, stop in ((0, merged), (merged, 300)):
        edges = [begin, *sorted(c for c in cuts if begin <= c <= stop), stop]
        state = statistic.init(begin)
        for first, last in itertools.pairwise(edges):
            state = statistic.update(state, series[first:last])
        parts.append(state)
    np.testing.assert_array_equal(statistic.finish(statistic.merge(*parts)).counts, whole.counts)


def test_runs_are_added_and_nonsense_is_refused():
    statistic = distribution_statistic()
    one, two = (statistic.finish(statistic.of(part)) for part in (SERIES[:7000], SERIES[7000:]))
    whole = statistic.finish(statistic.of(SERIES))
    np.testing.assert_array_equal(one.joined(two).counts, whole.counts)
    assert whole.counts.shape == (BINS,)
    with pytest.raises(IndicatorError, match="expected a share from 0 to 1"):
        whole.quantile(1.5)
    with pytest.raises(IndicatorError, match="got one without"):
        statistic.finish(statistic.init(0)).quantile(0.5)
    with pytest.raises(IndicatorError, match="below 1 TW"):
        counted(np.array([2e12]))
