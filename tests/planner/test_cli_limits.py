# SPDX-License-Identifier: Apache-2.0
"""``powermodel limits`` on a made-up run."""

from __future__ import annotations

import json

import pytest

from tests.planner.made_series import sine, write_store


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    power = sine(500e6, 4e6, 2.0, 70, 2e-3)
    return write_store(tmp_path_factory.mktemp("limits") / "made.zarr", power, 2_000_000)


def test_table_says_verdict_status_and_reason(cli, made):
    status, out, err = cli("limits", made, "--profile", "ercot", "--profile", "aeso")
    assert status == 0
    lines = out.splitlines()
    swing = next(line for line in lines if line.startswith("ercot-swing"))
    assert "pass (proposed)" in swing
    assert "10.00 MW" in swing
    assert "not assessed" in out
    assert "a record of power cannot answer it" in out
    assert "proposed, version 2026-09, 2026-09" in out
    assert "marked with their status" in err


def test_json_has_every_choice(cli, made):
    status, out, _ = cli("limits", made, "--profile", "ercot", "--json")
    assert status == 0
    rows = {row["rule"]["rule"]: row for row in json.loads(out)["rules"]}
    row = rows["ercot-swing"]
    assert row["verdict"] == "pass"
    assert row["measured"] == pytest.approx(8e6, rel=5e-3)
    assert row["margin"] == pytest.approx(2e6, rel=0.02)
    assert row["rule"]["parameters"]["filter_order"] == 2
    assert row["rule"]["binding"] is False
    assert rows["ercot-ride-through"]["measured"] is None


def test_strict_ends_with_1_when_something_does_not_pass(cli, made):
    assert cli("limits", made, "--profile", "ercot", "--strict")[0] == 1
    assert cli("limits", made, "--profile", "aeso", "--strict")[0] == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--profile", "erkot"], "unknown limit profile 'erkot'"),
        (["--profile", "ieso", "--rated", "1000"], "missing unit"),
        (["--profile", "ieso", "--rated", "0 W"], "expected a rated power above 0 W, got 0 W"),
        (["--profile", "ieso", "--x-over-r", "10"], "--short-circuit"),
        (["--profile", "ieso", "--short-circuit", "10 GVA"], "--x-over-r"),
        (["--profile", "ieso", "--power-factor", "1"], "--short-circuit"),
        (["--profile", "ieso", "--short-circuit", "10 km"], "--x-over-r"),
        (["--profile", "ieso", "--mains", "55"], "expected a mains frequency of 50 or 60 Hz"),
        (["--profile", "ieso", "--lamp", "120 V"], "the lamp '120 V' needs the mains frequency"),
        (
            ["--profile", "ieso", "--mains", "60", "--lamp", "230 V"],
            "lamp: the lamp '230 V' is for mains of 50 Hz, got mains of 60 Hz",
        ),
    ],
)
def test_slips_exit_2(cli, made, words, says):
    status, out, err = cli("limits", made, *words)
    assert (status, out) == (2, "")
    assert says in err
