# SPDX-License-Identifier: Apache-2.0
"""Loads with stores through sags: window, delays, walk-in, counter, an empty store, the surge."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import powermodel_datasets as facts
from powermodel_datasets.supply_kinds import zones
from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.supply.events import (
    Envelope,
    RideReport,
    Sag,
    assess,
    check_envelope,
    report,
    sag_profile,
)
from powermodel_kernels.supply.ridethrough import (
    LoadUnit,
    RideSeries,
    load_units,
    on_grid,
    ride_block,
    ride_through,
)
from tests.kernels.islands import ticks

DT = 0.001
SIMPLE = LoadUnit(0.88, 1.12, 0.92, 0.004, 0.1, 0.5, 0.0, 60.0)


def unit_of(name: str, **more: Any) -> LoadUnit:
    value = {field: v.value for field, v in facts.load("ride-through", name).items()}
    return LoadUnit(
        value["transfer_low"], value["transfer_high"], value["return_low"],
        value["transfer_delay"], value["return_delay"], value["walk_in"], value["recharge_ratio"],
        value["autonomy"], int(value["counted_sags"]), value["count_window"], value["lock_out"],
        value["current_limit"], **more,
    )  # fmt: skip


def run(
    units: list[LoadUnit], sags: list[Sag], seconds: float, unit_w: float = 1e8, dt_s: float = DT
) -> tuple[Any, RideSeries, RideReport, np.ndarray]:
    samples = round(seconds / dt_s)
    voltage = sag_profile(sags, dt_s, samples)
    load = np.full((len(units), samples), int(unit_w * QUANTA_PER_W), np.int64)
    fixed = load_units(units, dt_s)
    state, out = ride_through(fixed, on_grid(fixed), load, voltage, voltage * 0, 0)
    asked = load.sum(axis=0)
    return state, out, report(asked, out.grid, out.unserved, voltage, dt_s), asked


def mw(quanta: np.ndarray) -> np.ndarray:
    return quanta / QUANTA_PER_W / 1e6


def test_leaves_returns_and_walks_in_at_its_times() -> None:
    _, out, found, asked = run([SIMPLE], [Sag(1.0, 0.05, 0.3)], 3.0)
    grid = mw(out.grid)
    assert grid[999] == 100
    # For its delay it holds on, with what its rectifier can draw at 30 % voltage.
    assert grid[1000:1004] == pytest.approx(np.full(4, 100 * 0.3 * 1.1), rel=1e-6)
    assert (grid[1004:1150] == 0).all()
    walk = (np.arange(1150, 1650) - 1150) / 500
    assert grid[1150:1650] == pytest.approx(100 * walk, abs=1e-4)
    assert (grid[1650:] == 100).all()
    assert found.lost_w == pytest.approx(1e8)
    assert found.recovery_s == pytest.approx(0.55, abs=0.002)
    assert np.array_equal(out.grid + out.store, asked)
    assert not out.unserved.any()


def test_a_shallow_or_a_short_sag_is_ridden_through() -> None:
    for sag in (Sag(1.0, 1.0, 0.93), Sag(1.0, 0.003, 0.91), Sag(1.0, 0.004, 0.5)):
        state, out, _, _ = run([SIMPLE], [sag], 3.0)
        assert state.mode[0] == 0
        assert not out.away.any()


def test_a_swell_and_a_frequency_outside_transfer_too() -> None:
    _, out, _, _ = run([SIMPLE], [Sag(1.0, 0.1, 1.2)], 2.0)
    assert out.away.any()
    fixed = load_units([replace(SIMPLE, speed_low=-0.02)], DT)
    speed = np.zeros(1000, np.float32)
    speed[500:] = -0.03
    load = np.full((1, 1000), 1024, np.int64)
    _, out = ride_through(fixed, on_grid(fixed), load, np.ones(1000, np.float32), speed, 0)
    assert list(out.away[[500, 999]]) == [0, 1]


SIX = [
    Sag(2.0 + 16.4 * i * (82 - 0.06) / 82, 0.042 + 0.0048 * i, 0.25 + 0.03 * i) for i in range(6)
]
"""Six faults in 82 s, 42 to 66 ms, 0.25 to 0.40 per unit."""


def test_six_sags_lock_out_counting_units_at_the_third() -> None:
    """The event of 2024-07-10: what counts three sags in a minute stays away for good."""
    record = facts.load("published", "n-virginia-2024-07-10")
    assert record["faults"].value == len(SIX)
    assert SIX[-1].start_s + SIX[-1].duration_s - SIX[0].start_s == pytest.approx(82, abs=0.1)
    counting, patient = unit_of("ups-sag-counter"), unit_of("ups")
    patient = replace(patient, return_delay_s=0.5, walk_in_s=2.0)
    lost_w, third_w = record["load_lost"].value, record["load_lost_at_third"].value
    # Units of 20 MW: as many count as were lost at the third sag, a tenth more stay patient.
    units = [counting] * round(third_w / 20e6) + [patient] * round((lost_w - third_w) / 20e6)
    state, out, found, _ = run(units, SIX, 120.0, unit_w=20e6)
    away = mw(np.full(1, 20e6 * QUANTA_PER_W)) * out.away
    between = [round((sag.start_s - 0.5) * 1000) for sag in SIX] + [119_000]
    assert [away[k] for k in between] == [0, 0, 0, 1260, 1260, 1260, 1260]
    assert found.lost_w == pytest.approx(lost_w)
    assert math.isinf(found.recovery_s)
    assert (state.mode == 3).sum() == 63


def test_without_counting_all_of_it_comes_back() -> None:
    patient = replace(unit_of("ups-sag-counter"), counted_sags=0)
    _, out, found, asked = run([patient] * 75, SIX, 120.0, unit_w=20e6)
    assert out.away[-1] == 0
    assert found.recovery_s < 4
    assert out.grid[-1] >= asked[-1]


def test_sags_further_apart_than_the_window_do_not_lock_out() -> None:
    sags = [Sag(2.0 + 40 * i, 0.05, 0.3) for i in range(4)]
    state, _, _, _ = run([unit_of("ups-sag-counter")], sags, 140.0)
    assert state.mode[0] == 0


@pytest.mark.parametrize(("lock_out_s", "reset_s"), [(30.0, math.inf), (0.0, 40.0)])
def test_a_lock_out_ends_by_itself_or_by_hand(lock_out_s: float, reset_s: float) -> None:
    unit = replace(unit_of("ups-sag-counter"), lock_out_s=lock_out_s, reset_at_s=reset_s)
    sags = [Sag(2.0 + 4 * i, 0.05, 0.3) for i in range(3)]
    state, out, _, _ = run([unit], sags, 60.0)
    back = 10.004 + lock_out_s if lock_out_s else reset_s
    held = round(back * 1000)
    assert out.grid[held - 1] == 0
    assert out.grid[held + 600] > 0
    assert state.mode[0] == 0


def test_an_empty_store_loses_the_load() -> None:
    """Hold-up of 20 ms against a sag of 100 ms: the load is down until it has walked in."""
    unit = LoadUnit(0.85, 1.2, 0.9, 0.0, 1.0, 1.0, 0.0, 0.020)
    state, out, found, _ = run([unit], [Sag(1.0, 0.1, 0.2)], 5.0)
    assert int(np.argmax(out.unserved > 0)) == 1020
    assert state.drops[0] == 1
    # Off for 80 ms of sag and 1 s of delay, then half of a walk-in of 1 s.
    assert found.unserved_j == pytest.approx(1e8 * (0.08 + 1.0 + 0.5), rel=2e-3)


def test_perc1_ceases_and_reconnects() -> None:
    unit = unit_of("perc1")
    _, out, _, _ = run([unit], [Sag(1.0, 0.2, 0.4)], 4.0)
    grid = mw(out.grid)
    assert grid[1005] == pytest.approx(40, rel=1e-5)
    assert (grid[1010:1250] == 0).all()
    assert grid[1750] == pytest.approx(50, abs=0.2)
    assert grid[-1] == 100
    assert out.store.sum() == 0


def test_reconnection_overshoots_by_what_the_stores_ask_for() -> None:
    unit = replace(SIMPLE, recharge_ratio=0.15)
    _, out, found, asked = run([unit] * 4, [Sag(1.0, 0.5, 0.2)], 30.0)
    assert found.surge_w == pytest.approx(0.15 * 4e8, rel=1e-5)
    assert np.array_equal(out.grid[-1:], asked[-1:])
    refilled = float((out.grid + out.store - asked).sum())
    assert refilled == pytest.approx(float(out.store.sum()), rel=0.01)


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.tuples(st.floats(0.02, 0.4), st.floats(0.0, 1.3)), min_size=1, max_size=6),
    st.floats(0, 0.3), st.integers(0, 3),
)  # fmt: skip
def test_what_is_asked_for_is_taken_carried_or_missed(
    sags: list[tuple[float, float]], autonomy_s: float, count: int
) -> None:
    unit = replace(SIMPLE, autonomy_s=autonomy_s, counted_sags=count, count_window_s=2.0)
    profile = [Sag(0.1 + 0.5 * i, t, level) for i, (t, level) in enumerate(sags)]
    _, out, _, asked = run([unit, SIMPLE], profile, 4.0)
    assert np.array_equal(out.grid + out.store + out.unserved, asked)
    assert min(out.grid.min(), out.store.min(), out.unserved.min()) >= 0


def test_blocks_and_interpreter_do_not_change_a_bit() -> None:
    counting = replace(SIMPLE, counted_sags=2, count_window_s=1.0, lock_out_s=0.3)
    units = [replace(counting, recharge_ratio=0.1), replace(SIMPLE, autonomy_s=0.05)]
    voltage = sag_profile([Sag(0.1, 0.05, 0.3), Sag(0.6, 0.05, 0.3)], DT, 1500)
    load = np.random.default_rng(6).integers(10**9, 10**11, (2, 1500))
    fixed = load_units(units, DT)
    last, whole = ride_through(fixed, on_grid(fixed), load, voltage, voltage * 0, 0)
    state, parts = on_grid(fixed), []
    for a, b in ((0, 1), (1, 130), (130, 1500)):
        state, part = ride_through(
            fixed, state, load[:, a:b], voltage[a:b], voltage[a:b] * 0, ticks(a * DT)
        )
        parts.append(part)
    plain_state = on_grid(fixed)
    plain = RideSeries._make(np.zeros_like(series) for series in whole)
    ride_block(fixed, plain_state, load, voltage, voltage * 0, 0, plain)
    for name in RideSeries._fields:
        joined = np.concatenate([getattr(part, name) for part in parts])
        assert np.array_equal(joined, getattr(whole, name)), name
        assert np.array_equal(getattr(plain, name), getattr(whole, name)), name
    for one, other, third in zip(state, last, plain_state, strict=True):
        assert np.array_equal(one, other)
        assert np.array_equal(one, third)


def envelope_of(name: str) -> Envelope:
    return Envelope(name, zones(facts.load("envelope", name)))


@pytest.mark.parametrize("name", facts.names("envelope"))
def test_shipped_envelopes_have_no_overlap(name: str) -> None:
    check_envelope(envelope_of(name))


@pytest.mark.parametrize(
    ("level", "duration_s", "expected"),
    [
        (0.85, 1.9, "inside"), (0.85, 2.1, "outside"), (0.6, 0.5, "inside"),
        (0.6, 0.6, "outside"), (0.3, 0.25, "inside"), (0.3, 0.3, "outside"),
        (0.1, 0.15, "inside"), (0.1, 0.2, "outside"), (1.15, 1.0, "inside"),
        (1.25, 0.01, "not assessed"), (0.95, 9.0, "inside"),
    ],
)  # fmt: skip
def test_events_against_the_ercot_table(level: float, duration_s: float, expected: str) -> None:
    voltage = sag_profile([Sag(0.5, duration_s, level)], DT, 10_000)
    assert assess(envelope_of("ercot-nogrr282-voltage"), voltage, DT) == expected


def test_the_six_sags_lie_inside_the_ercot_table() -> None:
    """42 to 66 ms at 0.25 to 0.40: a load had to stay, and counting them would be prohibited."""
    voltage = sag_profile(SIX, DT, 120_000)
    assert assess(envelope_of("ercot-nogrr282-voltage"), voltage, DT) == "inside"


def test_a_step_longer_than_the_stay_time_is_not_assessed() -> None:
    voltage = np.array([1.0, 0.1, 1.0])
    assert assess(envelope_of("ercot-nogrr282-voltage"), voltage, 0.2) == "not assessed"


def test_frequency_rows_are_over_nominal() -> None:
    table = envelope_of("ercot-nogrr282-frequency")
    assert assess(table, np.full(100, 59.0 / 60), 0.1) == "inside"
    assert assess(table, np.full(4000, 58.0 / 60), 0.1) == "outside"
    assert assess(table, np.full(10, 56.0 / 60), 0.1) == "not assessed"


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: replace(SIMPLE, return_low=0.5), "inside its window"),
        (lambda: replace(SIMPLE, counted_sags=3), "needs the window in which it counts"),
        (lambda: replace(SIMPLE, speed_low=0.1), "low below 0"),
        (lambda: sag_profile([Sag(9.9, 0.2, 0.5)], DT, 10_000), "lies outside the run of 10 s"),
        (lambda: sag_profile([Sag(1, 0.0001, 0.5)], DT, 10_000), "less than a step of 1 ms"),
        (lambda: sag_profile([Sag(1, 1, 0.5), Sag(1.5, 1, 0.5)], DT, 10_000), "before the last"),
        (
            lambda: check_envelope(Envelope("mine", [(0, 0.5, 1), (0.4, 0.9, 2)])),
            r"mine: rows 0 to 0.5 and 0.4 to 0.9 overlap",
        ),
        (lambda: check_envelope(Envelope("mine", [(0.5, 0.5, 1)])), "is no row"),
    ],
)
def test_bad_input_is_refused(build, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build()
