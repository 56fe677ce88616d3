# SPDX-License-Identifier: Apache-2.0
"""Fluctuation: how it adds up over accelerators, how it fades in time, and what it ignores."""

from __future__ import annotations

import math

import numpy as np
import pytest

from powermodel_kernels.build import Layout
from powermodel_kernels.constants import QUANTA_PER_W, TILE_TICKS
from powermodel_kernels.fleet.job import JobFleet, NoiseLevel
from powermodel_kernels.laws.noise import autocorrelation
from tests.kernels.factory import MS, Job, S, job, phase, place, rack_power

SIGMA, TAU_S, PER_RACK = 0.05, 0.01, 72
CONSTANT = [phase(3_600_000, 1000.0)]


def fluctuating(lanes: int, rho: float, seed: int = 0) -> Job:
    level = NoiseLevel(SIGMA, rho, TAU_S)
    return job(CONSTANT, layout=Layout(lanes), noise=level, seed=seed)


def site_fluctuation(opened: JobFleet, lanes: int, tile: int) -> np.ndarray:
    """Return power less its mean, relative, over one tile, a thousand racks at a time."""
    dt = 10 * MS
    opened.open_tile(tile * TILE_TICKS, dt, TILE_TICKS // dt)
    total = np.zeros(TILE_TICKS // dt, np.int64)
    racks = -(-lanes // PER_RACK)
    for first in range(0, racks, 1000):
        count = min(1000, racks - first)
        total += opened.rack_power(place(lanes, PER_RACK, first, count)).sum(axis=0, dtype=np.int64)
    return total / (lanes * 1000.0 * QUANTA_PER_W) - 1.0


def effective_samples(seconds: float, dt_s: float) -> float:
    """Return how many independent samples tell as much about the variance (Bartlett)."""
    lags = np.arange(-2000, 2001) * dt_s
    return seconds / dt_s / sum(autocorrelation(lag, TAU_S) ** 2 for lag in lags)


@pytest.mark.parametrize("lanes", [10**2, 10**3, 10**4, 10**5, 10**6])
@pytest.mark.parametrize("rho", [0.0, 0.5, 1.0])
def test_sum_over_accelerators_follows_the_aggregation_law(lanes: int, rho: float) -> None:
    tiles = 2
    opened = fluctuating(lanes, rho).opened()
    parts = [site_fluctuation(opened, lanes, tile) for tile in range(1, 1 + tiles)]
    measured = float(np.sqrt(np.mean(np.square(parts))))
    law = SIGMA * math.sqrt(rho + (1.0 - rho) / lanes)
    # The standard error of a standard deviation is 1/√(2n).
    error = 1.0 / math.sqrt(2.0 * effective_samples(10.0 * tiles, 0.010))
    assert measured == pytest.approx(law, rel=5.0 * error)
    assert error < 0.03


@pytest.mark.parametrize("rho", [0.0, 0.5])
def test_racks_fluctuate_and_hang_together_as_their_accelerators_do(rho: float) -> None:
    racks = 400
    power = rack_power(
        fluctuating(racks * PER_RACK, rho), begin=S, dt=5 * MS, samples=2000, per_rack=PER_RACK
    )
    relative = power / (PER_RACK * 1000.0 * QUANTA_PER_W) - 1.0
    own = (relative - relative.mean(axis=0)).var() * racks / (racks - 1)
    # About the shared path racks differ by σ²(1−ρ)/72: 400 racks make this estimate sharp.
    assert own == pytest.approx(SIGMA**2 * (1.0 - rho) / PER_RACK, rel=0.02)


def test_a_rack_in_part_fluctuates_more() -> None:
    power = rack_power(
        fluctuating(72 + 8, 0.0), begin=S, dt=5 * MS, samples=2000, per_rack=PER_RACK
    )
    full, part = power / (np.array([[72], [8]]) * 1000.0 * QUANTA_PER_W) - 1.0
    assert part.std() / full.std() == pytest.approx(3.0, rel=0.2)


def test_fluctuation_fades_in_time_by_its_autocorrelation() -> None:
    power = rack_power(fluctuating(400 * 8, 0.0), begin=S, dt=MS, samples=10_000, per_rack=8)
    relative = power / power.mean() - 1.0
    for lag_ms in (2, 5, 10, 20, 40, 100):
        product = np.mean(relative[:, lag_ms:] * relative[:, :-lag_ms])
        expected = autocorrelation(lag_ms * 1e-3, TAU_S)
        assert product / relative.var() == pytest.approx(expected, abs=0.02)


def test_fluctuation_does_not_feel_where_a_tile_begins() -> None:
    made = fluctuating(72, 0.5)
    opened = made.opened()
    tiles = []
    for tile in range(2):
        opened.open_tile(tile * TILE_TICKS, MS, TILE_TICKS // MS)
        tiles.append(opened.rack_power(place(72, 72))[0])
    across = rack_power(made, begin=5 * S, samples=10_000, per_rack=72)[0]
    difference = np.concatenate(tiles)[5000:15_000] - across
    # What the warm-up leaves out, below 3e-6 σ for each of the two paths, and a quantum.
    assert np.abs(difference).max() <= 1 + 2 * 5 * 3e-6 * SIGMA * across.max()


def test_fluctuation_is_the_same_path_at_every_step() -> None:
    made = fluctuating(72, 0.5)
    fine = rack_power(made, dt=MS // 2, samples=2000, per_rack=72)
    assert np.array_equal(rack_power(made, dt=2 * MS, samples=500, per_rack=72), fine[:, ::4])


def test_fluctuation_has_no_mean_and_changes_with_the_seed() -> None:
    one = rack_power(fluctuating(100 * 8, 0.0), begin=S, dt=5 * MS, samples=2000, per_rack=8)
    other = rack_power(
        fluctuating(100 * 8, 0.0, seed=1), begin=S, dt=5 * MS, samples=2000, per_rack=8
    )
    level = 8 * 1000.0 * QUANTA_PER_W
    # The mean's variance is that of one sample times 4τ/T (the integral of the autocorrelation).
    standard_error = SIGMA / math.sqrt(8) * math.sqrt(4 * TAU_S / 10.0 / 100)
    assert abs(one.mean() / level - 1.0) < 5 * standard_error
    correlation = np.mean((one / level - 1.0) * (other / level - 1.0)) / (SIGMA**2 / 8)
    assert abs(correlation) < 0.03
    assert not np.array_equal(one, other)
