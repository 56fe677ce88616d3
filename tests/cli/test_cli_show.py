# SPDX-License-Identifier: Apache-2.0
"""``powermodel show`` and ``plot``, of made-up runs whose numbers are known."""

from __future__ import annotations

import json
import math

import pytest

from tests.cli.made_store import LINE_HZ, MEAN_W, SWING_W


def test_json_has_each_indicator_with_all_that_defines_it(cli, store):
    found = json.loads(cli("show", store, "--json").out)
    assert (found["scenario"], found["seed"], found["complete"]) == ("made-up", 7, True)
    assert (found["dt_s"], found["duration_s"], found["whole_s"]) == (0.01, 60.0, 60.0)
    assert {"powermodel", "numpy", "numba", "zarr", "python"} <= set(found["versions"])
    for indicator in found["indicators"].values():
        assert {"value", "unit", "definition", "parameters"} <= set(indicator)
        assert indicator["value"] is not None or indicator["reason"]
    peak = found["indicators"]["peak"]
    assert peak["unit"] == "W"
    assert peak["at_s"] == pytest.approx(0.5, abs=0.01)


def test_json_has_the_numbers_of_the_run(cli, store):
    found = json.loads(cli("show", store, "--json").out)["indicators"]
    assert found["mean"]["value"] == pytest.approx(MEAN_W, rel=1e-9)
    assert found["dynamic_range"]["value"] == pytest.approx(SWING_W, rel=1e-6)
    assert found["energy"]["value"] == pytest.approx(MEAN_W * 60, rel=1e-9)
    # A sine of amplitude A changes within h by 2 A sin(pi f h) at most.
    steepest = SWING_W * math.sin(math.pi * LINE_HZ * 0.02)
    assert found["ramp_up[20 ms]"]["value"] == pytest.approx(steepest, rel=1e-6)
    line = found["line[1]"]
    assert line["parameters"]["frequency_hz"] == pytest.approx(LINE_HZ, abs=0.02)
    assert line["value"] == pytest.approx(SWING_W / 2, rel=0.02)


def test_the_table_has_a_row_for_each_indicator(cli, store):
    answer = cli("show", store)
    assert answer.status == 0
    assert answer.err == ""
    lines = answer.out.splitlines()
    assert lines[0].startswith("made-up  ·  seed 7  ·  powermodel ")
    assert lines[1] == "load at the point of interconnection (POI)  ·  60 s at 10 ms"
    cells = {line.split("  ")[0].strip(): line for line in lines[3:]}
    assert "50.00 MW" in cells["mean"]
    assert "20.00 MW" in cells["dynamic range"]
    assert cells["line, 1"].endswith("at 0.5000 Hz")
    found = json.loads(cli("show", store, "--json").out)["indicators"]
    # Those without a value stand with a mark, and each reason stands once.
    reasons = list(dict.fromkeys(item["reason"] for item in found.values() if "reason" in item))
    assert [line.split(maxsplit=1) for line in lines[5 + len(found) + 1 :]] == [
        ["not", "assessed"],
        *([f"[{number}]", reason] for number, reason in enumerate(reasons, 1)),
    ]


def test_definitions_are_asked_for_and_fit_the_terminal(cli, store, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    plain, defined = cli("show", store).out, cli("show", store, "--definitions").out
    assert defined.startswith(plain)
    assert max(map(len, defined.splitlines())) <= 80
    listed = defined[len(plain) :].split("definitions\n")[1]
    words = " ".join(listed.split())
    for item in json.loads(cli("show", store, "--json").out)["indicators"].values():
        assert words.count(" ".join(item["definition"].split())) == 1
    assert "energy share sum of" in words


def test_of_an_incomplete_run_what_is_whole_is_shown(cli, part_of_a_store):
    answer = cli("show", part_of_a_store)
    assert answer.status == 0
    assert "20 s at 10 ms" in answer.out
    assert answer.err.startswith("warning: the run is not complete: 20 s of 60 s are whole")
    assert f"powermodel run SCENARIO {part_of_a_store} --resume" in answer.err
    found = json.loads(cli("show", part_of_a_store, "--json").out)
    assert (found["complete"], found["whole_s"], found["duration_s"]) == (False, 20.0, 60.0)
    assert found["series"]["samples"] == 2000
    assert found["indicators"]["ramp_up[1 min]"]["value"] is None


def test_a_damaged_run_is_not_shown(cli, store):
    victim = next(path for path in sorted((store / "poi/power/c").rglob("*")) if path.is_file())
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.write_bytes(data)
    answer = cli("show", store)
    assert answer.status == 3
    assert answer.out == ""
    assert "damaged: block 0 of run 0" in answer.err
    assert "--resume computes what is damaged again" in answer.err


@pytest.mark.parametrize("verb", ["show", "plot"])
def test_what_is_no_store_is_refused(cli, tmp_path, small, verb):
    picture = [tmp_path / "run.png"] if verb == "plot" else []
    (tmp_path / "empty").mkdir()
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "notes.txt").write_text("no run")
    for place, says in (
        (
            tmp_path / "nothing.zarr",
            "there is no store\n  hint: check the path; powermodel run writes",
        ),
        (small, "expected a store, which is a folder, got a file\n  hint: powermodel run SCENARIO"),
        (tmp_path / "empty", "there is no store"),
        (tmp_path / "folder", "got a folder that is no Zarr group"),
    ):
        answer = cli(verb, place, *picture)
        assert answer.status == 3
        assert answer.err.startswith(f"error: {place}: ")
        assert says in answer.err


def test_plot_writes_the_picture_and_says_where(cli, store, tmp_path):
    picture = tmp_path / "run.png"
    answer = cli("plot", store, picture)
    assert (answer.status, answer.out) == (0, f"{picture}\n")
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("run.jpeg2", "expected .png, .svg, .pdf, got '.jpeg2'"),
        ("no/run.png", "make the folder first"),
    ],
)
def test_a_picture_that_cannot_be_written(cli, store, tmp_path, name, says):
    answer = cli("plot", store, tmp_path / name)
    assert answer.status == 2
    assert says in answer.err
