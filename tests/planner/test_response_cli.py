# SPDX-License-Identifier: Apache-2.0
"""``powermodel response``: of a run, of a study, its picture, and what it refuses."""

from __future__ import annotations

import json

import numpy as np
import pytest

from powermodel.ensemble import Study, open_study, run_study
from powermodel.response import ResponseError, score, two_area_response
from powermodel.response.study import SCORE, score_study, worst_run
from powermodel.scenario import Scenario
from tests.ensemble.small_study import AXES, SCENARIO
from tests.planner.made_series import sine, write_store

DT_S = 5e-3


def study_of(keep):
    data = {"study": 1, "name": "t", "scenario": SCENARIO, "axes": AXES, "seeds": 2, "keep": keep}
    return Study.from_dict(data)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    power_w = sine(500e6, 4e6, 0.5, 40, DT_S)
    return write_store(tmp_path_factory.mktemp("response") / "made.zarr", power_w, 5_000_000)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    path = tmp_path_factory.mktemp("response") / "study.zarr"
    run_study(study_of({"series": ["poi/power"]}), path, workers=1)
    return path


def test_without_a_run_the_cases_are_listed(cli):
    code, out, _ = cli("response")
    assert code == 0
    assert "two-area:kundur" in out
    assert "built in, a screen" in out
    assert "wecc" in out
    found = json.loads(cli("response", "--json")[1])
    assert found["kundur"] == {
        "by": "ANDES",
        "modes_hz": [0.647],
        "title": "two areas of Kundur, 4 machines",
    }


def test_a_run(cli, store, tmp_path):
    picture = tmp_path / "a.png"
    code, out, err = cli("response", store, "--play", "--picture", picture)
    assert code == 0
    assert "(two-area screen)" in out
    assert "0.5 Hz" in out
    assert "0.647 Hz" in out
    assert "tie power" in out
    assert "a screen of two areas, not a network" in err + out
    assert picture.read_bytes()[:4] == b"\x89PNG"


def test_a_run_as_json_with_its_feeder(cli, store):
    grid = ("--voltage", "345kV", "--short-circuit", "12 GVA", "--x-over-r", "15")
    found = json.loads(
        cli("response", store, "--json", "--play", "--mains", "60", "--area", "2", *grid)[1]
    )
    band, line = found["rows"][0], found["rows"][1]
    assert (band["row"], line["row"]) == ("band", "line")
    assert line["frequency_hz"] == pytest.approx(0.5, abs=1e-3)
    assert line["site_amplitude_mw"] == pytest.approx(4.0, rel=1e-3)
    assert all(row["place"] == "area 2" for row in found["rows"])
    assert found["play"]["whole"] is True
    assert {row["quantity"] for row in found["feeder"]} >= {"lowest voltage", "largest swing"}


def test_every_run_of_a_study_is_scored_as_alone(study):
    runs, grid = open_study(study), two_area_response()
    scored = score_study(runs, grid)
    values = scored[SCORE]
    assert values.attrs["units"] == "Hz"
    assert "two-area screen" in values.attrs["definition"]
    power = runs["poi"].to_dataset()["power"]
    for place in np.ndindex(*values.shape):
        at = dict(zip(values.dims, place, strict=True))
        assert float(values[at]) == score(power.isel(at), grid).rms_hz
    chosen = worst_run(scored)
    assert chosen.value == float(values.max())
    assert isinstance(chosen.scenario, Scenario)
    assert SCORE not in runs.to_dataset().data_vars


def test_a_study_by_command(cli, study, tmp_path):
    worst = tmp_path / "worst.yaml"
    code, out, _ = cli("response", study, "--play", "--worst", worst)
    assert code == 0
    assert "worst of the study" in out
    assert "tie power" in out
    assert Scenario.load(worst).jobs[0].accelerators == 16
    found = json.loads(cli("response", study, "--json")[1])
    assert np.array(found["frequency_rms_hz"]).shape == (2, 2, 2)
    assert found["screen"] is True
    assert set(found["worst"]) == {"units", "latency", "seed"}


def test_a_study_that_kept_means_of_ten_milliseconds_will_do(tmp_path, study):
    path = tmp_path / "means.zarr"
    run_study(study_of({"overview": ["10ms"]}), path, workers=1)
    grid = two_area_response()
    coarse, fine = (score_study(open_study(one), grid)[SCORE] for one in (path, study))
    np.testing.assert_allclose(coarse, fine, rtol=0.01)


def test_a_study_that_kept_too_little_is_refused(tmp_path):
    path = tmp_path / "little.zarr"
    run_study(study_of({"overview": ["1s"]}), path, workers=1)
    with pytest.raises(ResponseError) as caught:
        score_study(open_study(path), two_area_response())
    assert "kept no power at the POI that shows 5 Hz" in str(caught.value)
    assert "keep: {series: [poi/power]}" in str(caught.value)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--case", "kundur"), "--bus: the case 'kundur' needs the bus where the site stands"),
        (("--case", "nordic", "--bus", "1"), "case: there is no case 'nordic', and no such file"),
        (("--case", "two-area:moon"), "unknown two-area 'moon'"),
        (("--area", "3"), "area: there is no area 3"),
        (("--mains", "50"), "runs at 60 Hz, the series is for 50 Hz"),
        (("--worst", "w.yaml"), "--worst: this is one run, of which none is the worst"),
        (("--voltage", "345kV"), "--short-circuit: a feeder needs its voltage"),
        (("--case", "wecc", "--bus", "1", "--base", "100"), "100"),
        (("--picture", "a.gif"), "expected .png, .svg, .pdf, got '.gif'"),
    ],
)
def test_what_a_run_refuses(cli, store, words, message):
    code, _, err = cli("response", store, *words)
    assert code == 2
    assert message in err


def test_a_feeder_plays_one_run(cli, study):
    grid = ("--voltage", "345kV", "--short-circuit", "12 GVA", "--x-over-r", "15")
    code, _, err = cli("response", study, *grid)
    assert code == 2
    assert "a feeder plays one run, this is a study" in err


def test_a_run_too_coarse(cli, tmp_path):
    path = write_store(tmp_path / "coarse.zarr", np.full(800, 1e8), 50_000_000)
    code, _, err = cli("response", path)
    assert code == 2
    assert "dt: a step of 0.05 s is too coarse for a response up to 5 Hz" in err
