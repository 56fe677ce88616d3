# SPDX-License-Identifier: Apache-2.0
"""Stores in an object store: the bytes of a folder, also where it fails, stalls, or is killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import obstore
import pytest
from obstore.store import from_url

from powermodel.ensemble import open_study, run_study
from powermodel.errors import StoreError
from powermodel.scenario import reading
from powermodel.simulation import simulate
from powermodel.store import lease, objects, open_run, verify
from tests.ensemble.small_study import every_file, small_study, study_data
from tests.faults import object_server

ROOT = Path(__file__).parents[2]
FEW = {"seeds": 1, "axes": {"storage.units": [0, 1]}, "keep": {"overview": ["1s"]}}


@pytest.fixture(scope="module")
def address():
    with object_server.server() as found:
        yield found


@pytest.fixture
def bucket(address, monkeypatch):
    return at(address, monkeypatch)


def at(address, monkeypatch):
    """Point the environment to a server; return the bucket."""
    told = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": address,
        "AWS_ALLOW_HTTP": "true",
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    return f"s3://{object_server.BUCKET}"


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "study.zarr"
    run_study(small_study(**FEW), path, workers=1)
    return every_file(path)


def every_object(address):
    store = from_url(address, client_options={"allow_http": True})
    keys = [one["path"] for batch in obstore.list(store) for one in batch]
    return {key: bytes(obstore.get(store, key).bytes()) for key in keys}


def test_a_study_has_the_bytes_of_one_in_a_folder(bucket, whole):
    run_study(small_study(**FEW), f"{bucket}/one/study.zarr", workers=1)
    assert every_object(f"{bucket}/one/study.zarr") == whole
    assert list(every_object(f"{bucket}/one")) == [f"study.zarr/{key}" for key in sorted(whole)]
    with pytest.raises(StoreError, match="the store exists"):
        run_study(small_study(**FEW), f"{bucket}/one/study.zarr", workers=1)
    assert open_study(f"{bucket}/one/study.zarr").attrs["runs_whole"] == 2


def test_requests_that_fail_drop_and_stall_are_made_again(address, whole, monkeypatch):
    monkeypatch.setattr(objects, "REQUEST_S", 2.0)
    with object_server.faulty(address) as proxy:
        bucket = at(f"http://127.0.0.1:{proxy.server_address[1]}", monkeypatch)
        run_study(small_study(**FEW), f"{bucket}/two.zarr", workers=1)
        assert set(proxy.met) == set(proxy.faults)
    at(address, monkeypatch)
    assert every_object(f"{bucket}/two.zarr") == whole


def test_a_server_that_is_gone_is_named_and_the_study_goes_on_later(address, whole, monkeypatch):
    monkeypatch.setattr(objects, "GIVE_UP_S", 1.0)
    monkeypatch.setattr(objects, "REQUEST_S", 1.0)
    monkeypatch.setattr(lease, "LEASE_S", 0.5)
    with object_server.faulty(address, every=10**9) as proxy:
        bucket = at(f"http://127.0.0.1:{proxy.server_address[1]}", monkeypatch)

        def gone(now):
            if now.done == 0:
                proxy.every = 1

        with pytest.raises(StoreError) as caught:
            run_study(small_study(**FEW), f"{bucket}/three.zarr", workers=1, progress=gone)
    assert "the object store does not answer as it should" in str(caught.value)
    assert "--resume" in caught.value.hint
    monkeypatch.setattr(objects, "REQUEST_S", 30.0)
    at(address, monkeypatch)
    run_study(small_study(**FEW), f"{bucket}/three.zarr", workers=1, resume=True)
    assert every_object(f"{bucket}/three.zarr") == whole


def test_a_killed_client_leaves_a_store_to_resume(bucket, whole, tmp_path, monkeypatch):
    file = tmp_path / "study.yaml"
    file.write_text(reading.write(study_data(**FEW)))
    out = f"{bucket}/four.zarr"
    # Of the first run: its overview, its indicators, its record; it dies in the second.
    command = [sys.executable, "-m", "tests.faults.dying", str(file), out, "1", "4"]
    died = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert open_study(out).attrs["runs_whole"] == 1
    monkeypatch.setattr(lease, "LEASE_S", 0.3)
    told = []
    run_study(small_study(**FEW), out, workers=1, resume=True, progress=told.append)
    assert told[0].restored == 1
    assert every_object(out) == whole


def test_a_second_writer_is_refused(bucket, monkeypatch):
    monkeypatch.setattr(lease, "LEASE_S", 1.0)
    out = f"{bucket}/five.zarr"
    held = objects.ObjectFiles(out).lock()
    with pytest.raises(StoreError, match=r"another process is writing this store \(process \d+"):
        run_study(small_study(**FEW), out, workers=1)
    held.release()
    held.release()
    assert every_object(bucket).get(".five.zarr.lock") is None


def test_a_run_is_written_and_read_where_there_are_only_objects(bucket):
    scenario = small_study().base_scenario()
    alone = simulate(scenario, workers=1)["poi/power"]
    np.testing.assert_array_equal(
        simulate(scenario, to=f"{bucket}/run.zarr", workers=1)["poi/power"], alone
    )
    out = "memory://here/run.zarr"
    simulate(scenario, to=out, workers=1)
    assert verify(out) == []
    with pytest.raises(StoreError, match="the store exists"):
        simulate(scenario, to=out, workers=1)
    simulate(scenario, to=out, workers=1, overwrite=True)
    assert open_run(out).attrs["complete"] == 1
    np.testing.assert_array_equal(open_run(out)["poi/power"], alone)


def test_a_damaged_object_is_computed_again(whole, bucket):
    out = "memory://damage/study.zarr"
    run_study(small_study(**FEW), out)
    files = objects.ObjectFiles(out)
    key = "indicators/value/c/1/0/0"
    data = bytearray(files.read(key))
    data[len(data) // 2] ^= 0x10
    files.write(key, bytes(data))
    with pytest.raises(StoreError, match="damaged: indicators/value"):
        open_study(out)
    run_study(small_study(**FEW), out, resume=True)
    assert {key: files.read(key) for key in files.keys("")} == whole


def test_a_store_cut_off_while_it_was_made_is_made_anew(whole):
    out = "memory://unfinished/study.zarr"
    files = objects.ObjectFiles(out)
    files.write("unfinished", b"")
    files.write("poi/zarr.json", b"{}")
    run_study(small_study(**FEW), out)
    assert {key: files.read(key) for key in files.keys("")} == whole
    files.remove(["zarr.json"])
    with pytest.raises(StoreError, match="something that is not a store"):
        run_study(small_study(**FEW), out)


def test_an_address_of_a_folder_is_the_folder(whole, tmp_path):
    run_study(small_study(**FEW), f"file://{tmp_path}/study.zarr", workers=1)
    assert every_file(tmp_path / "study.zarr") == whole


@pytest.mark.parametrize(
    ("out", "words"),
    [
        ("ftp://host/study.zarr", "expected a folder or one of file://, s3://, gs://, az://"),
        ("s3://", "expected a bucket and a name"),
        ("s3://nobody-made-this/study.zarr", "there is no such bucket or object"),
    ],
)
def test_an_address_that_cannot_be_is_named(out, words, bucket):
    with pytest.raises(StoreError) as caught:
        run_study(small_study(**FEW), out, workers=1)
    assert words in str(caught.value)


def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "obstore", None)
    with pytest.raises(StoreError, match="package that is not installed: obstore") as caught:
        open_run("s3://bucket/run.zarr")
    assert caught.value.hint == "pip install 'powermodel[cloud]'"


def test_memory_is_that_of_one_process():
    with pytest.raises(StoreError, match="a store in memory is that of one process"):
        run_study(small_study(**FEW), "memory://one/study.zarr", workers=2)
