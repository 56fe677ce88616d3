# SPDX-License-Identifier: Apache-2.0
"""``powermodel study``: what a finished study says, in words, JSON and pictures."""

from __future__ import annotations

import json

import pytest

from powermodel.ensemble import Study, open_study, run_study
from powermodel.report.convergence_plot import plot_convergence
from powermodel.report.errors import ReportError
from powermodel.report.tornado import plot_tornado
from tests.ensemble.made_runs import made_settling
from tests.ensemble.small_study import study_data
from tests.ensemble.test_sensitivity import ishigami


def test_it_says_effects_and_leaves_pictures(cli, small_store, tmp_path):
    pictures = [tmp_path / f"{name}.png" for name in ("picture", "tornado")]
    words = ("--picture", pictures[0], "--tornado", pictures[1])
    status, printed, told = cli("study", small_store, *words)
    assert status == 0, told
    assert "12 of 12 runs" in printed
    assert "mean swing[1 s] along" in printed
    assert all(one.read_bytes().startswith(b"\x89PNG") for one in pictures)
    status, printed, _ = cli("study", small_store, "--json")
    found = json.loads(printed)
    assert set(found["effects"]) == {"units", "latency", "seed"}
    assert (found["runs"], found["sensitivity"], found["convergence"]) == (12, None, None)


def test_too_few_runs_have_no_convergence_to_draw(cli, small_store, tmp_path):
    status, _, told = cli("study", small_store, "--convergence", tmp_path / "c.png")
    assert status == 2
    assert "expected at least 4 runs of 'swing[1 s]'" in told
    status, _, told = cli("study", small_store, "--indicator", "swnig")
    assert status == 2
    assert "there is no indicator 'swnig'" in told


def test_pictures_of_indices_and_of_convergence(tmp_path):
    for method in ("saltelli", "morris"):
        runs = ishigami(method, 8)
        path = plot_tornado(runs, "y", tmp_path / f"{method}.svg")
        text = path.read_text()
        assert "x2" in text
        assert ("first order" in text) == (method == "saltelli")
    drawn = plot_convergence(made_settling(), tmp_path / "settling.svg")
    assert "bootstrap" in drawn.read_text()
    assert "is settled" in drawn.read_text()


def test_a_study_of_one_point_has_no_tornado(small_store, tmp_path):
    runs = open_study(small_store).sel(units=1, latency="100 ms", seed=3)
    with pytest.raises(ReportError, match="no axis moves"):
        plot_tornado(runs, "peak", tmp_path / "none.png")


def test_it_says_indices_and_a_verdict(cli, monkeypatch):
    monkeypatch.setattr("powermodel.ensemble.open_study", lambda _: ishigami("saltelli", 32))
    status, printed, told = cli("study", "made.zarr", "--indicator", "y", "--percentile", "50")
    assert status == 0, told
    assert "y by saltelli" in printed
    assert "x2" in printed
    assert "half of the 95 % interval" in printed
    assert "percentile 50 still moves: the second half of 160 runs" in printed
    _, printed, _ = cli("study", "made.zarr", "--indicator", "y", "--json")
    found = json.loads(printed)
    assert found["sensitivity"]["attrs"]["method"] == "saltelli"
    assert found["convergence"]["settled"] is False


def test_it_says_what_is_exceeded_and_when_the_worst_was(cli, tmp_path):
    data = study_data(seeds=1, axes={"storage.units": [0]})
    rule = {"of": "ramp", "window": "100 ms", "largest": 2, "around": "1 s"}
    data["keep"] = {"overview": ["1s"], "events": [rule], "exceedance": True}
    run_study(Study.from_dict(data), tmp_path / "out.zarr", workers=1)
    picture = tmp_path / "exceeded.png"
    status, printed, told = cli("study", tmp_path / "out.zarr", "--exceedance", picture)
    assert status == 0, told
    assert "exceeded in a share of all samples" in printed
    assert "ramp_100ms of the first run at" in printed
    assert "kept: the largest magnitudes of P(t + 100 ms) - P(t)" in printed
    assert picture.read_bytes().startswith(b"\x89PNG")
