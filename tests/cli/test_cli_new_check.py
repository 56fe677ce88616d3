# SPDX-License-Identifier: Apache-2.0
"""``powermodel new``, ``check`` and ``schema``."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from powermodel.scenario import Scenario, shipped


@pytest.mark.parametrize("name", shipped())
def test_new_copies_a_shipped_scenario_under_its_own_name(cli, tmp_path, name):
    file = tmp_path / "study.yaml"
    answer = cli("new", file, "--like", name)
    assert answer.status == 0
    assert answer.out.endswith(f"next: powermodel check {file}\n")
    text = file.read_text()
    assert text.startswith(f"# Begun as a copy of {name}.\n")
    assert "SPDX" not in text
    copy, original = Scenario.load(file), Scenario.load(name)
    assert copy.name == "study"
    assert copy.with_(name=name) == original


def test_new_keeps_the_comments(cli, tmp_path):
    cli("new", tmp_path / "study.yaml")
    assert "Where the numbers come from" in (tmp_path / "study.yaml").read_text()


def test_new_copies_a_file(cli, tmp_path, small):
    assert cli("new", tmp_path / "other.yaml", "--like", small).status == 0
    assert Scenario.load(tmp_path / "other.yaml").name == "other"


def test_new_leaves_a_file_that_exists(cli, tmp_path):
    file = tmp_path / "study.yaml"
    file.write_text("mine\n")
    answer = cli("new", file)
    assert answer.status == 2
    assert answer.err.startswith(f"error: {file}: the file exists and is left as it is\n")
    assert file.read_text() == "mine\n"


def test_new_needs_a_yaml_file(cli):
    answer = cli("new", "study")
    assert answer.status == 2
    assert answer.err == (
        "error: expected a file that ends in .yaml, got 'study'\n"
        "  hint: powermodel new study.yaml\n"
    )


def test_new_in_a_folder_that_is_not_there(cli, tmp_path):
    answer = cli("new", tmp_path / "no" / "study.yaml")
    assert answer.status == 2
    assert f"hint: make the folder {tmp_path / 'no'} first" in answer.err


def test_new_like_nothing_lists_what_there_is(cli, tmp_path):
    answer = cli("new", tmp_path / "study.yaml", "--like", "colossus2-phase")
    assert answer.status == 2
    assert "did you mean 'colossus2-phase1'?" in answer.err
    assert not (tmp_path / "study.yaml").exists()


def test_check_prints_the_plan(cli, small):
    answer = cli("check", small)
    assert answer.status == 0
    rows = dict(line.split("  ", 1) for line in answer.out.splitlines())
    assert rows["accelerators"].strip().startswith("144 in 2 racks")
    assert rows["time"].strip().startswith("40 s at 5 ms: 8,000 samples")
    assert {"memory", "disk", "expected time"} <= set(rows)
    assert all(line == line.rstrip() for line in answer.out.splitlines())


def test_check_json_holds_the_plan_and_every_assumption(cli, small):
    found = json.loads(cli("check", small, "--json").out)
    scenario = Scenario.load(small)
    assert found["scenario"] == "small"
    assert found["digest"] == scenario.digest
    plan = found["plan"]
    assert (plan["accelerators"], plan["racks"], plan["halls"]) == (144, 2, 1)
    assert (plan["samples"], plan["dt_s"], plan["duration_s"]) == (8000, 0.005, 40.0)
    assert plan["accelerator_steps"] == 144 * 8000
    assert plan["nameplate_w"] == scenario.nameplate_w()
    assert all(plan[key] > 0 for key in ("events", "memory_bytes", "disk_bytes", "seconds"))
    assert len(found["assumptions"]) == len(scenario.assumptions())
    assert {"path", "value", "unit", "source", "confidence"} == set(found["assumptions"][0])


def test_check_says_how_many_values_are_unsure_and_lists_them_first(cli, small):
    confidence = Counter(item.confidence for item in Scenario.load(small).assumptions())
    unsure = confidence["L"] + confidence["K"]
    answer = cli("check", small, "--assumptions")
    assert f"{unsure} values are estimates (L) or unchecked (K)" in answer.out
    table = answer.out.split("value of")[1].split("sources")[0].splitlines()[2:-1]
    letters = [line.split()[-2] for line in table]
    assert Counter(letters) == confidence
    assert letters == sorted(letters, key="KLMH".index)
    assert "gb200-nvl72" in answer.out


def test_check_of_a_wrong_file_shows_every_problem_with_its_line(cli, small):
    small.write_text(small.read_text().replace('"1 s"', "1").replace('"5 ms"', '"5 mW"'))
    answer = cli("check", small)
    assert answer.status == 2
    assert answer.out == ""
    first, *rest = answer.err.splitlines()
    assert first == f"error: {small}: 2 problems"
    listed = "\n".join(rest)
    assert "- jobs[0].program.iteration[0].duration (line 11): missing unit" in listed
    assert "- time.dt (line 17): wrong unit in '5 mW': expected a time" in listed


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("nowhere.yaml", "nowhere.yaml: cannot read the scenario: No such file or directory"),
        ("colossus3", "no shipped scenario 'colossus3'"),
        ("out.zarr", "hint: the scenario comes first, the store after it"),
    ],
)
def test_check_without_a_scenario(cli, source, says):
    answer = cli("check", source)
    assert answer.status == 2
    assert says in answer.err
    assert "Traceback" not in answer.err


def test_set_replaces_values(cli, small):
    answer = cli(
        "check", small, "--json", "--set", "jobs.0.accelerators=72", "--set", "time.duration=10 s"
    )
    plan = json.loads(answer.out)["plan"]
    assert (plan["accelerators"], plan["duration_s"]) == (72, 10.0)


def test_set_takes_changes_in_any_order(cli, small):
    # 100 ms is too coarse for the 50 ms that the file asks for, until the second change.
    changes = ["--set", "time.dt=100 ms", "--set", "time.fastest_response=1 s"]
    plan = json.loads(cli("check", small, "--json", *changes).out)["plan"]
    assert plan["dt_s"] == 0.1


def test_set_fills_a_part_that_was_left_out(cli, small):
    changes = ["jobs.0.response.rise_time=60 ms", "jobs.0.response.fall_time=70 ms"]
    words = [word for change in changes for word in ("--set", change)]
    assert cli("check", small, *words).status == 0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("time.duration", "error: --set: expected path=value, got 'time.duration'"),
        ("=3", "error: --set: expected path=value, got '=3'"),
        ("jobs.0.acelerators=3", "hint: did you mean jobs[0].accelerators?"),
        ("jobs.4.accelerators=3", "jobs has no 4, it is a list of 1"),
        ("jobs..name=x", "cannot read the path 'jobs..name'"),
        ("time.duration=5", "error: --set time.duration=5: time.duration: missing unit"),
        ("time.duration=-5 s", "expected a time above 0 s, got '-5 s'"),
        ("jobs.0.accelerators=1000", "--set jobs.0.accelerators=1000: "),
    ],
)
def test_a_change_that_does_not_hold_is_named_as_it_was_typed(cli, small, change, says):
    answer = cli("check", small, "--set", change)
    assert answer.status == 2
    assert answer.err.startswith("error: --set")
    assert says in answer.err


def test_schema_is_the_json_schema_of_a_scenario(cli):
    assert json.loads(cli("schema").out) == Scenario.json_schema()
