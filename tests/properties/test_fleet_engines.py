# SPDX-License-Identifier: Apache-2.0
"""Two engines and a naive fleet, one answer, on random jobs.

What is linear per accelerator (instantaneous response) agrees bit for bit. With transients the
engines round at different places: ``steps`` once per accelerator and sample, ``events`` once per
transient when it starts and once when it has ended. So they differ by at most a quantum per
accelerator and 2.25 for each transient that still lives, counted by how much of it is left. From
the exact power ``steps`` also differs by what float32 does to a transient: it is born from sums,
and decays by a rounded product of a rounded rate.
"""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from powermodel_kernels.build import Layout, Response
from powermodel_kernels.constants import BARRIER_GROUP, BARRIER_NONE, LOGNORMAL, UNIFORM
from powermodel_kernels.fleet.job import NoiseLevel
from powermodel_kernels.schedule import Epoch
from tests.kernels import naive
from tests.kernels.factory import MS, Job, S, Spread, job, phase, rack_power
from tests.kernels.programs import BARRIERS, STEPS, jobs, responses

RACKS = st.integers(1, 7)
WINDOW_TICKS = 250 * MS
BEGINS = st.sampled_from([0, 137 * MS, 400 * MS])


def rounding_bound(made: Job, until: int, per_rack: int) -> np.ndarray:
    """Return how far the engines may be apart in each rack, quanta."""
    # A rise, a fall and an overshoot: three bins, half a quantum each when a transient starts, and
    # a quarter when it has ended.
    return accelerators_of(made, per_rack)[:, 0] + 2.25 * living(made, until, per_rack)


def living(made: Job, until: int, per_rack: int) -> NDArray[np.float64]:
    """Return the most transients that live at once in each rack, by how much of each is left."""
    response = made.response
    times = [response.rise_time_s / math.log(9), response.fall_time_s / math.log(9), 1e-9]
    if response.overshoot > 0.0:
        times.append(response.overshoot_time_s)
    lanes = [naive.alive(events, max(times)) for events in naive.walk(made, until)]
    return np.add.reduceat(lanes, np.arange(0, len(lanes), per_rack))


@settings(deadline=None, max_examples=40)
@given(jobs(), BEGINS, STEPS, RACKS)
def test_engines_and_naive_fleet_agree_to_the_quantum_without_transients(
    made: Job, begin: int, dt: int, per_rack: int
) -> None:
    window = {"begin": begin, "dt": dt, "samples": WINDOW_TICKS // dt, "per_rack": per_rack}
    events, steps = rack_power(made, "events", **window), rack_power(made, "steps", **window)
    exact = naive.rack_power(made, **window)
    # An edge without duration takes a nanosecond: a sample may fall into it, and only there is the
    # exact power not a whole number of quanta.
    settled = exact == np.rint(exact)
    for power in (events, steps):
        assert np.array_equal(power[settled], exact[settled])
        assert np.all(np.abs(power - exact) <= accelerators_of(made, per_rack))


@settings(deadline=None, max_examples=40)
@given(jobs(responses()), BEGINS, STEPS, RACKS)
def test_engines_and_naive_fleet_agree_within_their_rounding_with_transients(
    made: Job, begin: int, dt: int, per_rack: int
) -> None:
    window = {"begin": begin, "dt": dt, "samples": WINDOW_TICKS // dt, "per_rack": per_rack}
    events = rack_power(made, "events", **window)
    steps = rack_power(made, "steps", **window)
    bound = rounding_bound(made, begin + WINDOW_TICKS, per_rack)[:, None]
    assert np.all(np.abs(events - steps) <= bound)
    exact = naive.rack_power(made, **window)
    assert np.all(np.abs(events - exact) <= bound)
    bound = accelerators_of(made, per_rack) + float32_bound(made, begin + WINDOW_TICKS, per_rack)
    assert np.all(np.abs(steps - exact) <= bound)


def float32_bound(made: Job, until: int, per_rack: int) -> NDArray[np.float64]:
    """Return how far float32 may take each rack's transients from exact ones, quanta, (racks, 1).

    Each living transient is allowed eight roundings of at most the largest step.
    """
    levels = np.concatenate([made.programs.level, made.programs.waiting, [made.fleet.idle]])
    rounding = 2.0**-24 * float(np.ptp(levels)) * (1.0 + made.response.overshoot)
    return 8.0 * rounding * living(made, until, per_rack)[:, None]


def accelerators_of(made: Job, per_rack: int) -> NDArray[np.int64]:
    """Return how many accelerators each rack holds, (racks, 1)."""
    return np.bincount(np.arange(made.fleet.lanes) // per_rack)[:, None]


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.1]), STEPS)
def test_engines_agree_within_a_quantum_per_accelerator_on_a_training_job(
    seed: int, overshoot: float, dt: int
) -> None:
    iteration = [
        phase(120, 1000, distribution=LOGNORMAL, sigma=0.04, rho=0.3, barrier=BARRIER_GROUP),
        phase(45, 500, distribution=LOGNORMAL, sigma=0.1),
        phase(60, 850, distribution=LOGNORMAL, sigma=0.05, rho=0.5),
    ]
    response = Response(0.002, 0.025, overshoot, 0.015)
    made = job(
        iteration, layout=Layout(144, 8), response=response, spread=Spread(0.02), seed=seed,
        noise=NoiseLevel(0.01, 0.1, 0.05),
    )  # fmt: skip
    window = {"dt": dt, "samples": 2 * S // dt, "per_rack": 72}
    events, steps = rack_power(made, "events", **window), rack_power(made, "steps", **window)
    assert np.abs(events - steps).max() <= 72


@st.composite
def cut_in_two(draw: st.DrawFn) -> tuple[Job, Job]:
    """Return a job of fixed phases, and the same with some of them cut into two or three."""
    # Accelerators that do not go together, so that a crash finds them in different phases.
    first = phase(30, draw(st.integers(0, 1400)), distribution=UNIFORM, barrier=BARRIER_NONE)
    whole, cut = [first], [first]
    for _ in range(draw(st.integers(1, 4))):
        parts = draw(st.lists(st.integers(1, 40), min_size=1, max_size=3))
        level, waiting = draw(st.integers(0, 1400)), draw(st.integers(0, 1400))
        end = {"waiting_w": waiting, "barrier": draw(BARRIERS)}
        whole.append(phase(sum(parts), level, **end))
        cut += [phase(part, level, barrier=BARRIER_NONE) for part in parts[:-1]]
        cut.append(phase(parts[-1], level, **end))
    crash = draw(st.integers(1, 150)) * MS
    options = {
        "layout": Layout(12, 3, unit=draw(BARRIERS)),
        "epochs": (Epoch(0, (), True), Epoch(crash, (), True)),
        "response": draw(responses()),
        "spread": Spread(0.1),
    }
    return job(whole, **options), job(cut, **options)


@settings(deadline=None, max_examples=60)
@given(cut_in_two(), BEGINS, STEPS, st.sampled_from(["events", "steps"]))
def test_a_phase_that_is_cut_in_two_draws_the_same_power(
    pair: tuple[Job, Job], begin: int, dt: int, engine: str
) -> None:
    """A begin that changes no target changes nothing, whatever is still decaying."""
    window = {"begin": begin, "dt": dt, "samples": WINDOW_TICKS // dt, "per_rack": 5}
    whole, cut = (rack_power(made, engine, **window) for made in pair)
    assert np.array_equal(whole, cut)
