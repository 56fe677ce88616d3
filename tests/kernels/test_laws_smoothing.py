# SPDX-License-Identifier: Apache-2.0
"""Laws of power smoothing: what they say, and the same bits from compiler and interpreter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powermodel_kernels.bind import cpu
from powermodel_kernels.constants import NEVER, QUANTA_PER_W, TICKS_PER_S
from powermodel_kernels.laws.smoothing import (
    FINE_BITS,
    GAIN_BITS,
    active_until,
    capped,
    course,
    ramp_ticks,
)
from tests.kernels import loops_smoothing as loops

W = QUANTA_PER_W << FINE_BITS
FAST = 30_000 * W // TICKS_PER_S
POWER = st.integers(0, 2000 * W)
FLAG = st.integers(0, 1)
TICK = st.integers(-(2**50), 2**50)
SPAN = st.integers(0, 2**40)
RATE = st.one_of(st.just(0), st.integers(1, FAST))
END = st.one_of(st.just(NEVER), TICK)

CASES: list[tuple[Callable[..., None], list[st.SearchStrategy[int]], int]] = [
    (loops.each_course, [POWER, POWER, POWER, TICK, END, SPAN, RATE, RATE], 5),
    (loops.each_active_until, [TICK, FLAG, FLAG, TICK, SPAN, SPAN], 0),
    (loops.each_wanted_power, [POWER, FLAG, POWER, POWER], 0),
    (loops.each_capped, [POWER, POWER, st.integers(0, 1 << GAIN_BITS)], 0),
    (loops.each_ramp_ticks, [st.integers(1, 2000 * W), st.integers(1, FAST)], 0),
    (loops.each_reached, [POWER, POWER, RATE, st.integers(0, 2**25), FLAG], 0),
]


@pytest.mark.parametrize(("loop", "columns", "width"), CASES, ids=[c[0].__name__ for c in CASES])
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_compiled_law_equals_the_interpreter(
    loop: Callable[..., None],
    columns: list[st.SearchStrategy[int]],
    width: int,
    data: st.DataObject,
) -> None:
    rows = data.draw(st.lists(st.tuples(*columns), min_size=1, max_size=6))
    given_ = [np.array(column, np.int64) for column in zip(*rows, strict=True)]
    shape = (len(rows), width) if width else (len(rows),)
    compiled, interpreted = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    cpu(loop)(*given_, compiled)
    loop(*given_, interpreted)
    assert np.array_equal(compiled, interpreted)


def follow(smoothed: int, wanted: int, raw: int, **more: Any) -> tuple[int, ...]:
    values = {"now": 1000, "hold_end": NEVER, "hold": 0, "up": 0, "down": 0} | more
    numbers = (smoothed, wanted, raw, *(values[key] for key in values))
    return tuple(int(number) for number in course(*(np.int64(number) for number in numbers)))


def test_without_limits_the_target_jumps_to_what_is_wanted() -> None:
    assert follow(3, 9, 9) == (9, 9, 0, NEVER, NEVER)
    assert follow(9, 3, 2) == (3, 3, 0, NEVER, NEVER)
    assert follow(9, 9, 2) == (9, 9, 0, NEVER, NEVER)


def test_a_rise_stops_where_it_meets_the_work_and_goes_on_to_the_floor() -> None:
    assert follow(0, 100, 30, up=7) == (0, 30, 7, 1005, NEVER)
    assert follow(30, 100, 30, up=7) == (30, 100, 7, 1010, NEVER)


def test_a_fall_waits_and_then_goes_straight() -> None:
    assert follow(100, 30, 10, hold=50, down=7) == (100, 100, 0, 1050, 1050)
    assert follow(100, 30, 10, hold=50, hold_end=1000, down=7) == (100, 30, -7, 1010, 1000)
    assert follow(100, 30, 10, hold=50, hold_end=1001, down=7) == (100, 100, 0, 1001, 1001)
    # Whoever is wanted higher again forgets the hold.
    assert follow(100, 120, 10, hold=50, hold_end=1001)[-1] == NEVER


@given(st.integers(1, 10**18), st.integers(1, 10**12))
def test_a_ramp_takes_the_fewest_whole_ticks_that_close_the_gap(gap: int, rate: int) -> None:
    ticks = int(ramp_ticks(np.int64(gap), np.int64(rate)))
    assert (ticks - 1) * rate < gap <= ticks * rate


def test_windows_begin_with_and_after_activity() -> None:
    def until(was: int, was_above: bool, is_above: bool) -> int:
        return int(active_until(was, was_above, is_above, 1000, 300, 70))

    assert until(0, False, True) == 1300
    # Still active: the first activity counts.
    assert until(1001, False, True) == 1001
    assert until(1300, True, False) == 1300
    assert until(1001, True, False) == 1070
    assert until(555, True, True) == 555
    assert until(555, False, False) == 555


def test_a_cap_takes_its_gain_of_the_excess() -> None:
    def away(power_w: int, gain: float) -> float:
        taken = capped(
            np.int64(power_w * W), np.int64(700 * W), np.int64(round(gain * (1 << GAIN_BITS)))
        )
        return float(taken) / W

    assert away(1000, 1.0) == 300.0
    assert away(1000, 0.5) == 150.0
    assert away(700, 1.0) == away(100, 1.0) == 0.0
