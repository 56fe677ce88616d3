# SPDX-License-Identifier: Apache-2.0
"""Power does not depend on how the work is divided: workers, racks, batches, tiles, steps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powermodel_kernels import drawn, schedule
from powermodel_kernels.build import Layout, Response
from powermodel_kernels.constants import (
    BARRIER_GROUP,
    BARRIER_NONE,
    LOGNORMAL,
    TILE_TICKS,
    UNIFORM,
)
from powermodel_kernels.fleet import job as job_module
from powermodel_kernels.fleet.job import NoiseLevel
from powermodel_kernels.schedule import Epoch
from tests.kernels.factory import EDGES, MS, Job, S, Spread, job, phase, place, rack_power
from tests.kernels.programs import jobs, responses

DT = 5 * MS
SLOW = Response(0.5, 2.0, overshoot=0.1, overshoot_time_s=1.0)
ITERATION = [
    phase(900, 1000, distribution=LOGNORMAL, sigma=0.05, rho=0.3, barrier=BARRIER_GROUP),
    phase(100, 700, distribution=UNIFORM, barrier=BARRIER_NONE),
    phase(300, 450, distribution=LOGNORMAL, sigma=0.1),
]


def training(response: Response = EDGES, lanes: int = 100) -> Job:
    return job(
        ITERATION, [phase(2500, 200)], layout=Layout(lanes, 4), response=response,
        spread=Spread(0.02, 0.1, 0.1, 4), noise=NoiseLevel(0.02, 0.2, 0.05),
        epochs=[Epoch(0, (1,), True), Epoch(17 * S, (1,), True)], extras=((1, 3),), seed=2**40 + 3,
    )  # fmt: skip


def tile(made: Job, number: int, engine: str = "events") -> np.ndarray:
    return rack_power(made, engine, begin=number * TILE_TICKS, dt=DT, samples=TILE_TICKS // DT)


@pytest.mark.parametrize("engine", ["events", "steps"])
@pytest.mark.parametrize("workers", [1, 3, 5, 50])
def test_any_number_of_workers(engine: str, workers: int) -> None:
    made = training()
    assert np.array_equal(
        rack_power(made, engine, workers=workers), rack_power(made, engine, workers=2)
    )


@pytest.mark.parametrize("lanes_at_once", [1, 17, 24, 99, 100_000])
def test_any_number_of_racks_at_once(lanes_at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    made = training()
    usual = rack_power(made)
    monkeypatch.setattr(job_module, "_LANES_AT_ONCE", lanes_at_once)
    assert np.array_equal(rack_power(made), usual)


@pytest.mark.parametrize("engine", ["events", "steps"])
def test_racks_asked_for_singly_or_together(engine: str) -> None:
    made = training()
    together = rack_power(made, engine)
    opened = made.opened(engine)
    opened.open_tile(0, MS, 1000)
    for rack in (12, 0, 7, 3):
        assert np.array_equal(opened.rack_power(place(100, 8, rack, 1))[0], together[rack])
    some = opened.rack_power(place(100, 8, 5, 4))
    assert np.array_equal(some, together[5:9])


def test_probe_is_the_power_of_a_rack_of_one_without_noise() -> None:
    made = job(ITERATION, layout=Layout(12, 4), response=EDGES)
    racks = rack_power(made, "steps", per_rack=1)
    opened = made.opened()
    opened.open_tile(0, MS, 1000)
    for lane in (0, 5, 11):
        assert np.array_equal(opened.probe(lane), racks[lane])


@pytest.mark.parametrize("engine", ["events", "steps"])
@pytest.mark.parametrize("response", [EDGES, SLOW], ids=["quick", "slower than a tile"])
def test_a_tile_alone_equals_the_tile_in_sequence(engine: str, response: Response) -> None:
    made = training(response)
    opened = made.opened(engine)
    for number in range(4):
        opened.open_tile(number * TILE_TICKS, DT, TILE_TICKS // DT)
        in_sequence = opened.rack_power(place(100, 8))
        assert np.array_equal(tile(made, number, engine), in_sequence)


def test_a_tile_opened_again_or_in_part_is_the_same() -> None:
    made = training()
    whole, opened = tile(made, 1), made.opened()
    for samples in (500, 2000, 1):
        opened.open_tile(TILE_TICKS, DT, samples)
        assert np.array_equal(opened.rack_power(place(100, 8)), whole[:, :samples])


@pytest.mark.parametrize("engine", ["events", "steps"])
@pytest.mark.parametrize("slots", [0, 1, 3])
def test_durations_that_are_kept_or_drawn_again(
    engine: str, slots: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the slots of a tile some are kept, in places that earlier ones have left."""
    made = training()
    opened = made.opened(engine)
    monkeypatch.setattr(drawn, "DRAWN_BYTES", slots * 4 * 3 * made.fleet.lanes)
    short_of_room = made.opened(engine)
    for number in range(4):
        powers = []
        for one in (opened, short_of_room):
            one.open_tile(number * TILE_TICKS, DT, TILE_TICKS // DT)
            powers.append(one.rack_power(place(100, 8)))
        assert np.array_equal(*powers)
        kept = (one._slots.place >= 0).sum()
        assert kept <= slots < one._slots.place.size


@settings(deadline=None, max_examples=40)
@given(jobs(), st.sampled_from([2, 3, 8]), st.sampled_from([0.01, 1.25]), st.integers(20, 200))
def test_slots_that_are_reduced_at_once_or_one_by_one(
    made: Job, at_once: int, late: float, samples: int
) -> None:
    """Also where more were reduced than a tile or an epoch has."""
    alone, together = made.opened(), made.opened()
    racks = place(made.fleet.lanes, 5)
    for number in range(3):
        powers = []
        for one, slots in ((alone, 1), (together, at_once)):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(schedule, "_AT_ONCE", slots)
                patch.setattr(schedule, "_LATE", late)
                one.open_tile(number * samples * MS, MS, samples)
            powers.append(one.rack_power(racks))
        assert np.array_equal(*powers)
        assert np.array_equal(alone._slots.start, together._slots.start)
        assert np.array_equal(alone._slots.number, together._slots.number)


@settings(deadline=None, max_examples=20)
@given(jobs(responses()), st.sampled_from(["events", "steps"]), st.integers(1, 4))
def test_random_jobs_on_any_workers_with_racks_one_by_one(
    made: Job, engine: str, workers: int
) -> None:
    whole = rack_power(made, engine, samples=200, per_rack=3, workers=2)
    opened = made.opened(engine, workers)
    opened.open_tile(0, MS, 200)
    for rack in range(whole.shape[0]):
        one = opened.rack_power(place(made.fleet.lanes, 3, rack, 1))
        assert np.array_equal(one[0], whole[rack])


@settings(deadline=None, max_examples=20)
@given(jobs(), st.sampled_from([1, 2, 4, 10]))
def test_samples_that_two_steps_share_are_equal(made: Job, ratio: int) -> None:
    fine = rack_power(made, dt=MS // 2, samples=600, per_rack=4)
    coarse = rack_power(made, dt=ratio * MS // 2, samples=600 // ratio, per_rack=4)
    assert np.array_equal(coarse, fine[:, ::ratio])


def test_lanes_with_the_same_address_do_not_depend_on_how_many_there_are() -> None:
    iteration = [phase(90, 1000, distribution=LOGNORMAL, sigma=0.1, barrier=BARRIER_NONE)]
    few = job(iteration, layout=Layout(16, unit=BARRIER_NONE), response=EDGES)
    many = job(iteration, layout=Layout(160, unit=BARRIER_NONE), response=EDGES)
    assert np.array_equal(rack_power(few), rack_power(many)[:2])
