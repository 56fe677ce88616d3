# SPDX-License-Identifier: Apache-2.0
"""How large a page is and what it reads of a long run: cells of overview levels, merged to fit."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from powermodel import schema
from powermodel.indicators.filtered import BandPass
from powermodel.indicators.power_ramps import ramp
from powermodel.indicators.series import time_grid
from powermodel.report.page import write_page
from powermodel.report.page.rolling import rolling
from powermodel.report.page.series import cells_of
from tests.planner.made_series import labelled
from tests.report.test_page import buffered_tree
from tests.report.test_plot import run_tree, waveform


def test_an_hour_at_1_ms_with_every_layer_stays_below_15_mb(tmp_path):
    path = write_page(buffered_tree(seconds=3600.0, dt_s=1e-3), tmp_path / "hour.html")
    assert path.stat().st_size < 15e6


def test_a_short_run_is_held_sample_by_sample():
    tree = run_tree(seconds=20.0)
    cells = cells_of(tree, schema.POI_POWER, time_grid(tree["poi/power"]))
    assert cells.single
    np.testing.assert_array_equal(cells.mean, tree["poi/power"].values[0])


def test_cells_are_those_of_the_overview_level_that_fits():
    levels = [("10ms", 0.01), ("100ms", 0.1), ("1s", 1.0)]
    tree = run_tree(seconds=60.0, levels=levels)
    grid = time_grid(tree["poi/power"])
    cells = cells_of(tree, schema.POI_POWER, grid, max_cells=800)
    assert (cells.cell_s, cells.end_s) == (0.1, 60.0)
    np.testing.assert_array_equal(cells.low, tree["overview/100ms/poi_power_min"].values[0])
    merged = cells_of(tree, schema.POI_POWER, grid, max_cells=500)
    assert (merged.cell_s, merged.mean.size) == (0.2, 300)
    _, values = waveform(60.0, 5e-3)
    shaped = values.reshape(300, 40)
    np.testing.assert_array_equal(merged.low, shaped.min(axis=1))
    np.testing.assert_array_equal(merged.high, shaped.max(axis=1))
    np.testing.assert_allclose(merged.mean, shaped.mean(axis=1), rtol=1e-12)


def test_without_a_level_the_samples_are_reduced_and_keep_extremes_and_energy():
    tree = run_tree(seconds=61.235)
    _, values = waveform(61.235, 5e-3)
    cells = cells_of(tree, schema.POI_POWER, time_grid(tree["poi/power"]), max_cells=1000)
    assert cells.mean.size <= 1000
    assert (cells.low.min(), cells.high.max()) == (values.min(), values.max())
    lengths = np.diff(np.append(np.arange(cells.mean.size) * cells.cell_s, cells.end_s))
    assert (cells.mean * lengths).sum() == pytest.approx(values.sum() * 5e-3, rel=1e-12)


def test_merging_weighs_a_shorter_last_cell():
    tree = run_tree(seconds=61.235)
    cells = cells_of(tree, schema.POI_POWER, time_grid(tree["poi/power"]), max_cells=1000)
    merged = cells.merged(7)
    lengths = np.diff(np.append(np.arange(merged.mean.size) * merged.cell_s, merged.end_s))
    energy = waveform(61.235, 5e-3)[1].sum() * 5e-3
    assert (merged.mean * lengths).sum() == pytest.approx(energy, rel=1e-12)


@pytest.mark.parametrize("steps", [2, 5, 200])
def test_rolling_peak_to_peak_is_that_of_every_window(steps):
    rng = np.random.default_rng(3)
    values = rng.normal(1e6, 1e4, 5000).cumsum()
    power = labelled(values)
    found = rolling(power, time_grid(power), steps * 1e-3)
    windows = np.lib.stride_tricks.sliding_window_view(values, steps + 1)
    every = windows.max(axis=1) - windows.min(axis=1)
    per_cell = round(found.cell_s / 1e-3)
    starts = np.arange(0, every.size, per_cell)
    np.testing.assert_array_equal(found.values_w, np.maximum.reduceat(every, starts))
    assert found.values_w.max() == ramp(values, 1e-3, steps * 1e-3, "peak-to-peak").up_w


def test_rolling_does_not_depend_on_blocks(monkeypatch):
    values = 1e6 * np.random.default_rng(5).normal(size=30_000)
    power = labelled(values)
    grid = time_grid(power)
    band = BandPass(0.5, 55.0, 2, 2.0)
    whole = rolling(power, grid, 0.5, band).values_w
    monkeypatch.setattr("powermodel.indicators.series._READ", 997)
    np.testing.assert_array_equal(rolling(power, grid, 0.5, band).values_w, whole)


def test_a_series_of_another_run_is_not_mixed_in():
    tree = run_tree(seconds=20.0, runs=2)
    picked = tree["poi"].to_dataset().isel(run=slice(1, 2))
    one = xr.DataTree.from_dict({"poi": picked})
    cells = cells_of(one, schema.POI_POWER, time_grid(one["poi/power"]))
    np.testing.assert_array_equal(cells.mean, tree["poi/power"].values[1])
