# SPDX-License-Identifier: Apache-2.0
"""``powermodel run``: what it writes, says and refuses."""

from __future__ import annotations

import json

import pytest

from powermodel.errors import StoreError
from powermodel.scenario import Scenario
from powermodel.store import open_run
from powermodel.store.writer import StoreWriter


def test_a_run_says_what_it_takes_how_far_it_is_and_what_to_type_next(cli, small, tmp_path):
    out = tmp_path / "run.zarr"
    answer = cli("run", small, out, "--duration", "25s", "--seed", "7", "--device", "cpu")
    assert answer.status == 0
    assert answer.out == (
        f"{out}: complete\n"
        f"next: powermodel show {out}\n"
        f"      powermodel plot {out} {tmp_path / 'run.png'}\n"
    )
    said = answer.err.splitlines()
    assert said[0] == "small: 144 accelerators in 2 racks, 25 s at 5 ms, seed 7"
    assert said[1].startswith("device cpu (asked for); expects ")
    progress = [line.split(",")[0] for line in said if "simulated" in line]
    assert progress == [f"{done} of 25 s simulated" for done in (0, 10, 20, 25)]
    assert said[-1].endswith("× real time")


def test_options_and_changes_reach_the_run(cli, small, tmp_path):
    out = tmp_path / "run.zarr"
    options = ["--duration", "10s", "--dt", "10ms", "--seed", "3", "--engine", "steps"]
    assert cli("run", small, out, *options, "--set", "jobs.0.accelerators=72").status == 0
    attributes = open_run(out).attrs
    stored = Scenario.from_yaml(attributes["scenario"])
    assert (stored.time.duration, stored.time.dt) == (10.0, 0.01)
    assert (attributes["seed"], attributes["engine"]) == (3, "steps")
    assert stored.jobs[0].accelerators == 72


def test_quiet_says_nothing_of_itself(cli, small, tmp_path):
    answer = cli("run", small, tmp_path / "run.zarr", "--duration", "10s", "--quiet")
    assert (answer.status, answer.out) == (0, "")
    assert all(line.startswith("note: ") for line in answer.err.splitlines())


def test_a_store_that_exists_is_replaced_only_when_asked_for(cli, small, tmp_path):
    out = tmp_path / "run.zarr"
    words = ["run", small, out, "--duration", "10s"]
    assert cli(*words).status == 0
    before = (out / "zarr.json").read_bytes()
    refused = cli(*words, "--seed", "9")
    assert refused.status == 3
    assert f"error: {out}: the store exists" in refused.err
    assert "hint: --resume goes on with it, --overwrite replaces it" in refused.err
    assert (out / "zarr.json").read_bytes() == before
    assert cli(*words, "--seed", "9", "--overwrite").status == 0
    assert open_run(out).attrs["seed"] == 9


def test_a_complete_run_is_resumed_without_work(cli, small, tmp_path):
    out = tmp_path / "run.zarr"
    words = ["run", small, out, "--duration", "10s"]
    cli(*words)
    answer = cli(*words, "--resume")
    assert answer.status == 0
    assert "10 of 10 s simulated, complete" in answer.err


def test_another_seed_does_not_resume_a_run(cli, small, tmp_path):
    out = tmp_path / "run.zarr"
    cli("run", small, out, "--duration", "10s", "--seed", "1")
    answer = cli("run", small, out, "--duration", "10s", "--seed", "2", "--resume")
    assert answer.status == 3
    assert "seed is 1 in the store, 2 in this run" in answer.err


def test_resume_needs_a_store(cli, small, tmp_path):
    answer = cli("run", small, tmp_path / "run.zarr", "--resume")
    assert answer.status == 3
    assert "there is no store" in answer.err


@pytest.mark.parametrize(
    ("options", "status", "says"),
    [
        (["--duration", "60"], 2, "error: --duration 60: time.duration: missing unit"),
        (["--duration", "60 MW"], 2, "wrong unit in '60 MW': expected a time"),
        (["--dt", "3ms"], 2, "error: --dt 3ms: time.dt: dt 3 ms does not divide"),
        (["--dt", "1s"], 2, "error: --dt 1s: "),
        (["--seed", "-1"], 2, "seed: expected a whole number of at least 0, got -1"),
        (["--device", "cuda:999"], 4, "error: device 'cuda:999': "),
        (["--device", "tpu"], 4, "unknown device 'tpu'\n  hint: valid: cpu, cuda, cuda:N, auto"),
        (["--resume", "--overwrite"], 2, "--resume goes on with a store and --overwrite replaces"),
        (["--set", "time.dt"], 2, "--set: expected path=value"),
        (["--set", "output.probes=[100000]"], 2, "there is no accelerator 100000"),
        (["--set", "output.racks=[77]"], 2, "there is no rack 77"),
    ],
)
def test_what_cannot_be_run_is_refused_before_anything_is_written(
    cli, small, tmp_path, options, status, says
):
    out = tmp_path / "run.zarr"
    answer = cli("run", small, out, *options)
    assert answer.status == status
    assert says in answer.err
    assert answer.out == ""
    assert not out.exists()


def test_a_path_below_a_file_is_refused(cli, small):
    answer = cli("run", small, small / "run.zarr")
    assert answer.status == 3
    assert "a part of the path is a file" in answer.err


def test_the_largest_job_of_a_shipped_scenario_is_only_planned(cli):
    found = json.loads(cli("check", "colossus2-1gw", "--json").out)
    assert found["plan"]["accelerators"] > 500_000


def test_an_interrupt_before_anything_is_written_repeats_the_command(
    cli, small, tmp_path, monkeypatch
):
    def interrupted(*_args, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(StoreWriter, "create", interrupted)
    out = tmp_path / "my run.zarr"
    answer = cli("run", small, out, "--duration", "10 s", "--overwrite")
    assert answer.status == 130
    assert answer.err.splitlines()[-2:] == [
        "interrupted: before anything was written",
        f"go on with: powermodel run {small} '{out}' --duration '10 s' --overwrite",
    ]


def test_who_has_to_wait_for_the_compiler_is_told(cli, small, tmp_path, monkeypatch):
    def refused(*_args: object, **_kwargs: object) -> None:
        raise StoreError("only the announcement matters here")

    cache = tmp_path / "cache"
    cache.mkdir()
    monkeypatch.setattr(StoreWriter, "create", refused)
    monkeypatch.setattr("powermodel_kernels.bind.cache_of", lambda _module: cache)
    words = ["run", small, tmp_path / "run.zarr"]
    assert "the kernels are compiled first" in cli(*words).err
    (cache / "kernel.nbc").touch()
    assert "compiled" not in cli(*words).err


def test_an_error_of_the_store_in_the_middle_keeps_what_is_written(
    cli, small, tmp_path, monkeypatch
):
    write = StoreWriter.write

    def full(writer: StoreWriter, block: int, *args: object, **kwargs: object) -> None:
        if block == 1:
            raise StoreError("no space left on the disk", where="/disk", hint="free some")
        write(writer, block, *args, **kwargs)

    monkeypatch.setattr(StoreWriter, "write", full)
    out = tmp_path / "run.zarr"
    answer = cli("run", small, out, "--duration", "20s")
    assert answer.status == 3
    assert answer.err.endswith("error: /disk: no space left on the disk\n  hint: free some\n")
    assert open_run(out).attrs["whole_s"] == 10.0
