# SPDX-License-Identifier: Apache-2.0
"""Closed forms beside a simulated farm: a square wave made flat, a ramp limit, a delay."""

import math

import numpy as np
import pytest

from powermodel.limits import LimitSet
from powermodel.sizing.estimates import estimates, high_pass_store, shape_of
from powermodel.sizing.farm_stage import run_farm
from powermodel.sizing.measuring import Load, Yardstick, line_ratio
from powermodel_kernels.laws.sizing import delay_residual
from tests.sizing.small_question import square_scenario

DT_S = 2e-3
TIME_S = np.arange(15_000) * DT_S
SWING_W, DUTY, PERIOD_S = 30e3, 0.8, 1.0
SQUARE_W = 1e5 + SWING_W * (np.mod(np.round(TIME_S, 9), PERIOD_S) < DUTY - 1e-9)
NO_DELAY = {"measurement": "0 s", "communication": "0 s", "inverter_lag": "20 ms"}


def load(power_w: np.ndarray) -> Load:
    return Load(power_w, float(power_w.sum() * DT_S), 0.0, 0.0)


def test_shape_of_a_square_wave() -> None:
    shape = shape_of(SQUARE_W, DT_S)
    assert shape.swing_w == shape.range_w == SWING_W
    assert shape.duty == pytest.approx(DUTY)
    assert shape.period_s == pytest.approx(PERIOD_S, rel=1e-3)


def test_a_farm_that_makes_a_square_wave_flat_needs_what_the_closed_form_says() -> None:
    scenario = square_scenario(units=20, latency=NO_DELAY)
    farm = run_farm(scenario, load(SQUARE_W), 3)
    # From when the window of 4 s is full on.
    settled_w = farm.power_w[3000:]
    found = estimates(SQUARE_W, Yardstick(LimitSet.parse(["range <= 1 kW"]), DT_S))[0]
    assert found.name == "square wave made flat"
    assert np.abs(settled_w).max() == pytest.approx(found.power_w, rel=0.01)
    given_j = np.cumsum(settled_w - settled_w[: 10 * 500].mean()) * DT_S
    # The lag of 20 ms rounds the corners of the energy: at most 0.2 of the larger power times it,
    # at both ends.
    rounded_j = 2 * 0.2 * found.power_w * 0.02
    assert found.energy_j - rounded_j < np.ptp(given_j) < found.energy_j


def test_a_ramp_limit_on_a_step_needs_what_the_closed_form_says() -> None:
    step_w = np.where(TIME_S < 2.0, 1e5, 1e5 + SWING_W)
    control = {"kind": "ramp-limit", "ramp": "3 kW/s", "period": "10 ms", "soc_power_share": 0}
    scenario = square_scenario(units=20, latency=NO_DELAY, control=control)
    farm = run_farm(scenario, load(step_w), 3)
    yardstick = Yardstick(LimitSet.parse(["ramp 1s <= 3 kW"]), DT_S)
    found = {item.name: item for item in estimates(step_w, yardstick)}[
        "ramp limit on a step (ramp 1 s)"
    ]
    # What the POI has moved while the inverters came up, six time constants and two periods.
    early_w = 3e3 * (6 * 0.02 + 2 * 0.01)
    assert found.power_w - early_w < farm.power_w.max() < found.power_w
    assert farm.power_w.sum() * DT_S == pytest.approx(found.energy_j, rel=0.01)
    assert found.energy_j == pytest.approx(SWING_W**2 / (2 * 3e3))


def test_high_pass_by_spectrum_is_the_closed_form_of_a_sine() -> None:
    amplitude_w, frequency_hz, tau_s = 1e4, 0.5, 2.0
    sine_w = amplitude_w * np.sin(2 * math.pi * frequency_hz * TIME_S)
    turn = 2 * math.pi * frequency_hz
    through = turn * tau_s / math.hypot(1.0, turn * tau_s)
    variance_j2, peak_w = high_pass_store(sine_w, DT_S, tau_s)
    assert variance_j2 == pytest.approx(0.5 * (amplitude_w * through / turn) ** 2, rel=1e-6)
    # It begins settled at the mean, not in the middle of the oscillation.
    assert amplitude_w * through <= peak_w <= 1.1 * amplitude_w * through


@pytest.mark.parametrize("delay_ms", [0, 60, 240])
def test_the_delay_law_holds_for_the_simulated_farm(delay_ms: int) -> None:
    frequency_hz = 0.5
    sine_w = 1e5 + 1e4 * np.sin(2 * math.pi * frequency_hz * TIME_S)
    latency = NO_DELAY | {"communication": f"{delay_ms} ms"}
    control = {"kind": "moving-average", "window": "4 s", "period": "2 ms"}
    scenario = square_scenario(units=20, latency=latency, control=control)
    farm = run_farm(scenario, load(sine_w), 3)
    # Whole periods, from when the window of two periods is full on.
    seen = slice(5000, 15_000)
    found = line_ratio(sine_w[seen], (sine_w - farm.power_w)[seen], DT_S)
    expected = delay_residual(frequency_hz, delay_ms * 1e-3, 0.02)
    assert found == pytest.approx(expected, rel=0.03, abs=0.003)
