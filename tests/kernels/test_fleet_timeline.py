# SPDX-License-Identifier: Apache-2.0
"""Barriers open exactly when the slowest arrives; stages and cuts fall where they should."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from powermodel_kernels.build import Layout
from powermodel_kernels.constants import (
    BARRIER_GROUP,
    BARRIER_JOB,
    BARRIER_NONE,
    LOGNORMAL,
    NEVER,
    QUANTA_PER_W,
    TILE_TICKS,
)
from powermodel_kernels.schedule import Epoch, Schedule, Timeline
from powermodel_kernels.tables import Slots
from tests.kernels.factory import EDGES, MS, Job, S, job, phase, rack_power
from tests.kernels.naive import durations

FIRST = phase(100, 1000, distribution=LOGNORMAL, sigma=0.1, rho=0.2, barrier=BARRIER_GROUP)
SECOND = phase(50, 500, distribution=LOGNORMAL, sigma=0.2, barrier=BARRIER_NONE)
THIRD = phase(20, 400, distribution=LOGNORMAL, sigma=0.1)


def slots_of(made: Job, end: int, workers: int = 2) -> Slots:
    timeline = Timeline(made.programs, made.fleet, made.lanes, made.schedule, workers)
    return timeline.slots(0, end)


def begins(slots: Slots) -> np.ndarray:
    """Return the absolute tick at which each unit begins each slot."""
    return slots.since[:, None] + slots.start


def test_barriers_open_when_their_slowest_member_arrives() -> None:
    made = job([FIRST, SECOND, THIRD], layout=Layout(24, group_size=4))
    slots, start = slots_of(made, 1 * S), 0
    for s in range(slots.program.size):
        assert begins(slots)[s].tolist() == [start]
        groups = (start + durations(made, s, 0, 0)).reshape(6, 4).max(axis=1)
        assert slots.group_barrier[s, 0].tolist() == groups.tolist()
        arrival = np.repeat(groups, 4) + durations(made, s, 1, 1) + durations(made, s, 2, 2)
        start = arrival.max()
        assert slots.job_barrier[s].tolist() == [start]
    assert slots.program.size > 4


def test_every_group_begins_its_next_slot_when_its_own_slowest_arrives() -> None:
    made = job([FIRST], layout=Layout(10, group_size=4, unit=BARRIER_GROUP))
    slots = slots_of(made, 1 * S)
    for s in range(slots.program.size - 1):
        arrival = np.repeat(begins(slots)[s], [4, 4, 2]) + durations(made, s, 0, 0)
        expected = [arrival[:4].max(), arrival[4:8].max(), arrival[8:].max()]
        assert begins(slots)[s + 1].tolist() == expected


def test_lanes_without_barriers_run_alone() -> None:
    made = job([SECOND], layout=Layout(6, unit=BARRIER_NONE))
    slots = slots_of(made, 1 * S)
    for s in range(slots.program.size - 1):
        assert np.array_equal(np.diff(begins(slots), axis=0)[s], durations(made, s, 0, 0))


def test_timeline_goes_on_until_everyone_has_passed_the_end() -> None:
    made = job([SECOND], layout=Layout(6, unit=BARRIER_NONE))
    slots = slots_of(made, 1 * S)
    last = begins(slots)[-1] + durations(made, slots.program.size - 1, 0, 0)
    assert last.min() >= 1 * S


def test_more_lanes_than_a_chunk_and_any_number_of_workers() -> None:
    made = job([FIRST, THIRD], layout=Layout(1000, group_size=48))
    one = used(slots_of(made, 1 * S, workers=1))
    for workers in (2, 3, 7):
        for a, b in zip(one, used(slots_of(made, 1 * S, workers)), strict=True):
            assert a.tobytes() == b.tobytes()


def used(slots: Slots) -> Slots:
    """Return a table without the places that no slot has."""
    return slots._replace(deviation=slots.deviation[slots.place[slots.place >= 0]])


def test_memory_of_the_timeline_does_not_grow() -> None:
    made = job([FIRST, THIRD], layout=Layout(8, group_size=4))
    timeline = Timeline(made.programs, made.fleet, made.lanes, made.schedule, 1)
    sizes = [timeline.slots(k * S, (k + 1) * S).program.size for k in range(6)]
    assert max(sizes) <= sizes[0] + 2


@pytest.mark.parametrize("stage", [0, 1, 2, 3])
def test_pipeline_stages_start_and_drain_in_turn(stage: int) -> None:
    layout = Layout(8, stages=4, fill_ticks=10 * MS, drain_ticks=5 * MS)
    made = job([phase(100, 1000), phase(50, 500)], layout=layout, pipelined=True)
    opened = made.opened()
    opened.open_tile(MS // 2, MS, 240)
    power = opened.probe(2 * stage) // QUANTA_PER_W
    begin = 10 * stage
    meet = 100 + 10 * 3 + max(5 * (3 - s) for s in range(4))
    expected = np.full(240, 300)
    expected[begin : begin + 100] = 1000
    expected[meet : meet + 50] = 500
    again = meet + 50 + begin
    expected[again : again + 100] = 1000
    assert power.tolist() == expected.tolist()


def test_after_a_crash_every_accelerator_falls_to_the_restart_level() -> None:
    cut = 437 * MS
    made = job(
        [FIRST, SECOND, THIRD],
        [phase(2000, 120)],
        layout=Layout(24, group_size=4),
        response=EDGES,
        epochs=[Epoch(0, (), True), Epoch(cut, (1,), True)],
    )
    power = rack_power(made, samples=1000)
    settled = cut // MS + 200
    assert np.all(power[:, settled:] == 8 * 120 * QUANTA_PER_W)
    before = rack_power(job([FIRST, SECOND, THIRD], layout=Layout(24, 4), response=EDGES))
    assert np.array_equal(power[:, : cut // MS + 1], before[:, : cut // MS + 1])
    assert not np.array_equal(power[:, cut // MS + 1], before[:, cut // MS + 1])


def test_a_slot_that_nothing_cuts_ends_never() -> None:
    epochs = [Epoch(0, (), True), Epoch(300 * MS, (), True)]
    slots = slots_of(job([FIRST, THIRD], layout=Layout(8, 4), epochs=epochs), 600 * MS)
    begins_before = begins(slots)[:, 0] < 300 * MS
    assert set(slots.end[begins_before]) == {300 * MS}
    assert set(slots.end[~begins_before]) == {NEVER}
    assert 300 * MS in begins(slots)


def test_schedule_repeats_its_iteration_with_what_comes_every_so_often() -> None:
    schedule = Schedule((), iteration=0, extras=((1, 2), (2, 3)))
    order = itertools.islice(schedule.programs(Epoch(0, (4, 5), True)), 12)
    assert list(order) == [4, 5, 0, 0, 1, 0, 2, 0, 1, 0, 0, 1]


def test_schedule_without_iterations_repeats_its_last_opening_program() -> None:
    order = itertools.islice(Schedule((), 0).programs(Epoch(0, (3, 7), False)), 5)
    assert list(order) == [3, 7, 7, 7, 7]


def test_job_barrier_holds_a_lane_at_waiting_power_until_the_slowest_arrives() -> None:
    made = job([THIRD, phase(500, 1000)], layout=Layout(12))
    arrival = durations(made, 0, 0, 0)
    opened = made.opened()
    ticks = MS // 20 + np.arange(400) * (MS // 10)
    opened.open_tile(MS // 20, MS // 10, 400)
    for lane in (int(arrival.argmin()), int(arrival.argmax())):
        expected = np.where(ticks < arrival[lane], 400, np.where(ticks < arrival.max(), 300, 1000))
        assert (opened.probe(lane) // QUANTA_PER_W).tolist() == expected.tolist()


def test_tile_is_a_whole_number_of_the_usual_steps() -> None:
    for dt in (MS // 4, MS // 2, MS, 2 * MS, 5 * MS):
        assert TILE_TICKS % dt == 0
    assert BARRIER_JOB > BARRIER_GROUP > BARRIER_NONE
