# SPDX-License-Identifier: Apache-2.0
"""A disk that is full or refuses: a clear message, and what is written stays valid."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from powermodel.errors import StoreError
from powermodel.store import StoreWriter, open_run, verify
from powermodel.store.trouble import explained
from tests.store.made_run import LAYOUT, attributes, block_data, every_file, fill, write_run

ROOT = Path(__file__).parents[2]


def child(path, *options):
    command = [sys.executable, "-m", "tests.store.made_run", str(path), *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "key", ["poi/power/c/0/3", "overview/1s/poi_power_max/c/0/3", "progress/checksum/c/0/0/0"]
)
def test_a_full_disk_keeps_what_is_written(tmp_path, key):
    path = tmp_path / "run.zarr"
    write_run(tmp_path / "whole.zarr")
    with StoreWriter.create(path, LAYOUT, attributes()) as writer:
        fill(writer, [0, 1, 2])
        # The kernel's own "no space left on device", met where the file is being written.
        (path / f"{key}.partial").symlink_to("/dev/full")
        with pytest.raises(StoreError) as caught:
            writer.write(3, block_data(LAYOUT, 3))
        message = str(caught.value)
        assert f"{path}: cannot write block 3: no space left on the disk" in message
        assert "--resume" in message
        assert isinstance(caught.value.__cause__, OSError)
    assert open_run(path).attrs["whole_s"] == LAYOUT.span_s(2)[1]
    assert verify(path) == []
    with StoreWriter.resume(path, LAYOUT, attributes()) as writer:
        assert writer.pending() == [3, 4, 5, 6]
        fill(writer)
        writer.finish()
    assert every_file(path) == every_file(tmp_path / "whole.zarr")


def test_a_file_size_limit_is_named(tmp_path):
    path = tmp_path / "run.zarr"
    StoreWriter.create(path, LAYOUT, attributes()).close()
    result = child(path, "--resume", "--file-limit", "700")
    assert result.returncode == 3
    assert "cannot write block 0: the file size limit (ulimit -f) is reached" in result.stderr
    assert "Traceback" not in result.stderr
    assert not list(path.rglob("*.partial"))
    assert child(path, "--resume").returncode == 0
    assert verify(path) == []


def test_a_folder_that_may_not_be_written_is_named(tmp_path):
    folder = tmp_path / "closed"
    folder.mkdir()
    folder.chmod(0o555)
    result = child(folder / "run.zarr", "--without-rights")
    assert result.returncode == 3
    assert "not permitted" in result.stderr
    assert "choose a folder that you may write" in result.stderr
    assert "Traceback" not in result.stderr
    assert list(folder.iterdir()) == []


def test_a_file_in_the_way_is_named(tmp_path):
    file = tmp_path / "notes"
    file.write_text("mine")
    with pytest.raises(StoreError, match="expected a free path for the store, got a file"):
        StoreWriter.create(file, LAYOUT, attributes(), overwrite=True)
    with pytest.raises(StoreError, match="cannot create the store: a part of the path is a file"):
        StoreWriter.create(file / "run.zarr", LAYOUT, attributes())
    assert file.read_text() == "mine"
    assert [entry.name for entry in tmp_path.iterdir()] == ["notes"]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (errno.ENOSPC, "no space left on the disk"),
        (errno.EDQUOT, "the disk quota is used up"),
        (errno.EROFS, "the file system is read-only"),
        (errno.EIO, os.strerror(errno.EIO)),
    ],
)
def test_each_refusal_of_the_system_is_put_in_words(tmp_path, code, text):
    with (
        pytest.raises(StoreError, match=f"cannot write block 1: {text}"),
        explained(tmp_path, "write block 1"),
    ):
        raise OSError(code, os.strerror(code))
