# SPDX-License-Identifier: Apache-2.0
"""Hold-up and battery backup of racks against arithmetic."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powermodel_kernels.bind import cpu
from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.parallel import nothing_taken
from powermodel_kernels.rack import backup
from powermodel_kernels.rack.backup import BackupState, BackupSums, RackBackup
from tests.kernels.racks import RATED_W, shelf


@dataclass(frozen=True)
class Result:
    """Per sample, W and J."""

    input_w: Any
    power_w: Any
    loss_w: Any
    unserved_w: Any
    energy_j: Any
    state: BackupState


def run(
    made: RackBackup, outage: Any, load_w: Any = RATED_W, dt_s: float = 0.001, workers: int = 1
) -> Result:
    """Take racks through time; ``outage`` says sample by sample whether the input is missing."""
    outage = np.asarray(outage, bool)
    power_w = np.atleast_2d(np.broadcast_to(np.float32(load_w), outage.shape)).copy()
    state, sums = made.initial(len(power_w), dt_s), BackupSums.zeros(outage.size)
    made.advance(state, ~outage, power_w, dt_s, sums, workers)
    unit = 1.0 / QUANTA_PER_W
    return Result(
        power_w, sums.power * unit, sums.loss * unit, sums.unserved * unit,
        sums.energy * unit * dt_s, state,
    )  # fmt: skip


def missing(total: int, first: int, stop: int) -> Any:
    found = np.zeros(total, bool)
    found[first:stop] = True
    return found


def test_hold_up_is_sixty_joules_which_carry_the_rating_for_20_ms() -> None:
    never = shelf(take_over_s=10.0)
    assert never.initial(1, 0.001).hold_up[0] * 0.001 / QUANTA_PER_W == 60.0
    found = run(never, missing(100, 10, 90))
    assert not found.unserved_w[:30].any()
    assert (found.unserved_w[30:90] == RATED_W).all()
    assert (found.power_w[10:30] == RATED_W).all()
    assert not found.input_w[0, 10:90].any()
    assert not found.unserved_w[90:].any()


def test_half_the_load_is_held_up_for_twice_as_long() -> None:
    found = run(shelf(take_over_s=10.0), missing(100, 10, 90), 0.5 * RATED_W)
    assert int((found.unserved_w == 0.0)[10:90].sum()) == 40


@pytest.mark.parametrize("dt_s", [0.0005, 0.001, 0.002, 0.003, 0.005])
def test_the_battery_takes_over_after_4_ms(dt_s: float) -> None:
    """Hold-up gives 12 J, whatever the step, also where the take-over falls within one."""
    n = round(0.06 / dt_s)
    found = run(shelf(), np.ones(n, bool), dt_s=dt_s)
    assert not found.unserved_w.any()
    unit = dt_s / QUANTA_PER_W
    assert found.state.hold_up[0] * unit == pytest.approx(60.0 - 12.0, abs=2 * unit)
    battery_j = 240.0 * RATED_W - found.state.battery[0] * unit
    assert battery_j == pytest.approx(RATED_W * (n * dt_s - 0.004), abs=2 * unit)


def test_an_outage_shorter_than_the_take_over_leaves_the_battery_alone() -> None:
    found = run(shelf(), missing(100, 10, 13))
    assert found.state.battery[0] == shelf().initial(1, 0.001).battery[0]
    # Back at once, and recharged from the next sample on: 9 J at 600 W take 15 ms.
    assert (found.input_w[0, 13:] >= RATED_W).all()
    assert found.input_w[0, 14:29].tolist() == [RATED_W + 600.0] * 15
    assert (found.input_w[0, 29:] == RATED_W).all()


def test_the_load_is_handed_back_after_200_ms() -> None:
    found = run(shelf(), missing(500, 10, 60))
    assert not found.input_w[0, 10:260].any()
    assert (found.input_w[0, 260:] >= RATED_W).all()
    assert found.energy_j[259] == pytest.approx(60.0 + 240.0 * RATED_W - RATED_W * 0.25, rel=1e-9)


def test_a_hand_back_within_a_step_is_counted_by_its_share() -> None:
    found = run(shelf(hand_back_s=0.0105), missing(100, 10, 20))
    assert not found.input_w[0, 10:30].any()
    assert found.input_w[0, 30] == pytest.approx(0.5 * RATED_W, abs=1e-3)
    assert found.input_w[0, 31] > RATED_W


def test_an_input_that_fails_again_before_the_hand_back_finds_the_battery_at_work() -> None:
    outage = missing(400, 10, 60) | missing(400, 160, 200)
    found = run(shelf(), outage)
    assert not found.unserved_w.any()
    assert not found.input_w[0, 10:].any()
    # Taken over once: 12 J of hold-up, the battery all the rest of 390 ms.
    assert found.state.hold_up[0] * 0.001 / QUANTA_PER_W == 60.0 - 12.0
    assert found.energy_j[-1] == 60.0 + RATED_W * (240.0 - 0.39)


def test_the_battery_lasts_its_duration_and_no_longer() -> None:
    """Both ends: energy at full load, time at part load."""
    for load_w in (RATED_W, 0.25 * RATED_W):
        found = run(shelf(duration_s=0.5, hold_up_s=0.004), np.ones(1000, bool), load_w)
        end = 504 if load_w == RATED_W else 504 + 12
        assert not found.unserved_w[:end].any()
        assert (found.unserved_w[end:] == load_w).all()


def test_more_than_the_battery_can_give_falls_on_the_hold_up() -> None:
    found = run(shelf(), np.ones(100, bool), 1.5 * RATED_W)
    # 60 J − 4 ms · 4.5 kW = 42 J, at 1.5 kW for 28 ms; then what the battery cannot is not served.
    assert not found.unserved_w[:32].any()
    assert (found.unserved_w[32:] == 0.5 * RATED_W).all()


def test_recharging_draws_what_goes_in_and_what_is_lost() -> None:
    outage = missing(3000, 0, 54)
    made = shelf(recharge_efficiency=0.8, hand_back_s=0.0)
    found = run(made, outage)
    took_j = (found.input_w[0, 54:] - RATED_W).sum() * 0.001
    gave_j = RATED_W * 0.054
    assert took_j == pytest.approx(gave_j / 0.8, rel=1e-4)
    assert found.loss_w.sum() * 0.001 == pytest.approx(gave_j * 0.25, rel=1e-4)
    assert found.energy_j[-1] == pytest.approx(60.0 + 240.0 * RATED_W, rel=1e-12)


def test_without_an_outage_no_bit_changes() -> None:
    load = np.random.default_rng(1).uniform(0.0, 200e3, 1000).astype(np.float32)
    found = run(shelf(), np.zeros(1000, bool), load)
    assert found.input_w[0].tobytes() == load.tobytes()
    assert not found.power_w.any()
    assert (found.energy_j == 60.0 + 240.0 * RATED_W).all()


def test_racks_at_rest_are_left_out_without_a_trace() -> None:
    made, there, dt_s = shelf(), np.ones(50, bool), 0.001
    load = np.full((2, 50), 2000.3, np.float32)
    stepped, state = load.copy(), made.initial(2, dt_s)
    sums = np.zeros((1, 4, 50), np.int64)
    backup.step_backups(0, nothing_taken(), made.law(dt_s), state, there, stepped, sums)
    short, added = made.initial(2, dt_s), BackupSums.zeros(50)
    made.advance(short, there, load, dt_s, added)
    assert stepped.tobytes() == load.tobytes()
    assert sums[0].tobytes() == np.stack(added).tobytes()
    assert [a.tobytes() for a in state] == [a.tobytes() for a in short]


OUTAGES = st.lists(st.tuples(st.booleans(), st.integers(1, 60)), min_size=1, max_size=8)


def spelled(outages: list[tuple[bool, int]]) -> Any:
    return np.concatenate([np.full(n, missing) for missing, n in outages])


@settings(max_examples=100, deadline=None)
@given(
    outages=OUTAGES,
    load=st.floats(0.0, 6000.0, width=32),
    dt_s=st.sampled_from([0.0005, 0.001, 0.0025, 0.004]),
    times=st.sampled_from(
        [(0.02, 0.004, 240.0, 0.2), (0.0, 0.0, 0.05, 0.0), (0.1, 0.013, 0.1, 0.03)]
    ),
    efficiency=st.floats(0.5, 1.0),
)
def test_energy_balances_exactly(
    outages: list[tuple[bool, int]], load: float, dt_s: float, times: tuple[float, ...],
    efficiency: float,
) -> None:  # fmt: skip
    made = shelf(
        hold_up_s=times[0], take_over_s=times[1], duration_s=times[2], hand_back_s=times[3],
        recharge_efficiency=efficiency,
    )  # fmt: skip
    outage = spelled(outages)
    power_w = np.full((1, outage.size), load, np.float32)
    state, sums = made.initial(1, dt_s), BackupSums.zeros(outage.size)
    full = int(state.hold_up[0] + state.battery[0])
    made.advance(state, ~outage, power_w, dt_s, sums)
    stored = np.diff(np.concatenate([[full], sums.energy]))
    assert (-stored == sums.power + sums.loss).all()
    assert sums.energy.max() <= full
    assert min(state.hold_up[0], state.battery[0]) >= 0
    quanta = math.floor(load * QUANTA_PER_W + 0.5)
    assert (sums.power + sums.unserved == quanta)[outage].all()
    assert (sums.unserved >= 0).all()
    assert not sums.unserved[~outage].any()
    assert not power_w[0, outage].any()
    served = power_w[0, ~outage] + sums.power[~outage] / QUANTA_PER_W
    np.testing.assert_allclose(served, load, rtol=1e-6, atol=2e-3)


def test_parts_of_racks_and_time_and_threads_do_not_show() -> None:
    made, dt_s = shelf(), 0.001
    outage = missing(900, 30, 70) | missing(900, 200, 203) | missing(900, 400, 800)
    load = np.random.default_rng(3).uniform(0.0, 4000.0, (7, 900)).astype(np.float32)
    expected = load.copy()
    state, sums = made.initial(7, dt_s), BackupSums.zeros(900)
    made.advance(state, ~outage, expected, dt_s, sums)
    found, parts = made.initial(7, dt_s), BackupSums.zeros(900)
    for k in range(0, 900, 70):
        for r in (0, 3):
            block = slice(k, k + 70)
            rows = slice(r, 3 if r == 0 else 7)
            piece = np.ascontiguousarray(load[rows, block])
            into = BackupSums(*(column[block] for column in parts))
            made.advance(
                found.racks(rows.start, rows.stop), ~outage[block], piece, dt_s, into, workers=2
            )
            load[rows, block] = piece
    assert load.tobytes() == expected.tobytes()
    for one, two in zip((*state, *sums), (*found, *parts), strict=True):
        assert one.tobytes() == two.tobytes()


@settings(max_examples=20, deadline=None)
@given(outages=OUTAGES, load=st.floats(0.0, 6000.0, width=32))
def test_compiled_equals_the_interpreter_bit_for_bit(
    outages: list[tuple[bool, int]], load: float
) -> None:
    outage, made, answers = spelled(outages), shelf(recharge_efficiency=0.9), []
    for call in (backup.step_backups, cpu(backup.step_backups)):
        power_w, state = np.full((1, outage.size), load, np.float32), made.initial(1, 0.001)
        sums = np.zeros((1, 4, outage.size), np.int64)
        call(0, nothing_taken(), made.law(0.001), state, ~outage, power_w, sums)
        answers.append([a.tobytes() for a in (power_w, sums, *state)])
    assert answers[0] == answers[1]


BAD: dict[str, tuple[dict[str, float], str]] = {
    "no rating": ({"rating_w": 0.0}, "rating_w must be above 0 and at most 1048576 W, got 0.0"),
    "too large": ({"battery_recharge_w": 2e6}, "battery_recharge_w must be above 0 and at most"),
    "negative time": ({"take_over_s": -0.001}, "take_over_s must be finite and at least 0"),
    "for ever": ({"duration_s": float("inf")}, "duration_s must be finite and at least 0, got inf"),
    "gain": ({"recharge_efficiency": 1.1}, "recharge_efficiency must be above 0 and at most 1"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_backups_are_refused(case: str) -> None:
    changes, message = BAD[case]
    with pytest.raises(ValueError) as caught:
        shelf(**changes)
    assert message in str(caught.value)
