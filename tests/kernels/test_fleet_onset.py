# SPDX-License-Identifier: Apache-2.0
"""Overshoot behind a power floor: what is drawn is the larger of the floor and the work alone.

The oracle is the same accelerator without smoothing. Where rises and falls take no time the
closed form is that maximum; otherwise it rises from the floor at once instead of some time later,
which the last tests bound.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powermodel_kernels.build import Layout, Response
from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.laws.onset import own_gap, shown
from tests.kernels import naive, smoothed
from tests.kernels.factory import EDGES, IDLE_W, MS, Job, job, phase, rack_power
from tests.kernels.smoothed import Settings

ENGINES = ["events", "steps"]
SAMPLES = 250
SHARP = Response(0.0, 0.0, overshoot=0.1, overshoot_time_s=0.015)
H100 = Response(0.00082, 0.025, overshoot=0.1, overshoot_time_s=0.05)


def square(
    high_w: float = 1000, response: Response = SHARP, high_ms: float = 40, low_ms: float = 60
) -> Job:
    """Return one lane that works and then waits at 300 W, over and over."""
    return job(
        [phase(high_ms, high_w), phase(low_ms, 300)], layout=Layout(1), response=response
    )  # fmt: skip


def alone(made: Job, samples: int = SAMPLES, dt: int = MS) -> np.ndarray:
    """Return what the lane draws without smoothing, W."""
    power = rack_power(made, dt=dt, samples=samples, per_rack=1)
    return np.asarray(power[0] / QUANTA_PER_W)


def watts(
    made: Job, given_: Settings, engine: str = "events", samples: int = SAMPLES, dt: int = MS
) -> np.ndarray:
    found = smoothed.run(made, given_, engine, tiles=(samples,), dt=dt)
    return np.asarray(found.power[0] / QUANTA_PER_W)


@pytest.mark.parametrize("engine", ENGINES)
def test_work_above_the_floor_overshoots_as_without_it(engine: str) -> None:
    power = watts(square(), Settings(900), engine)
    assert np.abs(power - np.maximum(alone(square()), 900))[1:].max() <= 2 / QUANTA_PER_W
    # 10 % of the 700 W from waiting to work, 1 ms later; not of the 100 W above the floor.
    assert power[100:].max() == pytest.approx(1000 + 70 * np.exp(-1 / 15), abs=0.01)


@pytest.mark.parametrize("engine", ENGINES)
def test_of_work_below_the_floor_that_much_shows_which_is_higher(engine: str) -> None:
    # 860 W overshoot to 916 W, then the floor of 900 W is all there is to see.
    made = square(860)
    power, larger = watts(made, Settings(900), engine), np.maximum(alone(made), 900)
    assert power[101] == pytest.approx(900 + (56 - 40) * np.exp(-1 / 15), abs=0.01)
    assert np.all(power[1:] >= larger[1:] - 2 / QUANTA_PER_W)
    # What shows decays like the whole, so for a while it is more than what is left above the
    # floor: at most (a − d)·d/a, for an overshoot a and a floor d above the work.
    assert 0.9 < (power - larger)[101:140].max() / (16 * 40 / 56) <= 1
    # It ends with the work.
    assert np.array_equal(power[141:200], np.full(59, 900.0))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_floor_that_fills_up_does_not_overshoot(engine: str) -> None:
    # From idle to 500 W of work: the floor becomes active, and its burners are no work.
    made = job(
        [phase(40, 500), phase(60, IDLE_W)], layout=Layout(1), response=SHARP
    )  # fmt: skip
    power = watts(made, Settings(900, 200), engine)
    time_ms = np.arange(SAMPLES) - 0.5
    assert np.array_equal(power[1:], np.where(time_ms[1:] % 100 < 40, 900.0, 200.0))


@pytest.mark.parametrize("engine", ENGINES)
def test_work_that_a_ramp_throttles_has_no_overshoot(engine: str) -> None:
    ramped = Settings(900, up_w_per_s=20_000)
    assert watts(square(), ramped, engine)[:40].max() <= 1000
    assert np.array_equal(
        watts(square(), ramped, engine), watts(square(response=Response(0.0, 0.0)), ramped, engine)
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_overshoot_ends_with_its_work_where_the_target_is_held(engine: str) -> None:
    made = square(high_ms=5, low_ms=95)
    power = watts(made, Settings(hold_ms=30), engine)
    assert power[5] > 1040
    assert np.array_equal(power[6:35], np.full(29, 1000.0))


@pytest.mark.parametrize("low_ms", [2, 5, 20])
def test_after_a_short_wait_the_overshoot_is_that_of_the_work_alone(low_ms: float) -> None:
    """Power has not come down before work goes on, so the step, and its overshoot, is smaller."""
    made = square(response=Response(0.0, 0.02, 0.1, 0.015), low_ms=low_ms)
    power, larger = watts(made, Settings(900)), np.maximum(alone(made), 900)
    working = (np.arange(SAMPLES) - 0.5) % (40 + low_ms) < 40
    assert np.abs(power - larger)[working][1:].max() <= 3 / QUANTA_PER_W
    assert 1000 < larger[45:].max() < 1000 + 70


@pytest.mark.parametrize(("response", "most"), [(H100, 0.012), (EDGES, 0.10)], ids=["H100", "slow"])
def test_a_rise_that_takes_time_peaks_a_little_higher_than_the_maximum(
    response: Response, most: float
) -> None:
    made = square(response=response, high_ms=200, low_ms=300)
    power, larger = (
        watts(made, Settings(900), samples=4000, dt=MS // 4),
        np.maximum(alone(made, 4000, MS // 4), 900),
    )
    assert 0 <= power.max() - larger.max() <= most * 70
    assert np.all(power[2000:] >= larger[2000:] - 0.01)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 1300), st.integers(310, 1300), st.integers(1, 70), st.integers(1, 70))
def test_never_below_the_larger_and_never_above_its_peak(
    floor_w: int, high_w: int, high_ms: int, low_ms: int
) -> None:
    made, given_ = square(high_w, high_ms=high_ms, low_ms=low_ms), Settings(floor_w)
    events, steps = (watts(made, given_, engine) for engine in ENGINES)
    larger = np.maximum(alone(made), floor_w)
    # Each transient is rounded when it goes into its bin, in either run, and lives on.
    [changes] = naive.walk(made, SAMPLES * MS)
    rounding = (3 + 3 * naive.alive(changes, SHARP.overshoot_time_s)) / QUANTA_PER_W
    # Before the first tick the primary floor is not active.
    assert np.all(events[1:] >= larger[1:] - rounding)
    # Equal at the peak; a sample later what shows has lost less than the whole has.
    later = max(floor_w - high_w, 0) * (1 - np.exp(-1 / 15))
    assert events.max() <= larger[1:].max() + later + rounding
    assert np.abs(events - steps).max() <= rounding


def f32(*numbers: float) -> tuple[np.float32, ...]:
    return tuple(np.float32(number) for number in numbers)


def test_own_gap_by_hand() -> None:
    rates = f32(1 / 20, 1 / 300, 1 / 100)
    for was, late in (
        (-400.0, 400 * np.exp(-60 / 300)),
        (400.0, 40 * np.exp(-60 / 100) - 440 * np.exp(-60 / 20)),
    ):
        given_ = (*f32(700), np.int32(60), np.int32(900), rates, *f32(0.1, was))
        assert own_gap(*given_) == pytest.approx(700 - late, rel=1e-6)
        settled = (*f32(700), np.int32(900), np.int32(900), rates, *f32(0.1, was))
        assert own_gap(*settled) == 700


def test_shown_by_hand() -> None:
    for own, beneath, expected in ((700, 0, 70), (700, 30, 40), (700, 71, 0), (-700, 0, 0)):
        assert shown(*f32(own, beneath, 0.1)) == pytest.approx(expected, rel=1e-6)
