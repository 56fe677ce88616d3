# SPDX-License-Identifier: Apache-2.0
"""Whole drivers as plain Python give the bits that the compiled ones give."""

from __future__ import annotations

import numpy as np
import pytest

from powermodel_kernels.build import Layout
from powermodel_kernels.constants import BARRIER_GROUP, LOGNORMAL, UNIFORM
from powermodel_kernels.fleet.job import NoiseLevel
from powermodel_kernels.schedule import Epoch
from tests.kernels.factory import EDGES, MS, Job, Spread, interpreted, job, phase, rack_power

ITERATION = [
    phase(12, 1000, distribution=LOGNORMAL, sigma=0.1, rho=0.4, barrier=BARRIER_GROUP),
    phase(6, 500, distribution=UNIFORM),
]
WINDOW = {"dt": MS, "samples": 60, "per_rack": 3}


def jobs() -> dict[str, Job]:
    cut = [Epoch(0, (), True), Epoch(31 * MS, (1,), True)]
    pipeline = Layout(7, 2, stages=3, fill_ticks=MS, drain_ticks=MS)
    groups = Layout(6, 2, unit=BARRIER_GROUP)
    return {
        "pipeline and cut": job(
            ITERATION, [phase(5, 90)], layout=pipeline, response=EDGES, pipelined=True, epochs=cut
        ),
        "noise": job(
            ITERATION, layout=Layout(7, 2), response=EDGES, noise=NoiseLevel(0.05, 0.3, 0.004)
        ),
        "groups": job([ITERATION[1], ITERATION[0]], layout=groups, response=EDGES),
    }


@pytest.mark.parametrize("engine", ["events", "steps"])
@pytest.mark.parametrize("name", list(jobs()))
def test_interpreted_driver_equals_the_compiled_one(name: str, engine: str) -> None:
    made = jobs()[name]
    compiled = rack_power(made, engine, **WINDOW)
    with interpreted():
        assert np.array_equal(rack_power(made, engine, **WINDOW), compiled)


def test_interpreted_probe_equals_the_compiled_one() -> None:
    made = jobs()["pipeline and cut"]
    compiled, plain = made.opened(), made.opened()
    compiled.open_tile(0, MS, 60)
    expected = compiled.probe(4)
    with interpreted():
        plain.open_tile(0, MS, 60)
        assert np.array_equal(plain.probe(4), expected)


def test_drawn_lanes_are_the_same_from_plain_loops(monkeypatch: pytest.MonkeyPatch) -> None:
    spread = Spread(rating_sigma=0.05, straggler_share=0.4, slowdown=0.25, host_size=2)
    compiled = job(ITERATION, layout=Layout(9), spread=spread).lanes
    monkeypatch.setattr("powermodel_kernels.build.cpu", lambda function: function)
    plain = job(ITERATION, layout=Layout(9), spread=spread).lanes
    assert plain.scale.tobytes() == compiled.scale.tobytes()
    assert plain.slowness.tobytes() == compiled.slowness.tobytes()
    assert set(compiled.slowness) == {1.0, 1.25}
