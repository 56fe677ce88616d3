# SPDX-License-Identifier: Apache-2.0
"""The fast screen: what a power does to the machines of a grid, from its spectrum and their gain.

Linear and stationary: every sine is taken to have lasted until the grid follows it in full. Of a
short record near a lightly damped mode this overstates the swing, which is why the worst is then
played in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from powermodel.indicators.inputs import checked_power
from powermodel.indicators.mains import check_mains
from powermodel.indicators.segments import cut
from powermodel.indicators.series import Labelled, blocks_of, one_series, power_of, time_grid
from powermodel.indicators.spectral_lines import lines_of
from powermodel.indicators.spectrum import Spectrum, welch_statistic
from powermodel.response.curve import HIGH_HZ, LOW_HZ, FloatArray, GridResponse, check_step
from powermodel.response.errors import ResponseError

SCORE_DEFINITION = (
    "root mean square of the deviation of frequency of the machine that moves most, in"
    f" {LOW_HZ:g}-{HIGH_HZ:g} Hz: the power spectral density of the site's power (Welch, Hann"
    " window) times the squared gain, summed over the band"
)
_LOOKED_AT = 40
_LINES = 5


@dataclass(frozen=True, slots=True)
class LineAnswer:
    """One line of the site and what the grid makes of it.

    Parameters
    ----------
    frequency_hz : float
        Of the line [Hz].
    amplitude_w : float
        Of the site's power [W, peak].
    gain_hz_w : float
        Of the machine that answers most [Hz/W].
    machine : str
        Which.
    """

    frequency_hz: float
    amplitude_w: float
    gain_hz_w: float
    machine: str

    @property
    def deviation_hz(self) -> float:
        """Amplitude of that machine's frequency [Hz, peak]."""
        return self.amplitude_w * self.gain_hz_w


@dataclass(frozen=True, slots=True)
class Score:
    """What a power does to a grid.

    Parameters
    ----------
    rms_hz : float
        See `SCORE_DEFINITION` [Hz].
    machine : str
        Of which.
    center_rms_hz : float
        The same of the center of inertia [Hz].
    mean_w : float
        Mean of the power [W].
    lines : tuple of LineAnswer
        The site's lines in the band, the one that moves a machine most first.
    parameters : dict
        How the spectrum was made.
    """

    rms_hz: float
    machine: str
    center_rms_hz: float
    mean_w: float
    lines: tuple[LineAnswer, ...]
    parameters: dict[str, Any]


def score(run: Labelled, response: GridResponse) -> Score:
    """Score a run by what it does to a grid.

    Parameters
    ----------
    run : DataTree, Dataset or DataArray
        A run (then the POI), or a power [W] over time.
    response : GridResponse
        The grid.

    Raises
    ------
    IndicatorError
        If the run was simulated for other mains.
    """
    check_mains(run, response.mains_hz)
    power = one_series(power_of(run))
    grid = time_grid(power)
    return score_blocks(blocks_of(power, grid), grid.samples, grid.dt_s, response)


def mean_of(run: Labelled) -> float:
    """Return the mean power of a run at the POI [W], read in blocks."""
    power = one_series(power_of(run))
    grid = time_grid(power)
    return sum(float(block.sum()) for block in blocks_of(power, grid)) / grid.samples


def score_blocks(
    blocks: Iterable[FloatArray], samples: int, dt_s: float, response: GridResponse
) -> Score:
    """Score a power that comes in blocks.

    Parameters
    ----------
    blocks : iterable of ndarray
        Power [W], in order.
    samples : int
        How many there are in all.
    dt_s : float
        Time between samples [s].
    response : GridResponse
        The grid.

    Raises
    ------
    ResponseError
        If the record is too coarse or too short for the band.
    """
    check_step(dt_s)
    check_length(samples * dt_s)
    statistic = welch_statistic(cut(samples, dt_s))
    state, total_w, first = statistic.init(0), 0.0, 0
    for block in blocks:
        values = checked_power(block, first_sample=first)
        first += values.size
        state = statistic.update(state, values)
        total_w += float(values.sum())
    return score_spectrum(statistic.finish(state), response, total_w / samples)


def check_length(duration_s: float) -> None:
    """Refuse a record that is shorter than the longest period of the band."""
    least_s = 1.0 / LOW_HZ
    if duration_s < least_s * (1 - 1e-9):
        raise ResponseError(
            f"a record of {duration_s:g} s is too short for a response from {LOW_HZ:g} Hz on:"
            f" expected at least {least_s:g} s, one period",
            where="duration",
            hint="simulate for longer",
        )


def score_spectrum(spectrum: Spectrum, response: GridResponse, mean_w: float) -> Score:
    """Score a power by its spectrum.

    Parameters
    ----------
    spectrum : Spectrum
        Of the power, with a Hann window.
    response : GridResponse
        The grid.
    mean_w : float
        Mean of the power [W].
    """
    hz = spectrum.frequency_hz
    inside = (hz >= LOW_HZ * (1 - 1e-9)) & (hz <= HIGH_HZ)
    df_hz = spectrum.segments.df_hz
    content = spectrum.density_w2_hz[inside] * df_hz
    gains = response.at(hz[inside])
    squares = np.square(np.abs(gains)) @ content
    center = np.interp(hz[inside], response.frequency_hz, np.square(np.abs(response.center_hz_w)))
    worst = int(np.argmax(squares))
    return Score(
        rms_hz=float(np.sqrt(squares[worst])),
        machine=response.machines[worst],
        center_rms_hz=float(np.sqrt(center @ content)),
        mean_w=mean_w,
        lines=_lines(spectrum, response),
        parameters=spectrum.segments.parameters(),
    )


def _lines(spectrum: Spectrum, response: GridResponse) -> tuple[LineAnswer, ...]:
    found = []
    for line in lines_of(spectrum, _LOOKED_AT):
        if LOW_HZ <= line.frequency_hz <= HIGH_HZ:
            gains = np.abs(response.at(np.array([line.frequency_hz]))[:, 0])
            most = int(np.argmax(gains))
            name = response.machines[most]
            found.append(LineAnswer(line.frequency_hz, line.amplitude_w, float(gains[most]), name))
    return tuple(sorted(found, key=lambda one: -one.deviation_hz)[:_LINES])
