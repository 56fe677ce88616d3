# SPDX-License-Identifier: Apache-2.0
"""Percentiles, worst run and effects, held against NumPy on made-up runs."""

from __future__ import annotations

import numpy as np
import pytest

from powermodel.ensemble import StudyError, open_study, percentiles, tornado, worst
from powermodel.ensemble.reduction import main_effects
from powermodel.report.errors import ReportError
from powermodel.report.study_plot import plot_study
from tests.ensemble.made_runs import made

VALUES = np.random.default_rng(5).normal(1e6, 1e5, size=(2, 3, 40))


def test_percentiles_are_those_of_numpy():
    found = percentiles(made(VALUES), (1, 50, 99))["swing"]
    assert found.dims[0] == "percentile"
    np.testing.assert_allclose(found, np.percentile(VALUES, (1, 50, 99), axis=2), rtol=1e-15)
    assert found.attrs["units"] == "W"


def test_a_missing_run_leaves_its_percentile_open():
    values = VALUES.copy()
    values[1, 2, 3] = np.nan
    found = percentiles(made(values))["swing"]
    assert np.isnan(found).to_numpy().sum() == 3
    with pytest.raises(StudyError, match="expected percentiles from 0 to 100"):
        percentiles(made(values), (101,))


def test_the_worst_run_is_named_with_the_command_that_runs_it():
    values = VALUES.copy()
    values[1, 2, 3], values[0, 1, 4], values[0, 0, 0] = 9e9, -1.0, np.nan
    found = worst(made(values), "swing")
    assert (found.value, found.seed) == (9e9, 10)
    assert found.labels == {"units": 2, "latency": "20 ms"}
    assert found.scenario.storage.units == 2
    assert found.scenario.seed == 10
    assert found.command == (
        "powermodel run site.yaml worst.zarr --seed 10 --set storage.units=2"
        " --set 'storage.latency.communication=20 ms'"
    )
    least = worst(made(values), "swing", largest=False)
    assert (least.value, least.seed, least.labels["latency"]) == (-1.0, 11, "10 ms")


def test_the_worst_of_a_part_keeps_its_place():
    part = made(VALUES).sel(latency="20 ms")
    found = worst(part, "swing")
    assert found.value == VALUES[:, 2].max()
    assert found.labels["latency"] == "20 ms"


def test_effects_are_the_spans_of_means():
    found = {name: (low, high) for name, low, high in tornado(made(VALUES), "swing")}
    for axis, name in enumerate(("units", "latency", "seed")):
        others = tuple(other for other in range(3) if other != axis)
        means = VALUES.mean(axis=others)
        np.testing.assert_allclose(found[name], (means.min(), means.max()), rtol=1e-12)
    spans = [high - low for _, low, high in tornado(made(VALUES), "swing")]
    assert spans == sorted(spans, reverse=True)
    assert set(main_effects(made(VALUES), "swing")) == {"units", "latency", "seed"}


def test_an_unknown_indicator_is_answered_with_all_there_are():
    with pytest.raises(StudyError, match="there is no indicator 'swnig'") as caught:
        worst(made(VALUES), "swnig")
    assert "there are swing" in str(caught.value)
    with pytest.raises(StudyError, match="no run has a value"):
        worst(made(VALUES * np.nan), "swing")


@pytest.mark.parametrize("name", ["study.png", "study.svg"])
def test_the_picture_is_the_same_twice(small_store, tmp_path, name):
    runs = open_study(small_store)
    first = plot_study(runs, "swing[1 s]", tmp_path / name).read_bytes()
    (tmp_path / name).unlink()
    assert plot_study(runs, "swing[1 s]", tmp_path / name).read_bytes() == first
    if name.endswith("svg"):
        text = first.decode()
        assert "latency" in text
        assert "swing[1 s]" in text


def test_a_study_of_one_point_has_a_picture(tmp_path):
    assert plot_study(made(VALUES[:1, :1]), "swing", tmp_path / "one.png").is_file()
    with pytest.raises(ReportError, match="unknown format"):
        plot_study(made(VALUES), "swing", tmp_path / "one.gif")
