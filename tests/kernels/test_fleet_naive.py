# SPDX-License-Identifier: Apache-2.0
"""Both engines against a naive fleet, within a quantum per accelerator, case by case."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from powermodel_kernels.build import Layout, Response
from powermodel_kernels.constants import (
    BARRIER_GROUP,
    BARRIER_NONE,
    LOGNORMAL,
    UNIFORM,
)
from powermodel_kernels.schedule import Epoch
from tests.kernels import naive
from tests.kernels.factory import EDGES, INSTANT, MS, S, Spread, job, phase, rack_power

COMPUTE = phase(120, 1000, distribution=LOGNORMAL, sigma=0.05, rho=0.3, barrier=BARRIER_GROUP)
STAGGERED = phase(30, 600, distribution=UNIFORM, barrier=BARRIER_NONE)
EXCHANGE = phase(40, 500, distribution=LOGNORMAL, sigma=0.1)
ITERATION = [COMPUTE, STAGGERED, EXCHANGE]
CHECKPOINT = [phase(70, 200)]

CASES: dict[str, tuple[list[Any], dict[str, Any]]] = {
    "barriers of group and job": ([ITERATION], {"layout": Layout(20, group_size=4)}),
    "pipeline": (
        [ITERATION],
        {
            "layout": Layout(20, 4, stages=5, fill_ticks=3 * MS, drain_ticks=2 * MS),
            "pipelined": True,
        },
    ),
    "crash in mid-iteration": (
        [ITERATION, CHECKPOINT],
        {
            "layout": Layout(20, group_size=4),
            "epochs": [Epoch(0, (), True), Epoch(450 * MS, (1,), True)],
        },
    ),
    "two cuts and an end": (
        [ITERATION, CHECKPOINT],
        {
            "layout": Layout(20, group_size=4),
            "epochs": [
                Epoch(0, (1,), True),
                Epoch(310 * MS, (1, 1), True),
                Epoch(333 * MS, (), True),
                Epoch(800 * MS, (1,), False),
            ],
        },
    ),
    "checkpoint after every second iteration": (
        [ITERATION, CHECKPOINT],
        {"layout": Layout(20, group_size=4), "extras": ((1, 2),)},
    ),
    "groups on their own": (
        [[STAGGERED, COMPUTE]],
        {"layout": Layout(20, group_size=4, unit=BARRIER_GROUP)},
    ),
    "groups that a job barrier holds together": (
        [[STAGGERED, EXCHANGE, COMPUTE]],
        {"layout": Layout(20, group_size=4, unit=BARRIER_GROUP)},
    ),
    "everyone alone": ([[STAGGERED]], {"layout": Layout(20, unit=BARRIER_NONE)}),
    "job that begins late": (
        [ITERATION],
        {"layout": Layout(20, group_size=4), "epochs": [Epoch(250 * MS, (), True)]},
    ),
    "levels that stay as they are": (
        [
            [
                phase(300, 800, distribution=LOGNORMAL, sigma=0.05, barrier=BARRIER_NONE),
                phase(250, 800, distribution=LOGNORMAL, sigma=0.05, waiting_w=800.0),
                phase(5, 300, distribution=LOGNORMAL, sigma=0.1, barrier=BARRIER_NONE),
                phase(200, 300, distribution=LOGNORMAL, sigma=0.1, waiting_w=300.0),
            ],
            CHECKPOINT,
        ],
        {
            "layout": Layout(20, group_size=4),
            "epochs": [Epoch(0, (), True), Epoch(470 * MS, (1,), True)],
        },
    ),
    "stragglers": (
        [ITERATION],
        {
            "layout": Layout(20, group_size=4),
            "spread": Spread(straggler_share=0.3, slowdown=0.2, host_size=4),
        },
    ),
}


@pytest.mark.parametrize("engine", ["events", "steps"])
@pytest.mark.parametrize("name", CASES)
def test_instantaneous_response_equals_the_naive_fleet_bit_for_bit(name: str, engine: str) -> None:
    sections, options = CASES[name]
    made = job(*sections, **options, response=INSTANT)
    expected = naive.rack_power(made, dt=MS, samples=1000, per_rack=8)
    assert np.array_equal(rack_power(made, engine), expected)


@pytest.mark.parametrize("engine", ["events", "steps"])
@pytest.mark.parametrize("name", CASES)
def test_transients_stay_within_a_quantum_per_accelerator(name: str, engine: str) -> None:
    sections, options = CASES[name]
    made = job(*sections, **options, response=EDGES)
    expected = naive.rack_power(made, dt=MS, samples=1000, per_rack=8)
    accelerators = np.array([[8], [8], [4]])
    assert np.all(np.abs(rack_power(made, engine) - expected) <= accelerators)


@pytest.mark.parametrize("engine", ["events", "steps"])
def test_rating_spread_scales_every_level(engine: str) -> None:
    made = job(ITERATION, layout=Layout(20, 4), response=EDGES, spread=Spread(rating_sigma=0.03))
    expected = naive.rack_power(made, dt=MS, samples=1000, per_rack=8)
    # One more quantum each: the scaled target is truncated in float32, here in float64.
    assert np.abs(rack_power(made, engine) - expected).max() <= 2 * 8
    plain = rack_power(job(ITERATION, layout=Layout(20, 4), response=EDGES), engine)
    assert np.abs(rack_power(made, engine) - plain).max() > 8 * 1024


@pytest.mark.parametrize("engine", ["events", "steps"])
def test_a_response_longer_than_a_tile_is_remembered(engine: str) -> None:
    slow = Response(5.0, 5.0, overshoot=0.1, overshoot_time_s=3.0)
    iteration = [phase(1500, 1000, distribution=LOGNORMAL, sigma=0.05), phase(700, 300)]
    made = job(iteration, layout=Layout(20), response=slow)
    window = {"begin": 30 * S, "dt": 5 * MS, "samples": 2000, "per_rack": 8}
    expected = naive.rack_power(made, **window)
    assert np.abs(rack_power(made, engine, **window) - expected).max() <= 2 * 8


@pytest.mark.parametrize("engine", ["events", "steps"])
def test_phases_of_an_hour(engine: str) -> None:
    hour = phase(3_600_000, 1000, distribution=LOGNORMAL, sigma=0.5)
    made = job([hour, phase(700, 300)], layout=Layout(20), response=EDGES)
    assert made.programs.shift[0] > 0
    changes = sorted({tick for lane in naive.walk(made, 7200 * S) for tick, _ in lane})
    window = {"begin": changes[1] // MS * MS - S, "dt": 5 * MS, "samples": 2000, "per_rack": 8}
    expected = naive.rack_power(made, **window)
    result = rack_power(made, engine, **window)
    assert np.abs(result - expected).max() <= 8
    assert np.ptp(result) > 100 * 1024


@pytest.mark.parametrize("engine", ["events", "steps"])
@pytest.mark.parametrize("dt", [MS // 20, MS])
def test_phases_of_a_hundred_microseconds(engine: str, dt: int) -> None:
    iteration = [phase(0.1, 1000, distribution=LOGNORMAL, sigma=0.1), phase(0.1, 400)]
    made = job(iteration, layout=Layout(5), response=INSTANT)
    window = {"dt": dt, "samples": 20 * MS // dt, "per_rack": 5}
    expected = naive.rack_power(made, **window)
    assert np.array_equal(rack_power(made, engine, **window), expected)


@pytest.mark.parametrize("engine", ["events", "steps"])
@pytest.mark.parametrize(("lanes", "per_rack"), [(1, 1), (1, 72), (73, 72), (7, 3)])
def test_one_accelerator_and_racks_filled_in_part(engine: str, lanes: int, per_rack: int) -> None:
    iteration = [phase(60, 1000, distribution=LOGNORMAL, sigma=0.1), phase(30, 400)]
    made = job(iteration, layout=Layout(lanes), response=INSTANT)
    expected = naive.rack_power(made, dt=2 * MS, samples=100, per_rack=per_rack)
    result = rack_power(made, engine, dt=2 * MS, samples=100, per_rack=per_rack)
    assert result.shape == (-(-lanes // per_rack), 100)
    assert np.array_equal(result, expected)
