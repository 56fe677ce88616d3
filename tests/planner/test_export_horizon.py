# SPDX-License-Identifier: Apache-2.0
"""Meter and hourly files of a long run, from the means that a study keeps of it."""

from __future__ import annotations

import csv
from datetime import UTC, datetime

import numpy as np
import pytest
import xarray as xr

from powermodel.exporters import Basis, ExportError, export, series_of_horizon

HOURS = 8760
BASIS = Basis(start=datetime(2025, 1, 1, tzinfo=UTC))


def year(level="15min", cell_s=900.0, runs=1, duration_s=HOURS * 3600.0):
    count = int(duration_s // cell_s)
    mean_w = np.random.default_rng(0).normal(1e8, 2e7, size=count)
    cells = np.stack([mean_w - 1e6, mean_w, mean_w + 1e6])[None].repeat(runs, axis=0)
    times = ("time", np.arange(count) * cell_s, {"cell_s": cell_s})
    group = xr.Dataset(
        {"poi_power": (("seed", "statistic", "time"), cells)},
        {"statistic": ["min", "mean", "max"], "time": times},
    )
    facts = {"scenario_digest": "0", "engine": "events", "dt_s": 1.0, "duration_s": duration_s}
    root = xr.Dataset(coords={"seed": np.arange(runs)}, attrs=facts)
    return xr.DataTree.from_dict({"/": root, f"overview/{level}": group}), mean_w


def test_8760_hours_come_from_quarters_of_an_hour(tmp_path):
    runs, mean_w = year()
    (done,) = export(series_of_horizon(runs, BASIS), tmp_path, ["8760"])
    with done.files[0].open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == HOURS
    hourly = np.array([float(row["mean_MW"]) for row in rows])
    np.testing.assert_allclose(hourly, mean_w.reshape(-1, 4).mean(axis=1) / 1e6, rtol=1e-9)
    energy = sum(float(row["energy_MWh"]) for row in rows)
    assert energy == pytest.approx(mean_w.sum() * 900 / 3.6e9, rel=1e-12)


def test_what_does_not_go_is_said_in_words():
    with pytest.raises(ExportError, match="expected a study of one run, got 3 seed"):
        series_of_horizon(year(runs=3)[0], BASIS)
    with pytest.raises(ExportError, match="the last mean over 15min is that of a part"):
        series_of_horizon(year(duration_s=1000.0)[0], BASIS)
    with pytest.raises(ExportError, match="it keeps none"):
        series_of_horizon(xr.DataTree(), BASIS)
