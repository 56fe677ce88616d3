# SPDX-License-Identifier: Apache-2.0
"""The picture of a run with storage: load before it, what the farm does, its charge."""

import numpy as np
import pytest
import xarray as xr

from powermodel.report import plot
from powermodel.report.view import view_run
from tests.report.test_plot import run_tree, texts


def stored_tree(*, fast: bool = False) -> xr.DataTree:
    tree = run_tree()
    load = tree["poi/power"].copy()
    smooth = load.copy(data=np.full(load.shape, float(load.mean())))
    storage = load - smooth
    soc = load.copy(data=0.5 + 0.01 * np.sin(np.linspace(0.0, 9.0, load.size))[None])
    nodes = {name: node.to_dataset() for name, node in tree.children.items()}
    nodes["poi"] = xr.Dataset({"power": smooth})
    nodes["load"] = xr.Dataset({"power": load})
    nodes["storage"] = xr.Dataset({"power": storage, "soc": soc})
    if fast:
        nodes["fast_storage"] = xr.Dataset({"power": storage * 0.1})
    made = xr.DataTree.from_dict(nodes)
    made.attrs = tree.attrs
    return made


@pytest.mark.parametrize("fast", [False, True])
def test_load_poi_farm_and_charge_are_shown(fast):
    figure = plot.draw(view_run(stored_tree(fast=fast)))
    found = texts(figure)
    assert "Storage" in found
    assert "state of charge [%]" in found
    labels = [label for axes in figure.axes for label in axes.get_legend_handles_labels()[1]]
    assert labels.count("load without storage") == 2
    assert "all storage, discharging positive" in labels
    assert ("its fast part" in labels) == fast


def test_the_view_holds_the_series_of_the_zoom():
    tree = stored_tree()
    view = view_run(tree)
    assert view.buffering is not None
    first = round(view.zoom_s[0] / 5e-3)
    part = slice(first, first + view.zoom_s.size)
    load = tree["load/power"].values[0, part] / view.unit_w
    np.testing.assert_array_equal(view.buffering.zoom_load, load)
    np.testing.assert_allclose(view.buffering.zoom_storage, load - view.zoom)
    assert view.buffering.soc.high.max() == pytest.approx(51.0, abs=0.01)


def test_without_storage_there_is_no_such_panel():
    view = view_run(run_tree())
    assert view.buffering is None
    assert plot.rows_of(view) == plot.ROWS
