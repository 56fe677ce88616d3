# SPDX-License-Identifier: Apache-2.0
"""Smoothed targets against closed forms and against the definition walked in small steps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powermodel_kernels import build
from powermodel_kernels.build import Layout
from powermodel_kernels.constants import BARRIER_JOB, QUANTA_PER_W
from powermodel_kernels.schedule import Epoch
from tests.kernels import smoothed
from tests.kernels.factory import EDGES, IDLE_W, MS, Job, S, Spread, interpreted, job, phase
from tests.kernels.programs import jobs
from tests.kernels.smoothed import STEP, Settings, settings_of

ENGINES = ["events", "steps"]
MSEC = 1e-3
BEFORE = np.arange(1000) + 0.5
"""ms, just before samples 1, 2, …: at the tick of a jump power is still the old."""


def square(high_ms: float = 40, low_ms: float = 60, **more: object) -> Job:
    """Return one lane that works at 1000 W and then waits at 300 W, over and over."""
    iteration = [phase(high_ms, 1000), phase(low_ms, 300)]
    return job(iteration, layout=Layout(1), **more)  # type: ignore[arg-type]


def watts(made: Job, given_: Settings, engine: str, samples: int = 250) -> np.ndarray:
    return smoothed.run(made, given_, engine, tiles=(samples,)).power[0] / QUANTA_PER_W


@pytest.mark.parametrize("engine", ENGINES)
def test_floor_alone_lifts_what_lies_below(engine: str) -> None:
    power = watts(square(), Settings(900), engine)
    assert np.array_equal(power[1:], np.where(BEFORE[:249] % 100 < 40, 1000, 900))


@pytest.mark.parametrize("engine", ENGINES)
def test_ramp_up_and_down_are_straight_lines_at_their_rates(engine: str) -> None:
    # From 300 W: 700 W at 35 kW/s take 20 ms; the fall at 17.5 kW/s takes 40 ms after 10 ms.
    given_ = Settings(0, 300, hold_ms=10, up_w_per_s=35_000, down_w_per_s=17_500)
    power = watts(square(), given_, engine)
    t = np.arange(250) * MSEC % 0.1
    expected = np.select(
        [t < 0.02, t < 0.05, t < 0.09],
        [300 + 35_000 * t, 1000.0, 1000 - 17_500 * (t - 0.05)],
        300.0,
    )
    assert np.abs(power - expected).max() <= 1 / QUANTA_PER_W


@pytest.mark.parametrize("engine", ENGINES)
def test_windows_of_the_primary_floor(engine: str) -> None:
    # Work for 40 ms from 100 ms on, then idle: activity lasts to 140 ms.
    made = job(
        [phase(40, 1000), phase(500, IDLE_W)], layout=Layout(1),
        epochs=[Epoch(100 * MS, (), True)],
    )  # fmt: skip
    t = BEFORE[:399]
    for given_, last in (
        (Settings(900), 140),
        (Settings(900, act_window_ms=100), 200),
        (Settings(900, tar_window_ms=30), 170),
        (Settings(900, act_window_ms=60, tar_window_ms=30), 170),
        (Settings(900, act_window_ms=100, tar_window_ms=30), 200),
    ):
        expected = np.where(
            t < 100, IDLE_W, np.where(t < 140, 1000, np.where(t < last, 900, IDLE_W))
        )
        assert np.array_equal(watts(made, given_, engine, 400)[1:], expected)


@pytest.mark.parametrize("engine", ENGINES)
def test_secondary_floor_holds_while_the_primary_is_not_active(engine: str) -> None:
    made = job([phase(40, 1000), phase(60, 150)], layout=Layout(1))
    power = watts(made, Settings(900, 250, activation_w=200), engine)
    assert np.array_equal(power[1:], np.where(BEFORE[:249] % 100 < 40, 1000, 250))


def test_burnt_and_held_back_by_hand() -> None:
    # Up at 35 kW/s from idle to 1000 W: the work's own power is reached after 26 ms.
    given_ = Settings(950, up_w_per_s=35_000, down_w_per_s=35_000)
    made = square(high_ms=60, low_ms=40)
    found = smoothed.run(made, given_, tiles=(100,))
    t = np.arange(100) * MSEC
    target = np.minimum(IDLE_W + 35_000 * t, 1000.0)
    target = np.where(t < 0.06, target, np.maximum(1000 - 35_000 * (t - 0.06), 950))
    raw = np.where(t < 0.06, 1000, 300)
    assert np.abs(found.burnt / QUANTA_PER_W - np.maximum(target - raw, 0)).max() < 2e-3
    assert np.abs(found.held_back / QUANTA_PER_W - np.maximum(raw - target, 0)).max() < 2e-3
    assert found.held_back.min() == 0
    assert found.burnt.min() == 0


@pytest.mark.parametrize("seconds", [0.1, 1, 10, 100])
def test_a_ramp_of_any_length_ends_on_time(seconds: float) -> None:
    dt = round(seconds * S) // 1000
    rate = 910 / seconds
    made = job([phase(1e6, 1000)], layout=Layout(64))
    found = smoothed.run(
        made, Settings(up_w_per_s=rate), dt=dt, tiles=(400, 700), per_rack=64
    ).power[0] / (64 * QUANTA_PER_W)
    ideal = np.minimum(IDLE_W + rate * np.arange(1100) * dt / S, 1000.0)
    # The rate is counted in 2**-32 quanta a tick, and a rack is rounded to quanta.
    counted = 910 / (2 * rate * QUANTA_PER_W * 2**32 / S)
    assert np.abs(found - ideal).max() <= counted + 1 / (64 * QUANTA_PER_W)


def test_along_ramps_there_are_no_transients() -> None:
    made = square(response=EDGES)
    ramps = Settings(up_w_per_s=35_000, down_w_per_s=35_000)
    instant = smoothed.run(square(), ramps)
    assert np.array_equal(smoothed.run(made, ramps).power, instant.power)


@settings(deadline=None, max_examples=20)
@given(jobs(), settings_of(), st.sampled_from([MS, 2 * MS]))
def test_targets_against_the_definition_walked_in_small_steps(
    made: Job, given_: Settings, dt: int
) -> None:
    made = smoothed.on_the_step(_steady(made))
    samples = 120 * MS // dt
    found = smoothed.run(made, given_, dt=dt, tiles=(samples,), per_rack=made.fleet.lanes)
    ideal, raw, jumps = smoothed.targets(made, given_, dt=dt, samples=samples)
    # In one step a ramp goes so far; a turn of it may be a step late, on either side.
    fastest = max(given_.up_w_per_s or 0.0, given_.down_w_per_s or 0.0)
    bound = made.fleet.lanes * (2.1 * fastest * STEP / S + 1 / QUANTA_PER_W)
    over, under = np.maximum(ideal - raw, 0), np.maximum(raw - ideal, 0)
    quiet = ~jumps.any(axis=0)
    for ours, theirs in (
        (found.power[0][quiet], ideal[:, quiet]),
        (found.burnt, over),
        (found.held_back, under),
    ):
        off = np.abs(ours / QUANTA_PER_W - theirs.sum(axis=0))
        assert off.max(initial=0.0) <= bound


def _steady(made: Job) -> Job:
    """Return the job without spread, so that its times are multiples of the oracle's step."""
    programs = made.programs._replace(distribution=np.zeros_like(made.programs.distribution))
    fleet = made.fleet._replace(
        fill_ticks=made.fleet.fill_ticks // STEP * STEP,
        bubble_ticks=made.fleet.bubble_ticks // STEP * STEP,
    )
    epochs = tuple(replace(e, begin=e.begin // STEP * STEP) for e in made.schedule.epochs)
    return replace(
        made, programs=programs, fleet=fleet, schedule=replace(made.schedule, epochs=epochs)
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_a_cap_is_passed_by_bursts_and_held_by_long_work(engine: str) -> None:
    """Step response of a first-order lag: 1000 W under a cap of 700 W, lag 20 ms."""
    made = _with_lag(square(high_ms=200, low_ms=300), 0.02)
    power = watts(made, Settings(cap=build.Cap(700, 0.02, 0.9)), engine, 500)
    t = np.arange(500) * MSEC
    away = 270 * np.where(t < 0.2, 1 - np.exp(-t / 0.02), 0)
    away += np.where(t < 0.2, 0, 270 * (1 - np.exp(-10)) * np.exp(-(t - 0.2) / 0.02))
    expected = np.where(t < 0.2, 1000, 300) - away
    # Power is continuous: at the tick of a jump it is still the old.
    settled = (np.arange(500) != 0) & (np.arange(500) != 200)
    assert np.abs(power - expected)[settled].max() < 0.01


def test_short_bursts_pass_a_reduced_cap_by_most_of_their_height() -> None:
    # As measured on a B300: a limiter with a lag lets on/off bursts overshoot a reduced cap.
    made = _with_lag(square(high_ms=5, low_ms=5), 0.1)
    power = watts(made, Settings(cap=build.Cap(700, 0.1)), "events", 2000)[1500:]
    assert power.max() > 700 + 0.4 * 300
    # The mean that is taken away is the mean excess.
    assert power.mean() == pytest.approx(650 - 0.5 * 300, abs=5)


CAPPED_RAMPS = [
    Settings(0, 350, hold_ms=10, up_w_per_s=35_000, down_w_per_s=17_500, cap=build.Cap(700, 0.02)),
    Settings(0, 350, up_w_per_s=16_000, cap=build.Cap(650, 0.1, 0.9)),
    Settings(450, 350, 600, hold_ms=3, down_w_per_s=50_000, cap=build.Cap(800, 0.004, 0.5)),
]


@pytest.mark.parametrize("given_", CAPPED_RAMPS)
def test_a_cap_beside_ramps_against_its_differential_equation(given_: Settings) -> None:
    """y' = (gain·max(target − cap, 0) − y)/lag, walked in 1/20 of a sample, trapezoids."""
    assert given_.cap is not None
    made, fine_dt = _with_lag(square(), given_.cap.lag_s), MS // 20
    power = watts(made, given_, "steps")
    target, _, jumps = smoothed.targets(made, given_, dt=fine_dt, samples=250 * 20)
    excess = given_.cap.gain * np.maximum(target[0] - given_.cap.power_w, 0.0)
    kept = np.exp(-fine_dt / 1e9 / given_.cap.lag_s)
    taken = np.zeros(excess.size)
    for k in range(excess.size - 1):
        # Where the target jumps at the end of a step, what held within it was the old value.
        over = excess[k] if jumps[0, k + 1] else 0.5 * (excess[k] + excess[k + 1])
        taken[k + 1] = kept * taken[k] + (1 - kept) * over
    steady = ~jumps[0, ::20]
    error = np.abs(power - (target[0] - taken)[::20])[steady]
    assert error.max() < 0.05, error.max()
    assert taken.max() > 30.0


def test_a_cap_on_a_long_ramp_is_behind_by_slope_times_lag() -> None:
    """A straight line delays a first-order lag by its time constant, for ever."""
    made = _with_lag(square(high_ms=240, low_ms=10), 0.01)
    given_ = Settings(0, 300, up_w_per_s=2_000, cap=build.Cap(400, 0.01))
    power = watts(made, given_, "steps")
    t = np.arange(150, 230) * MSEC
    # Above the cap since 50 ms: from there on target − cap is taken away, 10 ms late.
    assert power[150:230] == pytest.approx(np.full(t.size, 400 + 2_000 * 0.01), abs=0.01)


def test_a_cap_beside_ramps_does_not_depend_on_tiles() -> None:
    made = _with_lag(square(), 0.02)
    whole = smoothed.run(made, CAPPED_RAMPS[0], "steps", tiles=(250,))
    parts = smoothed.run(made, CAPPED_RAMPS[0], "steps", tiles=(70, 1, 129, 50), workers=1)
    assert np.array_equal(whole.power, parts.power)
    assert np.array_equal(whole.held_back, parts.held_back)


def _with_lag(made: Job, lag_s: float) -> Job:
    fleet = build.fleet(Layout(1), made.response, idle_w=IDLE_W, largest_w=4000.0, lag_s=lag_s)
    return replace(made, fleet=fleet)


INTERPRETED = {
    "ramps": Settings(900, 200, 350, 9, 4, 2, 30_000, 20_000),
    "windows": Settings(900, 200, 350, 9, 4, 2),
    "cap": Settings(500, cap=build.Cap(800, 0.004)),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", INTERPRETED)
def test_interpreted_driver_equals_the_compiled_one(name: str, engine: str) -> None:
    iteration = [phase(12, 1000), phase(6, 250, barrier=BARRIER_JOB)]
    made = job(
        iteration, layout=Layout(3), response=EDGES, spread=Spread(0.05),
        epochs=[Epoch(0, (), True), Epoch(23 * MS, (), True)],
    )  # fmt: skip
    compiled = smoothed.run(made, INTERPRETED[name], engine, tiles=(20, 20), per_rack=2)
    with interpreted():
        plain = smoothed.run(made, INTERPRETED[name], engine, tiles=(20, 20), per_rack=2)
    assert np.array_equal(plain.power, compiled.power)
    assert np.array_equal(plain.burnt, compiled.burnt)
    assert np.array_equal(plain.held_back, compiled.held_back)
