# SPDX-License-Identifier: Apache-2.0
"""Studies of made-up values."""

from __future__ import annotations

import json

import numpy as np
import xarray as xr

from powermodel.ensemble import convergence
from tests.ensemble.small_study import small_study


def made(values, unit="W"):
    """Return a study of made-up values by units (1, 2), latency and seed."""
    units, latencies, seeds = values.shape
    data = xr.DataArray(
        values,
        dims=("units", "latency", "seed"),
        coords={
            "units": np.arange(1, units + 1),
            "latency": np.array([f"{10 * n} ms" for n in range(latencies)], dtype=object),
            "seed": np.arange(seeds) + 7,
        },
        attrs={"units": unit},
    )
    dims = [
        {"name": "units", "labels": {"units": list(range(1, units + 1))},
         "paths": {"units": "storage.units"}},
        {"name": "latency", "labels": {"latency": [f"{10 * n} ms" for n in range(latencies)]},
         "paths": {"latency": "storage.latency.communication"}},
    ]  # fmt: skip
    attrs = {
        "dims": json.dumps(dims),
        "title": "made up",
        "scenario": small_study().base_scenario().to_yaml(),
        "scenario_base": "",
        "scenario_source": "site.yaml",
        "runs": values.size,
        "runs_whole": int(np.isfinite(values).sum()),
    }
    return xr.DataTree(xr.Dataset({"swing": data}, attrs=attrs))


def made_settling():
    """Return how the median of many calm runs settles."""
    values = np.random.default_rng(2).normal(5e6, 1e4, size=(1, 1, 60))
    return convergence(made(values), "swing", 50.0)
