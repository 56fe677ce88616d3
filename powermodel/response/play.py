# SPDX-License-Identifier: Apache-2.0
"""What playing a series into a grid gave, reduced while it runs: extremes, and cells to draw."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

import powermodel_datasets as facts
from powermodel.indicators.mains import check_mains, nominal_hz
from powermodel.indicators.series import Labelled, blocks_of, one_series, power_of, time_grid
from powermodel.response.curve import FloatArray
from powermodel.response.network import NetworkCase, NetworkPlay, play_into_network
from powermodel.response.score import mean_of
from powermodel.response.twoarea import DEFAULT, KIND, played

if TYPE_CHECKING:
    from powermodel.indicators.series import TimeGrid

_CELLS = 4000
_CENTER, _TIE = "center of inertia", "tie power"


@dataclass(frozen=True, slots=True)
class Extremes:
    """Smallest and largest value of one output, and when.

    Parameters
    ----------
    name : str
        Machine, area, center of inertia.
    lowest, highest : float
        Of the deviation, in `unit`.
    lowest_at_s, highest_at_s : float
        Times of both [s].
    rms : float
        Root mean square of the deviation, in `unit`.
    unit : str
        ``"Hz"``, or ``"W"`` of a tie.
    """

    name: str
    lowest: float
    lowest_at_s: float
    highest: float
    highest_at_s: float
    rms: float
    unit: str


@dataclass(frozen=True, slots=True, eq=False)
class PlayIn:
    """What a series did to a grid in time.

    Parameters
    ----------
    label : str
        Which grid, and where the site stands.
    rows : tuple of Extremes
        Of every output; the one that moves most first.
    cell_s : float
        Length of the cells [s].
    lowest_hz, highest_hz : ndarray
        Of the output that moves most, by cell [Hz].
    whole : bool
        Whether the run came to its end.
    parameters : dict
        How it was made.
    """

    label: str
    rows: tuple[Extremes, ...]
    cell_s: float
    lowest_hz: FloatArray
    highest_hz: FloatArray
    whole: bool
    parameters: dict[str, Any]


def play_into_two_areas(run: Labelled, name: str = DEFAULT, area: int = 1) -> PlayIn:
    """Play a run of any length into the two-area screen, block by block.

    The grid is at rest at the mean power before the first sample.

    Parameters
    ----------
    run : DataTree, Dataset or DataArray
        A run (then the POI), or a power [W] over time.
    name : str
        A record of the kind two-area.
    area : int
        1 or 2.

    Raises
    ------
    IndicatorError
        If the run was simulated for other mains.
    """
    check_mains(run, facts.load(KIND, name)["frequency"].value)
    power = one_series(power_of(run))
    grid = time_grid(power)
    mean_w = mean_of(power)
    blocks = played(blocks_of(power, grid), mean_w, grid.dt_s, name, area)
    return _reduced(
        f"two-area:{name} at area {area} (two-area screen)",
        blocks,
        grid,
        {"mean_w": mean_w, "dt_s": grid.dt_s},
    )


def play_into_case(
    run: Labelled, place: NetworkCase, *, step_s: float | None = None, limit_s: float | None = None
) -> PlayIn:
    """Play a run into a case of ANDES.

    Parameters
    ----------
    run : DataTree, Dataset or DataArray
        A run (then the POI), or a power [W] over time.
    place : NetworkCase
        The case and the bus.
    step_s, limit_s : float, optional
        See `play_into_network`.

    Raises
    ------
    IndicatorError
        If the run was simulated for other mains than `place` names.
    ResponseError
        As `play_into_network`; also if the case runs at another frequency than the run.
    """
    check_mains(run, place.mains_hz)
    if place.mains_hz is None:
        place = replace(place, mains_hz=nominal_hz(run))
    power = one_series(power_of(run))
    grid = time_grid(power)
    more = {} if step_s is None else {"step_s": step_s}
    values = np.asarray(power.values, dtype=np.float64)
    found = play_into_network(place, values, grid.dt_s, limit_s=limit_s, **more)
    return from_network(found)


def from_network(found: NetworkPlay) -> PlayIn:
    """Return what a play into a case gave, reduced."""
    from powermodel.indicators.series import TimeGrid

    outputs = dict(zip(found.machines, found.deviation_hz.T, strict=True))
    outputs[_CENTER] = found.center_hz
    grid = TimeGrid(0.0, found.parameters["step_s"], found.time_s.size)
    label = f"{found.case} at bus {found.bus}"
    return _reduced(label, [outputs], grid, found.parameters, whole=found.whole)


def _reduced(
    label: str,
    blocks: Iterable[Mapping[str, FloatArray]],
    grid: TimeGrid,
    parameters: dict[str, Any],
    *,
    whole: bool = True,
) -> PlayIn:
    each = -(-grid.samples // _CELLS)
    outputs: dict[str, _Output] = {}
    first = 0
    for block in blocks:
        for name, values in block.items():
            outputs.setdefault(name, _Output(grid.samples, each)).add(first, values)
        first += next(iter(block.values())).size
    rows = {name: output.extremes(name, grid.dt_s) for name, output in outputs.items()}
    machines = [row for name, row in rows.items() if name not in (_CENTER, _TIE)]
    most = sorted(machines, key=lambda row: -max(-row.lowest, row.highest))
    shown = outputs[most[0].name]
    rest = [rows[name] for name in (_CENTER, _TIE) if name in rows]
    return PlayIn(
        label, (*most, *rest), each * grid.dt_s, shown.lowest, shown.highest, whole, parameters
    )


class _Output:
    """Extremes of one output, whole and by cell, over any cut into blocks."""

    def __init__(self, samples: int, each: int) -> None:
        self._each = each
        cells = -(-samples // each)
        self.lowest, self.highest = np.full(cells, np.inf), np.full(cells, -np.inf)
        self._low = self._high = (0.0, 0)
        self._squares, self._count = 0.0, 0

    def add(self, first: int, values: FloatArray) -> None:
        """Take in the values from sample `first` on."""
        at = (first + np.arange(values.size)) // self._each
        np.minimum.at(self.lowest, at, values)
        np.maximum.at(self.highest, at, values)
        low, high = int(np.argmin(values)), int(np.argmax(values))
        self._low = min(self._low, (float(values[low]), first + low))
        # Of equal values the first, as with the lowest.
        if float(values[high]) > self._high[0]:
            self._high = (float(values[high]), first + high)
        self._squares += float(values @ values)
        self._count += values.size

    def extremes(self, name: str, dt_s: float) -> Extremes:
        """Return the results."""
        return Extremes(
            name,
            self._low[0],
            self._low[1] * dt_s,
            self._high[0],
            self._high[1] * dt_s,
            float(np.sqrt(self._squares / max(self._count, 1))),
            "W" if name == _TIE else "Hz",
        )
