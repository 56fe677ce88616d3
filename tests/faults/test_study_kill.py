# SPDX-License-Identifier: Apache-2.0
"""A study that is killed, client or worker, anywhere, ends in the bytes of one that was not."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
import warnings
from pathlib import Path

import dask
import numpy as np
import psutil
import pytest

from powermodel.ensemble import open_study, run_study
from powermodel.errors import StoreError
from powermodel.scenario import reading
from tests.ensemble.small_study import every_file, small_study, study_data
from tests.faults.dying import MOMENTS, die_at

ROOT = Path(__file__).parents[2]
KILLS = 50


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "study.zarr"
    run_study(small_study(), path, workers=1)
    return every_file(path)


# States are files of a run too: each kill may come before, in and after one.
EVENTS = [{"of": "ramp", "window": "100 ms", "largest": 2, "around": "1 s"}]
WITH_STATES = {
    "keep": study_data()["keep"] | {"state": "10 s", "events": EVENTS, "exceedance": True}
}


def life(path, count, moment, **changes):
    """Go on with the study in a process of its own, which dies at a file; return its status."""
    with warnings.catch_warnings():
        # Newer Pythons warn of a fork beside threads; the child starts none before it dies.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        status = 1
        try:
            die_at(count, moment)
            run_study(small_study(**changes), path, workers=1, resume=path.exists())
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_fifty_kills_end_in_the_same_bytes(tmp_path):
    path = tmp_path / "whole.zarr"
    run_study(small_study(**WITH_STATES), path, workers=1)
    whole = every_file(path)
    path = tmp_path / "study.zarr"
    draw = random.Random(4)
    seen = set()
    finished = kills = 0
    while kills < KILLS:
        status = life(path, draw.randint(1, 40), draw.choice(MOMENTS), **WITH_STATES)
        if status == 0:
            # Whole before the fifty were spent: begin another, which must end the same.
            assert every_file(path) == whole
            finished += 1
            path = tmp_path / f"study-{finished}.zarr"
            continue
        assert status == -signal.SIGKILL
        kills += 1
        try:
            tree = open_study(path)
        except StoreError as error:
            assert "no run is whole yet" in str(error) or "there is no store" in str(error)  # noqa: PT017
            continue
        seen.add(tree.attrs["runs_whole"])
    assert len(seen) >= 3
    while life(path, 10**9, "before", **WITH_STATES) != 0:
        pass
    assert every_file(path) == whole


def test_what_a_kill_left_of_a_run_is_never_read(tmp_path, whole):
    path = tmp_path / "study.zarr"
    # Three runs share a load: two series in two blocks of each, then of the first run two overviews
    # and its indicators, and all of these files once more where it stands for another, whose record
    # is the first. It dies in that: all data is there, and does not count.
    first_record = 3 * 2 * 2 + 3 + (2 * 2 + 3) + 1
    assert life(path, first_record, "half") == -signal.SIGKILL
    assert list(path.rglob("*.partial"))
    with pytest.raises(StoreError, match="no run is whole yet"):
        open_study(path)
    assert life(path, first_record + 1, "before") == -signal.SIGKILL
    assert not list(path.rglob("*.partial"))
    tree = open_study(path)
    values = tree["peak"].to_numpy()
    assert 0 < np.isfinite(values).sum() == tree.attrs["runs_whole"] < 12
    assert life(path, 10**9, "before") == 0
    assert every_file(path) == whole


@pytest.fixture
def study_file(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(reading.write(study_data()))
    return path


def started(study, out, workers):
    command = [sys.executable, "-m", "tests.faults.dying", str(study), str(out), str(workers)]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)


def workers_of(process):
    """Return the processes that a process started, but that which Python keeps for itself."""
    found = process.children(recursive=True)
    return [one for one in found if "resource_tracker" not in " ".join(one.cmdline())]


def gone(processes):
    """Whether every process ended; waits for those that are about to."""
    return not psutil.wait_procs(processes, timeout=20)[1]


def test_a_killed_client_leaves_no_worker_and_a_store_to_resume(tmp_path, study_file, whole):
    out = tmp_path / "study.zarr"
    client = started(study_file, out, 2)
    try:
        while not list(out.rglob("progress/checksum/c/*/*/*/0")) and client.poll() is None:
            time.sleep(0.01)
        workers = psutil.Process(client.pid).children(recursive=True)
        with pytest.raises(StoreError, match="another process is writing this store"):
            run_study(small_study(), out, workers=1, resume=True)
    finally:
        client.kill()
        client.communicate()
    assert len(workers) >= 2
    assert gone(workers)
    told = []
    run_study(small_study(), out, workers=1, resume=True, progress=told.append)
    assert told[0].restored >= 1
    assert every_file(out) == whole


def test_a_worker_killed_in_mid_write_is_replaced(tmp_path, whole, monkeypatch):
    out, mark = tmp_path / "study.zarr", tmp_path / "died"
    death = {"count": 5, "moment": "half", "mark": str(mark)}
    monkeypatch.setenv("POWERMODEL_TEST_DEATH", json.dumps(death))
    with dask.config.set({"distributed.worker.preload": ["tests.faults.dying"]}):
        run_study(small_study(), out, workers=2)
    assert mark.exists()
    # What the dead worker left half written is no part of the study, and the next resume removes
    # it.
    left = [key for key in every_file(out) if key.endswith(".partial")]
    assert len(left) == 1
    run_study(small_study(), out, workers=1, resume=True)
    assert every_file(out) == whole
    assert gone(workers_of(psutil.Process()))
