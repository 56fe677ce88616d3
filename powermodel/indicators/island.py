# SPDX-License-Identifier: Apache-2.0
"""How an island's frequency and voltage fared in a run, and the class of ISO 8528-5 they kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

import powermodel_datasets as facts
from powermodel.indicators.indicator import Indicator
from powermodel.indicators.series import blocks_of, one_series, time_grid
from powermodel_kernels.supply.loadstep import ClassLimits, LoadStep, load_step_class

if TYPE_CHECKING:
    import xarray as xr

CLASSES = ("g3", "g2", "g1")
"""Records of the classes, strictest first."""

_FIELDS = (
    "steady_band",
    "frequency_dip",
    "frequency_rise",
    "frequency_recovery",
    "steady_voltage",
    "voltage_dip",
    "voltage_rise",
    "voltage_recovery",
)
_CLASS = (
    "strictest class of ISO 8528-5 that the whole run keeps, taken as one load step: dips, rises,"
    " and the time until back in the steady band for good; 3 for G3 to 1 for G1, 0 for none; the"
    " standard is for engines, for turbines a yardstick"
)


@dataclass(slots=True)
class Extremes:
    """Smallest and largest value so far, and when."""

    low: float = np.inf
    high: float = -np.inf
    low_at_s: float = 0.0
    high_at_s: float = 0.0

    def add(self, values: np.ndarray, begin_s: float, dt_s: float) -> None:
        """Take in the samples that follow."""
        low, high = int(np.argmin(values)), int(np.argmax(values))
        if values[low] < self.low:
            self.low, self.low_at_s = float(values[low]), begin_s + low * dt_s
        if values[high] > self.high:
            self.high, self.high_at_s = float(values[high]), begin_s + high * dt_s


@dataclass(slots=True)
class Outside:
    """From first leaving a band until back in it for good, whatever blocks the samples come in."""

    low: float
    high: float
    first: int | None = None
    last: int = -1
    samples: int = 0

    def add(self, values: np.ndarray) -> None:
        """Take in the samples that follow."""
        outside = np.flatnonzero((values < self.low) | (values > self.high))
        if outside.size:
            self.first = self.samples + int(outside[0]) if self.first is None else self.first
            self.last = self.samples + int(outside[-1])
        self.samples += values.size

    def recovery_s(self, dt_s: float) -> float:
        """Return the time, s; infinite where the last sample is outside."""
        if self.first is None:
            return 0.0
        return np.inf if self.last == self.samples - 1 else (self.last - self.first + 1) * dt_s


def class_limits(name: str) -> ClassLimits:
    """Return the limits of a class of ISO 8528-5 by the name of its record."""
    record = facts.load("generator-class", name)
    return ClassLimits(name.upper(), *(float(record[field].value) for field in _FIELDS))


def island(tree: xr.DataTree, nominal_hz: float) -> list[Indicator]:
    """Return what became of an island; empty for a run on a grid.

    Parameters
    ----------
    tree : DataTree
        One run.
    nominal_hz : float
        Nominal frequency, Hz.
    """
    if "supply" not in tree.children:
        return []
    classes = [class_limits(name) for name in CLASSES]
    hertz = [
        Outside(nominal_hz * (1 - c.steady_band / 2), nominal_hz * (1 + c.steady_band / 2))
        for c in classes
    ]
    volts = [Outside(1 - c.steady_voltage, 1 + c.steady_voltage) for c in classes]
    frequency, dt_s = _extremes(tree, "supply/frequency", hertz)
    voltage, _ = _extremes(tree, "supply/voltage", volts)
    rate, _ = _extremes(tree, "supply/rocof", [])
    shed, _ = _extremes(tree, "supply/shed", [])
    machines, _ = _extremes(tree, "supply/machines", [])
    steps = {
        c.name: LoadStep(
            max(1.0 - frequency.low / nominal_hz, 0.0),
            max(frequency.high / nominal_hz - 1.0, 0.0),
            f.recovery_s(dt_s),
            max(1.0 - voltage.low, 0.0),
            max(voltage.high - 1.0, 0.0),
            v.recovery_s(dt_s),
            max(rate.high, -rate.low) / nominal_hz,
        )
        for c, f, v in zip(classes, hertz, volts, strict=True)
    }
    kept = load_step_class(steps, classes)
    number = float(kept[1:]) if kept != "none" else 0.0
    return [*_hertz(frequency, rate), *_others(voltage, shed, machines, number, kept)]


def _hertz(frequency: Extremes, rate: Extremes) -> list[Indicator]:
    falls = -rate.low > rate.high
    steepest, at_s = (-rate.low, rate.low_at_s) if falls else (rate.high, rate.high_at_s)
    return [
        Indicator(
            "nadir", frequency.low, "Hz", "lowest frequency of the island", at_s=frequency.low_at_s
        ),
        Indicator(
            "frequency_peak", frequency.high, "Hz", "highest frequency of the island",
            at_s=frequency.high_at_s,
        ),
        Indicator(
            "frequency_band", frequency.high - frequency.low, "Hz",
            "highest minus lowest frequency",
        ),
        Indicator(
            "rocof", steepest, "Hz/s", "largest magnitude of the frequency's rate of change",
            at_s=at_s,
        ),
    ]  # fmt: skip


def _others(
    voltage: Extremes, shed: Extremes, machines: Extremes, number: float, kept: str
) -> list[Indicator]:
    more: dict[str, Any] = {"class": kept}
    return [
        Indicator("voltage_lowest", voltage.low, "1", "lowest voltage, per unit"),
        Indicator("voltage_highest", voltage.high, "1", "highest voltage, per unit"),
        Indicator("shed", shed.high, "W", "most load off by shedding or a blackout"),
        Indicator("machines_lost", machines.high - machines.low, "1", "tripped or forced out"),
        Indicator("iso_8528_5_class", number, "1", _CLASS, more),
    ]


def _extremes(tree: xr.DataTree, path: str, bands: list[Outside]) -> tuple[Extremes, float]:
    """Read a series once, for its extremes and the times outside of bands; with its step, s."""
    found: xr.DataArray = tree[path]  # type: ignore[assignment]
    series, grid = one_series(found), time_grid(found)
    extremes, first = Extremes(), 0
    for block in blocks_of(series, grid):
        values = np.asarray(block, np.float64)
        extremes.add(values, grid.begin_s + first * grid.dt_s, grid.dt_s)
        for band in bands:
            band.add(values)
        first += values.size
    return extremes, grid.dt_s
