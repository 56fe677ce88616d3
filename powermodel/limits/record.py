# SPDX-License-Identifier: Apache-2.0
"""A power record that many limits look at: what several of them need is computed once."""

from __future__ import annotations

from functools import cached_property

import numpy.typing as npt

from powermodel.indicators.inputs import FloatArray, checked_dt, checked_record
from powermodel.indicators.power_levels import Levels, levels
from powermodel.indicators.power_ramps import Definition, Ramp, ramp
from powermodel.indicators.spectrum import Spectrum, welch


class PowerRecord:
    """Power over an even time axis.

    Parameters
    ----------
    power_w : array_like
        Power samples [W].
    dt_s : float
        Time between samples [s].
    begin_s : float
        Time of the first sample [s].
    """

    def __init__(self, power_w: npt.ArrayLike, dt_s: float, begin_s: float = 0.0) -> None:
        self.power_w: FloatArray = checked_record(power_w)
        self.dt_s = checked_dt(dt_s)
        self.begin_s = begin_s
        self._ramps: dict[tuple[float, Definition], Ramp] = {}

    @cached_property
    def levels(self) -> Levels:
        """Peak, minimum, mean and spread."""
        return levels(self.power_w, self.dt_s)

    @cached_property
    def plain_spectrum(self) -> Spectrum:
        """Spectrum with the plain window, one segment: bands of it add up to the variance."""
        return welch(self.power_w, self.dt_s, window="boxcar")

    @cached_property
    def hann_spectrum(self) -> Spectrum:
        """Spectrum with a Hann window, one segment: lines are read from it."""
        return welch(self.power_w, self.dt_s, window="hann")

    def ramp(self, window_s: float, definition: Definition) -> Ramp:
        """Return the largest changes within a window [s]."""
        key = (window_s, definition)
        if key not in self._ramps:
            self._ramps[key] = ramp(self.power_w, self.dt_s, window_s, definition)
        return self._ramps[key]
