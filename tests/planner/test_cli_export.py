# SPDX-License-Identifier: Apache-2.0
"""``powermodel export`` on a made-up run."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.planner.made_series import sine, write_store


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return write_store(tmp_path_factory.mktemp("export") / "made.zarr", sine(5e8, 4e6, 2.0, 20))


def test_formats_are_listed_without_a_run(cli):
    status, out, _ = cli("export")
    assert status == 0
    assert "comtrade-binary32" in out
    assert next(line for line in out.splitlines() if line.startswith("pslf")).endswith("UNVERIFIED")
    found = json.loads(cli("export", "--json")[1])
    assert found["comtrade"]["needs"] == ["mains_hz", "start"]
    assert found["psse"]["unverified"]


def test_files_are_written_and_read_back(cli, made, tmp_path):
    options = ["--mains", "60", "--start", "2026-01-01T00:00:00+00:00", "--voltage", "345kV"]
    status, out, err = cli(
        "export", made, tmp_path, "--format", "comtrade,pscad", "--format", "pslf", *options
    )
    assert status == 0
    assert "read back" in out
    assert "pslf is unverified" in err
    assert "campus_float32.cfg" in out
    found = np.loadtxt(tmp_path / "campus_pscad.txt", comments="!")
    np.testing.assert_array_equal(found[:, 1], sine(5e8, 4e6, 2.0, 20) / 1e6)
    assert "ok   campus_float32.dat: P" in (tmp_path / "checks.txt").read_text()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "a run needs a folder and formats"),
        (["--format", "comtrad"], "did you mean 'comtrade'?"),
        (["--format", "comtrade"], "comtrade needs 'mains_hz'"),
        (["--format", "comtrade", "--mains", "60", "--start", "noon"], "cannot read the time"),
        (["--format", "pscad", "--mains", "60", "--case", "50"], "the case runs at 50 Hz"),
        (["--format", "opendss", "--voltage", "345"], "missing unit"),
        (
            ["--format", "opendss", "--voltage", "1kV", "--opendss-mode", "dynamics"],
            "in duty mode alone, got 'dynamics'",
        ),
    ],
)
def test_slips_exit_2_and_leave_nothing(cli, made, tmp_path, words, says):
    status, out, err = cli("export", made, tmp_path / "out", *words)
    assert (status, out) == (2, "")
    assert says in err
    assert not list(tmp_path.glob("out/*"))


def test_a_part_of_a_run_is_said_to_be_one(cli, tmp_path):
    part = write_store(tmp_path / "part.zarr", sine(5e8, 4e6, 2.0, 20), blocks=1)
    status, _, err = cli("export", part, tmp_path / "out", "--format", "parquet")
    assert status == 0
    assert "10 s of 20 s are whole, and only these were used" in err
    status, _, err = cli("limits", part, "--profile", "lipa")
    assert status == 0
    assert "10 s of 20 s are whole, and only these were used" in err
