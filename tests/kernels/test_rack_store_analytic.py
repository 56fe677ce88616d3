# SPDX-License-Identifier: Apache-2.0
"""A rack's energy store against its closed forms: step, sine, recovery, and any dt."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from powermodel_kernels.laws.rack_store import step_shares
from tests.kernels.racks import run, store_type

TAU = 0.05
LARGE = {"energy_j": 1000.0, "charge_w": 5000.0, "discharge_w": 5000.0}
"""A store that no test here fills or empties."""


def means(ends: Any) -> Any:
    """Return what a quantity's integral at the ends of steps says of its mean over each."""
    return np.diff(ends)


@pytest.mark.parametrize("dt_s", [0.0005, 0.001, 0.002, 0.005])
def test_step_response_is_the_first_order_one(dt_s: float) -> None:
    """Samples are means over a step, so the closed form is integrated over it."""
    n = round(0.4 / dt_s)
    load = np.concatenate([[20e3], np.full(n, 92e3)])
    found = run(store_type(time_constant_s=TAU, **LARGE), load, dt_s)
    t = np.arange(n + 1) * dt_s
    integral = 72e3 * (t + TAU * np.expm1(-t / TAU)) + 20e3 * t
    count_w = found.joules_per_count / dt_s
    np.testing.assert_allclose(found.shelf_w[0, 1:], means(integral) / dt_s, 2e-6, 1.1 * count_w)
    # All that the store gave: ΔP·τ.
    given = found.power_w.sum() * dt_s
    assert given == pytest.approx(72e3 * TAU * -math.expm1(-0.4 / TAU), rel=3e-5)


@pytest.mark.parametrize("recovery_s", [math.inf, 0.5])
@pytest.mark.parametrize("frequency_hz", [0.2, 1.0, 3.0, 10.0])
def test_sine_response_in_amplitude_and_phase(frequency_hz: float, recovery_s: float) -> None:
    """H = LPF + (1 − LPF)/(1 + s·recovery), LPF = 1/(1 + s·τ): low pass, and the slow pull."""
    dt_s, mean_w, swing_w = 0.001, 60e3, 30e3
    settle = 20 if math.isinf(recovery_s) else 60
    periods = max(2, round(settle * TAU * frequency_hz)) + 2
    n = round(periods / frequency_hz / dt_s)
    t = (np.arange(n) + 0.5) * dt_s
    load = mean_w + swing_w * np.sin(2.0 * np.pi * frequency_hz * t)
    found = run(store_type(time_constant_s=TAU, recovery_s=recovery_s, **LARGE), load)
    last = slice(n - 2 * round(1.0 / frequency_hz / dt_s), n)
    carrier = np.exp(-2j * np.pi * frequency_hz * t[last])
    measured = (found.shelf_w[0, last] * carrier).sum() / (load[last] * carrier).sum()
    s = 2j * np.pi * frequency_hz
    low_pass = 1.0 / (1.0 + s * TAU)
    pull = 0.0 if math.isinf(recovery_s) else 1.0 / (1.0 + s * recovery_s)
    expected = low_pass + (1.0 - low_pass) * pull
    assert abs(measured) == pytest.approx(abs(expected), rel=3e-3)
    assert np.angle(measured) == pytest.approx(np.angle(expected), abs=3e-3)


def test_recovery_is_an_exponential() -> None:
    """Once the low pass has settled, what is missing falls with the time constant of recovery."""
    load = np.concatenate([[40e3], np.full(4000, 90e3)])
    found = run(store_type(time_constant_s=0.01, recovery_s=0.8, **LARGE), load)
    missing = 0.5 * 72_000.0 - found.energy_j
    ratio = missing[2500] / missing[500]
    assert ratio == pytest.approx(math.exp(-2.0 / 0.8), rel=4e-3)


def square(dt_s: float, *, period_s: float = 0.8, seconds: float = 8.0) -> Any:
    """Return a square wave whose edges fall on samples of every dt that is tried."""
    t = np.arange(round(seconds / dt_s))
    return np.where(t % round(period_s / dt_s) < round(0.5 * period_s / dt_s), 100e3, 40e3)


@pytest.mark.parametrize("energy_j", [1000.0, 20.0])
def test_the_answer_does_not_depend_on_dt(energy_j: float) -> None:
    """Within half a percent from 0.5 to 5 ms: with a store that never saturates, and one that does.

    Compared are the shelf's means over 5 ms, relative to the swing, what the store gives, and how
    far its energy goes.
    """
    answers = []
    for dt_s in (0.0005, 0.001, 0.002, 0.005):
        store = store_type(
            **LARGE | {"energy_j": energy_j}, time_constant_s=TAU, recovery_s=1.0,
            charge_efficiency=0.97, discharge_efficiency=0.96,
        )  # fmt: skip
        found = run(store, square(dt_s), dt_s)
        given = np.maximum(found.power_w, 0.0).sum() * dt_s
        each = round(0.01 / dt_s)
        shelf = found.shelf_w[0].astype(np.float64).reshape(-1, each).mean(axis=1)
        answers.append((given, np.ptp(found.energy_j), found.loss_w.sum() * dt_s, shelf))
    finest = answers[0]
    for other in answers[1:]:
        for one, two in zip(finest[:3], other[:3], strict=True):
            assert two == pytest.approx(one, rel=5e-3)
        assert np.abs(finest[3] - other[3]).max() <= 5e-3 * 60e3


@pytest.mark.parametrize("x", [1e-6, 0.01, 0.1, 1.0])
def test_shares_of_a_step(x: float) -> None:
    mean, end = step_shares(x, 1.0)
    t = (np.arange(100_000) + 0.5) * (x / 100_000)
    assert end == pytest.approx(1.0 - math.exp(-x), rel=1e-9)
    assert mean == pytest.approx(np.mean(-np.expm1(-t)), rel=1e-6)
