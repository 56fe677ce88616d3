# SPDX-License-Identifier: Apache-2.0
"""What decides an indicator: Sobol indices and Morris screening of the samples of a study.

The design of the samples and the estimators are SALib's. Of several seeds the mean is taken: what
is left of their spread counts as interaction. All points have the same seeds, so the same random
numbers stand behind each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from powermodel.ensemble.errors import StudyError
from powermodel.ensemble.reduction import indicator_of
from powermodel.ensemble.samples import LEVELS, Samples, salib
from powermodel.ensemble.study import Study

if TYPE_CHECKING:
    import xarray as xr

F64 = NDArray[np.float64]
CONFIDENCE = 0.95
"""Of the intervals, by bootstrap over the points of the design."""
_RESAMPLES = 1000
_SEED = 1  # not 0: SALib takes that for none

_SOBOL = {
    "first": ("S1", "share of the variance that this value alone explains"),
    "first_interval": ("S1_conf", "half width of the 95 % interval of first"),
    "total": ("ST", "share of the variance that this value has a part in, with interactions"),
    "total_interval": ("ST_conf", "half width of the 95 % interval of total"),
}
_MORRIS = {
    "effect": ("mu", "mean change of the indicator from the low to the high end of the range"),
    "importance": ("mu_star", "mean magnitude of that change"),
    "importance_interval": ("mu_star_conf", "half width of the 95 % interval of importance"),
    "spread": ("sigma", "standard deviation of that change: bends and interactions"),
}


def sensitivity(runs: xr.DataTree, indicator: str) -> xr.Dataset:
    """Return what each sampled value does to an indicator.

    Parameters
    ----------
    runs : DataTree
        From `open_study`, of a study whose samples are drawn by ``saltelli`` or ``morris``.
    indicator : str
        Such as ``"swing[1 s]"``.

    Returns
    -------
    Dataset
        Along ``parameter``, and along axes that the study has beside its samples. Of ``saltelli``:
        ``first`` and ``total`` order Sobol indices with the half widths of their 95 % intervals. Of
        ``morris``: mean ``effect``, ``importance`` (mean magnitude) with its interval, and
        ``spread``, in the unit of the indicator over the whole range of the value. Missing where
        a run is, or where the indicator is the same in all.

    Raises
    ------
    StudyError
        If the study has no such samples, or only a part of them was selected.
    """
    import xarray as xr

    values = indicator_of(runs, indicator)
    samples = Study.from_yaml(runs.attrs["study"]).samples
    if samples is None or samples.method not in ("saltelli", "morris"):
        drawn = "no samples" if samples is None else f"samples by {samples.method}"
        raise StudyError(
            f"expected samples by saltelli or morris, got {drawn}",
            hint="write samples: {method: saltelli, n: 64, ranges: {...}} in the study",
        )
    if values.sizes.get("sample") != samples.points:
        raise StudyError(
            f"expected all {samples.points:,} samples of the study, got a part of them"
        )
    if "seed" in values.dims:
        values = values.mean("seed", skipna=False)
    outputs = values.transpose("sample", ...)
    rest = [str(dim) for dim in outputs.dims[1:]]
    table = outputs.to_numpy().reshape(samples.points, -1)
    columns = _SOBOL if samples.method == "saltelli" else _MORRIS
    estimate = _sobol if samples.method == "saltelli" else _morris(samples)
    found = [_known(estimate, samples, table[:, place], columns) for place in range(table.shape[1])]
    unit = "1" if samples.method == "saltelli" else str(values.attrs.get("units", ""))
    names = [str(name) for name in runs["sample"].coords if name != "sample"]
    shape = (len(samples.ranges), *(outputs.sizes[dim] for dim in rest))
    variables = {
        name: (
            ("parameter", *rest),
            np.stack([one[name] for one in found], axis=-1).reshape(shape),
            {"units": unit, "long_name": words},
        )
        for name, (_, words) in columns.items()
    }
    coordinates = {dim: outputs[dim] for dim in rest}
    facts = {
        "indicator": indicator,
        "method": samples.method,
        "runs": int(values.size),
        "confidence": CONFIDENCE,
        "resamples": _RESAMPLES,
    }
    return xr.Dataset(variables, {"parameter": names, **coordinates}, facts)


Estimate = Callable[[Samples, F64], Mapping[str, F64]]


def _known(
    estimate: Estimate, samples: Samples, outputs: F64, columns: Mapping[str, tuple[str, str]]
) -> dict[str, F64]:
    """Return the columns of one set of outputs; nothing of what is missing or never changes."""
    if not np.isfinite(outputs).all() or np.ptp(outputs) == 0.0:
        return {name: np.full(len(samples.ranges), np.nan) for name in columns}
    found = estimate(samples, outputs)
    return {name: np.asarray(found[key], dtype=np.float64) for name, (key, _) in columns.items()}


def _sobol(samples: Samples, outputs: F64) -> Mapping[str, F64]:
    found: Mapping[str, F64] = salib("analyze.sobol").analyze(
        samples.problem,
        outputs,
        calc_second_order=False,
        num_resamples=_RESAMPLES,
        conf_level=CONFIDENCE,
        seed=_SEED,
    )
    return found


def _morris(samples: Samples) -> Estimate:
    shares = samples.shares()

    def estimate(samples: Samples, outputs: F64) -> Mapping[str, F64]:
        found: Mapping[str, F64] = salib("analyze.morris").analyze(
            samples.problem,
            shares,
            outputs,
            num_resamples=_RESAMPLES,
            conf_level=CONFIDENCE,
            num_levels=LEVELS,
            seed=_SEED,
        )
        return found

    return estimate
