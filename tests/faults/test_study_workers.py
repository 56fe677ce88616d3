# SPDX-License-Identifier: Apache-2.0
"""Workers without memory, a full disk, a killed scheduler: what is said, and how it goes on.

Each leaves a store that the same study goes on with, to the bytes of one that met no fault.
"""

from __future__ import annotations

import os
import resource
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import dask
import psutil
import pytest
from distributed import Client

from powermodel.ensemble import WorkerError, run_study, spread
from powermodel.ensemble.runs import Run
from powermodel.scenario import reading
from tests.ensemble.small_study import every_file, small_study, study_data
from tests.faults import greedy

ROOT = Path(__file__).parents[2]
FEW = {"seeds": 1, "axes": {"storage.units": [0, 1]}, "keep": {"overview": ["1s"]}}
MOUNTS = ["unshare", "--user", "--mount", "--map-root-user", "sh", "-ec"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "study.zarr"
    run_study(small_study(**FEW), path, workers=1)
    return every_file(path)


def resumed(path, whole):
    run_study(small_study(**FEW), path, workers=1, resume=True)
    return every_file(path) == whole


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("limit", "a worker ran out of memory"),
        ("kill", "workers ended while they computed one task"),
    ],
)
def test_a_worker_without_memory_is_named(tmp_path, whole, monkeypatch, mode, words):
    monkeypatch.setenv(greedy.MODE, mode)
    monkeypatch.setattr(spread, "_DEATHS", 1)
    preload = {"distributed.worker.preload": ["tests.faults.greedy"]}
    with dask.config.set(preload), pytest.raises(WorkerError) as caught:
        run_study(small_study(**FEW), tmp_path / "study.zarr", workers=2)
    assert words in str(caught.value)
    assert "powermodel check tells what a worker needs" in caught.value.hint
    assert "--resume" in caught.value.hint
    assert resumed(tmp_path / "study.zarr", whole)


def test_this_process_without_memory_is_named(tmp_path, whole, monkeypatch):
    def without_memory(self, first, load):
        bytearray(2**62)

    with monkeypatch.context() as patch:
        patch.setattr(Run, "take", without_memory)
        with pytest.raises(WorkerError, match="a worker ran out of memory"):
            run_study(small_study(**FEW), tmp_path / "study.zarr", workers=1)
    assert resumed(tmp_path / "study.zarr", whole)


def mounts() -> bool:
    """Whether this machine lets a user mount a file system of his own."""
    try:
        done = subprocess.run([*MOUNTS, "mount -t tmpfs none /mnt"], capture_output=True)
    except FileNotFoundError:
        return False
    return done.returncode == 0


def test_a_disk_that_fills_up_is_named(tmp_path, whole):
    """A file system of 400 kB, where one may be mounted; else files of at most 400 bytes."""
    file, disk, copy = (tmp_path / name for name in ("study.yaml", "disk", "copy"))
    file.write_text(reading.write(study_data(**FEW)))
    disk.mkdir()
    run = shlex.join(
        [sys.executable, "-m", "tests.faults.dying", str(file), str(disk / "study.zarr"), "1"]
    )
    if mounts():
        # Blocks of 4 kB: the description of the store fits, the runs do not.
        script = f"""
            mount -t tmpfs -o size={len(whole) * 4 - 12}k none {disk}
            {run} || test $? -eq 3
            mount -o remount,size=20m {disk}
            {run}
            cp -r {disk}/study.zarr {copy}"""
        command, words, limit = [*MOUNTS, script], "no space left on the disk", None
    else:
        script = f"{run} || test $? -eq 3; cp -r {disk}/study.zarr {copy}"
        command, words = ["sh", "-ec", script], "the file size limit (ulimit -f) is reached"

        def limit() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (400, resource.RLIM_INFINITY))
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, preexec_fn=limit
    )
    assert done.returncode == 0, done.stderr
    assert words in done.stderr
    assert "go on with --resume" in done.stderr
    assert "Traceback" not in done.stderr
    assert resumed(copy, whole)


@pytest.fixture
def cluster(tmp_path):
    """Start a scheduler and a worker as an operator would; end whatever is left."""
    file = tmp_path / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": ROOT}
    dask_command = [sys.executable, "-m", "dask"]
    told = ["--scheduler-file", str(file)]
    scheduler = subprocess.Popen(
        [*dask_command, "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", *told],
        **quiet,
    )
    worker = subprocess.Popen(
        [*dask_command, "worker", "--host", "127.0.0.1", "--nthreads", "1", "--no-dashboard",
         "--death-timeout", "20", *told], **quiet,
    )  # fmt: skip
    try:
        # The file is there before anything is written to it.
        while not file.exists() or not file.read_text().rstrip().endswith("}"):
            time.sleep(0.05)
        address = reading.read(file.read_text()).data["address"]
        with Client(address, timeout=30, set_as_default=False) as client:
            client.wait_for_workers(1, timeout=60)
        yield scheduler, address
    finally:
        left = [scheduler, worker]
        children = [one for each in left for one in _children(each)]
        for one in [*left, *children]:
            one.kill()
        for one in left:
            one.wait()


def _children(process):
    try:
        return psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


LATE = """
import time
right = time.time
time.time = lambda: right() - 1e8
time.time_ns = lambda: int(1e9 * time.time())
"""


def seconds_now():
    return time.time()


def test_a_worker_whose_clock_is_years_late_changes_no_byte(tmp_path, cluster):
    _, address = cluster
    (tmp_path / "sitecustomize.py").write_text(LATE)
    worker = subprocess.Popen(
        [sys.executable, "-m", "dask", "worker", address, "--host", "127.0.0.1", "--nthreads", "1",
         "--no-dashboard", "--death-timeout", "20"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT,
    )  # fmt: skip
    try:
        with Client(address, timeout=30, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
            clocks = client.run(seconds_now).values()
        assert max(clocks) - min(clocks) > 9e7
        study = small_study(**FEW | {"seeds": 6})
        run_study(study, tmp_path / "study.zarr", scheduler=address, workers=2)
    finally:
        for one in [*_children(worker), worker]:
            one.kill()
        worker.wait()
    run_study(study, tmp_path / "other.zarr", workers=1)
    assert every_file(tmp_path / "study.zarr") == every_file(tmp_path / "other.zarr")


def test_a_killed_scheduler_leaves_a_store_to_resume(tmp_path, cluster, whole):
    scheduler, address = cluster
    told = []

    def kill(now):
        told.append(now.done)
        if now.done == 2:
            os.kill(scheduler.pid, signal.SIGKILL)

    with pytest.raises(WorkerError) as caught:
        run_study(
            small_study(**FEW | {"seeds": 6}), tmp_path / "study.zarr", scheduler=address,
            progress=kill,
        )  # fmt: skip
    assert "the scheduler is gone" in str(caught.value)
    assert "--resume" in caught.value.hint
    run_study(small_study(**FEW | {"seeds": 6}), tmp_path / "study.zarr", workers=1, resume=True)
    run_study(small_study(**FEW | {"seeds": 6}), tmp_path / "other.zarr", workers=1)
    assert every_file(tmp_path / "study.zarr") == every_file(tmp_path / "other.zarr")
