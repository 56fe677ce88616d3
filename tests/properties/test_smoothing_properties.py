# SPDX-License-Identifier: Apache-2.0
"""Smoothed fleets: engines agree, and nothing depends on how the work is divided or interrupted.

Targets are whole numbers in both engines and equal to the bit. Transients are rounded in different
places, as in the plain engines: by at most a quantum per accelerator, and half a quantum for each
bin of each transient that still lives.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powermodel_kernels.build import Cap, Layout, Response
from powermodel_kernels.constants import BARRIER_GROUP, LOGNORMAL, QUANTA_PER_W, TILE_TICKS
from powermodel_kernels.fleet.job import NoiseLevel
from powermodel_kernels.schedule import Epoch
from tests.kernels import naive, smoothed
from tests.kernels.factory import EDGES, MS, Job, S, Spread, job, phase, place, rack_power
from tests.kernels.programs import STEPS, jobs, responses
from tests.kernels.smoothed import Settings, settings_of

WINDOW_TICKS = 250 * MS
PLAIN = Settings()
RAMPS = Settings(900, 350, 400, 0, 300, 120, 2000, 700)
WINDOWS = Settings(900, 350, 600, 900, 250, 80)
CAPPED = Settings(600, cap=Cap(800, 0.004, 0.9))


def training(response: Response = EDGES, lanes: int = 20) -> Job:
    iteration = [
        phase(900, 1000, distribution=LOGNORMAL, sigma=0.05, rho=0.3, barrier=BARRIER_GROUP),
        phase(300, 450, distribution=LOGNORMAL, sigma=0.1),
    ]
    return job(
        iteration, [phase(2500, 200)], layout=Layout(lanes, 4), response=response,
        spread=Spread(0.02, 0.1, 0.1, 4), noise=NoiseLevel(0.02, 0.2, 0.05),
        epochs=[Epoch(0, (1,), True), Epoch(17 * S, (1,), True)], seed=2**40 + 3,
    )  # fmt: skip


def rounding_bound(made: Job, until: int, per_rack: int) -> np.ndarray:
    """Return how far the engines may be apart in each rack, quanta."""
    response = made.response
    times = [response.rise_time_s / math.log(9), response.fall_time_s / math.log(9), 1e-9]
    if response.overshoot > 0.0:
        times.append(response.overshoot_time_s)
    # Beside the work's own changes, windows and holds end between them: as many again, and again.
    lanes = [1.0 + 4.5 * naive.alive(events, max(times)) for events in naive.walk(made, until)]
    return np.add.reduceat(lanes, np.arange(0, len(lanes), per_rack))


@settings(deadline=None, max_examples=30)
@given(jobs(responses()), settings_of(), STEPS, st.integers(1, 7))
def test_engines_agree(made: Job, given_: Settings, dt: int, per_rack: int) -> None:
    window = {"dt": dt, "tiles": (WINDOW_TICKS // dt,), "per_rack": per_rack}
    events = smoothed.run(made, given_, "events", **window)
    steps = smoothed.run(made, given_, "steps", **window)
    assert np.array_equal(events.burnt, steps.burnt)
    assert np.array_equal(events.held_back, steps.held_back)
    bound = rounding_bound(made, WINDOW_TICKS, per_rack)[:, None]
    assert np.all(np.abs(events.power - steps.power) <= bound)


@settings(deadline=None, max_examples=30)
@given(jobs(), settings_of(), STEPS)
def test_what_is_burnt_and_held_back_is_not_negative_and_closes_the_balance(
    made: Job, given_: Settings, dt: int
) -> None:
    samples = WINDOW_TICKS // dt
    found = smoothed.run(made, given_, dt=dt, tiles=(samples,), per_rack=1)
    assert found.burnt.min() >= 0
    assert found.held_back.min() >= 0
    plain = smoothed.run(made, PLAIN, dt=dt, tiles=(samples,), per_rack=1)
    assert not plain.burnt.any()
    assert not plain.held_back.any()
    # Power is continuous: at the tick of a jump it is still the old, by one sample at most.
    added = (found.power - plain.power).sum(axis=0)
    target = found.burnt - found.held_back
    ticks = dt * np.arange(samples)
    changes = {tick for events in naive.walk(made, WINDOW_TICKS) for tick, _ in events}
    quiet = ~np.isin(ticks, list(changes))
    if given_.up_w_per_s is not None and given_.down_w_per_s is not None:
        assert np.abs(added - target)[quiet].max(initial=0) <= made.fleet.lanes


@settings(deadline=None, max_examples=20)
@given(jobs(), st.integers(100, 1300))
def test_a_floor_of_instant_lanes_is_the_maximum(made: Job, floor_w: int) -> None:
    given_ = Settings(floor_w, activation_w=0)
    plain = rack_power(made, samples=250, per_rack=1)
    floored = smoothed.run(made, given_, per_rack=1).power
    ticks = MS * np.arange(250)
    for lane, events in enumerate(naive.walk(made, WINDOW_TICKS)):
        quiet = ~np.isin(ticks, [tick for tick, _ in events]) & (ticks > 0)
        floor = np.where(plain[lane] > 0, floor_w * QUANTA_PER_W, 0)
        expected = np.maximum(plain[lane], floor)
        assert np.array_equal(floored[lane][quiet], expected[quiet])


@pytest.mark.parametrize("given_", [RAMPS, WINDOWS, CAPPED, Settings(900)], ids=str)
@pytest.mark.parametrize("engine", ["events", "steps"])
def test_workers_and_racks_one_by_one(given_: Settings, engine: str) -> None:
    made = training()
    usual = smoothed.run(made, given_, engine, tiles=(800, 700))
    other = smoothed.run(made, given_, engine, tiles=(800, 700), workers=5)
    assert np.array_equal(other.power, usual.power)
    assert np.array_equal(other.burnt, usual.burnt)
    fleet = smoothed.opened(made, given_, engine)
    for begin, samples in ((0, 800), (800, 700)):
        fleet.open_tile(begin * MS, MS, samples)
        for rack in (6, 0, 3, 1, 2, 5, 4):
            power = fleet.rack_power(place(20, 3, rack, 1))[0]
            assert np.array_equal(power, usual.power[rack, begin : begin + samples])
        assert np.array_equal(fleet.burnt(), usual.burnt[begin : begin + samples])


@settings(deadline=None, max_examples=15)
@given(jobs(), settings_of(), st.lists(st.integers(1, 120), min_size=1, max_size=4))
def test_targets_do_not_depend_on_how_time_is_divided(
    made: Job, given_: Settings, parts: list[int]
) -> None:
    whole = smoothed.run(made, given_, tiles=(sum(parts),))
    divided = smoothed.run(made, given_, tiles=tuple(parts))
    assert np.array_equal(divided.burnt, whole.burnt)
    assert np.array_equal(divided.held_back, whole.held_back)


@settings(deadline=None, max_examples=15)
@given(jobs(), settings_of(), st.sampled_from([2, 4, 10]))
def test_samples_that_two_steps_share_are_equal(made: Job, given_: Settings, ratio: int) -> None:
    fine = smoothed.run(made, given_, dt=MS // 2, tiles=(400,))
    coarse = smoothed.run(made, given_, dt=ratio * MS // 2, tiles=(400 // ratio,))
    assert np.array_equal(coarse.burnt, fine.burnt[::ratio])
    assert np.array_equal(coarse.held_back, fine.held_back[::ratio])
    assert np.array_equal(coarse.power, fine.power[:, ::ratio])


@pytest.mark.parametrize("given_", [RAMPS, WINDOWS, CAPPED], ids=["ramps", "windows", "cap"])
def test_a_resumed_run_equals_the_uninterrupted_one(given_: Settings, tmp_path: Path) -> None:
    made, dt = training(), 5 * MS
    samples = TILE_TICKS // dt
    where = place(20, 3)
    steady = smoothed.opened(made, given_)
    state: dict[str, np.ndarray] = {}
    for number in range(3):
        steady.open_tile(number * TILE_TICKS, dt, samples)
        power, burnt = steady.rack_power(where), steady.burnt()
        resumed = smoothed.opened(made, given_, workers=3)
        if state:
            resumed.restore(saved(state, tmp_path))
        resumed.open_tile(number * TILE_TICKS, dt, samples)
        assert np.array_equal(resumed.rack_power(where), power)
        assert np.array_equal(resumed.burnt(), burnt)
        state = steady.state()


def saved(state: dict[str, np.ndarray], folder: Path) -> dict[str, np.ndarray]:
    """Return a state after it was written and read."""
    path = folder / "state.npz"
    np.savez(path, **state)  # type: ignore[arg-type]
    with np.load(path) as read:
        return dict(read)


def test_a_floor_needs_no_state_and_any_tile_can_be_computed_alone() -> None:
    made, dt = training(), 5 * MS
    samples = TILE_TICKS // dt
    steady = smoothed.opened(made, Settings(900))
    for number in range(3):
        steady.open_tile(number * TILE_TICKS, dt, samples)
        power = steady.rack_power(place(20, 3))
        alone = smoothed.opened(made, Settings(900))
        alone.open_tile(number * TILE_TICKS, dt, samples)
        assert np.array_equal(alone.rack_power(place(20, 3)), power)
        assert steady.state() == {}
        assert power.std() > 0


def test_a_tile_opened_again_is_the_same_and_a_probe_changes_nothing() -> None:
    made = job([phase(90, 1000), phase(40, 300)], layout=Layout(4), response=EDGES)
    fleet = smoothed.opened(made, RAMPS)
    racks = smoothed.run(made, RAMPS, tiles=(100, 100), per_rack=1)
    for begin in (0, 100):
        for _ in range(2):
            fleet.open_tile(begin * MS, MS, 100)
            assert np.array_equal(fleet.probe(2), racks.power[2, begin : begin + 100])
            fleet.rack_power(place(4, 1))
            assert np.array_equal(fleet.probe(2), racks.power[2, begin : begin + 100])
            assert np.array_equal(fleet.burnt(), racks.burnt[begin : begin + 100])


def test_what_a_smoothed_job_refuses() -> None:
    made = job([phase(90, 1000), phase(40, 300)], layout=Layout(4))
    fleet = smoothed.opened(made, RAMPS)
    fleet.open_tile(0, MS, 100)
    fleet.rack_power(place(4, 1, racks=3))
    with pytest.raises(ValueError, match="expected the samples from tick 100000000 on, got 3000"):
        fleet.open_tile(300 * MS, MS, 100)
    with pytest.raises(ValueError, match="has not been computed for accelerator 3 of the job"):
        fleet.open_tile(100 * MS, MS, 100)
    with pytest.raises(ValueError, match="has not been computed for accelerator 3"):
        fleet.state()
    fleet.rack_power(place(4, 1))
    state = fleet.state()
    with pytest.raises(ValueError, match="expected the state of smoothed lanes with level, smooth"):
        fleet.restore({"tick": state["tick"]})
    few = {name: column[:2] if column.ndim else column for name, column in state.items()}
    with pytest.raises(ValueError, match="expected the state of 4 accelerators, got level of"):
        fleet.restore(few)
    with pytest.raises(ValueError, match="expected no state of a job without smoothing, got act"):
        made.opened().restore(state)
    assert made.opened().state() == {}


def test_what_cannot_be_built() -> None:
    made = job([phase(90, 1000)], layout=Layout(4))
    with pytest.raises(ValueError, match="no closed form on ramps: expected the engine steps, got"):
        smoothed.opened(made, Settings(up_w_per_s=100, cap=Cap(800, 1e-9)))
    with pytest.raises(ValueError, match="expected a fleet that was built with this lag"):
        Settings(cap=Cap(800, 0.5)).made(made)
    with pytest.raises(ValueError, match="expected a ramp of at least 1 mW/s, got 1e-05 W/s"):
        Settings(up_w_per_s=1e-5).made(made)


def test_smoothing_that_never_binds_is_no_smoothing() -> None:
    made = job(
        [phase(90, 1000, distribution=LOGNORMAL, sigma=0.1), phase(40, 350)], layout=Layout(6),
        response=Response(0.002, 0.02),
    )  # fmt: skip
    plain = rack_power(made, samples=500, per_rack=2)
    loose = smoothed.run(made, Settings(20), tiles=(500,), per_rack=2)
    assert not loose.burnt.any()
    # Where work takes no time the plain engine starts a transient anew, to within its rounding.
    assert np.abs(loose.power - plain).max() <= 4
