# SPDX-License-Identifier: Apache-2.0
"""Closed forms of sizing give the printed values, and agree with integrals done numerically."""

from __future__ import annotations

import math

import numpy as np
import pytest

from powermodel_kernels.laws.sizing import (
    break_even_latency_s,
    delay_residual,
    high_pass_energy_j,
    high_pass_remaining_w,
    ramp_limit_energy_j,
    square_wave_energy_j,
    square_wave_power_w,
)

KWH = 3.6e6
SWING_W = 750e6


@pytest.mark.parametrize(
    ("period_s", "kwh", "racks_percent"),
    [(0.5, 19.5, 51), (1, 39, 25), (2, 78, 13), (5, 195, 5), (10, 391, 3), (30, 1172, 1)],
)
def test_printed_table_of_the_square_wave(period_s: float, kwh: float, racks_percent: int) -> None:
    energy_j = square_wave_energy_j(SWING_W, 0.75, period_s)
    # Printed to half a kWh, whole ones from 20 on.
    assert energy_j / KWH == pytest.approx(kwh, abs=0.5 if kwh > 20 else 0.05)
    assert round(100 * 65.0 * 550_000 / energy_j) == racks_percent


def test_printed_ramp_limits() -> None:
    assert round(ramp_limit_energy_j(SWING_W, 50e6 / 60) / KWH / 1e3) == 94
    assert round(ramp_limit_energy_j(SWING_W, 10e6) / KWH / 1e3, 1) == 7.8


@pytest.mark.parametrize("duty", [0.1, 0.5, 0.75])
def test_square_wave_integrated(duty: float) -> None:
    load = np.where(np.arange(100_000) < duty * 100_000, 3.0, 1.0)
    from_mean = load - load.mean()
    energy = np.ptp(np.concatenate(([0.0], np.cumsum(from_mean)))) * 7.0 / load.size
    assert square_wave_energy_j(2.0, duty, 7.0) == pytest.approx(energy, rel=1e-9)
    assert square_wave_power_w(2.0, duty) == pytest.approx(np.abs(from_mean).max(), rel=1e-9)


def test_high_pass_integrated() -> None:
    time_s = np.linspace(0.0, 200.0, 200_001)
    power = [high_pass_remaining_w(5.0, 8.0, t) for t in time_s]
    assert high_pass_energy_j(5.0, 8.0) == pytest.approx(np.trapezoid(power, time_s), rel=1e-6)


@pytest.mark.parametrize("frequency_hz", [0.05, 1.0, 20.0])
def test_delay_breaks_even_at_a_sixth_of_the_period(frequency_hz: float) -> None:
    even = break_even_latency_s(frequency_hz)
    assert delay_residual(frequency_hz, even) == pytest.approx(1.0, rel=1e-12)
    assert (
        delay_residual(frequency_hz, 0.99 * even) < 1.0 < delay_residual(frequency_hz, 1.01 * even)
    )
    assert delay_residual(frequency_hz, 0.5 / frequency_hz) == pytest.approx(2.0)


@pytest.mark.parametrize(("delay_s", "lag_s"), [(0.0, 0.0), (0.03, 0.0), (0.0, 0.2), (0.05, 0.1)])
def test_residual_against_sines_in_time(delay_s: float, lag_s: float) -> None:
    frequency_hz, time_s = 1.5, np.arange(0.0, 2.0, 1e-4)
    turn = 2 * math.pi * frequency_hz
    gain, angle = 1 / math.hypot(1, turn * lag_s), math.atan(turn * lag_s)
    answer = gain * np.sin(turn * (time_s - delay_s) - angle)
    left = np.ptp(np.sin(turn * time_s) - answer) / 2
    assert delay_residual(frequency_hz, delay_s, lag_s) == pytest.approx(left, rel=1e-4, abs=1e-12)
