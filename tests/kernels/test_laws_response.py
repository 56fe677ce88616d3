# SPDX-License-Identifier: Apache-2.0
"""The electrical response of one accelerator against differential equations and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate

from powermodel_kernels.build import Layout, Phase, Response
from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.laws.response import (
    alive,
    decay,
    falling,
    rising,
    time_constant,
    to_quanta,
    transition,
)
from tests.kernels.factory import IDLE_W, MS, job, phase

GAP = st.floats(-4e6, 4e6, width=32)


@given(GAP, st.floats(0.0, 1.0, width=32))
def test_power_is_continuous_at_a_step(gap: float, overshoot: float) -> None:
    rise, over = rising(np.float32(gap), np.float32(overshoot))
    fall = falling(np.float32(gap))
    # target + transients just after the step equals the power just before it.
    assert float(rise) + float(over) + float(fall) == pytest.approx(-gap, rel=3e-7, abs=1e-30)


@given(GAP)
def test_a_step_starts_either_a_rise_or_a_fall(gap: float) -> None:
    rise, over = rising(np.float32(gap), np.float32(0.2))
    if gap >= 0.0:
        assert falling(np.float32(gap)) == 0.0
    else:
        assert (rise, over) == (0.0, 0.0)


def test_time_constant_spans_ten_to_ninety_percent() -> None:
    tau = time_constant(0.025)
    t10, t90 = -tau * math.log(0.9), -tau * math.log(0.1)
    assert t90 - t10 == pytest.approx(0.025, rel=1e-12)


def test_an_edge_without_duration_takes_a_nanosecond() -> None:
    assert time_constant(0.0) == 1e-9


@given(st.integers(0, 10**8), st.floats(1e-9, 1e-6))
def test_decay_is_the_exponential_of_age(age: int, rate: float) -> None:
    expected = math.exp(-float(age) * rate)
    assert float(decay(np.int32(age), np.float32(rate))) == pytest.approx(expected, rel=1e-5)


AMPLITUDE = st.floats(0.0, 1e6, width=32)
RATES = (1e-6, 2e-7, 4e-7)


@given(GAP, st.integers(0, 10**7), st.integers(0, 10**6), AMPLITUDE, st.booleans(), st.booleans())
def test_transition_keeps_power_continuous_and_swaps_old_transients_for_new(
    gap: float, age: int, ahead: int, amplitude: float, was_up: bool, recent: bool
) -> None:
    was = (-1.1 * amplitude, 0.0, 0.1 * amplitude) if was_up else (0.0, amplitude, 0.0)
    rates, before = (tuple(np.float32(x) for x in xs) for xs in (RATES, was))
    new = transition(
        np.float32(gap), np.int32(age), np.int32(ahead), recent, np.int32(2**30), rates,
        np.float32(0.1), before,
    )  # fmt: skip
    old = [a * math.exp(-age * r) for a, r in zip(was, RATES, strict=True)]
    tolerance = 4e-6 * (abs(gap) + amplitude)
    # New target plus new transients is the old power: gap + Σ new = Σ old.
    if recent:
        assert gap + float(sum(new[:3])) == pytest.approx(sum(old), abs=tolerance)
    else:
        assert new[:3] == (0.0, 0.0, 0.0)
    for k in range(3):
        seen = (float(new[k]) - old[k]) * math.exp(-ahead * RATES[k])
        assert float(new[3 + k]) == pytest.approx(seen, abs=tolerance)


def test_transition_has_forgotten_what_reached_its_horizon() -> None:
    rates = tuple(np.float32(r) for r in RATES)
    was = (np.float32(-900.0), np.float32(0.0), np.float32(90.0))
    new = transition(
        np.float32(0.0),
        np.int32(100),
        np.int32(0),
        True,
        np.int32(100),
        rates,
        np.float32(0.1),
        was,
    )
    assert new == (0.0,) * 6


@given(st.floats(-2.0, 2.0, width=32))
def test_of_a_quarter_of_a_quantum_and_more_all_is_left_and_else_nothing(power: float) -> None:
    assert alive(np.float32(power)) == (power if abs(power) >= 0.25 else 0.0)


@pytest.mark.parametrize(("x", "n"), [(0.49, 0), (0.5, 1), (-0.5, -1), (-0.49, 0), (7.2, 7)])
def test_to_quanta_rounds_halves_away_from_zero(x: float, n: int) -> None:
    assert to_quanta(np.float32(x)) == n


def probed(iteration: list[Phase], response: Response, dt: int, samples: int) -> np.ndarray:
    opened = job(iteration, layout=Layout(1), response=response).opened()
    opened.open_tile(0, dt, samples)
    return opened.probe(0) / QUANTA_PER_W


def test_rise_and_fall_solve_the_first_order_equation() -> None:
    response = Response(0.003, 0.012)
    levels, lengths = [1000.0, 400.0, 700.0, 200.0], [0.010, 0.006, 0.004, 0.015]
    iteration = [phase(1e3 * d, p) for d, p in zip(lengths, levels, strict=True)]
    power = probed(iteration, response, MS // 2, 70)
    now, expected = IDLE_W, []
    for length, level in zip(lengths, levels, strict=True):
        tau = (response.rise_time_s if level > now else response.fall_time_s) / math.log(9.0)
        t = np.linspace(0.0, length, round(length / 0.5e-3) + 1)
        solved = integrate.solve_ivp(
            lambda _, y, level=level, tau=tau: (level - y) / tau,
            (0.0, length), [now], t_eval=t, rtol=1e-10, atol=1e-8,
        )  # fmt: skip
        expected.extend(solved.y[0, :-1])
        now = solved.y[0, -1]
    np.testing.assert_allclose(power, expected, atol=2.0 / QUANTA_PER_W)


def test_overshoot_follows_its_closed_form_and_peak() -> None:
    response = Response(0.001, 0.010, overshoot=0.2, overshoot_time_s=0.030)
    power = probed([phase(500, 1000.0)], response, MS // 4, 1600)
    t, gap = np.arange(1600) * 0.25e-3, 1000.0 - IDLE_W
    tau = 0.001 / math.log(9.0)
    expected = 1000.0 + gap * (0.2 * np.exp(-t / 0.030) - 1.2 * np.exp(-t / tau))
    np.testing.assert_allclose(power, expected, atol=2.0 / QUANTA_PER_W)
    # Where the derivative is zero: 0.2/τo·e^(−t/τo) = 1.2/τr·e^(−t/τr).
    at = math.log(1.2 * 0.030 / (0.2 * tau)) / (1.0 / tau - 1.0 / 0.030)
    assert (
        power.max()
        <= 1000.0
        + gap * (0.2 * math.exp(-at / 0.030) - 1.2 * math.exp(-at / tau))
        + 1.0 / QUANTA_PER_W
    )
    assert abs(t[power.argmax()] - at) <= 0.25e-3
