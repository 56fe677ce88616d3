# SPDX-License-Identifier: Apache-2.0
"""The page of a run: one file, no network, words for every chart, and the run's own numbers."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
import xarray as xr

from powermodel.limits.profiles import assess, rules_of
from powermodel.report import ReportError
from powermodel.report.page import page as page_module
from powermodel.report.page import write_page
from powermodel.report.page.content import Asked, content_of
from powermodel.report.page.encode import packed, script_json, unpacked
from tests.report.test_plot import run_tree

VOID = {"meta", "link", "br", "img", "input", "hr"}


class Outline(HTMLParser):
    """Tags with their attributes, and whether they nest."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.scripts, self.words = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] == ["script"]:
            self.scripts[-1] += data
        elif self.open[-1:] != ["style"]:
            self.words.append(data)

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


def buffered_tree(seconds=24.0, dt_s=2e-3):
    """A run whose storage takes nine tenths of the swing out, with all other layers."""
    tree = run_tree(seconds=seconds, dt_s=dt_s)
    load = tree["poi/power"].assign_attrs(cell_methods="time: point")
    poi = load.mean() + 0.1 * (load - load.mean())
    poi.attrs = load.attrs
    storage = load - poi
    storage.attrs = load.attrs
    soc = (0.5 + 1e-3 * np.sin(load["time"])).expand_dims(run=load["run"])
    soc.attrs = {"units": "1"}
    small = (0.01 * load).assign_attrs(load.attrs)
    energy = (small * 10.0).assign_attrs(units="J")
    made = xr.DataTree.from_dict(
        {
            "poi": xr.Dataset({"power": poi}),
            "load": xr.Dataset({"power": load}),
            "storage": xr.Dataset(
                {"power": storage, "soc": soc, "soc_min": soc, "soc_max": soc, "loss": small}
            ),
            "rack_store": xr.Dataset({"power": storage * 0.1, "energy": energy, "loss": small}),
            "smoothing": xr.Dataset({"burnt": small, "held_back": small}),
        }
    )
    for node in ("storage", "rack_store", "smoothing"):
        for name in made[node].data_vars:
            made[node][name].attrs.setdefault("units", "W")
    made.attrs = tree.attrs
    return made


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    tree = buffered_tree()
    path = tmp_path_factory.mktemp("page") / "report.html"
    write_page(tree, path, Asked(profiles=("ercot", "atc")))
    text = path.read_text(encoding="utf-8")
    outline = Outline(text)
    data = json.loads(outline.scripts[0])
    return tree, text, outline, data


def test_it_is_well_formed_and_ids_are_unique(made):
    _, text, outline, _ = made
    assert text.startswith("<!DOCTYPE html>")
    assert outline.open == []
    ids = [attrs["id"] for _, attrs in outline.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    targets = {attrs["href"].removeprefix("#") for attrs in outline.all("a")}
    assert targets <= set(ids)
    assert outline.all("html") == [{"lang": "en"}]
    assert any(attrs.get("name") == "viewport" for attrs in outline.all("meta"))


def test_nothing_is_loaded_from_anywhere(made):
    _, text, outline, _ = made
    for tag, attrs in outline.tags:
        assert "src" not in attrs, tag
        assert attrs.get("href", "#").startswith("#"), tag
    assert outline.all("link") == []
    policy = next(a["content"] for a in outline.all("meta") if "http-equiv" in a)
    assert "default-src 'none'" in policy
    style = text[text.index("<style>") : text.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style


def test_every_chart_has_words_and_a_place(made):
    _, _, outline, data = made
    drawn = [*data["charts"], *data["closeups"], *data["rolling"], *data["plain"]]
    drawn.append(data["spectrum"])
    boxes = {a["id"]: a for a in outline.all("div") if "chart" in a.get("class", "").split()}
    assert set(boxes) == {item["id"] for item in drawn}
    for box in boxes.values():
        assert box["role"] == "img"
        assert re.search(r"\d", box["aria-label"])
        assert any(box["aria-label"] == word for word in outline.words)


def test_the_page_holds_the_numbers_of_the_run(made):
    tree, _, _, data = made
    scale = {"MW": 1e6, "%": 0.01, "kWh": 3.6e6, "Wh": 3.6e3, "MWh": 3.6e9, "kW": 1e3}
    paths = set()
    for chart in data["charts"]:
        for item in chart["series"]:
            paths.add(item["path"])
            found = unpacked(item["mean"])
            expected = (tree[item["path"]].values[0] / scale[chart["unit"]]).astype(np.float32)
            np.testing.assert_array_equal(found, expected)
            assert (item["begin"], item["cell"], item["end"]) == (0.0, 2e-3, 24.0)
    assert {"load/power", "poi/power", "storage/power", "storage/soc"} <= paths
    assert {"rack_store/power", "smoothing/burnt"} <= paths


def test_closeups_hold_every_sample_around_the_worst_ramp(made):
    tree, _, _, data = made
    part = data["closeups"][0]
    assert part["title"] == "Largest fall within 1 s"
    first, count = round(part["begin"] / 2e-3), round((part["end"] - part["begin"]) / 2e-3)
    expected = tree["load/power"].values[0, first : first + count] / 1e6
    np.testing.assert_array_equal(
        unpacked(part["values"]["load/power"]), expected.astype(np.float32)
    )
    titles = [item["title"] for item in data["closeups"]]
    assert any(title.startswith("Where ercot-swing is broken") for title in titles)


def test_rolling_swing_and_its_limit_are_those_of_the_rules(made):
    tree, _, _, data = made
    verdicts = assess(tree, rules_of("ercot") + rules_of("atc"))
    measured = {row.rule.name: row for row in verdicts if row.limit and row.margin}
    measured = {k: v for k, v in measured.items() if v.rule.measure == "rolling-range"}
    assert "ercot-swing" in measured
    for name, row in measured.items():
        chart = next(
            item
            for item in data["rolling"]
            if any(limit["name"].startswith(f"{name} ") for limit in item["limits"])
        )
        poi = next(item for item in chart["traces"] if item["path"] == "poi/power")
        assert unpacked(poi["values"]).max() == pytest.approx(row.measured / 1e6, rel=1e-6)
        limit = next(item for item in chart["limits"] if item["name"].startswith(f"{name} "))
        assert limit["value"] == pytest.approx(row.limit / 1e6)
        assert row.rule.status in limit["name"]


def test_rules_that_do_not_bind_are_marked_and_none_passes_silently(made):
    tree, _, outline, _ = made
    words = " ".join("".join(outline.words).split())
    assert "proposed, not in force" in words
    for row in assess(tree, rules_of("ercot")):
        assert row.rule.name in words
        if row.verdict == "not assessed":
            assert row.reason.rstrip(".").split(";")[0][1:] in words


def test_light_dark_narrow_and_print_have_styles(made):
    text = made[1]
    for rule in (
        "@media (prefers-color-scheme: dark)",
        "@media print",
        "@media (max-width: 600px)",
        "overflow-x: auto",
    ):
        assert rule in text


def luminance(color):
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_colors_can_be_told_from_the_paper(made):
    text, data = made[1], made[3]
    themes = re.findall(r":root(?:\.paper)? \{(.*?)\}", text, re.S)
    assert len(themes) == 3
    for theme in themes:
        names = dict(re.findall(r"--(\w+): (#\w{6})", theme))
        for name in ("ink", "soft", "accent", "pass", "fail", "open"):
            if name in names:
                assert contrast(names[name], names["paper"]) >= 4.5, name
                assert contrast(names[name], names.get("tint", names["paper"])) >= 4.5, name
    for chart in data["charts"]:
        for item in chart["series"]:
            assert contrast(item["color"], "#ffffff") >= 3
            assert contrast(item["dark"], "#14171a") >= 3


def test_an_incomplete_run_says_so(tmp_path):
    tree = run_tree()
    tree.attrs |= {"complete": 0, "whole_s": 12.0, "duration_s": 60.0}
    words = Outline(write_page(tree, tmp_path / "p.html").read_text(encoding="utf-8")).words
    assert "The run is not complete." in words
    assert any("12 s of 60 s are whole" in word for word in words)


def test_a_constant_power_and_a_short_record_are_no_error(tmp_path):
    tree = run_tree(seconds=0.5, power_w=5e6)
    text = write_page(tree, tmp_path / "p.html").read_text(encoding="utf-8")
    assert "The power does not vary" in text
    assert "Not assessed: the record is too short" in text


def test_the_scenario_cannot_break_out_of_the_page(tmp_path):
    tree = run_tree()
    tree.attrs["scenario"] = "name: '</script><script>alert(1)</script>'\njobs: []\n"
    outline = Outline(write_page(tree, tmp_path / "p.html").read_text(encoding="utf-8"))
    assert len(outline.all("script")) == 3
    assert "<" not in script_json({"a": "</script>"})


def test_one_run_of_many_is_shown(tmp_path):
    tree = run_tree(runs=2)
    text = write_page(tree, tmp_path / "p.html", run=1).read_text(encoding="utf-8")
    data = json.loads(Outline(text).scripts[0])
    found = unpacked(data["charts"][0]["series"][0]["mean"])
    expected = (tree["poi/power"].values[1] / 1e6).astype(np.float32)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("page.pdf", "unknown format of a page: expected .html, .htm, got '.pdf'"),
        ("page", "unknown format of a page: expected .html, .htm, got none"),
        ("none/page.html", "there is no folder"),
    ],
)
def test_refused_targets(tmp_path, name, says):
    with pytest.raises(ReportError, match=re.escape(says)):
        write_page(run_tree(), tmp_path / name)


def test_a_run_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ReportError, match="expected a run from 0 to 0, got 3"):
        write_page(run_tree(), tmp_path / "p.html", run=3)


def test_a_missing_extra_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(page_module, "find_spec", lambda name: None)
    with pytest.raises(ReportError) as caught:
        write_page(run_tree(), tmp_path / "p.html")
    assert "a page needs jinja2, which is not installed" in str(caught.value)
    assert "pip install 'powermodel[report]'" in str(caught.value)


def test_a_page_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "p.html").mkdir()
    with pytest.raises(ReportError, match="the page cannot be written: Is a directory"):
        write_page(run_tree(seconds=2.0), tmp_path / "p.html")


def test_a_qualification_needs_the_scenario():
    tree = run_tree()
    tree.attrs["scenario"] = "name: x\n"
    with pytest.raises(ReportError, match="a qualification or a ride-through needs the scenario"):
        content_of(tree, Asked(evidence=("nvidia-bess-1.0",)))


def test_packed_numbers_come_back():
    values = np.array([0.0, 1.5, -3e8, 1e-12])
    np.testing.assert_array_equal(unpacked(packed(values)), values.astype(np.float32))
