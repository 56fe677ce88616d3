# SPDX-License-Identifier: Apache-2.0
"""Eigenvalues before the run, and the run: both sides of the GAST criterion, the limit cycle."""

from __future__ import annotations

import math

import numpy as np
import pytest

import powermodel_datasets as facts
from powermodel_kernels.laws.governor import gast_margin
from powermodel_kernels.supply.machines import Gast, IslandSetup, Unit
from powermodel_kernels.supply.stability import check_stability, check_step, stability
from tests.kernels.islands import NO_TRIPS, STABLE, governor_of, island, machine_of, run, units

CIM = Gast(droop=0.04, valve_s=0.5, turbine_s=0.5, exhaust_s=3.0, limit_gain=3.0)
"""CIM typical, without the turbine's damping: as the closed form has it."""


def cim_island(inertia_s: float) -> IslandSetup:
    return IslandSetup([Unit(20e6, inertia_s, CIM, 16e6, **NO_TRIPS)], 60.0)


def swings(setup: IslandSetup, step_w: float, seconds: float) -> np.ndarray:
    """Return the pk-pk of speed over 5 s, every 20 s."""
    _, out = run(setup, 8e6, step_w, seconds=seconds)
    return np.array(
        [np.ptp(out.speed[k : k + 5000]) for k in range(20_000, len(out.speed), 20_000)]
    )


def test_margins_of_the_published_sets() -> None:
    assert gast_margin(0.5, 0.5, 0.04, 2.0) == pytest.approx(4 - 12.5 / 2)
    assert gast_margin(0.5, 0.5, 0.04, 3.125) == pytest.approx(0)
    assert gast_margin(0.4, 0.1, 0.05, 2.0) == pytest.approx(12.5 - 5)


@pytest.mark.parametrize("inertia_s", [3.05, 3.2])
def test_simulation_flips_where_the_criterion_says(inertia_s: float) -> None:
    """The boundary is H = 3.125 s: 2 % to each side, growth and decay at the eigenvalue's rate."""
    setup = cim_island(inertia_s)
    found = stability(setup)
    assert found.stable == (inertia_s > 3.125) == (found.margin > 0)
    size = swings(setup, 1e5, 125)
    rate = np.diff(np.log(size)) / 20
    assert rate == pytest.approx(np.full(rate.size, found.mode.real), abs=1e-3)
    assert (size[-1] < size[0]) == found.stable


@pytest.mark.parametrize("dt_s", [0.00025, 0.002])
def test_the_boundary_does_not_move_with_the_step(dt_s: float) -> None:
    for inertia_s in (3.1, 3.15):
        setup = cim_island(inertia_s)
        _, out = run(setup, 8e6, 1e5, dt_s=dt_s, seconds=60)
        five = round(5 / dt_s)
        early, late = np.ptp(out.speed[2 * five : 3 * five]), np.ptp(out.speed[-five:])
        assert (late < early) == (inertia_s > 3.125)


def test_an_unstable_island_ends_in_a_limit_cycle() -> None:
    """At H = 2 s the swing grows until the valve's limits hold it, and stays there."""
    size = swings(cim_island(2.0), 1e5, 145)
    assert size[-1] > 0.05
    assert size[-1] == pytest.approx(size[-3], rel=1e-3)


def test_a_stable_island_settles() -> None:
    assert swings(cim_island(6.0), 1e5, 65)[-1] < 1e-6


def test_a_refusal_tells_the_criterion() -> None:
    with pytest.raises(ValueError) as told:
        check_stability(cim_island(2.0))
    text = str(told.value)
    assert "unstable" in text
    assert "(T1 + T2)/(T1 T2) - 1/(2 H R) is -2.25 1/s and must be positive" in text
    assert "allow_unstable" in text
    assert not check_stability(cim_island(2.0), allow_unstable=True).stable


def test_frequency_and_damping_are_those_of_the_cubic() -> None:
    h, r, t1, t2 = 4.0, 0.05, 0.4, 0.1
    setup = IslandSetup([Unit(20e6, h, STABLE, 16e6)], 60.0)
    roots = np.roots([2 * h * t1 * t2, 2 * h * (t1 + t2), 2 * h, 1 / r])
    pair = roots[roots.imag > 0][0]
    found = stability(setup)
    assert found.mode.real == pytest.approx(pair.real)
    assert found.frequency_hz == pytest.approx(pair.imag / (2 * math.pi))
    assert found.damping == pytest.approx(-pair.real / abs(pair))
    assert math.isfinite(found.margin)


def test_units_alike_count_as_one_and_others_are_told_apart() -> None:
    one, many = stability(island(1)), stability(island(300))
    assert one.mode == pytest.approx(many.mode)
    mixed = IslandSetup([*units(3), *units(3, governor_of("ggov1-reciprocating"))], 60.0)
    found = stability(mixed)
    assert found.stable
    assert math.isnan(found.margin)


@pytest.mark.parametrize(
    ("name", "inertia_s", "stable"),
    [
        ("gast-sample", 2.0, True),
        ("gast-andes", 2.0, True),
        ("ggov1-reciprocating", 1.0, True),
        ("ggov1-activsg", 2.0, True),
        ("ggov1-cim", 2.0, False),
    ],
)
def test_shipped_governors_alone_on_an_island(name: str, inertia_s: float, stable: bool) -> None:
    """What the eigenvalues say of each set, and the run agrees."""
    setup = IslandSetup(units(1, governor_of(name), inertia_s, **NO_TRIPS), 60.0)
    assert stability(setup).stable == stable
    _, out = run(setup, 10e6, 1e5, seconds=80)
    early, late = np.ptp(out.speed[20_000:30_000]), np.ptp(out.speed[-10_000:])
    assert (late > early) != stable


def test_restoring_control_that_is_too_quick_is_seen() -> None:
    assert stability(island(4, restore_rate=2.0)).stable
    assert not stability(island(4, restore_rate=200.0)).stable


def test_a_step_that_a_mode_would_not_survive_is_refused() -> None:
    for dt_s in (0.00025, 0.001, 0.002):
        check_step(island(4), dt_s)
    with pytest.raises(
        ValueError, match=r"a step of 100 ms is too coarse .* use at most 6\d\.?\d* ms"
    ):
        check_step(island(4), 0.1)
    light = IslandSetup([Unit(20e6, 0.2, STABLE, 16e6)], 60.0, load_damping=900.0)
    with pytest.raises(ValueError, match="too coarse"):
        check_step(light, 0.002)


@pytest.mark.parametrize("name", facts.names("machine"))
def test_shipped_machines_make_stable_islands_that_take_a_tenth(name: str) -> None:
    unit = machine_of(name)
    setup = IslandSetup([unit] * 10, 60.0)
    assert check_stability(setup).stable
    check_step(setup, 0.002)
    _, out = run(setup, 0.5 * setup.capability_w, 0.1 * setup.capability_w, seconds=20)
    assert out.online[-1] == 10
    expected = -0.1 * setup.capability_w / setup.base_va * unit.governor.droop
    assert float(out.speed[-1]) == pytest.approx(expected, rel=0.02)
