# SPDX-License-Identifier: Apache-2.0
"""The Thévenin source: against complex arithmetic, its first-order form, and its limit of power."""

from __future__ import annotations

import cmath
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.laws.grid import impedance, thevenin_voltage
from powermodel_kernels.supply.grid import (
    GridSource,
    check_frequency,
    connected_w,
    reactive_at,
)

STRONG = GridSource(12e9, 10.0, 60.0)


def quanta(*watts: float) -> np.ndarray:
    return np.array([round(w * QUANTA_PER_W) for w in watts], np.int64)


@settings(deadline=None)
@given(st.floats(0, 0.2), st.floats(-0.1, 0.1), st.floats(0.5, 40))
def test_voltage_solves_the_circuit(p: float, q: float, x_over_r: float) -> None:
    """Kirchhoff in complex numbers: E - Z·conj(S/V) is V again."""
    r, x = impedance(1.0, x_over_r, 1.0)
    v = float(thevenin_voltage(*(np.float32(n) for n in (p, q, r, x, 1.0))))
    behind = v + complex(r, x) * (complex(p, q) / v).conjugate()
    assert abs(behind) == pytest.approx(1.0, abs=2e-6)


def test_small_steps_are_those_of_the_first_order_form() -> None:
    """ΔV/V = (RΔP + XΔQ)/V² on the 12 GVA bus: 300 MW and 60 Mvar."""
    out = STRONG.voltages(quanta(0, 300e6), quanta(0, 60e6))
    r, x = impedance(12e9, 10.0, 1.0)
    # The exact drop differs by the second order: half the square of the drop across.
    across = x * 300e6 - r * 60e6
    expected = r * 300e6 + x * 60e6
    assert out.voltage_step(1) == pytest.approx(expected + across**2 / 2, rel=0.01)
    assert out.phase_step_deg(1) == pytest.approx(math.degrees(across), rel=0.01)


def test_short_circuit_ratio_of_two() -> None:
    """The test value of a weak point: SCR 2 and a load at unity power factor."""
    weak = GridSource(2e9, 10.0, 60.0)
    assert weak.ratio(1e9) == 2.0
    out = weak.voltages(quanta(0.4e9), quanta(0.0))
    z = cmath.rect(1 / 2e9, math.atan(10.0))
    v = float(out.voltage[0])
    source = v + z * 0.4e9 / v
    assert abs(source) == pytest.approx(1.0, abs=1e-6)
    assert out.angle_rad[0] == pytest.approx(cmath.phase(source), rel=1e-5)


def test_beyond_the_limit_of_power_the_voltage_collapses() -> None:
    weak = GridSource(1e9, 10.0, 60.0)
    with pytest.raises(ValueError, match=r"sample 1: the grid cannot carry 900.0 MW and 0.0 Mvar"):
        weak.voltages(quanta(1e8, 9e8), quanta(0, 0))


def test_the_limit_of_power_is_where_the_circuit_says() -> None:
    """Unity power factor behind a reactance: half the short-circuit power."""
    x = np.float32(1.0)
    for p, carried in ((0.4999, True), (0.5001, False)):
        v = thevenin_voltage(np.float32(p), np.float32(0), np.float32(0), x, np.float32(1))
        assert (float(v) > 0) == carried


def test_reactive_power_at_a_power_factor() -> None:
    assert reactive_at(quanta(99e6), 0.99)[0] / QUANTA_PER_W == pytest.approx(
        99e6 * math.sqrt(1 / 0.99**2 - 1)
    )


def test_connection_grows_in_steps() -> None:
    times, powers = [10.0, 20.0, 30.0, 40.0], [8e6, 50e6, 150e6, 300e6]
    found = [connected_w(times, powers, t) for t in (0, 10, 19.9, 20, 35, 1e9)]
    assert found == [0, 8e6, 8e6, 50e6, 150e6, 300e6]


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: GridSource(math.nan, 10, 60), "needs the short-circuit power there"),
        (lambda: GridSource(1e9, -1, 60), "X/R of the grid must not be negative"),
        (lambda: GridSource(1e9, 10, 16.7), "must be 50 or 60 Hz"),
        (lambda: GridSource(1e9, 10, 60, 345.0), "about 1 per unit, got 345"),
        (lambda: check_frequency([("island", 60), ("grid", 50)]), "island is for 60 Hz but grid"),
        (lambda: connected_w([2, 1], [1, 1], 0), "in the order of time"),
        (lambda: STRONG.voltages(quanta(1), quanta(1)).voltage_step(1), "does not fit into 1"),
    ],
)
def test_bad_grids_are_refused(build, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build()


def test_parts_of_one_frequency_pass() -> None:
    check_frequency([("island", 60.0), ("grid", 60.0)])
