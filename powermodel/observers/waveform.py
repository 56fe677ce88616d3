# SPDX-License-Identifier: Apache-2.0
"""What a point-on-wave recorder sees: three voltages and three currents, balanced and sinusoidal.

The current's envelope follows the power at constant voltage: the fundamental alone, no harmonics.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from powermodel.indicators.inputs import FloatArray, checked_dt, checked_record
from powermodel.observers.observation import ObserverError

_FEWEST_PER_CYCLE = 16
_SHIFTS = np.array([0.0, -2 * math.pi / 3, 2 * math.pi / 3])


@dataclass(frozen=True, slots=True, eq=False)
class Waveform:
    """Samples of a recorder.

    Parameters
    ----------
    time_s : ndarray
        From the first sample of the record on [s].
    voltage_v, current_a : ndarray
        Phases a, b, c in rows [V to ground, A].
    rate_hz : float
        Samples a second.
    """

    time_s: FloatArray
    voltage_v: FloatArray
    current_a: FloatArray
    rate_hz: float

    def power_w(self) -> FloatArray:
        """Instantaneous three-phase power [W]."""
        power: FloatArray = (self.voltage_v * self.current_a).sum(axis=0)
        return power


def point_on_wave(
    power_w: npt.ArrayLike,
    dt_s: float,
    *,
    voltage_v: float,
    mains_hz: float,
    power_factor: float,
    rate_hz: float,
    begin_s: float = 0.0,
    duration_s: float | None = None,
) -> Waveform:
    """Voltages and currents at the POI.

    Parameters
    ----------
    power_w : array_like
        Power samples [W]; between them it is a straight line.
    dt_s : float
        Time between samples [s].
    voltage_v : float
        Line-to-line RMS voltage [V].
    mains_hz : float
        Frequency [Hz].
    power_factor : float
        Displacement power factor, lagging.
    rate_hz : float
        Samples of the recorder a second.
    begin_s, duration_s : float
        Which part of the record [s]; by default all of it.
    """
    series = checked_record(power_w)
    step_s = checked_dt(dt_s)
    for name, value in (("voltage", voltage_v), ("frequency", mains_hz)):
        if not (math.isfinite(value) and value > 0):
            raise ObserverError(f"expected a {name} above 0, got {value:g}")
    if not 0 < power_factor <= 1:
        raise ObserverError(f"expected a power factor above 0 and up to 1, got {power_factor:g}")
    if rate_hz < _FEWEST_PER_CYCLE * mains_hz:
        raise ObserverError(
            f"a waveform needs at least {_FEWEST_PER_CYCLE} samples a cycle"
            f" ({_FEWEST_PER_CYCLE * mains_hz:g} a second), got {rate_hz:g}"
        )
    end_s = (series.size - 1) * step_s
    length_s = end_s - begin_s if duration_s is None else duration_s
    if begin_s < 0 or length_s <= 0 or begin_s + length_s > end_s + 1e-9:
        raise ObserverError(
            f"expected a part of the record from 0 to {end_s:g} s, got {begin_s:g} s to"
            f" {begin_s + length_s:g} s"
        )
    time_s = begin_s + np.arange(int(length_s * rate_hz + 1e-9) + 1) / rate_hz
    first = int(begin_s / step_s)
    part = series[first : int(np.ceil((begin_s + length_s) / step_s - 1e-9)) + 1]
    power = np.interp(time_s, (first + np.arange(part.size)) * step_s, part)
    angle = 2 * math.pi * mains_hz * time_s + _SHIFTS[:, None]
    lag = math.acos(power_factor)
    voltages = math.sqrt(2 / 3) * voltage_v * np.sin(angle)
    peak_a = math.sqrt(2 / 3) * power / (voltage_v * power_factor)
    return Waveform(time_s, voltages, peak_a * np.sin(angle - lag), rate_hz)
