# SPDX-License-Identifier: Apache-2.0
"""Indicators of an island, on made-up frequencies whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from powermodel.indicators.grid_voltage import grid_voltage
from powermodel.indicators.indicator import Indicator
from powermodel.indicators.island import Outside, island

DT_S = 0.01


def made(
    frequency: np.ndarray, voltage: np.ndarray | None = None, shed: float = 0.0
) -> xr.DataTree:
    size = frequency.size
    time = np.arange(size) * DT_S
    series = {
        "frequency": frequency,
        "rocof": np.gradient(frequency, DT_S),
        "voltage": np.ones(size) if voltage is None else voltage,
        "shed": np.full(size, shed),
        "machines": np.where(np.arange(size) < size // 2, 5, 4),
    }
    data = {name: ("time", np.asarray(values, float)) for name, values in series.items()}
    return xr.DataTree.from_dict({"supply": xr.Dataset(data, {"time": time})})


def found(*args: object) -> dict[str, Indicator]:
    return {item.name: item for item in island(made(*args), 60.0)}  # type: ignore[arg-type]


def test_a_sine_has_its_extremes_and_its_steepest_rate():
    time = np.arange(6000) * DT_S
    items = found(60.0 - 0.3 * np.sin(2 * np.pi * 0.25 * time), None, 2e6)
    assert items["nadir"].value == pytest.approx(59.7)
    assert items["nadir"].at_s == pytest.approx(1.0)
    assert items["frequency_peak"].at_s == pytest.approx(3.0)
    assert items["frequency_band"].value == pytest.approx(0.6)
    assert items["rocof"].value == pytest.approx(0.3 * 2 * np.pi * 0.25, rel=1e-3)
    assert items["rocof"].unit == "Hz/s"
    assert (items["shed"].value, items["machines_lost"].value) == (2e6, 1.0)
    assert items["machines_lost"].display() == "1"
    assert items["rocof"].label == "RoCoF"


@pytest.mark.parametrize(
    ("dip", "held_s", "expected"),
    [(0.001, 20, 3), (0.06, 2, 3), (0.06, 4, 2), (0.09, 2, 2), (0.12, 2, 1), (0.2, 1, 0)],
)
def test_the_class_is_that_of_the_standard(dip: float, held_s: float, expected: int):
    frequency = np.full(6000, 60.0)
    frequency[1000 : 1000 + round(held_s / DT_S)] = 60.0 * (1 - dip)
    kept = found(frequency)["iso_8528_5_class"]
    assert kept.value == expected
    assert kept.display() == ("none", "G1", "G2", "G3")[expected]
    assert kept.label == "ISO 8528-5 class"


def test_a_low_voltage_costs_the_class_too():
    voltage = np.ones(6000)
    voltage[100:150] = 0.7
    assert found(np.full(6000, 60.0), voltage)["iso_8528_5_class"].value == 0


def test_a_swing_that_leaves_the_band_again_and_again_has_no_class():
    """Each excursion is short, but the frequency is never back for good."""
    frequency = 60.0 + 2.0 * np.sin(np.linspace(0.0, 200.0, 6000))
    assert found(frequency)["iso_8528_5_class"].value == 0


def test_the_time_outside_does_not_depend_on_blocks():
    values = np.zeros(5000)
    values[[700, 3000]] = 1.0
    for size in (1, 7, 640, 5000):
        parts = Outside(-0.5, 0.5)
        for first in range(0, values.size, size):
            parts.add(values[first : first + size])
        assert parts.recovery_s(DT_S) == pytest.approx(23.01)


def test_what_ends_outside_never_came_back():
    band = Outside(-0.5, 0.5)
    band.add(np.array([0.0, 1.0]))
    assert band.recovery_s(DT_S) == np.inf
    band.add(np.array([0.0]))
    assert band.recovery_s(DT_S) == DT_S


def test_a_run_on_a_grid_has_none_of_them():
    assert island(xr.DataTree(), 60.0) == []


def test_a_grid_tells_its_steps_within_a_second():
    time = np.arange(1000) * DT_S
    voltage = 1.0 - 0.02 * (time >= 3.0) - 0.03 * (time >= 6.0) * (time < 6.5)
    series = {"voltage": voltage, "angle": np.radians(np.where(time < 7.0, 2.0, 3.5))}
    data = {name: ("time", values) for name, values in series.items()}
    dataset = xr.Dataset(data, {"time": time})
    items = {one.name: one for one in grid_voltage(xr.DataTree.from_dict({"grid": dataset}))}
    assert (items["voltage_lowest"].value, items["voltage_lowest"].at_s) == (0.95, 6.0)
    assert items["voltage_highest"].value == 1.0
    assert items["voltage_step[1s]"].value == pytest.approx(0.03)
    assert items["voltage_step[1s]"].at_s == pytest.approx(5.0)
    assert items["phase_step[1s]"].value == pytest.approx(1.5)
    assert items["phase_step[1s]"].unit == "deg"
    short = xr.DataTree.from_dict({"grid": dataset.isel(time=slice(50))})
    unknown = {one.name: one for one in grid_voltage(short)}["voltage_step[1s]"]
    assert unknown.value is None
    assert "does not hold one window of 1 s" in str(unknown.reason)
    assert grid_voltage(xr.DataTree()) == []
