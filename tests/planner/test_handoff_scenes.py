# SPDX-License-Identifier: Apache-2.0
"""Situations, sizing and response in a package: cut where they are, said where they are not."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
import xarray as xr

from powermodel.handoff import Order, hand_off
from powermodel.handoff.scenes import scenes_of
from powermodel.report.page.content import Asked
from powermodel.scenario import Scenario
from tests.ensemble.small_study import SCENARIO
from tests.planner.made_series import BASIS
from tests.report.test_page import buffered_tree
from tests.report.test_page_parts import SIZING

JOB = {
    "name": "train",
    "accelerators": 16,
    "begins": "10 s",
    "program": {
        "start": [{"name": "load", "duration": "6 s", "power": "0.2 TDP"}],
        "iteration": [
            {"name": "compute", "duration": "1.5 s", "power": "0.9 TDP"},
            {"name": "all-reduce", "duration": "0.5 s", "power": "0.3 TDP"},
        ],
        "checkpoint": {
            "every": "20 s",
            "phases": [{"name": "write", "duration": "3 s", "power": "0.25 TDP"}],
        },
        "restart": [{"name": "reload", "duration": "30 s", "power": "0.15 TDP"}],
    },
    "failures": {"scheduled": ["200 s"]},
}


def scenario_of(**job):
    return Scenario.from_dict(SCENARIO | {"jobs": [JOB | job]})


def rows_of(path):
    with path.open(encoding="utf-8") as file:
        return {row["scenario"] if "scenario" in row else row["setting"]: row
                for row in csv.DictReader(file)}  # fmt: skip


@pytest.fixture(scope="module")
def tree():
    found = buffered_tree(seconds=300.0, dt_s=5e-3)
    # As a store holds it: charge in 32 bits.
    storage = found["storage"].to_dataset()
    narrow = {name: storage[name].astype(np.float32, keep_attrs=True)
              for name in storage.data_vars if name.startswith("soc")}  # fmt: skip
    found["storage"] = xr.DataTree(storage.assign(narrow))
    found.attrs |= {"scenario": scenario_of().to_yaml(), "complete": 1}
    return found


@pytest.fixture(scope="module")
def package(tmp_path_factory, tree):
    folder = tmp_path_factory.mktemp("scenes")
    (folder / "sizing.json").write_text(json.dumps(SIZING), encoding="utf-8")
    order = Order(Asked(sizing=str(folder / "sizing.json")), BASIS, ("pscad",))
    return hand_off(tree, folder / "out", order)


def test_every_situation_is_where_the_scenario_puts_it():
    found = {scene.name: (scene.begin_s, scene.end_s) for scene in
             scenes_of(scenario_of(), 0.0, 300.0)}  # fmt: skip
    assert found["start"] == (5.0, 20.0)  # 5 s before, 6 s of loading, two iterations of 2 s
    assert found["checkpoint"] == (32.0, 47.0)  # due at 10 + 6 + 20 s; 4 s before, 3 s, 8 s after
    assert found["crash"] == (195.0, 205.0)
    assert found["restart"] == (200.0, 234.0)
    assert found["steady"] == (91.0, 151.0)  # the middle minute between 47 s and 195 s


def test_what_a_run_does_not_hold_says_what_would():
    plain = scenario_of(failures=None, program={"iteration": JOB["program"]["iteration"]})
    found = {scene.name: scene for scene in scenes_of(plain, 0.0, 9.0)}
    assert "jobs.0.failures.scheduled" in found["crash"].why
    assert "give the program a restart" in found["restart"].why
    assert "give the program a checkpoint" in found["checkpoint"].why
    assert found["crash"].begin_s is None
    nothing = scenes_of(None, 0.0, 300.0)
    assert {scene.begin_s for scene in nothing} == {None}
    assert nothing[0].why == "the scenario of the run cannot be read"


def test_events_that_fill_the_record_leave_no_steady_part():
    assert scenes_of(scenario_of(), 6.0, 20.0)[0].begin_s is None


def test_the_cuts_hold_the_samples_of_the_run(package, tree):
    rows = rows_of(package.folder / "scenarios.csv")
    assert list(rows) == ["steady", "checkpoint", "start", "crash", "restart", "sag",
                          "repeated-sags"]  # fmt: skip
    crash = rows["crash"]
    assert (crash["kind"], crash["file"]) == ("cut from the run", "scenarios/crash.csv")
    found = np.loadtxt(package.folder / crash["file"], delimiter=",", skiprows=1)
    part = slice(39_000, 41_000)
    np.testing.assert_allclose(found[:, 0], 195.0 + 5e-3 * np.arange(2000), atol=1e-9)
    np.testing.assert_array_equal(found[:, 1], tree["load/power"].values[0, part])
    np.testing.assert_array_equal(found[:, 2], tree["poi/power"].values[0, part])


def test_the_sags_are_worked_out_and_balance(package):
    rows = rows_of(package.folder / "scenarios.csv")
    load_w = scenario_of().nameplate_w()
    for name, sags in (("sag", 1), ("repeated-sags", 6)):
        assert rows[name]["kind"] == "computed from its scenario"
        path = package.folder / rows[name]["file"]
        time, volts, grid, _, gone = np.loadtxt(path, delimiter=",", skiprows=1).T
        assert np.count_nonzero(np.diff((volts < 0.9).astype(int)) == 1) == sags
        assert time[1] - time[0] == pytest.approx(1e-3)
        assert grid[0] == pytest.approx(load_w, abs=1.0)
        assert (grid[volts < 0.5] < 0.01 * load_w).any()
        assert (gone >= 0).all()


def test_sizing_and_response_have_their_sheets(package):
    found = rows_of(package.folder / "sizing.csv")
    assert float(found["jobs.0.smoothing.floor 0.8"]["power_w"]) == 80e6
    assert found["as it is"]["units"] == ""
    with (package.folder / "response.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {"band", "line", "gain"} <= {row["row"] for row in rows}
    assert all(row["screen"] == "True" and row["definition"] for row in rows)
    manifest = json.loads((package.folder / "manifest.json").read_text(encoding="utf-8"))
    files = manifest["files"]
    assert files["scenarios/crash.csv"]["about"] == (
        "the situation crash: time and powers, see scenarios.csv"
    )
    assert all(entry["about"] for entry in files.values())
    checks = (package.folder / "checks.txt").read_text(encoding="utf-8")
    assert "scenarios/repeated-sags.csv" in checks
    assert "Storage sizing" in (package.folder / "report.html").read_text(encoding="utf-8")


def test_without_a_sizing_the_package_says_how_to_get_one(tmp_path, tree):
    done = hand_off(tree, tmp_path / "out", Order(basis=BASIS, formats=("pscad",)))
    assert done.left_out["sizing.csv"].startswith("no sizing was given: --sizing")
    assert not (tmp_path / "out" / "sizing.csv").exists()


def test_a_run_too_short_for_a_response_says_why(tmp_path, tree):
    short = xr.DataTree.from_dict({
        node.path: node.to_dataset().isel(time=slice(0, 1000)) if "time" in node.dims
        else node.to_dataset() for node in tree.subtree
    })  # fmt: skip
    short.attrs |= tree.attrs
    done = hand_off(short, tmp_path / "out", Order(basis=BASIS, formats=("pscad",)))
    assert done.left_out["response.csv"]
