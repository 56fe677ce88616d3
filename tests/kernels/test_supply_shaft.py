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
from powermodel_kernels.supply.shaft import Shaft, Twisted

RECORD = facts.load("shaft", "ieee-first-benchmark")
INERTIA = [RECORD[f"inertia_{i}"].value for i in range(1, 7)]
SHARES = [RECORD[f"turbine_share_{i}"].value for i in range(1, 7)]
STIFFNESS = [RECORD[f"stiffness_{i}"].value for i in range(1, 6)]


def shaft(damping: float = 0.0) -> Shaft:
    generator = int(RECORD["generator"].value) - 1
    return Shaft(INERTIA, STIFFNESS, generator, 60.0, damping, SHARES)


def swung(one: Shaft, torque: np.ndarray, dt_s: float, state: np.ndarray | None = None) -> Twisted:
    """Let the electrical torque alone move a shaft."""
    start = one.at_rest() if state is None else state
    return one.advance(start, torque.astype(np.float32), np.zeros(torque.size, np.float32), dt_s)


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
        out = swung(one, np.zeros(samples), dt_s, state).torque
        section = int(np.argmax(np.abs(out[0])))
        spectrum = np.abs(
            np.fft.rfft(out[:, section].astype(float) * np.hanning(samples), 8 * samples)
        )
        found = np.argmax(spectrum) / (8 * samples * dt_s)
        assert found == pytest.approx(hz, rel=1e-3)


def test_a_torque_step_twists_as_an_independent_integrator_says() -> None:
    dt_s, samples = 0.001, 1000
    out = swung(shaft(), np.full(samples + 1, 0.3), dt_s).torque[1:]
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
        out = swung(damped, 0.01 * np.sin(2 * math.pi * hz * t), 0.001).torque
        size[hz] = np.ptp(out[-2000:, 2])
    assert size[first] > 20 * max(size[12.0], size[23.0])


def test_resonance_has_its_closed_form() -> None:
    """Amplitude of one mode driven at its frequency: f/(2ζω²)."""
    damped = shaft(0.003)
    modes = damped.modes()
    m, omega = 0, 2 * math.pi * modes.frequency_hz[0]
    t = np.arange(80_000) * 0.00025
    state = swung(damped, 0.01 * np.sin(omega * t), 0.00025).state
    force = 0.01 * abs(modes.shapes[4, m])
    amplitude = math.hypot(state[0, m], state[1, m])
    settled = -math.expm1(-0.003 * omega * 20)
    assert amplitude == pytest.approx(settled * force / (2 * 0.003 * omega**2), rel=5e-3)


def test_energy_neither_grows_nor_fades_without_damping() -> None:
    state = shaft().at_rest()
    state[0] = 1.0
    after = swung(shaft(), np.zeros(600_000), 0.001, state).state
    assert np.hypot(*after) == pytest.approx(np.ones(5), rel=0.02)


def test_blocks_do_not_change_a_bit() -> None:
    one, torque = shaft(0.001), np.random.default_rng(5).normal(0, 0.1, 3000).astype(np.float32)
    slow = np.linspace(0.0, 0.5, 3000).astype(np.float32)
    whole = one.advance(one.at_rest(), torque, slow, 0.001)
    state, parts = one.at_rest(), []
    for electric, turbine in zip(*(np.split(x, [1, 1700]) for x in (torque, slow)), strict=True):
        found = one.advance(state, electric, turbine, 0.001)
        state = found.state
        parts.append(found)
    assert np.array_equal(np.concatenate([part.torque for part in parts]), whole.torque)
    assert np.array_equal(np.concatenate([part.torsion for part in parts]), whole.torsion)
    assert np.array_equal(state, whole.state)


def test_at_rest_each_section_carries_the_turbines_before_it() -> None:
    """Constant torque: no torsion, and every section sums the shares to its left."""
    one = shaft(0.001)
    torque = np.full(500, 0.8, np.float32)
    out = one.advance(one.at_rest(0.8), torque, torque, 0.001)
    expected = 0.8 * (np.cumsum(SHARES)[:-1] - (np.arange(5) >= 4))
    np.testing.assert_allclose(out.torque[-1], expected, atol=2e-5)
    assert np.abs(out.torsion).max() < 2e-5


def test_a_rigid_shaft_is_what_is_left_without_torsion() -> None:
    """Torque less torsion moves the inertia beyond the section, by Newton's law of the whole."""
    one = shaft(0.02)
    rng = np.random.default_rng(2)
    electric, turbine = (rng.normal(0.5, 0.1, 50).astype(np.float32) for _ in range(2))
    out = one.advance(one.at_rest(0.5), electric, turbine, 0.001)
    inertia = np.array(INERTIA)
    share = np.cumsum(inertia)[:-1] / inertia.sum()
    pushed = np.cumsum(SHARES)[:-1] * turbine[:, None]
    pushed -= np.where(np.arange(5) >= 4, electric[:, None], 0.0)
    rigid = pushed - share * (turbine - electric)[:, None]
    np.testing.assert_allclose(out.torque - out.torsion, rigid, atol=2e-5)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Shaft([1.0], [], 0, 60), "two masses or more"),
        (lambda: Shaft([1.0, 1.0], [1.0, 1.0], 0, 60), "got 2 masses and 2 springs"),
        (lambda: Shaft([1.0, 0.0], [1.0], 0, 60), "must be above 0"),
        (lambda: Shaft([1.0, 1.0], [1.0], 2, 60), "generator 2 is none of the 2 masses"),
        (lambda: Shaft([1.0, 1.0], [1.0], 0, 60, 1.0), "damping ratio"),
        (
            lambda: Shaft([1.0, 1.0], [1.0], 1, 60, 0.0, [0.5, 0.4]),
            r"one for each of the 2 masses, and 1 in sum; got \[0.5, 0.4\]",
        ),
        (lambda: oscillator_matrix(0.0, 0.1, 0.1), "a mode needs a frequency above 0"),
        (
            lambda: swung(shaft(), np.zeros(1), 0.02),
            r"a step of 20 ms cannot show the mode at 47.5 Hz: use less than 10.5 ms",
        ),
    ],
)
def test_bad_shafts_are_refused(build, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build()
