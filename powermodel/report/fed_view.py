# SPDX-License-Identifier: Apache-2.0
"""What the pictures of a run show of its supply beside the island: read once, in their unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from powermodel.indicators.series import TimeGrid, blocks_of
from powermodel.report.envelope import Envelope, FloatArray, envelope_of

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True, slots=True)
class FedView:
    """Own generation, grid connection, shafts. Powers are in the unit of the picture."""

    onsite: Envelope | None
    """Of the own generation; None for a run without."""
    allowed: tuple[FloatArray, FloatArray] | None
    """Where the allowed power changes, s, and what it is from there on; None without a statement.
    The last time is the run's end."""
    torques: dict[str, FloatArray]
    """Torque at every sample of the close-up, per unit, in the section of each shaft that twists
    most, by its name."""


def fed_view(
    tree: xr.DataTree, grid: TimeGrid, run: int, unit_w: float, zoom: tuple[int, int]
) -> FedView:
    """Read what the pictures of one run show of its supply.

    Parameters
    ----------
    tree : DataTree
        With the groups that the run has.
    grid : TimeGrid
        Of its samples.
    run : int
        Position of the run in an ensemble.
    unit_w : float
        What powers are divided by.
    zoom : tuple of int
        First sample and number of samples of the close-up.
    """

    def series(path: str) -> xr.DataArray:
        found: xr.DataArray = tree[path]  # type: ignore[assignment]
        return found.isel(run=run) if "run" in found.dims else found

    onsite = allowed = None
    if "onsite" in tree.children:
        path = "onsite/power"
        onsite = envelope_of(tree, path, series(path), grid, run, unit_w)
    if "connection" in tree.children:
        allowed = _steps(series("connection/allowed"), grid, unit_w)
    torques = {}
    if "shaft" in tree.children:
        torques = _torques(series("shaft/torque"), series("shaft/torsion"), zoom)
    return FedView(onsite, allowed, torques)


def _steps(series: xr.DataArray, grid: TimeGrid, unit_w: float) -> tuple[FloatArray, FloatArray]:
    """Return the few samples at which a series of steps changes, closed by the end of the run."""
    at_s: list[float] = []
    values: list[float] = []
    first = 0
    for block in blocks_of(series, grid):
        before = np.append(values[-1:] if values else [np.nan], block[:-1])
        for place in np.flatnonzero(block != before):
            at_s.append(grid.begin_s + (first + int(place)) * grid.dt_s)
            values.append(float(block[place]))
        first += block.size
    end_s = grid.begin_s + grid.samples * grid.dt_s
    return np.array([*at_s, end_s]), np.array([*values, values[-1]]) / unit_w


def _torques(
    torque: xr.DataArray, torsion: xr.DataArray, zoom: tuple[int, int]
) -> dict[str, FloatArray]:
    part = slice(zoom[0], zoom[0] + zoom[1])
    names = [str(name) for name in torque["section"].values]
    twisted = np.ptp(torsion.isel(time=part).transpose("time", "section").values, axis=0)
    found: dict[str, FloatArray] = {}
    for kind in dict.fromkeys(name.partition(":")[0] for name in names):
        own = [n for n, name in enumerate(names) if name.partition(":")[0] == kind]
        most = max(own, key=lambda n: float(twisted[n]))
        found[names[most]] = np.asarray(torque.isel(time=part, section=most).values, np.float64)
    return found
