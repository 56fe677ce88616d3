# SPDX-License-Identifier: Apache-2.0
"""``powermodel sweep``, and ``powermodel check`` of a study."""

from __future__ import annotations

import json

import pytest

from powermodel.scenario import Scenario, reading
from tests.ensemble.small_study import study_data


@pytest.fixture
def study(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(reading.write(study_data(seeds=1)))
    return path


def test_it_runs_resumes_and_names_the_worst(cli, study, tmp_path):
    out, picture, alone = tmp_path / "out.zarr", tmp_path / "out.png", tmp_path / "worst.yaml"
    tornado = tmp_path / "tornado.png"
    words = ("sweep", study, out, "--workers", "1", "--picture", picture, "--worst", alone)
    words += ("--tornado", tornado)
    status, printed, told = cli(*words)
    assert status == 0, told
    assert f"{out}: complete, 4 runs" in printed
    assert "largest swing[1 s]" in printed
    assert "runs: 4: 2 units × 2 latency × 1 seeds" in told
    assert "4 of 4 runs, took" in told
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert tornado.read_bytes().startswith(b"\x89PNG")
    assert Scenario.load(alone).seed == 3
    status, _, told = cli("sweep", study, out, "--workers", "1")
    assert status == 3
    assert "--resume goes on with it" in told
    status, _, told = cli("sweep", study, out, "--workers", "1", "--resume")
    assert status == 0
    assert "4 of 4 runs" in told


def test_check_prints_the_plan_of_a_study(cli, study):
    status, printed, _ = cli("check", study)
    assert status == 0
    for words in ("4: 2 units × 2 latency × 1 seeds", "memory", "disk", "expected time"):
        assert words in printed
    status, printed, _ = cli("check", study, "--json")
    assert json.loads(printed)["plan"]["runs"] == 4
    status, printed, _ = cli("check", "battery-latency")
    assert "192: 4 units × 6 latency × 8 seeds" in printed


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--workers", "0"), "expected at least one worker, got 0"),
        (("--resume", "--overwrite"), "choose one"),
        (("--indicator", "swing[2 s]"), "there is no indicator 'swing[2 s]'"),
        (("--scheduler", "tcp://127.0.0.1:1"), "cannot reach the scheduler"),
    ],
)
def test_what_does_not_go_is_said_in_words(cli, study, tmp_path, words, told):
    status, _, error = cli("sweep", study, tmp_path / "out.zarr", *words)
    assert status in (2, 4)
    assert told in error
    assert "Traceback" not in error
