# SPDX-License-Identifier: Apache-2.0
"""Mean power of a program against its closed form, and energy that does not depend on the step."""

from __future__ import annotations

import math

import numpy as np
import pytest

from powermodel_kernels.build import Layout, Response
from powermodel_kernels.constants import (
    BARRIER_GROUP,
    BARRIER_NONE,
    LOGNORMAL,
    QUANTA_PER_W,
    TILE_TICKS,
)
from tests.kernels.factory import EDGES, MS, S, Spread, job, phase, rack_power

ENGINES = ["events", "steps"]


def mean_w(power: np.ndarray, lanes: int) -> float:
    return float(power.sum(axis=0).mean()) / lanes / QUANTA_PER_W


@pytest.mark.parametrize("engine", ENGINES)
def test_mean_of_fixed_phases_without_barrier_is_their_weighted_level(engine: str) -> None:
    iteration = [phase(d, p, barrier=BARRIER_NONE) for d, p in ((60, 1000), (25, 640), (15, 250))]
    made = job(iteration, layout=Layout(10, unit=BARRIER_NONE))
    expected = (60 * 1000 + 25 * 640 + 15 * 250) / 100
    assert mean_w(rack_power(made, engine, begin=S), 10) == expected


@pytest.mark.parametrize("engine", ENGINES)
def test_mean_with_a_barrier_counts_the_waiting(engine: str) -> None:
    # Pipeline stages arrive at the barrier 6, 3 and 0 ms before the slowest.
    layout = Layout(9, stages=3, fill_ticks=3 * MS)
    made = job([phase(94, 1000, waiting_w=200.0)], layout=layout, pipelined=True)
    # Fill and bubble are both waiting: stage s waits 3 s + 3 (2 - s) = 6 ms in every 100.
    assert mean_w(rack_power(made, engine, begin=S), 9) == (94 * 1000 + 6 * 200) / 100


@pytest.mark.parametrize("engine", ENGINES)
def test_mean_with_transients_adds_the_energy_of_the_exponentials(engine: str) -> None:
    high, low, both = 1000.0, 300.0, 0.5
    response = Response(0.004, 0.020, overshoot=0.15, overshoot_time_s=0.012)
    made = job([phase(250, high), phase(250, low)], layout=Layout(4), response=response)
    power = rack_power(made, engine, begin=1 * S, dt=MS // 10, samples=20_000)
    gap = high - low
    rise, fall = 0.004 / math.log(9), 0.020 / math.log(9)
    energy = gap * (0.15 * 0.012 - 1.15 * rise + fall)
    expected = (high + low) / 2 + energy / both
    # The samples are a trapezoidal rule, off by (dt/τ)²/12 of each exponential's energy.
    assert mean_w(power, 4) == pytest.approx(expected, rel=2e-6)


@pytest.mark.parametrize("engine", ENGINES)
def test_energy_is_the_same_from_half_a_millisecond_to_five(engine: str) -> None:
    iteration = [
        phase(40, 1000, distribution=LOGNORMAL, sigma=0.05, rho=0.2, barrier=BARRIER_GROUP),
        phase(17, 600, distribution=LOGNORMAL, sigma=0.1, barrier=BARRIER_NONE),
        phase(12, 400, distribution=LOGNORMAL, sigma=0.05),
    ]
    made = job(iteration, layout=Layout(32, 8), response=EDGES, spread=Spread(0.02, 0.1, 0.1, 4))
    means = [
        mean_w(rack_power(made, engine, dt=dt, samples=TILE_TICKS // dt), 32)
        for dt in (MS // 2, MS, 2 * MS, 5 * MS)
    ]
    assert max(means) / min(means) - 1.0 < 0.005


def test_mean_with_spread_and_a_barrier_is_that_of_the_drawn_times() -> None:
    iteration = [phase(80, 1000, distribution=LOGNORMAL, sigma=0.1, waiting_w=150.0)]
    made = job(iteration, layout=Layout(64))
    power = rack_power(made, dt=MS // 10, samples=TILE_TICKS // (MS // 10))
    # Mean of the largest of 64 normal numbers is 2.37; d = 80 exp(0.1 z − 0.005).
    random = np.random.default_rng(4).standard_normal((20_000, 64))
    slot = np.exp(0.1 * random - 0.005).max(axis=1).mean()
    expected = 150.0 + (1000.0 - 150.0) / slot
    assert mean_w(power, 64) == pytest.approx(expected, rel=0.01)
