# SPDX-License-Identifier: Apache-2.0
"""``.grid.flicker`` is the flickermeter on the voltage behind the grid."""

import numpy as np
import pytest
import xarray as xr

import powermodel.indicators.accessor  # noqa: F401
from powermodel.indicators import IndicatorError
from powermodel.indicators.flicker import flicker
from powermodel.indicators.voltage import Grid, poi_voltage

GRID = {"short_circuit": "10 GVA", "x_over_r": 15.0, "power_factor": 0.95}


def power(samples=300_000, dt_s=2e-3):
    time_s = np.arange(samples) * dt_s
    values = 500e6 + 50e6 * np.sin(2 * np.pi * 8.8 * time_s)
    return xr.DataArray(values, dims="time", coords={"time": time_s}, attrs={"units": "W"})


def test_flicker_of_a_labelled_power():
    series = power()
    found = series.grid.flicker(mains="60 Hz", **GRID)
    voltage = poi_voltage(series.values, Grid(10e9, 15.0, 0.95))
    expected = flicker(voltage, 2e-3, lamp="120 V", mains_hz=60.0)
    assert found == expected
    assert found.pst[0] > 1
    other = series.grid.flicker(mains="60 Hz", lamp="230 V", **GRID)
    assert other.parameters["lamp"] == "230 V"


def test_other_mains_are_refused():
    with pytest.raises(IndicatorError, match="50 or 60 Hz, got 16 Hz"):
        power(1000).grid.flicker(mains="16 Hz", **GRID)
