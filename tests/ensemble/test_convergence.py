# SPDX-License-Identifier: Apache-2.0
"""Whether a percentile is settled, against NumPy and what theory says of its spread."""

from __future__ import annotations

import numpy as np
import pytest

from powermodel.ensemble import StudyError, convergence
from tests.ensemble.made_runs import made


def normal(count, seed=0, sigma=1.0):
    return np.random.default_rng(seed).normal(10.0, sigma, size=(1, 1, count))


def test_values_are_percentiles_of_the_first_runs():
    values = normal(30)
    found = convergence(made(values), "swing", 90.0)
    expected = [np.percentile(values[0, 0, :n], 90.0) for n in found.numbers]
    np.testing.assert_array_equal(found.values, expected)
    assert found.numbers.tolist() == list(range(2, 31))
    assert ((found.low <= found.values) & (found.values <= found.high)).all()


def test_the_interval_is_as_wide_as_theory_says():
    # The median of n normal numbers has a standard error near 1.2533 sigma / sqrt(n).
    found = [convergence(made(normal(201, seed)), "swing", 50.0) for seed in range(8)]
    widths = [(one.high[-1] - one.low[-1]) / 2 / 1.96 for one in found]
    assert np.median(widths) == pytest.approx(1.2533 / np.sqrt(201), rel=0.25)
    hit = [one.low[-1] <= 10.0 <= one.high[-1] for one in found]
    assert sum(hit) >= 6


def test_a_calm_percentile_is_settled_and_one_that_jumps_is_not():
    calm = np.full((1, 1, 120), 5.0)
    found = convergence(made(calm), "swing")
    assert (found.moved, found.uncertainty, found.settled()) == (0.0, 0.0, True)
    assert found.verdict().startswith("percentile 99 is settled: the second half of 120 runs")
    jump = calm.copy()
    jump[0, 0, -2:] = 50.0
    late = convergence(made(jump), "swing")
    assert not late.settled()
    assert "still moves" in late.verdict()
    assert late.values[-1] == np.percentile(jump[0, 0], 99)


def test_too_few_runs_cannot_settle_a_rare_percentile():
    found = convergence(made(np.full((1, 1, 8), 5.0)), "swing")
    assert not found.settled()
    assert "at least 100 are needed" in found.verdict()
    assert convergence(made(np.full((1, 1, 8), 5.0)), "swing", 75.0).settled()
    top = convergence(made(np.full((1, 1, 8), 5.0)), "swing", 100.0)
    assert not top.settled()
    assert "never settles" in top.verdict()


def test_more_runs_settle_what_few_do_not():
    assert not convergence(made(normal(12, sigma=0.2)), "swing", 75.0).settled()
    assert convergence(made(normal(1500, sigma=0.2)), "swing", 75.0).settled()


def test_the_worst_point_is_looked_at_and_named():
    values = np.random.default_rng(1).normal(10.0, 0.1, size=(2, 3, 10))
    values[1, 2] += 5.0
    values[1, 1, 0] = np.nan
    found = convergence(made(values), "swing", 50.0)
    assert found.at == "units 2, latency 20 ms"
    assert found.values[-1] == np.median(values[1, 2])
    together = convergence(made(values[:1]), "swing", 50.0, over=("latency", "seed"))
    assert together.numbers[-1] == 30
    assert together.values[-1] == np.median(values[0])


def test_what_does_not_go_is_said_in_words():
    with pytest.raises(StudyError, match="expected at least 4 runs"):
        convergence(made(np.ones((1, 1, 3))), "swing")
    with pytest.raises(StudyError, match="expected a percentile from 0 to 100, got 101"):
        convergence(made(np.ones((1, 1, 8))), "swing", 101.0)
    with pytest.raises(StudyError, match="there is no dimension 'place'"):
        convergence(made(np.ones((1, 1, 8))), "swing", over="place")
