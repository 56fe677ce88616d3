# SPDX-License-Identifier: Apache-2.0
"""The picture of a run: what it shows, its formats, and what it refuses."""

import subprocess
import sys
import xml.etree.ElementTree as ET

import matplotlib.image
import numpy as np
import pytest
import xarray as xr

from powermodel.indicators import NotAssessedError
from powermodel.report import ReportError, plot, plot_run
from powermodel.report.view import title_of, view_run

SCENARIO = "name: demo-site\njobs:\n- {name: a, accelerators: 110000}\n- {accelerators: 50}\n"


def waveform(seconds, dt_s):
    """Iterations of 2.5 s between 70 and 170 MW after 3 s at 40 MW."""
    t_s = np.arange(round(seconds / dt_s)) * dt_s
    busy = np.where((t_s - 3.0) % 2.5 < 1.9, 170e6, 70e6)
    return t_s, np.where(t_s < 3.0, 40e6, busy)


def run_tree(seconds=12.0, dt_s=5e-3, levels=(), power_w=None, runs=1):
    t_s, values = waveform(seconds, dt_s)
    values = values if power_w is None else np.full(values.size, power_w)
    stacked = np.stack([values * (1 + run) for run in range(runs)])

    def dataset(variables, time_s):
        coords = {"time": ("time", time_s, {"units": "s"}), "run": np.arange(runs)}
        shaped = {name: (("run", "time"), v, {"units": "W"}) for name, v in variables.items()}
        return xr.Dataset(shaped, coords)

    nodes = {"/poi": dataset({"power": stacked}, t_s)}
    for name, cell_s in levels:
        per = round(cell_s / dt_s)
        cells = stacked.reshape(runs, -1, per)
        reduced = {"min": cells.min(-1), "mean": cells.mean(-1), "max": cells.max(-1)}
        variables = {f"poi_power_{kind}": v for kind, v in reduced.items()}
        nodes[f"/overview/{name}"] = dataset(variables, t_s[::per])
    tree = xr.DataTree.from_dict(nodes)
    tree.attrs = {"scenario": SCENARIO, "seed": 7, "source": "powermodel 1.2.3"}
    return tree


def texts(figure):
    found = []
    for axes in figure.axes:
        found += [text.get_text() for text in axes.texts]
        found += [axes.get_title(loc=side) for side in ("left", "right")]
        found += [axes.get_xlabel(), axes.get_ylabel()]
    return found


@pytest.mark.parametrize("name", ["run.png", "run.svg", "run.PDF"])
def test_formats_by_suffix_and_same_run_same_bytes(tmp_path, name):
    tree = run_tree()
    path = plot_run(tree, tmp_path / name)
    if name.endswith("png"):
        pixels = matplotlib.image.imread(path)
        assert pixels.shape[1] >= 1200
        inked = (pixels[..., :3].min(axis=-1) < 0.9).mean()
        assert 0.01 < inked < 0.6
    elif name.endswith("svg"):
        assert ET.parse(path).getroot().tag.endswith("svg")
    else:
        assert path.read_bytes().startswith(b"%PDF")
    assert plot_run(tree, tmp_path / f"again-{name}").read_bytes() == path.read_bytes()


def test_it_says_what_it_shows():
    found = texts(plot.draw(view_run(run_tree())))
    assert "demo-site  ·  110,050 accelerators  ·  seed 7" in found
    assert any("12 s at 5 ms" in text and "powermodel 1.2.3" in text for text in found)
    assert found.count("power [MW]") == 2
    assert {"time since the start of the run [s]", "frequency [Hz]"} <= set(found)
    assert "spectral density [MW/√Hz]" in found
    assert "+130 MW in 1 s" in found
    assert {"170.0 MW", "−100.0 MW", "0.1-1 Hz"} <= set(found)
    assert any(text.startswith("– not assessed") for text in found)


def test_zoom_holds_the_ramp_at_full_resolution():
    view = view_run(run_tree())
    assert view.zoom_s[0] <= view.ramp.at_s
    assert view.ramp.at_s + 1.0 <= view.zoom_s[-1]
    np.testing.assert_allclose(np.diff(view.zoom_s), 5e-3)
    assert (view.zoom.min(), view.zoom.max()) == (40.0, 170.0)


def test_overview_is_the_coarsest_that_fills_the_picture():
    tree = run_tree(seconds=60.0, levels=[("10ms", 0.01), ("20ms", 0.02), ("1s", 1.0)])
    envelope = view_run(tree).envelope
    assert envelope.low.size == 3000
    assert envelope.edge_s[-1] == 60.0
    np.testing.assert_array_equal(envelope.low, tree["overview/20ms"]["poi_power_min"][0] / 1e6)


def test_without_overview_samples_are_reduced():
    envelope = view_run(run_tree(seconds=60.0)).envelope
    _, values = waveform(60.0, 5e-3)
    assert envelope.low.size == 2400
    np.testing.assert_array_equal(envelope.high, values.reshape(-1, 5).max(axis=1) / 1e6)


def test_mean_of_a_long_run_keeps_the_energy_and_not_each_iteration():
    envelope = view_run(run_tree(seconds=1800.0, levels=[("1s", 1.0)])).envelope
    assert envelope.low.size == 1800
    assert envelope.mean.size == 180
    energy = (envelope.mean * np.diff(envelope.mean_edge_s)).sum() * 1e6
    assert energy == pytest.approx(waveform(1800.0, 5e-3)[1].sum() * 5e-3, rel=1e-12)


def test_a_short_run_looks_at_20_ms():
    found = texts(plot.draw(view_run(run_tree(seconds=0.5))))
    assert "Around the largest ramp within 20 ms" in found


def test_a_run_too_coarse_for_any_ramp():
    found = texts(plot.draw(view_run(run_tree(seconds=60.0, dt_s=0.75))))
    assert "The first seconds" in found


def test_constant_power_is_drawn(tmp_path):
    figure = plot.draw(view_run(run_tree(power_w=5e7)))
    assert {"the power does not vary", "none", "+0 MW in 1 s"} <= set(texts(figure))
    figure.savefig(tmp_path / "flat.png")


def test_small_power_has_its_unit():
    assert view_run(run_tree(power_w=500.0)).unit == "W"
    assert view_run(run_tree(power_w=5e4)).unit == "kW"


def test_runs_of_an_ensemble():
    tree = run_tree(runs=2)
    assert view_run(tree, 1).summary["peak"].value == 2 * 170e6
    with pytest.raises(ReportError, match="expected a run from 0 to 1, got 2"):
        view_run(tree, 2)


def test_incomplete_run_says_so():
    tree = run_tree()
    tree.attrs |= {"complete": 0, "whole_s": 12.0}
    assert "INCOMPLETE: the first 12 s" in view_run(tree).subtitle


def test_title_of_what_is_unknown():
    assert title_of({}) == "Electrical load of an AI training site"


def test_a_further_row_is_a_further_panel():
    def battery(axes, view):
        axes.set_title("Battery", loc="left")

    rows = (*plot.ROWS, plot.Row(1.5, ((1.0, battery),)))
    figure = plot.draw(view_run(run_tree()), rows)
    assert "Battery" in texts(figure)
    assert figure.get_size_inches()[1] > plot.draw(view_run(run_tree())).get_size_inches()[1]


@pytest.mark.parametrize(("name", "came"), [("run.bmp", "'.bmp'"), ("run", "none")])
def test_unknown_format_lists_the_known(tmp_path, name, came):
    with pytest.raises(ReportError, match=rf"expected .png, .svg, .pdf, got {came}"):
        plot_run(run_tree(), tmp_path / name)


def test_missing_folder(tmp_path):
    with pytest.raises(ReportError, match="there is no folder"):
        plot_run(run_tree(), tmp_path / "none" / "run.png")


def test_path_that_cannot_be_written(tmp_path):
    (tmp_path / "run.png").mkdir()
    with pytest.raises(ReportError, match=r"cannot be written: Is a directory"):
        plot_run(run_tree(), tmp_path / "run.png")


def test_too_short_for_a_picture():
    with pytest.raises(NotAssessedError, match="at least 8 samples"):
        view_run(run_tree(seconds=0.02))


def test_imports_are_light_and_pyplot_stays_out(tmp_path):
    lines = [
        "import sys, numpy as np",
        "from powermodel.report import plot_run",
        "import powermodel.indicators",
        "assert not {'matplotlib', 'scipy', 'xarray'} & sys.modules.keys()",
        "import xarray as xr",
        "power = ('time', np.arange(99.0), {'units': 'W'})",
        "run = xr.DataTree(xr.Dataset({'power': power}, {'time': np.arange(99.0)}))",
        f"plot_run(run, {str(tmp_path / 'run.png')!r})",
        "assert 'matplotlib.pyplot' not in sys.modules",
    ]
    subprocess.run([sys.executable, "-c", "\n".join(lines)], check=True)
    assert (tmp_path / "run.png").exists()
