# SPDX-License-Identifier: Apache-2.0
"""The page of a study: its percentiles are NumPy's, every point of its axes stands in the table."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from powermodel.report import ReportError
from powermodel.report.page.encode import unpacked
from powermodel.report.page.study import write_study_page
from tests.ensemble.test_study_reduction import made
from tests.report.test_page import Outline

VALUES = np.random.default_rng(5).normal(1e6, 1e5, size=(2, 3, 40))


def page_of(tmp_path, values=VALUES, *indicators):
    runs = made(values)
    runs["swing"].attrs |= {"long_name": "swing within 1 s"}
    outline = Outline(write_study_page(runs, tmp_path / "s.html", indicators).read_text("utf-8"))
    return outline, json.loads(outline.scripts[0]), " ".join("".join(outline.words).split())


def test_percentiles_along_the_longest_axis_are_those_of_numpy(tmp_path):
    outline, data, words = page_of(tmp_path)
    (chart,) = data["plain"]
    assert [curve["label"] for curve in chart["curves"]] == ["5 %", "50 %", "95 %"]
    expected = np.percentile(VALUES[0], (5, 50, 95), axis=1) / 1e6
    found = [unpacked(curve["y"]) for curve in chart["curves"]]
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert (chart["x"], chart["y"]) == ("latency", "swing [MW]")
    (box,) = [a for a in outline.all("div") if "chart" in a.get("class", "").split()]
    assert re.search(r"latency 10 ms: 0\.\d+, 1\.\d+|latency 10 ms: \d", box["aria-label"])
    settings = {f"units {units}, latency {late} ms" for units in (1, 2) for late in (0, 10, 20)}
    assert set(re.findall(r"units \d, latency \d+ ms", words)) == settings
    assert "The study is not complete" not in words


def test_effects_and_the_worst_run_stand_below(tmp_path):
    _, _, words = page_of(tmp_path)
    assert "What each axis does" in words
    seed = int(np.unravel_index(np.argmax(VALUES), VALUES.shape)[2]) + 7
    assert f"powermodel run site.yaml worst.zarr --seed {seed} --set" in words
    assert "Confidence: H primary source" in words


def test_what_is_missing_is_open_and_said(tmp_path):
    values = VALUES.copy()
    values[0, 0, 3] = np.nan
    _, _, words = page_of(tmp_path, values)
    assert "The study is not complete. 239 of 240 runs are whole" in words
    assert "open / open / open" in words


def test_one_setting_and_one_indicator(tmp_path):
    _, data, words = page_of(tmp_path, VALUES[:1, :1], "swing")
    assert data["plain"][0]["curves"][0]["marks"]
    assert "units 1, latency 0 ms" in words


def test_an_unknown_indicator_is_refused(tmp_path):
    with pytest.raises(ReportError, match=r"no indicator 'peek'(.|\n)*there are: swing"):
        page_of(tmp_path, VALUES, "peek")


def test_the_verb_takes_a_study(tmp_path, cli, small_store):
    page = tmp_path / "s.html"
    words = ["report", small_store, page, "--indicator", "swing[1 s]"]
    status, out, _ = cli(*words)
    assert (status, out.strip()) == (0, str(page))
    assert "swing[1 s]" in page.read_text(encoding="utf-8")
    status, _, err = cli(*words, "--profile", "ercot")
    assert status == 2
    assert "this is a study: limits" in err
