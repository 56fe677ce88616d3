# SPDX-License-Identifier: Apache-2.0
"""``powermodel evidence``, and the buffering table of ``show``, of a small buffered run."""

from __future__ import annotations

import json

import pytest

import powermodel as pm
from tests.simulation.small import buffered_scenario, small_scenario


@pytest.fixture(scope="module")
def buffered(tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "buffered.zarr"
    pm.simulate(buffered_scenario().set("time.duration", "10 s"), to=path)
    return path


def test_every_test_of_the_profile_has_a_row(cli, buffered):
    found = json.loads(cli("evidence", buffered, "--json").out)
    assert found["profile"] == "nvidia-bess-1.0"
    assert {row["test"] for row in found["rows"]} == {f"T{n}" for n in range(1, 13)}
    for row in found["rows"]:
        if row["verdict"] == "not assessed":
            assert row["reason"]
        else:
            assert row["definition"]
            assert row["confidence"] in tuple("HMLK")
    tracking = next(row for row in found["rows"] if row["criterion"] == "tracking")
    assert tracking["verdict"] in ("pass", "fail")


def test_the_base_of_ramps_can_be_given_and_is_named(cli, buffered):
    ramps = {}
    for word in ("100 kW", "200 kW"):
        found = json.loads(cli("evidence", buffered, "--it-load", word, "--json").out)
        ramps[word] = next(r for r in found["rows"] if r["criterion"] == "ramp at the POI")
    assert ramps["100 kW"]["measured"] == pytest.approx(2.0 * ramps["200 kW"]["measured"])
    answer = cli("evidence", buffered)
    assert "the strongest phase at the POI" in answer.err
    assert "a record of 10 s, expected 24 h" in answer.out


def test_a_run_without_storage_says_what_is_missing(cli, tmp_path):
    path = tmp_path / "plain.zarr"
    pm.simulate(small_scenario().set("time.duration", "10 s"), to=path)
    answer = cli("evidence", path)
    assert answer.status == 2
    assert "the run has no storage" in answer.err
    assert "run a scenario with a key 'storage'" in answer.err


def test_an_unknown_profile_names_those_that_there_are(cli, buffered):
    answer = cli("evidence", buffered, "--profile", "nvidia")
    assert answer.status == 2
    assert "unknown profile 'nvidia'" in answer.err
    assert "nvidia-bess-1.0" in answer.err


def test_show_tells_what_the_layers_did(cli, buffered):
    found = json.loads(cli("show", buffered, "--json").out)["buffering"]
    assert {"dynamic_range_left", "farm_full_cycles[rainflow]", "burnt_energy", "soc_swing"} <= set(
        found
    )
    assert all(item["definition"] for item in found.values())
    assert "rack store swing" in cli("show", buffered).out
