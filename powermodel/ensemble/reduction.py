# SPDX-License-Identifier: Apache-2.0
"""What the runs of a study say together: percentiles, the worst run, effects."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from powermodel.ensemble.dims import Changes, Dim
from powermodel.ensemble.errors import StudyError
from powermodel.ensemble.grid import scenario_with
from powermodel.ensemble.idle import has_no_units
from powermodel.scenario import Scenario

if TYPE_CHECKING:
    import xarray as xr

PERCENTILES = (5.0, 50.0, 95.0)


@dataclass(frozen=True, slots=True)
class Worst:
    """The run with the largest or smallest value of an indicator.

    Parameters
    ----------
    indicator, unit : str
        What was looked for.
    value : float
        In `unit`.
    labels : dict
        Its place: the coordinate along each axis.
    changes : Changes
        What differs from the scenario of the study.
    seed : int
        Its seed.
    scenario : Scenario
        It alone: `powermodel.simulate` gives the same power, bit for bit.
    source : str
        File or name of the scenario of the study; empty where the study holds it.
    """

    indicator: str
    unit: str
    value: float
    labels: dict[str, Any]
    changes: Changes
    seed: int
    scenario: Scenario
    source: str

    @property
    def command(self) -> str | None:
        """The command that runs it alone; None where the scenario is in no file."""
        if not self.source:
            return None
        words = ["powermodel", "run", self.source, "worst.zarr", "--seed", str(self.seed)]
        values = dict(self.changes)
        if has_no_units(self.changes):
            values = {k: v for k, v in values.items() if not k.startswith("storage.")}
            values["storage"] = "null"
        for path, value in values.items():
            words += ["--set", f"{path}={value}"]
        return shlex.join(words)


def percentiles(
    runs: xr.DataTree, q: Iterable[float] = PERCENTILES, over: str | tuple[str, ...] = "seed"
) -> xr.Dataset:
    """Return percentiles of every indicator.

    Parameters
    ----------
    runs : DataTree
        From `open_study`.
    q : iterable of float
        In percent, 0 to 100.
    over : str or tuple of str
        Dimensions that are reduced.

    Returns
    -------
    Dataset
        With a dimension ``percentile``; linear between the two nearest runs. A percentile is
        missing where one of its runs is.
    """
    percent = np.array(list(q), dtype=np.float64)
    if percent.size == 0 or not ((percent >= 0) & (percent <= 100)).all():
        raise StudyError(f"expected percentiles from 0 to 100, got {percent.tolist()}")
    found = runs.to_dataset().quantile(
        percent / 100, dim=over, method="linear", skipna=False, keep_attrs=True
    )
    return found.assign_coords(quantile=percent).rename(quantile="percentile")


def worst(runs: xr.DataTree, indicator: str, *, largest: bool = True) -> Worst:
    """Return the run with the largest (or smallest) value of an indicator; the first of equals."""
    values = indicator_of(runs, indicator)
    numbers = values.to_numpy()
    if np.isnan(numbers).all():
        raise StudyError(f"no run has a value of {indicator!r}")
    flat = int(np.nanargmax(numbers) if largest else np.nanargmin(numbers))
    place = np.unravel_index(flat, numbers.shape)
    dims = [Dim.from_dict(one) for one in json.loads(runs.attrs["dims"])]
    indexes = {str(dim): int(index) for dim, index in zip(values.dims, place, strict=True)}
    # What was selected beforehand is a part of the study: labels tell the place, not positions.
    at = {dim.name: _place(dim, values, indexes) for dim in dims}
    changes = tuple(change for dim in dims for change in dim.changes(at[dim.name]))
    labels = {name: one[at[dim.name]] for dim in dims for name, one in dim.labels.items()}
    seed = int(values["seed"].to_numpy().flat[indexes.get("seed", 0)])
    base = Scenario.from_yaml(runs.attrs["scenario"], base=Path(runs.attrs["scenario_base"]))
    return Worst(
        indicator,
        str(values.attrs["units"]),
        float(numbers.flat[flat]),
        labels,
        changes,
        seed,
        scenario_with(base, changes, seed),
        str(runs.attrs["scenario_source"]),
    )


def _place(dim: Dim, values: xr.DataArray, indexes: Mapping[str, int]) -> int:
    """Return where on a dimension of the study a run of a part of it stands."""
    label = values[dim.name].to_numpy().flat[indexes.get(dim.name, 0)]
    return [str(one) for one in dim.labels[dim.name]].index(str(label))


def main_effects(runs: xr.DataTree, indicator: str) -> Mapping[str, xr.DataArray]:
    """Return, for each axis, the mean of an indicator over all else, at each of its values.

    What an axis does to it, in a word, is the span of these means: the bar of a tornado.
    """
    values = indicator_of(runs, indicator)
    return {
        str(dim): values.mean([other for other in values.dims if other != dim], skipna=True)
        for dim in values.dims
    }


def tornado(runs: xr.DataTree, indicator: str) -> list[tuple[str, float, float]]:
    """Return name, smallest and largest mean of each axis with an effect, the widest first."""
    found = []
    for name, means in main_effects(runs, indicator).items():
        if means.size > 1 and not bool(means.isnull().all()):
            found.append((name, float(means.min()), float(means.max())))
    return sorted(found, key=lambda one: one[1] - one[2])


def indicator_of(runs: xr.DataTree, name: str) -> xr.DataArray:
    """Return an indicator of all runs, or say which there are."""
    found = runs.to_dataset()
    if name not in found.data_vars:
        known = ", ".join(map(str, found.data_vars))
        raise StudyError(f"there is no indicator {name!r}", hint=f"there are {known}")
    return found[name]
