# SPDX-License-Identifier: Apache-2.0
"""How an island's frequency and voltage fared in a run, and the class of ISO 8528-5 they kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

import powermodel_datasets as facts
from powermodel.indicators.indicator import Indicator
from powermodel.indicators.series import blocks_of, one_series, time_grid
from powermodel_kernels.supply.loadstep import ClassLimits, LoadStep, load_step_class

if TYPE_CHECKING:
    import xarray as xr

CLASSES = ("g3", "g2", "g1")
"""Records of the classes, strictest first."""

_FREQUENCY, _VOLTAGE = "supply/frequency", "supply/voltage"
SERIES = (_FREQUENCY, _VOLTAGE, "supply/rocof", "supply/shed", "supply/machines")
"""What is looked at."""

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


class IslandStream:
    """What becomes of an island, from its series block by block.

    Parameters
    ----------
    nominal_hz : float
        Nominal frequency, Hz.
    dt_s : float
        Time between samples, s.
    begin_s : float
        Time of the first sample, s.
    """

    def __init__(self, nominal_hz: float, dt_s: float, begin_s: float = 0.0) -> None:
        self._nominal_hz, self._dt_s, self._begin_s = nominal_hz, dt_s, begin_s
        self._classes = [class_limits(name) for name in CLASSES]
        self._extremes = {path: Extremes() for path in SERIES}
        self._samples = dict.fromkeys(SERIES, 0)
        self._hertz = [_band(nominal_hz, c.steady_band / 2) for c in self._classes]
        self._volts = [_band(1.0, c.steady_voltage) for c in self._classes]

    def add(self, path: str, block: npt.ArrayLike) -> None:
        """Take in the samples of one of `SERIES` that follow."""
        values = np.asarray(block, np.float64)
        if not values.size:
            return
        begin_s = self._begin_s + self._samples[path] * self._dt_s
        self._extremes[path].add(values, begin_s, self._dt_s)
        for band in {_FREQUENCY: self._hertz, _VOLTAGE: self._volts}.get(path, ()):
            band.add(values)
        self._samples[path] += values.size

    def state(self) -> dict[str, Any]:
        """Return what the stream remembers, as records."""
        return {
            "extremes": dict(self._extremes),
            "samples": dict(self._samples),
            "hertz": list(self._hertz),
            "volts": list(self._volts),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take what ``state`` returned."""
        self._extremes, self._samples = state["extremes"], state["samples"]
        self._hertz, self._volts = state["hertz"], state["volts"]

    def finish(self) -> list[Indicator]:
        """Return the results."""
        frequency, voltage, rate, shed, machines = (self._extremes[path] for path in SERIES)
        steps = {
            c.name: LoadStep(
                max(1.0 - frequency.low / self._nominal_hz, 0.0),
                max(frequency.high / self._nominal_hz - 1.0, 0.0),
                f.recovery_s(self._dt_s),
                max(1.0 - voltage.low, 0.0),
                max(voltage.high - 1.0, 0.0),
                v.recovery_s(self._dt_s),
                max(rate.high, -rate.low) / self._nominal_hz,
            )
            for c, f, v in zip(self._classes, self._hertz, self._volts, strict=True)
        }
        kept = load_step_class(steps, self._classes)
        number = float(kept[1:]) if kept != "none" else 0.0
        return [*_hertz(frequency, rate), *_others(voltage, shed, machines, number, kept)]


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
    found: IslandStream | None = None
    for path in SERIES:
        one: xr.DataArray = tree[path]  # type: ignore[assignment]
        series, grid = one_series(one), time_grid(one)
        found = found or IslandStream(nominal_hz, grid.dt_s, grid.begin_s)
        for block in blocks_of(series, grid):
            found.add(path, block)
    assert found is not None
    return found.finish()


def _band(nominal: float, share: float) -> Outside:
    return Outside(nominal * (1.0 - share), nominal * (1.0 + share))


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
    lost = machines.high - machines.low
    return [
        Indicator("voltage_lowest", voltage.low, "1", "lowest voltage, per unit"),
        Indicator("voltage_highest", voltage.high, "1", "highest voltage, per unit"),
        Indicator("shed", shed.high, "W", "most load off by shedding or a blackout"),
        Indicator("machines_lost", lost, "1", "tripped or forced out", words=f"{lost:g}"),
        Indicator("iso_8528_5_class", number, "1", _CLASS, more, words=kept),
    ]
