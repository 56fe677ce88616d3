# SPDX-License-Identifier: Apache-2.0
"""The voltage behind a Thevenin grid against the circuit equation and the usual approximation."""

import numpy as np
import pytest

from powermodel.indicators import IndicatorError
from powermodel.indicators.voltage import Grid, poi_voltage


@pytest.mark.parametrize(("x_over_r", "power_factor"), [(0.0, 1.0), (10.0, 1.0), (3.0, 0.95)])
def test_voltage_closes_the_circuit(x_over_r, power_factor):
    grid = Grid(10e9, x_over_r, power_factor)
    power_w = np.array([0.0, 0.2e9, 1e9, -0.5e9])
    voltage = poi_voltage(power_w, grid)
    apparent = power_w * (1 + 1j * grid.reactive_ratio) / grid.short_circuit_va
    source = voltage + grid.impedance * np.conj(apparent) / voltage
    np.testing.assert_allclose(np.abs(source), 1.0, rtol=1e-12)
    assert voltage[0] == 1.0


def test_small_steps_follow_the_usual_approximation():
    grid = Grid(20e9, 15.0, 0.98)
    before, after = poi_voltage(np.array([0.0, 1e6]), grid)
    angle = np.arctan(15.0)
    share = 1e6 / 20e9
    expected = share * (np.cos(angle) + np.sin(angle) * np.tan(np.arccos(0.98)))
    assert before - after == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ((0.0, 10.0, 1.0), "short-circuit power above 0 VA, got 0 VA"),
        ((1e9, -1.0, 1.0), "X/R of at least 0, got -1"),
        ((1e9, 10.0, 1.2), "power factor above 0 and up to 1, got 1.2"),
    ],
)
def test_impossible_grids_are_refused(values, says):
    with pytest.raises(IndicatorError, match=says):
        Grid(*values)


def test_a_grid_that_cannot_carry_the_load_is_refused():
    with pytest.raises(IndicatorError, match=r"grid of 700 MVA cannot carry 700 MW \(sample 1\)"):
        poi_voltage([0.0, 0.7e9], Grid(0.7e9, 10.0, 1.0))
