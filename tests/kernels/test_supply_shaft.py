# SPDX-License-Identifier: Apache-2.0
"""The shaft of the IEEE first benchmark: its modes, and how it answers a torque."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import eigvals

import powermodel_datasets as facts
from powermodel_kernels.laws.oscillator import oscillator_matrix
from powermodel_kernels.supply.shaft import Shaft

RECORD = facts.load("shaft", "ieee-first-benchmark")
INERTIA = [RECORD[f"inertia_{i}"].value for i in range(1, 7)]
STIFFNESS = [RECORD[f"stiffness_{i}"].value for i in range(1, 6)]


def shaft(damping: float = 0.0) -> Shaft:
    return Shaft(INERTIA, STIFFNESS, int(RECORD["generator"].value) - 1, 60.0, damping)


def spring_matrix() -> np.ndarray:
    k = np.zeros((6, 6))
    for i, s in enumerate(STIFFNESS):
        k[i, i] += s
        k[i + 1, i + 1] += s
        k[i, i + 1] -= s
        k[i + 1, i] -= s
    return k


def test_modes_are_the_published_frequencies() -> None:
    published = [RECORD[f"mode_{i}"].value for i in range(1, 6)]
    assert shaft().modes().frequency_hz == pytest.approx(published, rel=1e-3)


def test_modes_are_the_eigenvalues_of_the_full_state_matrix() -> None:
    mass = np.diag(2 * np.array(INERTIA) / (2 * math.pi * 60))
    a = np.block(
        [[np.zeros((6, 6)), np.eye(6)], [-np.linalg.inv(mass) @ spring_matrix(), np.zeros((6, 6))]]
    )
    found = np.sort(np.abs(eigvals(a).imag))[-10::2] / (2 * math.pi)
    assert shaft().modes().frequency_hz == pytest.approx(found, rel=1e-6)


@pytest.mark.parametrize("dt_s", [0.00025, 0.001, 0.002])
def test_simulated_frequency_is_exact_at_every_step(dt_s: float) -> None:
    """Count the turns of each mode over 20 s: within 0.1 % of the published frequency."""
    one = shaft()
    samples = round(20 / dt_s)
    for m, hz in enumerate(one.modes().frequency_hz):
        state = one.at_rest()
        state[0, m] = 1.0
        _, out = one.advance(state, np.zeros(samples, np.float32), dt_s)
        section = int(np.argmax(np.abs(out[0])))
        spectrum = np.abs(
            np.fft.rfft(out[:, section].astype(float) * np.hanning(samples), 8 * samples)
        )
        found = np.argmax(spectrum) / (8 * samples * dt_s)
        assert found == pytest.approx(hz, rel=1e-3)


def test_a_torque_step_twists_as_an_independent_integrator_says() -> None:
    dt_s, samples = 0.001, 1000
    torque = np.full(samples, 0.3, np.float32)
    _, out = shaft().advance(shaft().at_rest(), torque, dt_s)
    mass = 2 * np.array(INERTIA) / (2 * math.pi * 60)
    push = np.zeros(6)
    push[4] = -0.3

    def slope(_t: float, y: np.ndarray) -> np.ndarray:
        return np.concatenate([y[6:], (push - spring_matrix() @ y[:6]) / mass])

    t = dt_s * np.arange(1, samples + 1)
    theta = solve_ivp(slope, (0, 1), np.zeros(12), t_eval=t, rtol=1e-9, atol=1e-12).y[:6]
    exact = (theta[:-1] - theta[1:]) * np.array(STIFFNESS)[:, None]
    assert np.abs(out.T - exact).max() < 1e-3 * np.abs(exact).max()


def test_a_swing_at_a_mode_is_seen_and_one_between_modes_is_not() -> None:
    damped = shaft(0.002)
    t = np.arange(60_000) * 0.001
    first = damped.modes().frequency_hz[0]
    size = {}
    for hz in (first, 12.0, 23.0):
        _, out = damped.advance(
            damped.at_rest(), (0.01 * np.sin(2 * math.pi * hz * t)).astype(np.float32), 0.001
        )
        size[hz] = np.ptp(out[-2000:, 2])
    assert size[first] > 20 * max(size[12.0], size[23.0])


def test_resonance_has_its_closed_form() -> None:
    """Amplitude of one mode driven at its frequency: f/(2ζω²)."""
    damped = shaft(0.003)
    modes = damped.modes()
    m, omega = 0, 2 * math.pi * modes.frequency_hz[0]
    t = np.arange(80_000) * 0.00025
    state, _ = damped.advance(
        damped.at_rest(), (0.01 * np.sin(omega * t)).astype(np.float32), 0.00025
    )
    force = 0.01 * abs(modes.shapes[4, m])
    amplitude = math.hypot(state[0, m], state[1, m])
    settled = -math.expm1(-0.003 * omega * 20)
    assert amplitude == pytest.approx(settled * force / (2 * 0.003 * omega**2), rel=5e-3)


def test_energy_neither_grows_nor_fades_without_damping() -> None:
    state = shaft().at_rest()
    state[0] = 1.0
    after, _ = shaft().advance(state, np.zeros(600_000, np.float32), 0.001)
    assert np.hypot(*after) == pytest.approx(np.ones(5), rel=0.02)


def test_blocks_do_not_change_a_bit() -> None:
    one, torque = shaft(0.001), np.random.default_rng(5).normal(0, 0.1, 3000).astype(np.float32)
    last, whole = one.advance(one.at_rest(), torque, 0.001)
    state, parts = one.at_rest(), []
    for block in np.split(torque, [1, 1700]):
        state, out = one.advance(state, block, 0.001)
        parts.append(out)
    assert np.array_equal(np.concatenate(parts), whole)
    assert np.array_equal(state, last)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Shaft([1.0], [], 0, 60), "two masses or more"),
        (lambda: Shaft([1.0, 1.0], [1.0, 1.0], 0, 60), "got 2 masses and 2 springs"),
        (lambda: Shaft([1.0, 0.0], [1.0], 0, 60), "must be above 0"),
        (lambda: Shaft([1.0, 1.0], [1.0], 2, 60), "generator 2 is none of the 2 masses"),
        (lambda: Shaft([1.0, 1.0], [1.0], 0, 60, 1.0), "damping ratio"),
        (lambda: oscillator_matrix(0.0, 0.1, 0.1), "a mode needs a frequency above 0"),
        (
            lambda: shaft().advance(shaft().at_rest(), np.zeros(1, np.float32), 0.02),
            r"a step of 20 ms cannot show the mode at 47.5 Hz: use less than 10.5 ms",
        ),
    ],
)
def test_bad_shafts_are_refused(build, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build()
