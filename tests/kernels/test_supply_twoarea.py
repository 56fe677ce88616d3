# SPDX-License-Identifier: Apache-2.0
"""Two areas: against closed forms, against an integrator of the rates."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from powermodel_kernels.laws import swing
from powermodel_kernels.supply.twoarea import (
    Area,
    TwoAreas,
    exact_steps,
    frequency_response,
    modes,
    rates,
    system,
)

FIRST = Area(1.8e9, 6.5, 0.05, 0.49, 2.1, 7.0, 0.0)
GRID = TwoAreas((FIRST, FIRST._replace(inertia_s=6.175)), 0.647, 0.034, 60.0)
UNGOVERNED = GRID._replace(areas=tuple(a._replace(droop=1e9) for a in GRID.areas))
HZ = np.geomspace(0.05, 5.0, 41)


def test_without_governors_both_closed_forms_hold() -> None:
    gain = frequency_response(system(UNGOVERNED, 1), HZ) / 60.0 * UNGOVERNED.base_va
    m1, m2 = UNGOVERNED.inertia_s
    m = swing.reduced_inertia(m1, m2)
    natural = 2 * math.pi * 0.647 / math.sqrt(1 - 0.034**2)
    k, kd = natural**2 * m / (2 * math.pi * 60.0), 2 * 0.034 * natural * m
    s = 2j * np.pi * HZ
    np.testing.assert_allclose(gain[2], [swing.common_speed(v, m1 + m2) for v in s], rtol=1e-6)
    np.testing.assert_allclose(
        gain[0] - gain[1], [swing.swing_speed(v, m1, m, k, kd, 60.0) for v in s], rtol=1e-6
    )


def test_the_governed_center_of_inertia_of_equal_areas_is_one_machine() -> None:
    grid = GRID._replace(areas=(FIRST, FIRST))
    s = 2j * np.pi * HZ
    governor = np.array([swing.steam_governor(v, 0.05, 0.49, 2.1, 7.0) for v in s])
    gain = frequency_response(system(grid, 2), HZ)
    expected = -60.0 / grid.base_va / (2 * 6.5 * s - governor)
    np.testing.assert_allclose(gain[2], expected, rtol=1e-9)


@pytest.mark.parametrize("area", [1, 2])
def test_the_response_is_that_of_the_transfer_functions(area: int) -> None:
    """(M s + D - G) of each area and the tie K w0/s + Kd between them, solved by hand."""
    grid = GRID._replace(areas=(FIRST, GRID.areas[1]._replace(base_va=3e9, load_damping=1.5)))
    k, kd = grid.tie
    gain = frequency_response(system(grid, area), HZ)
    for hz, found in zip(HZ, gain.T, strict=True):
        s = 2j * math.pi * hz
        tie = k * 2 * math.pi * 60.0 / s + kd
        own = [
            inertia * s
            + (a.load_damping - swing.steam_governor(s, a.droop, a.valve_s, a.lead_s, a.lag_s))
            * (a.base_va / grid.base_va)
            for a, inertia in zip(grid.areas, grid.inertia_s, strict=True)
        ]
        whole = own[0] * own[1] + tie * (own[0] + own[1])
        load = -1.0 / grid.base_va / whole
        here, there = load * (own[2 - area] + tie), load * tie
        speeds = (here, there) if area == 1 else (there, here)
        np.testing.assert_allclose(found[:2], 60.0 * np.array(speeds), rtol=1e-9)
        power = tie * (speeds[0] - speeds[1]) * grid.base_va
        assert found[3] == pytest.approx(power, rel=1e-9)


def test_the_mode_is_the_one_that_was_asked_for() -> None:
    for grid in (UNGOVERNED, GRID, GRID._replace(mode_hz=0.25, mode_damping=0.1)):
        found = modes(system(grid, 1))[-1]
        assert found == (
            pytest.approx(grid.mode_hz, rel=1e-9),
            pytest.approx(grid.mode_damping, rel=1e-9),
        )


def test_rest_is_droop() -> None:
    slow = frequency_response(system(GRID, 1), np.array([1e-5]))
    np.testing.assert_allclose(np.abs(slow[:3, 0]), 60.0 * 0.05 / GRID.base_va, rtol=1e-3)


def test_a_step_in_time_is_what_an_integrator_of_the_rates_finds() -> None:
    dt_s, step_w = 0.01, 100e6
    steps = exact_steps(system(GRID, 1), dt_s)
    z = np.zeros(steps.decay.size, complex)
    ours = []
    for _ in range(2000):
        z = steps.decay * z + steps.drive * step_w
        ours.append((steps.read @ z).real)
    load = (step_w / GRID.base_va, 0.0)
    found = solve_ivp(
        lambda _, x: rates(GRID, x, load), (0.0, 20.0), np.zeros(7), rtol=1e-9, atol=1e-12,
        t_eval=np.arange(1, 2001) * dt_s,
    )  # fmt: skip
    speed = found.y[:2].T * 60.0
    np.testing.assert_allclose(np.array(ours)[:, :2], speed, atol=1e-6 * np.abs(speed).max())


@pytest.mark.parametrize("hz", [0.1, 0.6, 2.0])
def test_a_sine_in_time_has_the_gain_of_the_frequency_response(hz: float) -> None:
    dt_s, seconds, drive_w = 1e-2, 120.0, 1e6
    found = system(GRID, 1)
    steps = exact_steps(found, dt_s)
    time_s = np.arange(round(seconds / dt_s)) * dt_s
    # The load of a step is its middle, as a held sample stands for it.
    load = drive_w * np.sin(2 * np.pi * hz * (time_s + dt_s / 2))
    z = np.zeros(steps.decay.size, complex)
    ours = np.empty((time_s.size, 2))
    for k, value in enumerate(load):
        z = steps.decay * z + steps.drive * value
        ours[k] = (steps.read[:2] @ z).real
    late = time_s >= 80.0
    at = 2 * np.pi * hz * (time_s[late] + dt_s)
    basis = np.stack([np.sin(at), np.cos(at), np.ones(at.size)], axis=1)
    parts = np.linalg.lstsq(basis, ours[late], rcond=None)[0]
    gain = (parts[0] + 1j * parts[1]) / drive_w
    expected = frequency_response(found, np.array([hz]))[:2, 0]
    assert np.abs(gain - expected).max() < 0.02 * np.abs(expected).max()


def test_an_area_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="there are areas 1 and 2, got 3"):
        system(GRID, 3)


def test_modes_that_coincide_are_refused() -> None:
    areas = tuple(a._replace(droop=1e30, lag_s=0.5, valve_s=0.5) for a in GRID.areas)
    with pytest.raises(ValueError, match="cannot be told apart"):
        exact_steps(system(GRID._replace(areas=areas), 1), 1e-3)
