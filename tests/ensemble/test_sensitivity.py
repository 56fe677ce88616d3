# SPDX-License-Identifier: Apache-2.0
"""Indices of sensitivity against closed forms: through runs of a site, and of Ishigami's function.

Site: P = S(level) (1 + k) + c, of which the variance splits in closed form: with K = 1 + k, level
alone has E[K]^2 Var S, k alone E[S]^2 Var K, both together Var S Var K, c alone Var c. Mean and
variance of S come from Gauss-Legendre points, each a run of its own, not from the samples.
"""

from __future__ import annotations

import sys

import numpy as np
import pytest
import xarray as xr

from powermodel.ensemble import Study, StudyError, open_study, run_study, sensitivity
from powermodel.ensemble.dims import dims_of
from powermodel.scenario import Scenario
from powermodel.simulation import simulate
from tests.ensemble.small_study import SCENARIO, study_data

LEVEL, K, C = (300.0, 1100.0), (0.05, 1.05), (0.0, 8000.0)


def site():
    data = {key: value for key, value in SCENARIO.items() if key != "storage"}
    phase = {"name": "steady", "duration": "1 s", "power": "800 W"}
    data["jobs"] = [{"name": "one", "accelerators": 16, "program": {"iteration": [phase]}}]
    data["time"] = {"duration": "4 s", "dt": "10 ms", "fastest_response": "100 ms"}
    return data


def study(**samples):
    ranges = {
        "level": {
            "path": "jobs.0.program.iteration.0.power",
            "low": f"{LEVEL[0]:g} W",
            "high": f"{LEVEL[1]:g} W",
        },
        "proportional": {"path": "site.overhead.proportional", "low": K[0], "high": K[1]},
        "constant": {
            "path": "site.overhead.constant",
            "low": f"{C[0]:g} W",
            "high": f"{C[1]:g} W",
        },
        # When the job begins, long before the measurement: it can do nothing.
        "idle": {"path": "jobs.0.begins", "low": "0 ms", "high": "9 ms", "step": "1 ms"},
    }
    return Study.from_dict(
        {
            "study": 1,
            "name": "closed form",
            "scenario": site(),
            "axes": {},
            "seeds": 1,
            "samples": {"ranges": ranges, "seed": 1} | samples,
            "measure": {"after": "2 s", "windows": ["1 s"]},
            "keep": {"overview": []},
        }
    )


def racks_w(level_w):
    """Return what the racks draw at a level, from a run of its own."""
    data = site()
    data["site"] = dict(data["site"], overhead={"proportional": 0.0, "constant": "0 W"})
    data["jobs"][0]["program"]["iteration"][0]["power"] = f"{level_w:.12g} W"
    return float(simulate(Scenario.from_dict(data), workers=1)["poi/power"][0, 200:].mean())


@pytest.fixture(scope="module")
def expected():
    """Return first and total order of level, proportional, constant, idle."""
    nodes, weights = np.polynomial.legendre.leggauss(4)
    levels = LEVEL[0] + (nodes + 1) / 2 * (LEVEL[1] - LEVEL[0])
    drawn = np.array([racks_w(level) for level in levels])
    mean = (weights * drawn).sum() / 2
    var = (weights * (drawn - mean) ** 2).sum() / 2
    k, var_k = 1 + sum(K) / 2, (K[1] - K[0]) ** 2 / 12
    alone = np.array([k**2 * var, mean**2 * var_k, (C[1] - C[0]) ** 2 / 12, 0.0])
    both = var * var_k
    return alone / (alone.sum() + both), (alone + np.array([both, both, 0, 0])) / (
        alone.sum() + both
    )


@pytest.fixture(scope="module")
def sampled(tmp_path_factory):
    path = tmp_path_factory.mktemp("saltelli") / "out.zarr"
    run_study(study(method="saltelli", n=32), path, workers=1)
    return path


def test_sobol_indices_of_a_site_are_those_of_its_closed_form(sampled, expected):
    found = sensitivity(open_study(sampled), "mean")
    first, total = expected
    assert list(found["parameter"]) == ["level", "proportional", "constant", "idle"]
    assert found.attrs["runs"] == 32 * 6
    # 32 points of a random design: the intervals must hold the truth, and say something.
    np.testing.assert_allclose(found["first"], first, atol=0.08)
    np.testing.assert_allclose(found["total"], total, atol=0.08)
    assert (np.abs(found["first"] - first) <= found["first_interval"] + 1e-9).all()
    assert (np.abs(found["total"] - total) <= found["total_interval"] + 1e-9).all()
    assert (found["total_interval"][:3] < 0.5).all()
    # What does nothing has nothing, exactly.
    assert float(found["total"][3]) == 0.0
    xr.testing.assert_identical(found, sensitivity(open_study(sampled), "mean"))


def test_morris_ranks_what_the_closed_form_ranks(tmp_path, expected):
    run_study(study(method="morris", n=6), tmp_path / "out.zarr", workers=1)
    found = sensitivity(open_study(tmp_path / "out.zarr"), "mean")
    assert found.attrs["runs"] == 6 * 5
    assert (
        np.argsort(-found["importance"].to_numpy())[:3].tolist()
        == np.argsort(-expected[1][:3]).tolist()
    )
    # A constant that is added does what it says: its whole range, everywhere.
    assert float(found["effect"][2]) == pytest.approx(C[1] - C[0], rel=1e-3)
    assert float(found["spread"][2]) == pytest.approx(0.0, abs=2.0)
    assert float(found["spread"][0]) > 10.0
    assert float(found["importance"][3]) == 0.0
    assert found["effect"].attrs["units"] == "W"


def test_more_samples_are_added_without_computing_again(sampled, tmp_path):
    small, large = (study(method="saltelli", n=n) for n in (2, 4))
    run_study(small, tmp_path / "grown.zarr", workers=1)
    told = []
    run_study(large, tmp_path / "grown.zarr", workers=1, resume=True, progress=told.append)
    assert (told[0].restored, told[-1].done) == (12, 24)
    grown = open_study(tmp_path / "grown.zarr")
    whole = open_study(sampled)
    np.testing.assert_array_equal(grown["mean"], whole["mean"][:24])
    assert sensitivity(grown, "mean").attrs["runs"] == 24


def ishigami(method, n):
    """Return a study whose indicator is Ishigami's function, a = 7, b = 0.1, of its samples."""
    ranges = {name: [-np.pi, np.pi] for name in ("jobs.0.x1", "jobs.0.x2", "jobs.0.x3")}
    samples = {"method": method, "n": n, "ranges": ranges, "seed": 3}
    asked = Study.from_dict(study_data(axes={}, samples=samples))
    (dim,) = dims_of(asked)
    x1, x2, x3 = (np.array(dim.labels[name]) for name in ("x1", "x2", "x3"))
    y = np.sin(x1) + 7.0 * np.sin(x2) ** 2 + 0.1 * x3**4 * np.sin(x1)
    coordinates = {name: ("sample", list(labels)) for name, labels in dim.labels.items()}
    data = xr.Dataset({"y": (("sample", "seed"), y[:, None], {"units": "W"})}, coordinates)
    facts = {"study": asked.to_yaml(), "title": "Ishigami", "runs": y.size, "runs_whole": y.size}
    return xr.DataTree(data.assign_attrs(facts))


def test_the_indices_of_ishigami_are_the_published_ones():
    # Ishigami and Homma (1990): V1 = (1 + b pi^4 / 5)^2 / 2, V2 = a^2 / 8, V13 = 8 b^2 pi^8 / 225.
    a, b = 7.0, 0.1
    v1, v2 = 0.5 * (1 + b * np.pi**4 / 5) ** 2, a**2 / 8
    v13 = 8 * b**2 * np.pi**8 / 225
    whole = v1 + v2 + v13
    found = sensitivity(ishigami("saltelli", 1024), "y")
    np.testing.assert_allclose(found["first"], np.array([v1, v2, 0]) / whole, atol=0.02)
    np.testing.assert_allclose(found["total"], np.array([v1 + v13, v2, v13]) / whole, atol=0.02)
    screened = sensitivity(ishigami("morris", 64), "y")
    assert (screened["importance"] > 1.0).all()


def test_a_missing_run_or_an_indicator_that_never_changes_says_nothing():
    runs = ishigami("saltelli", 4)
    calm = runs.assign(y=runs["y"] * 0.0)
    assert np.isnan(sensitivity(calm, "y")["first"]).all()
    hole = runs.assign(y=runs["y"].where(runs["sample"] != 3))
    assert np.isnan(sensitivity(hole, "y")["total"]).all()


def test_what_does_not_go_is_said_in_words(small_store, monkeypatch):
    with pytest.raises(StudyError, match="expected samples by saltelli or morris, got no samples"):
        sensitivity(open_study(small_store), "mean")
    runs = ishigami("saltelli", 4)
    with pytest.raises(StudyError, match="expected all 20 samples of the study, got a part"):
        sensitivity(runs.isel(sample=slice(5)), "y")
    with pytest.raises(StudyError, match="got samples by sobol"):
        sensitivity(ishigami("sobol", 4), "y")
    with pytest.raises(StudyError, match="two ranges or more"):
        study_of_one = {"method": "morris", "n": 4, "ranges": {"storage.units": [1, 4]}}
        Study.from_dict(study_data(samples=study_of_one, axes={}))
    monkeypatch.setitem(sys.modules, "SALib", None)
    monkeypatch.setitem(sys.modules, "SALib.analyze.sobol", None)
    with pytest.raises(StudyError, match="not installed") as caught:
        sensitivity(runs, "y")
    assert "powermodel[studies]" in str(caught.value)
