# SPDX-License-Identifier: Apache-2.0
"""The series of a long run of a study, from the means of its overview."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from powermodel.exporters.basis import Basis
from powermodel.exporters.errors import ExportError
from powermodel.exporters.series import TICKS_PER_S, PlannerSeries, with_reactive

if TYPE_CHECKING:
    import xarray as xr

_LEVELS = ("1min", "15min", "1s", "100ms", "10ms")
"""The first that is kept is taken: the coarsest whose means every meter interval is made of."""
_KEPT = ("scenario_digest", "engine", "dt_s", "duration_s")


def series_of_horizon(runs: xr.DataTree, basis: Basis, name: str = "campus") -> PlannerSeries:
    """Return the means of the power at the POI that a run of a study keeps.

    Parameters
    ----------
    runs : DataTree
        From `powermodel.ensemble.open_study`, of one run: select it where there are more.
    basis : Basis
        Bases, frequency, time origin.
    name : str
        For files and objects in the tools.

    Raises
    ------
    ExportError
        If there are more runs, no overview, or the last cell is a part of one.
    """
    kept = runs["overview"].children if "overview" in runs.children else {}
    levels = [level for level in _LEVELS if level in kept]
    if not levels:
        raise ExportError(
            "expected an overview in the study, it keeps none", hint="keep: {overview: [1min]}"
        )
    cells = runs[f"overview/{levels[0]}/poi_power"].sel(statistic="mean")
    others = [dim for dim in cells.dims if dim != "time"]
    if any(cells.sizes[dim] != 1 for dim in others):
        raise ExportError(
            "expected a study of one run, got "
            + ", ".join(f"{cells.sizes[d]} {d}" for d in others),
            hint="powermodel.exporters.series_of_horizon(runs.sel(...), ...) takes one of them",
        )
    cell_ticks = round(float(cells["time"].attrs["cell_s"]) * TICKS_PER_S)
    duration_ticks = round(float(runs.attrs["duration_s"]) * TICKS_PER_S)
    if duration_ticks % cell_ticks:
        raise ExportError(
            f"the last mean over {levels[0]} is that of a part of it",
            where="duration",
            hint="simulate whole cells of the overview, or keep a finer level",
        )
    attributes = {key: runs.attrs[key] for key in _KEPT}
    attributes |= {str(key): runs.attrs[key] for key in runs.attrs if str(key).endswith("_version")}
    attributes["seed"] = int(np.atleast_1d(runs["seed"].to_numpy())[0])
    power_w = np.asarray(cells.to_numpy(), dtype=np.float64).reshape(-1)
    return with_reactive(name, cell_ticks, power_w, basis, averaged=True, attributes=attributes)
