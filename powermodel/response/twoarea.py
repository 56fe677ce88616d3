# SPDX-License-Identifier: Apache-2.0
"""The built-in screen: two areas that swing against each other, in frequency and in time.

A screen and not a network: it ranks runs and shows orders of magnitude where no case of the
operator's grid is at hand. What it leaves out is written in `powermodel_kernels.supply.twoarea`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

import powermodel_datasets as facts
from powermodel.indicators.inputs import checked_power
from powermodel.response.curve import (
    DEFINITION,
    ComplexArray,
    FloatArray,
    GridResponse,
    check_mains,
    check_step,
    grid_hz,
    within_band,
)
from powermodel.response.errors import ResponseError
from powermodel_datasets.record import Record
from powermodel_kernels.supply.twoarea import (
    OUTPUTS,
    Area,
    Steps,
    TwoAreas,
    exact_steps,
    frequency_response,
    modes,
    system,
)

KIND = "two-area"
DEFAULT = "kundur"
_AREAS = (1, 2)


def two_areas(record: Record) -> TwoAreas:
    """Return the grid of a record."""

    def area(i: int) -> Area:
        names = ("base", "inertia", "droop", "valve_time", "lead_time", "lag_time", "load_damping")
        return Area(*(record[f"{name}_{i}"].value for name in names))

    return TwoAreas(
        (area(1), area(2)),
        record["mode_frequency"].value,
        record["mode_damping"].value,
        record["frequency"].value,
    )


def two_area_response(
    name: str = DEFAULT, area: int = 1, *, mains_hz: float | None = None
) -> GridResponse:
    """Return the frequency response of the two-area screen.

    Parameters
    ----------
    name : str
        A record: ``powermodel datasets two-area``.
    area : int
        Where the site stands: 1 or 2.
    mains_hz : float, optional
        Nominal frequency of the series, if known: refused unless it is the same.

    Raises
    ------
    ResponseError
        If there is no such area, or the frequency is another.
    """
    record = facts.load(KIND, name)
    grid = two_areas(record)
    _check_area(area)
    check_mains(grid.nominal_hz, mains_hz, f"{KIND}:{name}")
    found = system(grid, area)
    frequency_hz = grid_hz()
    worst = max((value.confidence for value in record.values()), key="HMLK".index)
    return GridResponse(
        case=f"{KIND}:{name}",
        title=record.title,
        screen=True,
        place=f"area {area}",
        mains_hz=grid.nominal_hz,
        machines=OUTPUTS[:2],
        inertia_s=np.array(grid.inertia_s),
        frequency_hz=frequency_hz,
        gain_hz_w=frequency_response(found, frequency_hz)[:2],
        modes=within_band(modes(found)),
        parameters={"definition": DEFINITION, "least_confidence": worst},
    )


@dataclass(slots=True)
class TwoAreaPlay:
    """A power played into the screen, block after block; the cut into blocks changes no bit.

    Parameters
    ----------
    mean_w : float
        Power at which the grid is at rest [W].
    dt_s : float
        Time between samples [s].
    name : str
        A record of the kind two-area.
    area : int
        1 or 2.
    """

    mean_w: float
    dt_s: float
    name: str = DEFAULT
    area: int = 1
    state: ComplexArray = field(init=False)
    """What each mode carries on: all that a later block must know. Save it to go on elsewhere."""
    _steps: Steps = field(init=False)

    def __post_init__(self) -> None:
        check_step(self.dt_s)
        _check_area(self.area)
        grid = two_areas(facts.load(KIND, self.name))
        self._steps = exact_steps(system(grid, self.area), self.dt_s)
        self.state = np.zeros(self._steps.decay.size, dtype=np.complex128)

    def block(self, power_w: FloatArray) -> dict[str, FloatArray]:
        """Return the answer to the samples that follow.

        Each sample is held until the next; the answer of a sample is that at its end.

        Parameters
        ----------
        power_w : ndarray
            Load at the site [W].

        Returns
        -------
        dict of str to ndarray
            ``area 1``, ``area 2`` and ``center of inertia``: deviation of frequency [Hz]; ``tie
            power``: change of the flow from area 1 to area 2 [W].
        """
        from scipy.signal import lfilter

        load = checked_power(power_w) - self.mean_w
        found = {name: np.zeros(load.size) for name in OUTPUTS}
        if not load.size:
            return found
        steps = self._steps
        for m in range(steps.decay.size):
            # One mode after another, so that sums never depend on the size of the block.
            ratio = ([steps.drive[m]], [1.0, -steps.decay[m]])
            z, self.state[m : m + 1] = lfilter(*ratio, load, zi=self.state[m : m + 1])
            for row, name in enumerate(OUTPUTS):
                read = steps.read[row, m]
                found[name] += read.real * z.real - read.imag * z.imag
        return found


def played(
    blocks: Iterable[FloatArray], mean_w: float, dt_s: float, name: str = DEFAULT, area: int = 1
) -> Iterator[dict[str, FloatArray]]:
    """Yield the answer of the screen to a series of any length, block by block.

    Parameters
    ----------
    blocks : iterable of ndarray
        Load at the site [W], in order.
    mean_w, dt_s, name, area
        See `TwoAreaPlay`.
    """
    play = TwoAreaPlay(mean_w, dt_s, name, area)
    for block in blocks:
        yield play.block(block)


def _check_area(area: int) -> None:
    if area not in _AREAS:
        raise ResponseError(
            f"there is no area {area}", where="area", hint="the site stands in area 1 or 2"
        )
