# SPDX-License-Identifier: Apache-2.0
"""How often a power or a ramp is exceeded, over all samples of all runs of a study."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from powermodel.ensemble.errors import StudyError
from powermodel.ensemble.horizon import COUNT, POWER
from powermodel.indicators.distribution import Distribution

if TYPE_CHECKING:
    import xarray as xr


def counted_quantities(runs: xr.DataTree) -> list[str]:
    """Return what the samples of a study were counted of; empty where they were not."""
    if "exceedance" not in runs.children:
        return []
    return [str(name) for name in runs["exceedance/quantity"].to_numpy()]


def exceedance(runs: xr.DataTree, quantity: str = POWER) -> Distribution:
    """Return how often what is exceeded: the counts of all runs together.

    Parameters
    ----------
    runs : DataTree
        From `open_study`, of a study that keeps ``exceedance``; select a part of it for less runs.
    quantity : str
        ``"power"``, or ``"ramp[1 s]"``: the magnitude of P(t + window) - P(t).

    Returns
    -------
    Distribution
        Its ``quantile`` and ``exceedance`` are within 0.1 % of the samples, or within 0.5 W.

    Raises
    ------
    StudyError
        If the study did not count, or not this.
    """
    known = counted_quantities(runs)
    if not known:
        raise StudyError(
            "the samples were not counted",
            hint="write keep: {exceedance: true} in the study, and run it into another store",
        )
    if quantity not in known:
        raise StudyError(f"{quantity!r} was not counted", hint=f"there are {', '.join(known)}")
    found = runs[COUNT].isel(quantity=known.index(quantity))
    counts = found.transpose(..., "bin").to_numpy().reshape(-1, found.sizes["bin"])
    whole = (counts >= 0).all(axis=1)
    return Distribution(counts[whole].sum(axis=0, dtype=np.int64))
