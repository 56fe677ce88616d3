# SPDX-License-Identifier: Apache-2.0
"""Every run of a study scored by what it does to a grid, and the worst one picked."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import zarr
from zarr.errors import BaseZarrError

from powermodel.ensemble import worst
from powermodel.ensemble.reduction import Worst
from powermodel.indicators.mains import check_mains
from powermodel.indicators.series import blocks_of, time_grid
from powermodel.response.curve import HIGH_HZ, SAMPLES_PER_PERIOD, GridResponse
from powermodel.response.errors import ResponseError
from powermodel.response.score import SCORE_DEFINITION, score_blocks
from powermodel.store.target import files_at

if TYPE_CHECKING:
    import xarray as xr

SCORE = "frequency_rms"
_OVERVIEW = "overview/10ms"


def is_study(path: str | os.PathLike[str]) -> bool:
    """Whether a store is that of a study; what is no store at all is none."""
    try:
        return "study_format" in zarr.open_group(files_at(path).zarr(), mode="r").attrs
    except (BaseZarrError, FileNotFoundError, ValueError, KeyError, TypeError):
        return False


def score_study(runs: xr.DataTree, response: GridResponse) -> xr.DataTree:
    """Return a study with one indicator more: `SCORE`, what each run does to a grid [Hz].

    It is worked out from the power at the POI that the study kept, or from its means over 10 ms.
    Runs that are not whole are missing.

    Parameters
    ----------
    runs : DataTree
        From `powermodel.ensemble.open_study`.
    response : GridResponse
        The grid.

    Raises
    ------
    ResponseError
        If the study kept nothing that is fine enough, or its runs are too short.
    IndicatorError
        If its runs were simulated for other mains.
    """
    check_mains(runs, response.mains_hz)
    power = _kept(runs)
    grid = time_grid(power)
    root = runs.to_dataset()
    dims = tuple(dim for dim in power.dims if dim != "time")
    whole = root["mean"].transpose(*dims)
    values = np.full(whole.shape, np.nan)
    for place in np.ndindex(*whole.shape):
        if np.isfinite(whole.to_numpy()[place]):
            one = power.isel(dict(zip(dims, place, strict=True)))
            found = score_blocks(blocks_of(one, grid), grid.samples, grid.dt_s, response)
            values[place] = found.rms_hz
    attributes = {
        "units": "Hz",
        "long_name": f"Swing of the grid's frequency, {response.label}",
        "definition": f"{SCORE_DEFINITION}; {response.label}",
    }
    scored = runs.copy()
    scored[SCORE] = whole.copy(data=values).assign_attrs(attributes)
    return scored


def worst_run(scored: xr.DataTree) -> Worst:
    """Return the run that moves the grid most, for a full simulation.

    Parameters
    ----------
    scored : DataTree
        From `score_study`.
    """
    return worst(scored, SCORE)


def worst_power(scored: xr.DataTree) -> xr.DataArray:
    """Return the power at the POI of the run that moves the grid most, as it was kept."""
    power = _kept(scored)
    dims = [dim for dim in power.dims if dim != "time"]
    values = scored.to_dataset()[SCORE].transpose(*dims).to_numpy()
    place = np.unravel_index(int(np.nanargmax(values)), values.shape)
    return power.isel(dict(zip(dims, (int(at) for at in place), strict=True)))


def _kept(runs: xr.DataTree) -> xr.DataArray:
    """Return the power at the POI, as fine as it was kept."""
    paths = {node.path.strip("/") for node in runs.subtree}
    if "poi" in paths and "power" in runs["poi"].data_vars:
        return runs["poi"].to_dataset()["power"]
    if _OVERVIEW in paths:
        # Minimum, mean and maximum, in this order.
        return runs[_OVERVIEW].to_dataset()["poi_power"].isel(statistic=1, drop=True)
    raise ResponseError(
        f"the study kept no power at the POI that shows {HIGH_HZ:g} Hz: expected samples at most"
        f" {1 / (SAMPLES_PER_PERIOD * HIGH_HZ):g} s apart",
        where="keep",
        hint="run it with keep: {series: [poi/power]}, or keep: {overview: [10ms]}, which is less",
    )
