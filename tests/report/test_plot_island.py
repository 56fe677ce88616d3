# SPDX-License-Identifier: Apache-2.0
"""The picture of a run on an island: load, machines, batteries and hertz."""

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from powermodel.report import plot
from powermodel.report.beside import draw_beside, plot_beside, read_beside, rows_beside
from powermodel.report.errors import ReportError
from powermodel.report.view import view_run
from tests.report.test_plot import run_tree, texts
from tests.report.test_plot_storage import stored_tree


def islanded(tree: xr.DataTree, *, forming: bool = False) -> xr.DataTree:
    nodes = {name: node.to_dataset() for name, node in tree.children.items()}
    power = tree["poi/power"]
    hertz = power.copy(data=60.0 + 0.1 * np.sin(np.linspace(0.0, 50.0, power.size))[None])
    nodes["supply"] = xr.Dataset({"power": power * 0.9, "frequency": hertz})
    kinds = (power * 0.45).expand_dims(machine=["one", "two"], axis=-1)
    nodes["machine"] = xr.Dataset({"power": kinds})
    if forming:
        nodes["forming"] = xr.Dataset({"power": power * 0.1})
    made = xr.DataTree.from_dict(nodes)
    made.attrs = tree.attrs
    return made


def labels(tree: xr.DataTree) -> list[str]:
    figure = plot.draw(view_run(tree))
    assert {"Frequency of the island", "Island around the largest ramp"} <= set(texts(figure))
    return [label for axes in figure.axes for label in axes.get_legend_handles_labels()[1]]


def test_load_turbines_batteries_and_hertz_are_in_one_picture():
    found = labels(islanded(stored_tree()))
    assert {"load", "turbines, engines", "batteries", "frequency (right)"} <= set(found)
    assert {"one", "two"} <= set(found)


def test_without_batteries_there_is_no_such_line():
    assert "batteries" not in labels(islanded(run_tree()))


def test_the_view_holds_what_the_run_says():
    tree = islanded(stored_tree(), forming=True)
    view = view_run(tree)
    assert view.island is not None
    first = round((view.zoom_s[0] - float(tree["poi/power"].time[0])) / 5e-3)
    part = slice(first, first + view.zoom_s.size)
    batteries = (tree["storage/power"] + tree["forming/power"]).values[0, part] / view.unit_w
    np.testing.assert_allclose(view.island.zoom_storage, batteries)
    np.testing.assert_array_equal(
        view.island.zoom_frequency, tree["supply/frequency"].values[0, part]
    )
    assert view.island.frequency.high.max() <= 60.1


def test_with_and_without_batteries_are_in_one_picture(tmp_path):
    trees = {"with": islanded(stored_tree(), forming=True), "without": islanded(run_tree())}
    runs = [read_beside(name, tree) for name, tree in trees.items()]
    figure = Figure(layout="constrained")
    draw_beside(figure, runs, rows_beside(runs))
    found = {
        axes.get_title(loc="left"): [
            label.partition(":")[0] for label in axes.get_legend_handles_labels()[1]
        ]
        for axes in figure.axes
    }
    assert found == {
        "": [],
        "Load, and what is left of it at the POI": ["load, with", "with", "without"],
        "Turbines and engines": ["load, with", "with", "without"],
        "Batteries, discharging positive": ["with", "with, grid-forming"],
        "Frequency of the island": ["with", "without"],
    }
    [hertz] = [axes for axes in figure.axes if axes.get_title(loc="left").startswith("Freq")]
    assert hertz.get_legend_handles_labels()[1][0] == "with: 59.9 to 60.1 Hz"
    both = plot_beside(*trees.items(), tmp_path / "both.png")
    assert both.stat().st_size > 10_000


def test_runs_on_a_grid_have_no_panel_of_machines():
    runs = [read_beside("one", stored_tree()), read_beside("two", run_tree())]
    assert [title.partition(",")[0] for title, _, _ in rows_beside(runs)] == ["Load", "Batteries"]


def drawn(one: xr.DataTree, other: xr.DataTree) -> dict[str, list[str]]:
    rows = rows_beside([read_beside("one", one), read_beside("two", other)])
    return {title: [label for label, *_ in lines] for title, _, lines in rows}


def test_a_load_that_is_the_power_at_the_poi_is_not_drawn_twice():
    assert drawn(run_tree(), run_tree()) == {"Power at the POI": ["one", "two"]}
    assert drawn(run_tree(), stored_tree()) == {
        "Load, and what is left of it at the POI": ["load, two", "one", "two"],
        "Batteries, discharging positive": ["two"],
    }


def test_machines_stand_beside_the_load_that_they_carry():
    assert drawn(stored_tree(), islanded(run_tree()))["Turbines and engines"] == [
        "load, two",
        "two",
    ]


def test_two_runs_of_one_name_are_refused(tmp_path):
    with pytest.raises(ReportError, match="expected runs of two names, got 'a' twice"):
        plot_beside(("a", run_tree()), ("a", run_tree()), tmp_path / "both.png")
