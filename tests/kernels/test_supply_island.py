# SPDX-License-Identifier: Apache-2.0
"""The island against closed forms, against an independent integrator, and at its limits."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.laws.machine import droop_deviation, rocof_hz_s
from powermodel_kernels.supply.arrays import island_arrays
from powermodel_kernels.supply.island import IslandSeries, Supply, at_fixed_ratio, island_block
from powermodel_kernels.supply.machines import (
    Condenser,
    Gast,
    Ggov1,
    IslandSetup,
    Shedding,
    Unit,
    units_needed,
)
from powermodel_kernels.supply.settle import settled_state
from tests.kernels.islands import NO_TRIPS, STABLE, governor_of, island, run, ticks, units

GGOV1 = governor_of("ggov1-reciprocating")


def test_250_mw_on_400_mva_is_9_4_hz_per_second() -> None:
    assert rocof_hz_s(-250e6, 2.0, 400e6, 60.0) == pytest.approx(-9.375)


@pytest.mark.parametrize("governor", [STABLE, GGOV1])
def test_initial_rocof_is_that_of_inertia(governor: Gast | Ggov1) -> None:
    _, out = run(island(10, governor), 80e6, 20e6)
    assert out.rate[999] == 0
    assert float(out.rate[1000]) * 60 == pytest.approx(rocof_hz_s(-20e6, 2, 200e6, 60), rel=1e-5)


def test_condensers_lower_rocof() -> None:
    flywheel = Condenser(60e6, 8.0)
    _, out = run(island(10, condensers=[flywheel]), 80e6, 20e6)
    stored = 2 * (2 * 200e6 + 8 * 60e6)
    assert float(out.rate[1000]) == pytest.approx(-20e6 / stored, rel=1e-5)


@pytest.mark.parametrize("governor", [STABLE, GGOV1])
@pytest.mark.parametrize("damping", [0.0, 1.0])
def test_droop_steady_state(governor: Gast | Ggov1, damping: float) -> None:
    _, out = run(island(10, governor, load_damping=damping), 80e6, 20e6, seconds=90)
    # Load damping is per unit of the load, droop per unit of the machines' base.
    expected = droop_deviation(20e6 / 200e6, 0.05, damping * 100e6 / 200e6)
    assert float(out.speed[-1]) == pytest.approx(expected, rel=2e-4)


def test_droop_shares_a_step_in_proportion_to_base_over_droop() -> None:
    soft = Gast(droop=0.10, valve_s=0.4, turbine_s=0.1, exhaust_s=3.0)
    setup = IslandSetup([*units(2), *units(2, soft)], 60.0)
    _, out = run(setup, 20e6, 12e6, seconds=60)
    taken = out.power[-1] - out.power[0]
    assert taken[0] / taken[2] == pytest.approx(2.0, rel=1e-3)
    assert taken.sum() * 20e6 == pytest.approx(12e6, rel=1e-3)


def test_restoring_control_brings_the_frequency_back() -> None:
    _, out = run(island(10, restore_rate=2.0), 80e6, 20e6, seconds=80)
    assert abs(float(out.speed[-1])) < 1e-5


def independent_gast(setup: IslandSetup, step_pu: float, start: float, seconds: float):
    """Integrate one GAST machine in float64 with an error-controlled method, limits and all."""
    unit = setup.units[0]
    g = unit.governor

    def slope(t: float, x: np.ndarray) -> list[float]:
        load = start + (step_pu if t >= 1.0 else 0.0)
        wanted = min(
            start - x[0] / g.droop, g.ambient_limit + g.limit_gain * (g.ambient_limit - x[3])
        )
        valve = (wanted - x[1]) / g.valve_s
        if (x[1] >= g.valve_high and valve > 0) or (x[1] <= g.valve_low and valve < 0):
            valve = 0.0
        power = x[2] - g.turbine_damping * x[0]
        return [
            (power - load) / (2 * unit.inertia_s), valve, (x[1] - x[2]) / g.turbine_s,
            (x[2] - x[3]) / g.exhaust_s,
        ]  # fmt: skip

    t = np.arange(round(seconds / 0.01)) * 0.01
    start_x = [0.0, start, start, start]
    return t, solve_ivp(
        slope, (0, seconds), start_x, t_eval=t, rtol=1e-9, atol=1e-11, max_step=2e-3
    ).y


@pytest.mark.parametrize(("start", "step"), [(0.4, 0.1), (0.4, 0.39), (0.5, -0.3)])
def test_gast_follows_an_independent_integrator(start: float, step: float) -> None:
    """Within 1 % of the swing, also where valve and temperature limits act."""
    governor = Gast(0.05, 0.4, 0.1, 3.0, 0.72, 2.0, 0.0, 0.85, 0.1)
    setup = IslandSetup([Unit(20e6, 4.0, governor, 15e6, **NO_TRIPS)], 60.0)
    seconds = 8.0
    _, out = run(setup, start * 20e6, step * 20e6, seconds=seconds)
    _, exact = independent_gast(setup, step, start, seconds)
    swing = np.ptp(exact[0])
    assert np.abs(out.speed[::10] - exact[0]).max() < 0.01 * swing
    assert np.abs(out.power[::10, 0] - exact[2] + 0.1 * exact[0]).max() < 0.01 * abs(step)


def independent_ggov1(g: Ggov1, inertia_s: float, step_pu: float, start: float, seconds: float):
    def slope(t: float, x: np.ndarray) -> list[float]:
        load = start + (step_pu if t >= 1.0 else 0.0)
        # Measured power, integral, valve, turbine; the limiters are far away.
        error = min(max(g.droop * (start - x[1]) - x[0], -g.error_limit), g.error_limit)
        fuel = min(max(g.proportional * error + x[2], g.valve_low), g.valve_high)
        move = min(max((fuel - x[3]) / g.actuator_s, -g.closing), g.opening)
        drive = g.turbine_gain * (x[3] - g.no_load_flow)
        return [
            (x[4] - load) / (2 * inertia_s), (load - x[1]) / g.power_s, g.integral * error, move,
            (drive - x[4]) / g.turbine_lag_s,
        ]  # fmt: skip

    flow = start / g.turbine_gain + g.no_load_flow
    t = np.arange(round(seconds / 0.01)) * 0.01
    return t, solve_ivp(
        slope, (0, seconds), [0, start, flow, flow, start], t_eval=t, rtol=1e-9, atol=1e-11,
        max_step=2e-3,
    ).y  # fmt: skip


@pytest.mark.parametrize("step", [0.05, 0.2, -0.1])
def test_ggov1_follows_an_independent_integrator(step: float) -> None:
    setup = IslandSetup([Unit(20e6, 2.0, GGOV1, 16e6, **NO_TRIPS)], 60.0)
    _, out = run(setup, 8e6, step * 20e6, seconds=10)
    _, exact = independent_ggov1(GGOV1, 2.0, step, 0.4, 10.0)
    assert np.abs(out.speed[::10] - exact[0]).max() < 0.01 * np.ptp(exact[0])


@pytest.mark.parametrize("governor", [STABLE, GGOV1, governor_of("ggov1-activsg")])
def test_step_length_does_not_matter(governor: Gast | Ggov1) -> None:
    """Within 1 % of the swing from 0.25 to 2 ms: frequency, power, voltage."""
    setup = island(4, governor, reactive_ratio=0.3, load_damping=1.0)
    fine, middle, coarse = (
        run(setup, 32e6, 12e6, dt_s=dt, seconds=12)[1] for dt in (0.00025, 0.001, 0.002)
    )
    swing = np.ptp(fine.speed)
    for other, stride in ((middle, 4), (coarse, 8)):
        assert np.abs(fine.speed[::stride] - other.speed).max() < 0.01 * swing
        assert np.abs(fine.power[::stride] - other.power).max() < 0.01 * np.ptp(fine.power)
        assert np.abs(fine.voltage[::stride] - other.voltage).max() < 0.01 * np.ptp(fine.voltage)


def test_rest_stays_at_rest_for_minutes() -> None:
    """Nothing may drift: float32 states with a remainder, an exact balance of power."""
    setup = IslandSetup([*units(20), *units(20, GGOV1)], 60.0)
    _, out = run(setup, 300e6, 0.0, seconds=120)
    assert np.abs(out.speed).max() * 60 < 1e-5
    assert np.abs(out.power - out.power[0]).max() < 1e-5


def test_blocks_do_not_change_a_bit() -> None:
    setup = IslandSetup(
        [*units(3), *units(3, GGOV1, trip_at_s=2.5)], 60.0, shedding=[Shedding(-0.004, 0.1, 0.1)],
        reactive_ratio=0.2,
    )  # fmt: skip
    fixed = island_arrays(setup, 0.001)
    load = np.full(5000, int(60e6 * QUANTA_PER_W), np.int64)
    load[1000:] += np.random.default_rng(3).integers(0, int(10e6 * QUANTA_PER_W), 4000)
    other = np.random.default_rng(4).integers(0, int(4e6 * QUANTA_PER_W), 5000)
    supply, start = Supply(fixed), settled_state(setup, fixed, 60e6)
    last, whole = supply.advance(start, load, other, 0)
    state, parts = start, []
    for a, b in ((0, 1), (1, 900), (900, 2501), (2501, 5000)):
        state, part = supply.advance(state, load[a:b], other[a:b], ticks(a * 0.001))
        parts.append(part)
    for name in IslandSeries._fields:
        joined = np.concatenate([getattr(part, name) for part in parts])
        assert np.array_equal(joined, getattr(whole, name)), name
    assert all(np.array_equal(a, b) for a, b in zip(state, last, strict=True))
    assert whole.online[-1] == 3
    assert (state.below < 0).all()


def test_interpreter_and_compiler_give_the_same_bits() -> None:
    setup = IslandSetup([*units(2), *units(2, GGOV1)], 60.0, reactive_ratio=0.2, restore_rate=0.5)
    fixed = island_arrays(setup, 0.001)
    n = 40
    load = np.full(n, int(30e6 * QUANTA_PER_W), np.int64)
    load[5:] += int(15e6 * QUANTA_PER_W)
    start = settled_state(setup, fixed, 30e6)
    compiled_state, compiled = Supply(fixed).advance(start, load, load * 0, 0)
    state = type(start)._make(part.copy() for part in start)
    out = IslandSeries._make(np.empty_like(part) for part in compiled)
    island_block(fixed, state, load, at_fixed_ratio(fixed, load), load * 0, 0, out)
    for one, other in zip((*state, *out), (*compiled_state, *compiled), strict=True):
        assert np.array_equal(one, other)


def test_a_battery_that_takes_the_step_leaves_the_frequency_alone() -> None:
    other_w = np.zeros(5000)
    other_w[1000:] = 20e6
    _, out = run(island(10), 80e6, 20e6, seconds=5, other_w=other_w)
    assert np.abs(out.speed).max() < 1e-9


def test_square_swing_is_attenuated_by_inertia() -> None:
    """Far above the governor: pk-pk = ΔP·f0·d(1−d)·T/(2·H·S)."""
    period_s, swing_w = 0.05, 40e6
    other = np.where((np.arange(20_000) // 25) % 2 == 0, swing_w / 2, -swing_w / 2)
    _, out = run(island(10), 80e6, 0.0, seconds=20, other_w=other)
    expected = swing_w * 0.25 * period_s / (2 * 2.0 * 200e6)
    assert np.ptp(out.speed[15_000:]) == pytest.approx(expected, rel=0.02)


def test_forced_outage_takes_power_and_inertia() -> None:
    setup = IslandSetup([*units(9), *units(1, trip_at_s=1.0)], 60.0)
    _, out = run(setup, 80e6, 0.0)
    assert list(out.online[[999, 1000]]) == [10, 9]
    assert float(out.rate[1000]) == pytest.approx(-8e6 / (2 * 2 * 180e6), rel=1e-5)
    assert out.power[1001, 9] == 0


def test_underfrequency_sheds_in_stages_after_their_delays() -> None:
    stages = [Shedding(-0.01, 0.1, 0.10), Shedding(-0.02, 0.2, 0.15)]
    _, out = run(island(10, shedding=stages), 100e6, 90e6, seconds=20)
    share = 1 - out.served / (190e6 * QUANTA_PER_W)
    crossed = int(np.argmax(out.speed < np.float32(-0.01)))
    acted = int(np.argmax(share[1000:] > 0.05)) + 1000
    assert acted - crossed == pytest.approx(100, abs=1)
    assert share[-1] == pytest.approx(0.25, rel=1e-5)
    assert out.speed[-1] > -0.05
    assert out.online[-1] == 10


def test_too_much_load_without_shedding_ends_in_a_blackout() -> None:
    _, out = run(island(10), 100e6, 100e6, seconds=10)
    assert (out.online[-1], out.served[-1], out.voltage[-1]) == (0, 0, 0)
    assert (out.speed[-1], out.rate[-1]) == (-1, 0)
    assert (np.diff(out.online) <= 0).all()


def test_overspeed_trips() -> None:
    setup = IslandSetup(units(10, trip_delay_s=0.05, trip_high=0.01), 60.0)
    _, out = run(setup, 150e6, -120e6, seconds=5)
    first = int(np.argmax(out.speed > np.float32(0.01)))
    assert int(np.argmax(out.online == 0)) - first == pytest.approx(50, abs=1)


def test_voltage_dips_with_reactive_power_and_recovers_with_the_regulator() -> None:
    setup = IslandSetup(units(10, voltage_s=0.5), 60.0, reactive_ratio=0.5)
    _, out = run(setup, 80e6, 40e6, seconds=6)
    q, p, x = 0.1, 0.2, 0.25
    assert float(out.voltage[1000]) == pytest.approx(1 - x * q - (x * p) ** 2 / 2, abs=2e-5)
    half = math.exp(-1.0)
    expected = 1 - x * q * half - (x * p * half) ** 2 / 2
    assert float(out.voltage[1500]) == pytest.approx(expected, abs=1e-4)
    assert float(out.voltage[-1]) == pytest.approx(1, abs=1e-5)


def test_reactive_power_of_its_own_is_seen_by_the_voltage_alone() -> None:
    """A swing of reactive power under a constant load, shed in proportion to it."""
    setup = IslandSetup(
        units(10, voltage_s=0.5), 60.0, shedding=[Shedding(-0.004, 0.1, 0.4)], reactive_ratio=0.5
    )
    fixed, n = island_arrays(setup, 0.001), 4000
    load = np.full(n, int(80e6 * QUANTA_PER_W), np.int64)
    load[2000:] += int(40e6 * QUANTA_PER_W)
    reactive = np.zeros(n, np.int64)
    reactive[1000:] = int(30e6 * QUANTA_PER_W)
    start = settled_state(setup, fixed, 80e6, 0.0)
    _, own = Supply(fixed).advance(start, load, load * 0, 0, reactive)
    _, plain = Supply(fixed).advance(settled_state(setup, fixed, 80e6), load, load * 0, 0)
    np.testing.assert_array_equal(own.speed, plain.speed)
    assert own.served[-1] == pytest.approx(0.6 * load[-1], rel=1e-6)
    # The regulator forgets at 0.5 s what it has followed.
    x, q = 0.25, 30e6 / setup.base_va
    assert np.ptp(own.voltage[:1000]) == pytest.approx(0.0, abs=1e-6)
    assert float(own.voltage[1000]) == pytest.approx(1 - x * q, abs=1e-6)
    assert float(own.voltage[1500]) == pytest.approx(1 - x * q * math.exp(-1.0), abs=1e-4)
    shed = int(np.argmax(own.served < load))
    gone = float(own.voltage[shed] - own.voltage[shed - 1])
    assert shed > 2000
    assert gone == pytest.approx(0.4 * x * q, rel=0.05)


def test_ggov1_load_limiter_holds_the_turbine_at_its_reference() -> None:
    governor = replace(governor_of("ggov1-activsg"), load_reference=0.9)
    setup = IslandSetup(units(2, governor, **NO_TRIPS), 60.0, load_damping=5.0)
    _, out = run(setup, 30e6, 14e6, seconds=120)
    assert out.power[:, 0].max() > 0.93
    assert float(out.power[-1, 0]) == pytest.approx(0.9, abs=0.002)


@pytest.mark.parametrize(
    ("load_w", "spare", "expected"), [(150e6, 0, 11), (150e6, 1, 12), (0.0, 1, 1)]
)
def test_units_needed(load_w: float, spare: int, expected: int) -> None:
    assert units_needed(load_w, 16e6, 0.15, 1.0, spare) == expected


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: island(0), "at least one generating unit"),
        (lambda: IslandSetup(units(1), 59.0), "must be 50 or 60 Hz, got 59 Hz"),
        (lambda: IslandSetup([Unit(0.0, 2, STABLE, 1)], 60), "per unit of a base, which must be"),
        (lambda: IslandSetup([Unit(math.nan, 2, STABLE, 1)], 60), "unit 0: inertia and droop"),
        (lambda: IslandSetup(units(1, inertia_s=0.0), 60), "inertia constant H must be above 0"),
        (lambda: island(1, Gast(0, 0.4, 0.1, 3)), "droop must be above 0"),
        (lambda: IslandSetup([Unit(1e6, 2, STABLE, 2e6)], 60), "within its base of 1e.06 VA"),
        (lambda: IslandSetup(units(1, reactance=0.0), 60), "reactance must be above 0"),
        (lambda: island(1, Gast(0.05, 0.4, 0.1, 3, valve_low=2)), "low limit must be below"),
        (lambda: IslandSetup(units(1, trip_low=0.1), 60), "trips are deviations"),
        (lambda: island(1, condensers=[Condenser(0, 1)]), "condenser 0: inertia and droop"),
        (lambda: island(1, shedding=[Shedding(-0.02, 1, 0.1), Shedding(-0.01, 1, 0.1)]), "falling"),
        (lambda: island(1, shedding=[Shedding(-0.02, 1, 1.1)]), "more than the whole load"),
        (lambda: units_needed(1e6, 0.0, 0.1, 1.0), "a rating above 0 W"),
        (lambda: run(island(2), 40e6, 0.0), "can give 32.0 MW for long, but 40.0 MW are asked"),
        (lambda: run(island(2, Gast(0.05, 0.4, 0.1, 3, valve_low=0.3)), 4e6, 0), "run fewer units"),
    ],
)
def test_bad_islands_are_refused(build, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build()
