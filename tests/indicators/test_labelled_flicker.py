# SPDX-License-Identifier: Apache-2.0
"""``.grid.flicker`` is the flickermeter on the voltage behind the grid."""

import numpy as np
import pytest
import xarray as xr

import powermodel.indicators.accessor  # noqa: F401
from powermodel.indicators import IndicatorError
from powermodel.indicators.flicker import flicker
from powermodel.indicators.flicker_plan import Flickermeter
from powermodel.indicators.mains import check_mains, nominal_hz
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
    expected = flicker(voltage, 2e-3, Flickermeter(60.0))
    assert found == expected
    assert found.pst[0] > 1
    other = series.grid.flicker(mains="60 Hz", lamp="230 V/60 Hz", **GRID)
    assert other.parameters["lamp"] == "230 V"


def test_other_mains_are_refused():
    with pytest.raises(IndicatorError, match="50 or 60 Hz, got 16 Hz"):
        power(1000).grid.flicker(mains="16 Hz", **GRID)


def test_a_lamp_of_other_mains_is_refused():
    says = r"lamp: the lamp '230 V' is for mains of 50 Hz, got mains of 60 Hz\n.*'230 V/60 Hz'"
    with pytest.raises(IndicatorError, match=says):
        power(1000).grid.flicker(mains="60 Hz", lamp="230 V", **GRID)


ISLAND = """
supply:
  island:
    nominal_frequency: 50 Hz
    machines: [{unit: titan-350, count: 2}]
"""
FED = """
supply:
  grid: {short_circuit: 10 GVA, x_over_r: 15, nominal_frequency: 50 Hz}
"""


@pytest.mark.parametrize("scenario", [ISLAND, FED])
def test_a_run_for_other_mains_is_refused(scenario):
    run = xr.DataTree.from_dict({"/poi": xr.Dataset({"power": power()})})
    run.attrs["scenario"] = scenario
    assert nominal_hz(run) == 50.0
    says = r"mains: the supply of this run is one of 50 Hz, asked for 60 Hz\n.*take 50 Hz, or"
    with pytest.raises(IndicatorError, match=says):
        run.grid.flicker(mains="60 Hz", **GRID)
    assert len(run.grid.flicker(mains="50 Hz", **GRID).pst) == 1


@pytest.mark.parametrize("scenario", ["supply: {grid: 7}", "[", "name: x", "7"])
def test_a_run_that_names_no_mains_fits_any(scenario):
    run = xr.DataTree.from_dict({"/poi": xr.Dataset({"power": power(1000)})})
    run.attrs["scenario"] = scenario
    check_mains(run, 50.0)
    check_mains(run, 60.0)
    assert nominal_hz(run) is nominal_hz(power(1000)) is None
