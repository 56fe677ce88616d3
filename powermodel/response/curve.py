# SPDX-License-Identifier: Apache-2.0
"""How much a grid's frequency moves per megawatt, by frequency: what every case gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from powermodel.response.errors import ResponseError

FloatArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]

LOW_HZ, HIGH_HZ = 0.05, 5.0
"""Where speeds and angles of machines are the answer; above, shafts and lines are."""
POINTS = 801
SAMPLES_PER_PERIOD = 10
"""Least samples in the shortest period, so that a series can be held to `HIGH_HZ`."""
DEFINITION = (
    "deviation of a machine's frequency per watt of load at the site, complex, at rest at the mean"
    " power of the series; linear"
)


@dataclass(frozen=True, slots=True)
class Mode:
    """One oscillation of a grid.

    Parameters
    ----------
    frequency_hz : float
        Damped frequency [Hz].
    damping : float
        Damping ratio.
    """

    frequency_hz: float
    damping: float


@dataclass(frozen=True, slots=True, eq=False)
class GridResponse:
    """The frequency response of a grid at the site.

    Parameters
    ----------
    case : str
        Which grid.
    title : str
        What it is.
    screen : bool
        Whether it is the built-in two-area screen, and not a network.
    place : str
        Area or bus where the site stands.
    mains_hz : float
        Nominal frequency [Hz].
    machines : tuple of str
        Machines, or areas.
    inertia_s : ndarray
        Of each, on a common base [s]: weights of the center of inertia.
    frequency_hz : ndarray
        Frequencies [Hz], rising.
    gain_hz_w : ndarray
        (machines, frequencies) [Hz/W].
    modes : tuple of Mode
        Oscillations between `LOW_HZ` and `HIGH_HZ`, slowest first.
    parameters : dict
        What else it rests on.
    """

    case: str
    title: str
    screen: bool
    place: str
    mains_hz: float
    machines: tuple[str, ...]
    inertia_s: FloatArray
    frequency_hz: FloatArray
    gain_hz_w: ComplexArray
    modes: tuple[Mode, ...]
    parameters: dict[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Case and place in a line, with what it is: a screen says so everywhere."""
        return f"{self.case} at {self.place}" + (" (two-area screen)" if self.screen else "")

    @property
    def largest_hz_w(self) -> FloatArray:
        """Largest magnitude over all machines at each frequency [Hz/W]."""
        found: FloatArray = np.abs(self.gain_hz_w).max(axis=0)
        return found

    @property
    def center_hz_w(self) -> ComplexArray:
        """Gain of the center of inertia [Hz/W]."""
        return np.asarray(self.inertia_s @ self.gain_hz_w / self.inertia_s.sum())

    def at(self, frequency_hz: FloatArray) -> ComplexArray:
        """Return the gains at other frequencies within, by straight lines: (machines, n) [Hz/W]."""
        wanted = np.asarray(frequency_hz, dtype=np.float64)
        return np.array([np.interp(wanted, self.frequency_hz, row) for row in self.gain_hz_w])


def grid_hz() -> FloatArray:
    """Return the frequencies at which a response is computed, in equal ratios."""
    found: FloatArray = np.geomspace(LOW_HZ, HIGH_HZ, POINTS)
    return found


def within_band(modes: list[tuple[float, float]]) -> tuple[Mode, ...]:
    """Return the modes between `LOW_HZ` and `HIGH_HZ`, slowest first."""
    return tuple(Mode(hz, damping) for hz, damping in sorted(modes) if LOW_HZ <= hz <= HIGH_HZ)


def check_step(dt_s: float) -> None:
    """Refuse a series too coarse for the band.

    Raises
    ------
    ResponseError
        With the largest step that would do.
    """
    most_s = 1.0 / (SAMPLES_PER_PERIOD * HIGH_HZ)
    if dt_s > most_s * (1 + 1e-9):
        raise ResponseError(
            f"a step of {dt_s:g} s is too coarse for a response up to {HIGH_HZ:g} Hz: expected at"
            f" most {most_s:g} s, {SAMPLES_PER_PERIOD} samples a period",
            where="dt",
            hint="simulate with a smaller dt; averages hide the swing",
        )


def check_mains(case_hz: float, series_hz: float | None, case: str) -> None:
    """Refuse a series of another nominal frequency than the case."""
    if series_hz is not None and abs(series_hz - case_hz) > 1e-6:
        raise ResponseError(
            f"the case {case!r} runs at {case_hz:g} Hz, the series is for {series_hz:g} Hz",
            where="mains",
            hint="choose a case of the same frequency, or simulate the site for the other one",
        )
