# SPDX-License-Identifier: Apache-2.0
"""A study's file: what it means, and what it is told when it is wrong."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from powermodel.ensemble import Study, StudyError, shipped_studies
from powermodel.ensemble.grid import Grid
from powermodel.ensemble.values import between, evenly, logarithmic
from powermodel.errors import PowermodelError
from powermodel.scenario import reading
from tests.ensemble.small_study import study_data


def axes_of(**changes):
    return Grid.of(Study.from_dict(study_data(**changes)))


def refused(**changes):
    with pytest.raises(PowermodelError) as caught:
        axes_of(**changes)
    return str(caught.value)


def test_axes_are_crossed_and_seeds_come_last():
    grid = axes_of()
    assert [dim.name for dim in grid.dims] == ["units", "latency"]
    assert grid.shape == (2, 2, 3)
    assert grid.seeds == (3, 4, 5)
    assert grid.runs == 12
    place = (1, 1, 2)
    assert grid.changes(place) == (
        ("storage.units", 1),
        ("storage.latency.communication", "100 ms"),
    )
    scenario = grid.scenario_at(place)
    assert scenario.seed == 5
    assert scenario.storage.latency.communication == 0.1


def test_no_units_are_no_storage():
    grid = axes_of()
    assert grid.scenario_at((0, 1, 0)).storage is None


def test_axes_that_go_together_share_a_dimension():
    grid = axes_of(zipped=[["units", "latency"]])
    assert [dim.name for dim in grid.dims] == ["units"]
    assert grid.dims[0].labels == {"units": (0, 1), "latency": ("0 ms", "100 ms")}
    assert grid.shape == (2, 3)


def test_ranges_are_written_as_one_would():
    ranged = {"range": {"low": "10 ms", "high": "40 ms", "step": "10 ms"}}
    logarithmic_ = {"path": "storage.control.window", "logspace": {
        "low": "1 s", "high": "100 s", "count": 3}}  # fmt: skip
    grid = axes_of(axes={"storage.latency.communication": ranged, "window": logarithmic_})
    assert grid.dims[0].labels["communication"] == ("10 ms", "20 ms", "30 ms", "40 ms")
    assert grid.dims[1].labels["window"] == ("1 s", "10 s", "100 s")


@given(low=st.integers(-1000, 1000), span=st.integers(1, 1000), step=st.integers(1, 50))
def test_a_range_of_whole_numbers_is_that_of_python(low, span, step):
    assert evenly(low, low + span, step, None) == list(range(low, low + span + 1, step))


@given(low=st.floats(1e-3, 1e3), ratio=st.floats(1.1, 1e3), count=st.integers(2, 20))
def test_neighbors_of_a_logarithmic_range_have_one_ratio(low, ratio, count):
    values = logarithmic(low, low * ratio, count)
    steps = np.diff(np.log(values))
    assert np.allclose(steps, math.log(ratio) / (count - 1), rtol=1e-6, atol=1e-9)


@given(share=st.floats(0, 1, exclude_max=True))
def test_samples_lie_between_the_ends(share):
    assert 2 <= between(share, 2, 5, None) <= 5
    assert between(share, "0 ms", "40 ms", "10 ms") in ("0 ms", "10 ms", "20 ms", "30 ms", "40 ms")
    number, unit = between(share, "1 ms", "2 ms", None).split()
    assert unit == "ms"
    assert 1 <= float(number) <= 2


def samples(method, n, **more):
    ranges = {
        "storage.units": [1, 4],
        "latency": {
            "path": "storage.latency.communication",
            "low": "0 ms",
            "high": "200 ms",
            "step": "5 ms",
        },
    }
    return {"method": method, "n": n, "ranges": ranges} | more  # fmt: skip


def test_a_latin_hypercube_has_one_point_in_every_row():
    grid = axes_of(axes={}, samples=samples("lhs", 8))
    assert grid.shape == (8, 3)
    units = grid.dims[0].labels["units"]
    assert sorted(units) == [1, 1, 2, 2, 3, 3, 4, 4]
    again = axes_of(axes={}, samples=samples("lhs", 8))
    assert again.dims == grid.dims
    assert axes_of(axes={}, samples=samples("lhs", 8, seed=1)).dims != grid.dims


def test_sobol_points_of_more_samples_begin_with_those_of_fewer():
    few = axes_of(axes={}, samples=samples("sobol", 8)).dims[0]
    many = axes_of(axes={}, samples=samples("sobol", 16)).dims[0]
    for name in few.labels:
        assert many.labels[name][:8] == few.labels[name]


def test_it_is_read_back_from_its_own_yaml():
    study = Study.from_dict(study_data())
    again = Study.from_yaml(study.to_yaml())
    assert again.digest == study.digest
    assert Grid.of(again).dims == Grid.of(study).dims


def test_every_shipped_study_is_sound():
    assert "battery-latency" in shipped_studies()
    for name in shipped_studies():
        grid = Grid.of(Study.load(name))
        last = tuple(size - 1 for size in grid.shape)
        assert grid.scenario_at(last).seed == grid.seeds[-1]


def test_a_scenario_stands_beside_its_study(tmp_path):
    data = study_data()
    (tmp_path / "site.yaml").write_text(reading.write(data["scenario"]))
    changed = data | {"scenario": "site.yaml", "set": {"jobs.0.accelerators": 8}}
    (tmp_path / "study.yaml").write_text(reading.write(changed))
    scenario = Study.load(tmp_path / "study.yaml").base_scenario()
    assert scenario.name == "tiny"
    assert scenario.jobs[0].accelerators == 8


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"axis": {}}, "unknown key 'axis'"),
        ({"seeds": 0}, "expected at least one seed, each once, got 0"),
        ({"seeds": [1, 1]}, "expected at least one seed, each once"),
        ({"axes": {"storage.units": []}}, "expected at least one value"),
        ({"axes": {"storage.units": [1, 1]}}, "expected every value once"),
        ({"axes": {"storage.units": {"values": [1], "range": {"low": 1, "high": 2, "count": 2}}}},
         "expected one of values, range and logspace, got 2 of them"),
        ({"axes": {"storage.units": {"range": {"low": 1, "high": 2}}}},
         "expected a step or a count, one of them"),
        ({"axes": {"storage.units": {"range": {"low": 3, "high": 2, "count": 2}}}},
         "expected a low end below the high end, got 3 and 2"),
        ({"axes": {"a": {"path": "storage.latency.communication",
                         "range": {"low": "1 ms", "high": "2 s", "count": 2}}}},
         "expected one unit, got '1 ms', '2 s'"),
        ({"axes": {"a": {"path": "storage.control.window",
                         "logspace": {"low": "0 s", "high": "2 s", "count": 2}}}},
         "expected a low end above 0"),
        ({"axes": {"time.duration": ["10 s", "20 s"]}}, "is the same for all runs of a study"),
        ({"axes": {"seed": [1, 2]}}, "seeds stand under 'seeds'"),
        ({"axes": {"time": {"path": "storage.units", "values": [1]}}},
         "'time' is the name of something else in the result"),
        ({"axes": {"storage.units": [1], "u": {"path": "storage.units", "values": [2]}}},
         "expected every path once, got 'storage.units' twice"),
        ({"zipped": [["units"]]}, "expected at least two axes that go together"),
        ({"zipped": [["units", "delay"]]}, "there is no axis 'delay'"),
        ({"axes": {"storage.units": [1, 2, 3], "latency": {
            "path": "storage.latency.communication", "values": ["0 ms"]}},
          "zipped": [["units", "latency"]]},
         "need equally many values: units has 3, latency has 1"),
        ({"samples": {"method": "sobol", "n": 10, "ranges": {"storage.units": [1, 4]}}, "axes": {}},
         "expected a power of two, got 10"),
        ({"samples": {"method": "random", "n": 8, "ranges": {"storage.units": [1, 4]}}},
         "expected 'sobol', 'lhs', 'saltelli' or 'morris', got 'random'"),
        ({"keep": {"overview": ["2s"]}}, "there is no level '2s'"),
        ({"keep": {"series": ["poi/voltage"]}}, "there is no series 'poi/voltage'"),
        ({"set": {"jobs.0.accelerator": 8}}, "set.jobs.0.accelerator: unknown path"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(changes, words):
    assert words in refused(**changes)


def test_a_value_that_cannot_stand_in_the_scenario_is_named():
    grid = axes_of(axes={"storage.units": [1, -1]})
    with pytest.raises(StudyError) as caught:
        grid.scenario_at((1, 0))
    assert "the run with storage.units=-1" in str(caught.value)


def test_an_unknown_name_tells_what_is_shipped():
    with pytest.raises(StudyError, match="no shipped study 'battery-latenzy'") as caught:
        Study.load("battery-latenzy")
    assert "did you mean 'battery-latency'?" in str(caught.value)


def test_a_scenario_in_place_of_a_study_is_told():
    with pytest.raises(StudyError, match="no shipped study 'colossus2-phase1'") as caught:
        Study.load("colossus2-phase1")
    assert "it is a scenario: powermodel run colossus2-phase1" in str(caught.value)
