# SPDX-License-Identifier: Apache-2.0
"""What stands on a page beside the run: modes, flicker, ride-through, a sizing."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

import powermodel as pm
from powermodel.errors import PowermodelError
from powermodel.indicators.frequency_bands import GRID_BANDS_HZ
from powermodel.indicators.labelled_flicker import flicker
from powermodel.indicators.labelled_shape import shape
from powermodel.indicators.voltage import Grid
from powermodel.limits.rule_measures import Site
from powermodel.observers import readings
from powermodel.report import ReportError
from powermodel.report.page import write_page
from powermodel.report.page.content import Asked
from powermodel.report.page.encode import unpacked
from powermodel.report.page.parts import thinned
from powermodel.report.page.ride import lower_edge
from powermodel.report.page.sizing import read_sizing, sizing_part, sizing_rows
from powermodel_datasets import load
from tests.report.test_page import Outline, buffered_tree

GRID = Grid(10e9, 15.0, 0.98)
SETTING = {
    "units": 42.0, "power": 80e6, "energy": 6e11, "burnt": 0.02, "loss": 0.01, "margin": 0.1,
    "latency_allowed": 0.05, "on_front": 1.0, "binding": "power",
}  # fmt: skip
SIZING = {
    "scenario": "demo-site",
    "scenario_digest": "0123",
    "limits": ["ramp 1s <= 20 MW"],
    "seeds": [0, 1],
    "shown": 0,
    "unit": {"power_w": 1.9e6, "energy_j": 1.4e10},
    "front": [
        SETTING | {"changes": {"jobs.0.smoothing.floor": "0.8"}},
        SETTING | {"changes": {}, "units": None, "power": None, "energy": None,
                   "latency_allowed": None, "on_front": 0.0, "binding": "energy"},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("parts")
    (folder / "sizing.json").write_text(json.dumps(SIZING), encoding="utf-8")
    tree = buffered_tree(seconds=600.0, dt_s=2e-3)
    tree.attrs["scenario"] = pm.Scenario.load("colossus2-phase1").to_yaml()
    tree.attrs["scenario_digest"] = "4567"
    asked = Asked(
        site=Site(grid=GRID, mains_hz=60.0),
        sizing=str(folder),
        ridethrough="n-virginia-2024-07-10",
    )
    text = write_page(tree, folder / "p.html", asked).read_text(encoding="utf-8")
    outline = Outline(text)
    words = " ".join("".join(outline.words).split())
    return tree, json.loads(outline.scripts[0]), words


def chart(data, name):
    return next(item for item in data["plain"] if item["id"] == name)


def test_modes_of_known_systems_are_marked_with_their_source(made):
    _, data, words = made
    modes = {(mode["sort"], mode["frequency"]) for mode in data["spectrum"]["modes"]}
    assert {("inter-area", 0.647), ("torsional", 15.71), ("torsional", 47.46)} <= modes
    assert "Torsional modes of known systems are marked at 14.9, 15.71, " in words
    table = words[words.index("Modes of known systems, marked above") :]
    assert "IEEE first benchmark" in table
    assert "confidence H" in table


def test_bands_are_named_by_the_records_of_their_edges(made):
    _, data, _ = made
    named = {(band["low"], band["high"]): band["name"] for band in data["spectrum"]["bands"]}
    assert list(named) == list(GRID_BANDS_HZ)
    for name in ("reserves", "inter-area", "local", "sub-synchronous"):
        record = load("frequency-mark", name)
        assert named.pop((record["low"].value, record["high"].value)) == record.title
    assert list(named.values()) == ["between"]


def test_the_line_over_time_is_on_the_page(made):
    tree, data, words = made
    track = shape(tree).track
    for name, values in (("frequency", track.frequency_hz), ("amplitude", track.amplitude_w / 1e6)):
        (curve,) = chart(data, f"line-{name}")["curves"]
        np.testing.assert_allclose(unpacked(curve["y"]), values, rtol=1e-6)
    assert f"median {np.median(track.frequency_hz):.4g} Hz" in words


def test_what_instruments_would_show_is_on_the_page(made):
    tree, _, words = made
    power_w = tree["poi/power"].values[0]
    rows = readings(power_w, 2e-3, mains_hz=60.0, power_factor=0.98)
    assert len(rows) > 10
    for row in rows:
        assert row.title in words
        if row.hidden_share is None:
            assert row.reason in words
        else:
            assert f"{round(100 * row.hidden_share, 1) + 0.0:g} %" in words


def test_the_shape_of_the_load_is_on_the_page(made):
    tree, _, words = made
    section = words[words.index("Shape of the load, cycling and oscillations") :]
    for item in shape(tree).indicators:
        assert f"{item.label}{item.display()}" in section
        assert item.value is not None or item.reason[1:] in section


def test_percentiles_of_flicker_need_their_values(made):
    words = made[2]
    assert "95 % of Pst" in words
    assert "needs at least 20 values, got 1" in words
    assert "needs at least 100 values, got 1" in words


def test_flicker_is_that_of_the_free_function(made):
    tree, data, words = made
    told = {"short_circuit": "10 GVA", "x_over_r": 15.0, "power_factor": 0.98, "mains": "60 Hz"}
    for curve, path in zip(chart(data, "flicker-pst")["curves"], ("load", "poi"), strict=False):
        expected = flicker(tree[f"{path}/power"], **told).pst
        np.testing.assert_allclose(unpacked(curve["y"])[:-1], expected, rtol=1e-6)
    assert "Indicative planning level of IEC TR 61000-3-7 for HV and EHV: 0.8." in words


def test_flicker_without_a_grid_or_time_is_not_assessed(tmp_path):
    text = write_page(buffered_tree(), tmp_path / "p.html").read_text(encoding="utf-8")
    assert "Not assessed: the voltage depends on the grid behind the POI" in text
    asked = Asked(site=Site(grid=GRID, mains_hz=50.0))
    text = write_page(buffered_tree(), tmp_path / "p.html", asked).read_text(encoding="utf-8")
    assert "Not assessed: Pst needs a whole interval of 600 s, got 24 s." in text


def test_the_sags_stand_over_the_envelope(made):
    _, data, words = made
    edge, sags = chart(data, "ride-envelope")["curves"]
    assert unpacked(edge["x"]).tolist() == pytest.approx([0.01, 0.15, 0.25, 0.5, 2.0, 10.0])
    assert unpacked(edge["y"]).tolist() == pytest.approx([0.0, 0.2, 0.5, 0.8, 0.9, 0.9])
    assert unpacked(sags["x"])[[0, -1]].tolist() == pytest.approx([0.042, 0.066])
    assert unpacked(sags["y"])[[0, -1]].tolist() == pytest.approx([0.25, 0.40])
    assert "The event lies inside ercot-nogrr282-voltage" in words
    grid, *_ = chart(data, "ride-power")["curves"]
    load_mw = pm.Scenario.load("colossus2-phase1").nameplate_w() / 1e6
    assert unpacked(grid["y"]).max() == pytest.approx(load_mw, rel=1e-6)
    assert unpacked(grid["y"]).min() == 0.0


def test_the_lower_edge_of_an_envelope_is_the_lowest_row_still_open():
    rows = [(0.9, 1.1, np.inf), (0.5, 0.9, 0.5), (0.0, 0.5, 0.1), (1.1, 1.2, 1.0)]
    times, lowest = lower_edge(rows)
    assert times.tolist() == [0.01, 0.1, 0.5, 10.0]
    assert lowest.tolist() == [0.0, 0.5, 0.9, 0.9]


def test_a_sizing_is_shown_and_what_is_out_of_reach_says_so(made):
    _, data, words = made
    assert "Smallest storage that keeps ramp 1s <= 20 MW in 2 seeds, for demo-site" in words
    assert "(another scenario:" in words
    assert "jobs.0.smoothing.floor 0.8" in words
    assert "out of reach" in words
    points = chart(data, "sizing-front")["curves"][0]
    assert unpacked(points["x"]).tolist() == pytest.approx([2.0])
    assert unpacked(points["y"]).tolist() == pytest.approx([80.0])


def test_a_sizing_of_the_same_scenario_says_so():
    part = sizing_part(SIZING, "0123")
    assert "the scenario of this run" in part.words[0]
    nothing = {**SIZING, "front": [SIZING["front"][1]]}
    assert sizing_part(nothing, "").charts == ()
    assert sizing_rows(nothing)[0]["setting"] == "as it is"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("none.json", None, "the sizing cannot be read: No such file"),
        ("text.json", "{", "expected JSON, got"),
        ("list.json", "[1]", "expected a sizing, but scenario"),
        ("half.json", '{"scenario": "x"}', "scenario_digest, limits, seeds, front"),
    ],
)
def test_what_is_no_sizing_is_refused(tmp_path, name, content, says):
    if content is not None:
        (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(ReportError, match=re.escape(says)):
        read_sizing(tmp_path / name)


def test_an_unknown_event_is_refused(tmp_path):
    tree = buffered_tree()
    tree.attrs["scenario"] = pm.Scenario.load("colossus2-phase1").to_yaml()
    with pytest.raises(PowermodelError, match="n-virginia-2024-07-11"):
        write_page(tree, tmp_path / "p.html", Asked(ridethrough="n-virginia-2024-07-11"))


def test_thinning_keeps_every_jump():
    values = np.zeros((100_000, 1))
    values[50_001:50_003] = 1.0
    kept = thinned(values)
    assert {50_000, 50_001, 50_002, 50_003, 99_999} <= set(kept.tolist())
    assert kept.size < 6000
