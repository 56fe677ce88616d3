# SPDX-License-Identifier: Apache-2.0
"""Drawn durations: mean, spread, correlation; factors of hosts and of parts."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from powermodel_kernels import build
from powermodel_kernels.bind import cpu
from powermodel_kernels.build import Layout, Phase
from powermodel_kernels.constants import LOGNORMAL, PURPOSE_COMMON, PURPOSE_DURATION, UNIFORM
from powermodel_kernels.fleet.lanes import common_exponents, draw_deviations, draw_phase_words
from powermodel_kernels.laws.duration import lasting
from tests.kernels.factory import MS, Job, Spread, job, phase
from tests.kernels.naive import words_at

SLOTS, LANES = 2000, 400


def drawn(made: Job, slots: int = SLOTS, row: int = 0) -> np.ndarray:
    """Return durations in ticks, (slots, lanes)."""
    n = made.fleet.lanes
    out, words = np.empty((slots, n), np.int64), np.empty((4, n), np.int32)
    spare = np.empty(n, np.float32)
    common = np.empty(made.programs.level.size, np.float32)
    for slot in range(slots):
        cpu(common_exponents)(made.programs, made.fleet, 0, slot, common)
        cpu(draw_phase_words)(made.fleet, slot, row, 0, words)
        late = words[row % 4]
        cpu(draw_deviations)(made.programs, made.lanes, row, late, common[row], 0, spare, late)
        out[slot] = lasting(
            made.programs.mean_ticks[row], late.astype(np.int64), made.programs.shift[row]
        )
    return out


def spread(rho: float, sigma: float = 0.2, **more: object) -> Job:
    made = phase(100, 500, distribution=LOGNORMAL, sigma=sigma, rho=rho)
    return job([made], layout=Layout(LANES), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("rho", [0.0, 0.5, 1.0])
def test_lognormal_durations_have_their_correlation_and_unchanged_mean(rho: float) -> None:
    ratio = drawn(spread(rho)) / (100 * MS)
    z = (np.log(ratio) + 0.2**2 / 2) / 0.2
    # Variance of the mean over lanes is ρ + (1−ρ)/N; of each lane about it, (1−ρ)(1−1/N).
    shared = z.mean(axis=1)
    expected = rho + (1 - rho) / LANES
    assert shared.var() == pytest.approx(expected, rel=5 * np.sqrt(2 / SLOTS))
    own = (z - shared[:, None]).var()
    assert own == pytest.approx((1 - rho) * (1 - 1 / LANES), rel=0.01, abs=1e-6)
    variance = np.exp(0.2**2) - 1
    standard_error = np.sqrt(variance * (rho / SLOTS + (1 - rho) / ratio.size))
    assert abs(ratio.mean() - 1.0) < 5 * standard_error


def test_durations_of_slots_and_phases_are_independent() -> None:
    both = [phase(100, 500, distribution=LOGNORMAL, sigma=0.2) for _ in range(6)]
    made = job(both, layout=Layout(LANES))
    table = [np.log(drawn(made, 100, row)).ravel() for row in (0, 1, 4, 5)]
    later = np.log(drawn(made, 101))[1:].ravel()
    correlation = np.corrcoef([*table, later]) - np.eye(5)
    assert np.abs(correlation).max() < 5 / np.sqrt(later.size)


def test_durations_change_with_seed_job_and_run() -> None:
    first = [phase(100, 500, distribution=LOGNORMAL, sigma=0.2)]
    made = job(first, layout=Layout(LANES))
    address = {"job": 0, "seed": 0, "run": 0}
    different = [address, *({**address, key: 1} for key in address), {**address, "seed": 1 << 32}]
    seen = []
    for values in different:
        fleet = build.fleet(Layout(LANES), made.response, idle_w=0.0, largest_w=1.0, **values)
        words = np.empty((4, LANES), np.int32)
        cpu(draw_phase_words)(fleet, 0, 0, 0, words)
        seen.append(words.tobytes())
    assert len(set(seen)) == len(different)


@pytest.mark.parametrize("mean_ms", [0.1, 100.0, 3_600_000.0])
@pytest.mark.parametrize("sigma", [0.02, 1.0])
def test_lognormal_duration_is_its_formula_in_float64(mean_ms: float, sigma: float) -> None:
    long = phase(mean_ms, 500, distribution=LOGNORMAL, sigma=sigma, rho=0.25)
    made = job([long], layout=Layout(LANES))
    words = words_at(made, PURPOSE_DURATION, LANES, 0, 0).astype(np.int64)
    z = np.sign(words + 0.5) * stats.norm.isf(((words & 0x7FFFFFFF) + 0.5) / 2**32)
    shared = int(words_at(made, PURPOSE_COMMON, 1, 0, 0)[0])
    z_common = np.sign(shared + 0.5) * stats.norm.isf(((shared & 0x7FFFFFFF) + 0.5) / 2**32)
    exponent = sigma * (np.sqrt(0.25) * z_common + np.sqrt(0.75) * z) - sigma**2 / 2
    expected = mean_ms * MS * np.exp(exponent)
    unit = 1 << int(made.programs.shift[0])
    tolerance = unit + 3e-6 * np.maximum(expected, mean_ms * MS)
    assert np.all(np.abs(drawn(made, 1)[0] - expected) <= tolerance)


def test_uniform_durations_lie_between_nothing_and_twice_the_mean() -> None:
    made = job([phase(100, 500, distribution=UNIFORM)], layout=Layout(LANES))
    ratio = drawn(made, 200).ravel() / (100 * MS)
    assert ratio.min() >= 0.0
    assert stats.kstest(ratio, "uniform", (0.0, 2.0)).pvalue > 1e-4


def test_fixed_durations_do_not_vary() -> None:
    made = job([phase(100, 500)], layout=Layout(LANES), spread=Spread(0.0, 0.5, 0.5, 4))
    assert set(drawn(made, 3).ravel()) == {100 * MS}


def test_stragglers_take_longer_by_their_slowdown_host_by_host() -> None:
    usual = spread(0.0)
    slowed = spread(0.0, spread=Spread(straggler_share=0.25, slowdown=0.5, host_size=8))
    factor = drawn(slowed, 1)[0] / drawn(usual, 1)[0]
    hosts = factor.reshape(-1, 8)
    assert np.allclose(hosts, hosts[:, :1], rtol=1e-6)
    assert set(np.round(hosts[:, 0], 6)) == {1.0, 1.5}
    slow = int((hosts[:, 0] > 1.2).sum())
    assert stats.binomtest(slow, hosts.shape[0], 0.25).pvalue > 1e-4


def test_rating_factors_are_lognormal_with_mean_one() -> None:
    made = job([phase(1, 1)], layout=Layout(40_000), spread=Spread(rating_sigma=0.05))
    scale = made.lanes.scale.astype(np.float64)
    z = (np.log(scale) + 0.05**2 / 2) / 0.05
    assert stats.kstest(z, "norm").pvalue > 1e-4
    assert abs(scale.mean() - 1.0) < 5 * 0.05 / np.sqrt(scale.size)


@pytest.mark.parametrize("mean_ticks", [0, 1, 2**20, 2**29 + 1, 2**40, 10**16])
@pytest.mark.parametrize("sigma", [0.0, 0.1, 1.0])
def test_deviations_fit_an_int32_whatever_the_random_number(mean_ticks: int, sigma: float) -> None:
    extreme = Phase(mean_ticks, 1.0, distribution=LOGNORMAL, sigma=sigma, rho=0.5)
    programs = build.programs([[extreme]], max_slowness=3.0)
    largest = np.exp(2 * np.sqrt(0.5) * sigma * 6.34) * 3.0
    assert mean_ticks * largest / 2.0 ** int(programs.shift[0]) < 2**31
    assert float(programs.mean_scaled[0]) * 2.0 ** int(programs.shift[0]) == pytest.approx(
        mean_ticks, rel=1e-7
    )
