# SPDX-License-Identifier: Apache-2.0
"""Jobs that come at random against closed forms: Poisson counts, lengths, waiting in the queue."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from powermodel_kernels.fleet.arrivals import JobRun, Stream, job_runs, tally

S = 1_000_000_000


def stream(**changed):
    base = Stream(
        job=0, seed=1, places=1, mean_interval=10 * S, mean_length=5 * S, distribution="exponential"
    )
    return base._replace(**changed)


def test_counts_and_intervals_are_those_of_a_poisson_process():
    arrived = np.array([run.arrived for run in job_runs(stream(), 0, 60_000 * S)]) / S
    counts = np.bincount((arrived // 100).astype(int), minlength=600)
    assert stats.kstest(np.diff(arrived), "expon", (0, 10)).pvalue > 0.01
    expected = stats.poisson.pmf(np.arange(6, 15), 10) * 600
    seen = np.array([(counts == k).sum() for k in range(6, 15)])
    rest = 600 - expected.sum()
    assert stats.chisquare([*seen, 600 - seen.sum()], [*expected, rest]).pvalue > 0.01


@pytest.mark.parametrize(
    ("distribution", "sigma", "law"),
    [
        ("exponential", 0.0, stats.expon(0, 5)),
        ("lognormal", 1.2, stats.lognorm(1.2, 0, 5 * math.exp(-0.72))),
    ],
)
def test_lengths_follow_their_distribution(distribution, sigma, law):
    runs = job_runs(stream(distribution=distribution, sigma=sigma), 0, 60_000 * S)
    lengths = [(run.ended - run.began) / S for run in runs]
    assert law.mean() == pytest.approx(5)
    assert stats.kstest(lengths, law.cdf).pvalue > 0.01


def test_fixed_lengths_are_that_long():
    runs = job_runs(stream(distribution="fixed"), 0, 1_000 * S)
    assert {run.ended - run.began for run in runs} == {5 * S}


@pytest.mark.parametrize(
    ("distribution", "sigma", "square_s2"),
    [("fixed", 0.0, 25.0), ("exponential", 0.0, 50.0), ("lognormal", 0.7, 25 * math.exp(0.49))],
)
def test_mean_wait_of_one_place_is_that_of_pollaczek_and_khinchine(distribution, sigma, square_s2):
    # L. Kleinrock, Queueing Systems, volume 1, 1975, equation 5.69: W = λ E[S²] / (2 (1 − ρ)).
    waits = [
        tally(
            job_runs(stream(distribution=distribution, sigma=sigma, seed=seed), 0, span), 1, 0, span
        )
        for seed in range(6)
        for span in [40_000 * S]
    ]
    means = np.array([one.mean_wait for one in waits]) / S
    expected = 0.1 * square_s2 / (2 * (1 - 0.5))
    assert means.mean() == pytest.approx(expected, abs=4 * means.std(ddof=1) / math.sqrt(6))
    taken = np.array([one.taken for one in waits])
    assert taken.mean() == pytest.approx(0.5, abs=4 * taken.std(ddof=1) / math.sqrt(6))


def test_mean_wait_of_several_places_is_that_of_erlang_c():
    # 4 places that are asked for 3.2: C / (4 / 5 s − 1 / 1.5625 s), C from Erlang's formula.
    offered, span = 3.2, 30_000 * S
    top = offered**4 / math.factorial(4) * 4 / (4 - offered)
    waiting = top / (sum(offered**k / math.factorial(k) for k in range(4)) + top)
    expected = waiting / (4 / 5 - offered / 5)
    found = [
        tally(
            job_runs(
                stream(places=4, mean_interval=round(5 / offered * S), seed=seed, there=3), 0, span
            ),
            4, 0, span,
        )
        for seed in range(4)
    ]  # fmt: skip
    means = np.array([one.mean_wait for one in found]) / S
    assert means.mean() == pytest.approx(expected, abs=4 * means.std(ddof=1) / math.sqrt(4))
    assert np.mean([one.taken for one in found]) == pytest.approx(0.8, rel=0.02)


@pytest.mark.parametrize(
    ("distribution", "sigma", "mean_left_s"),
    [("fixed", 0.0, 2.5), ("exponential", 0.0, 5.0), ("lognormal", 0.5, 2.5 * math.exp(0.25))],
)
def test_what_is_left_of_a_job_met_at_random_is_the_renewal_mean(distribution, sigma, mean_left_s):
    # E[S²] / (2 E[S]), the mean residual life of a renewal process.
    count = 20_000
    runs = job_runs(stream(distribution=distribution, sigma=sigma, places=count, there=count), 0, S)
    left = np.array([run.ended for run in runs if run.number < 0]) / S
    assert left.size == count
    assert left.mean() == pytest.approx(mean_left_s, abs=4 * left.std() / math.sqrt(count))


def test_first_come_first_served_worked_out_by_hand():
    runs = job_runs(stream(places=2, mean_interval=S, distribution="fixed", turnaround=S), 0, 9 * S)
    free = [0, 0]
    for run in runs:
        place = min(range(2), key=lambda p: (max(free[p], run.arrived), p))
        began = max(free[place], run.arrived)
        assert run == JobRun(run.number, run.arrived, began, began + 5 * S, place)
        free[place] = began + 6 * S
    assert len(runs) > 4
    found = tally(runs, 2, 0, 9 * S)
    assert found.began == sum(run.began < 9 * S for run in runs)
    assert found.waiting == len(runs) - found.began > 0
    assert found.longest_wait >= max(9 * S - r.arrived for r in runs if r.began >= 9 * S)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**64 - 1), st.integers(1, 5), st.integers(0, 5),
    st.sampled_from(["fixed", "exponential", "lognormal"]), st.integers(1, 40),
)  # fmt: skip
def test_a_longer_run_begins_with_the_shorter_one_and_no_place_holds_two(
    seed, places, there, distribution, length_s
):
    given_ = stream(
        seed=seed, places=places, there=min(there, places), distribution=distribution,
        sigma=1.0 if distribution == "lognormal" else 0.0, mean_length=length_s * S,
    )  # fmt: skip
    short, long = job_runs(given_, 0, 100 * S), job_runs(given_, 0, 300 * S)
    assert long[: len(short)] == short
    for place in range(places):
        mine = sorted((run.began, run.ended) for run in long if run.place == place)
        assert all(one[1] <= other[0] for one, other in itertools.pairwise(mine))
    came = [run for run in long if run.number >= 0]
    assert [run.began for run in came] == sorted(run.began for run in came)


def test_other_jobs_and_seeds_draw_other_times():
    found = {tuple(job_runs(stream(job=j, seed=s), 0, 100 * S)) for j in (0, 1) for s in (1, 2)}
    assert len(found) == 4
