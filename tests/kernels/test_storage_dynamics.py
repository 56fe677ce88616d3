# SPDX-License-Identifier: Apache-2.0
"""A farm of ideal cells against closed forms: lag, delay, overload."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from powermodel_kernels.storage.farm import Farm, Outage
from tests.kernels.storage_cases import IDEAL, MS, PACK, S, follow, ran, square, times, watts

FARM = Farm(IDEAL, 4)
SWING_W = 4e6


def step(t: np.ndarray, at_s: float) -> np.ndarray:
    return np.where(t >= at_s - 1e-9, 10e6 + SWING_W, 10e6)


def sine(t: np.ndarray, hertz: float) -> np.ndarray:
    return 10e6 + SWING_W * np.sin(2.0 * np.pi * hertz * t)


def phasor(values: np.ndarray, t: np.ndarray, hertz: float) -> complex:
    """Return amplitude and phase of a sine, over whole periods."""
    return complex(2.0 * np.mean(values * np.exp(-2j * np.pi * hertz * t)))


@pytest.mark.parametrize("lag_s", [0.01, 0.05])
def test_step_response_is_first_order(lag_s: float) -> None:
    t = times(1.0)
    _, _, out = ran(replace(FARM, inverter_lag_s=lag_s), step(t, 0.2))
    since = np.maximum(t - 0.2, 0.0)
    expected = SWING_W * -np.expm1(-since / lag_s)
    assert np.abs(watts(out.power_q) - expected).max() < 2e-6 * SWING_W


@pytest.mark.parametrize("hertz", [0.5, 2.0, 10.0])
def test_sine_response_has_amplitude_and_phase_of_a_lag(hertz: float) -> None:
    t, lag_s = times(6.0), 0.02
    _, _, out = ran(replace(FARM, inverter_lag_s=lag_s), sine(t, hertz))
    settled = t >= 2.0
    gain = phasor(watts(out.power_q)[settled], t[settled], hertz) / phasor(
        sine(t, hertz)[settled], t[settled], hertz
    )
    # The target is held over each millisecond: on average half of one late.
    held = np.sinc(hertz * 0.001) * np.exp(-1j * np.pi * hertz * 0.001)
    expected = held / (1.0 + 2j * np.pi * hertz * lag_s)
    assert abs(gain) == pytest.approx(abs(expected), rel=1e-3)
    assert np.angle(gain) == pytest.approx(np.angle(expected), abs=1e-3)


@pytest.mark.parametrize("where", ["measurement", "communication", "inverter"])
def test_each_delay_is_pure(where: str) -> None:
    t, delay = times(0.5), 37
    ticks = {"measurement": 0, "communication": 0, "inverter": 0} | {where: delay * MS}
    farm = replace(FARM, inverter_delay_ticks=ticks["inverter"])
    control = follow(measurement=ticks["measurement"], communication=ticks["communication"])
    _, _, out = ran(farm, step(t, 0.2), control)
    expected = np.where(t >= 0.2 + delay * 1e-3 - 1e-9, SWING_W, 0.0)
    assert np.abs(watts(out.power_q) - expected).max() < 4.0


@pytest.mark.parametrize("hertz", [1.0, 1.0 / 0.24, 10.0])
def test_delay_leaves_the_residual_of_its_law(hertz: float) -> None:
    """|1 − e^(−j2πfL)|: at f·L = 1/6 the battery stops helping, beyond it harms."""
    delay_s = 0.04
    t = times(round(3.0 * hertz) / hertz + 1.0)
    load = sine(t, hertz)
    farm = replace(FARM, inverter_delay_ticks=10 * MS)
    _, _, out = ran(farm, load, follow(measurement=10 * MS, communication=20 * MS))
    settled = slice(t.size - round(round(3.0 * hertz) / hertz * 1000), None)
    poi = load - watts(out.power_q)
    left = abs(phasor(poi[settled], t[settled], hertz)) / SWING_W
    expected = abs(1.0 - np.exp(-2j * np.pi * hertz * delay_s))
    assert left == pytest.approx(expected, abs=2e-3)


def test_overload_lasts_its_time_and_comes_back_after_its_recovery() -> None:
    unit = replace(IDEAL, overload=1.2, overload_s=2.0, recovery_s=5.0)
    t = times(12.0)
    load = 10e6 + np.where((t >= 1.0) & (t < 5.0), 12e6, 0.0) + np.where(t >= 9.0, 12e6, 0.0)
    _, _, out = ran(Farm(unit, 4), load)
    power, rated = watts(out.power_q), 8e6
    # Twelve megawatts asked of units rated eight are above 120 %.
    first = power[(t >= 1.0) & (t < 5.0)]
    assert np.count_nonzero(first > 1.1 * rated) == 2000
    assert first[:2000] == pytest.approx(1.2 * rated)
    assert first[2000:] == pytest.approx(rated)
    # Locked at 3 s, free again 5 s later: before the second demand.
    assert np.count_nonzero(power[t >= 9.0] > 1.1 * rated) == 2000


def test_reactive_power_leaves_what_the_circle_leaves() -> None:
    t = times(0.2)
    farm = Farm(PACK, 1, reactive_var=2200e3)
    _, _, out = ran(farm, step(t, 0.1))
    most = 1.2 * 2400e3, 2200e3
    assert watts(out.power_q).max() == pytest.approx(np.sqrt(most[0] ** 2 - most[1] ** 2), rel=1e-6)


def test_units_in_an_outage_give_nothing_and_the_rest_takes_over() -> None:
    t = times(3.0)
    farm = replace(FARM, outages=(Outage(0, 2, S + 5 * MS, 2 * S),))
    site, state, out = ran(farm, step(t, 0.5))
    power = watts(out.power_q)
    assert power[600:] == pytest.approx(SWING_W, rel=1e-6)
    moved = state.main.moved / state.main.moved.max()
    assert moved[:2] == pytest.approx(moved[0])
    assert moved[2:] == pytest.approx(1.0)
    # Units 0 and 1 carried a quarter of the power in 1.5 of 2.5 s, the others a half in 1 s.
    assert moved[0] == pytest.approx((1.505 / 4) / (1.505 / 4 + 0.995 / 2), rel=1e-3)
    assert site.summaries(state)[0].throughput_j == pytest.approx(SWING_W * 2.5, rel=1e-6)


def test_half_the_units_lost_limit_what_is_left() -> None:
    t = times(1.5)
    unit = replace(IDEAL, overload=1.0)
    farm = Farm(unit, 4, outages=(Outage(0, 3, S, 2 * S),))
    _, _, out = ran(farm, step(t, 0.2))
    power = watts(out.power_q)
    assert power[500] == pytest.approx(SWING_W, rel=1e-6)
    assert power[1200] == pytest.approx(2e6, rel=1e-6)


def test_steps_and_swings_that_a_step_cannot_show_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"tenth of the period of the fastest swing, 20 ms, got 50"
    ):
        ran(FARM, square(times(1.0, 0.05), 1e6, 2e6), follow(50 * MS), 0.05, shortest_swing_s=0.2)
    with pytest.raises(
        ValueError, match=r"tenth of the time constant of the inverters, 2 ms, got 5"
    ):
        ran(replace(FARM, inverter_lag_s=0.02), times(1.0, 0.005), follow(5 * MS), 0.005)
    with pytest.raises(
        ValueError, match=r"measurement delay that is a multiple of the step of 2 ms"
    ):
        ran(FARM, times(1.0, 0.002), follow(2 * MS, measurement=3 * MS), 0.002)
