# SPDX-License-Identifier: Apache-2.0
"""A writer that is killed, wherever it stands, leaves a store that ends in the same bytes."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from powermodel.errors import StoreError
from powermodel.store import StoreWriter, open_run, verify
from tests.store import made_run
from tests.store.made_run import LAYOUT, attributes, block_data, every_file, fill, series, write_run

ROOT = Path(__file__).parents[2]


def child(path, *options):
    command = [sys.executable, "-m", "tests.store.made_run", str(path), *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "run.zarr"
    write_run(path)
    return every_file(path)


def test_killed_a_dozen_times_it_ends_in_the_same_bytes(tmp_path, whole):
    path = tmp_path / "run.zarr"
    StoreWriter.create(path, LAYOUT, attributes()).close()
    kills = 0
    blocks_at_kill = set()
    # Each life gets some files further than the last, so that every kind of file sees a death, and
    # the later ones some blocks further.
    step = len(LAYOUT.arrays()) // 8 + 1
    for life in range(13):
        moment = ("before", "half", "after")[life % 3]
        result = child(path, "--resume", "--die-at", str(step * life + 3), "--moment", moment)
        if result.returncode == 0:
            break
        assert result.returncode == -signal.SIGKILL, result.stderr
        kills += 1
        with StoreWriter.resume(path, LAYOUT, attributes()) as writer:
            blocks_at_kill.add(len(writer.pending()))
            assert writer.damaged == []
    assert kills >= 10
    assert len(blocks_at_kill) >= 3
    last = child(path, "--resume")
    assert last.returncode == 0, last.stderr
    assert every_file(path) == whole
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.zarr"]


def test_a_kill_between_data_and_record_shows_no_half_block(tmp_path):
    path = tmp_path / "run.zarr"
    StoreWriter.create(path, LAYOUT, attributes()).close()
    files_of_a_block = len(LAYOUT.sampled()) + 6 + 1
    result = child(path, "--resume", "--die-at", str(2 * files_of_a_block), "--moment", "half")
    assert result.returncode == -signal.SIGKILL, result.stderr
    assert list(path.rglob("*.partial"))
    tree = open_run(path)
    assert tree.attrs["whole_s"] == LAYOUT.span_s(0)[1]
    np.testing.assert_array_equal(tree["poi/power"][0], series()["poi/power"][LAYOUT.samples(0)])


@pytest.mark.parametrize("count", [1, 20])
def test_a_kill_while_the_store_is_made_leaves_no_store(tmp_path, whole, count):
    path = tmp_path / "run.zarr"
    result = child(path, "--die-at", str(count), "--moment", "half")
    assert result.returncode == -signal.SIGKILL, result.stderr
    assert not path.exists()
    with pytest.raises(StoreError, match="there is no store"):
        StoreWriter.resume(path, LAYOUT, attributes())
    write_run(path)
    assert every_file(path) == whole
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.zarr"]


def test_an_interrupt_leaves_a_store_to_resume(tmp_path, whole, monkeypatch):
    path = tmp_path / "run.zarr"
    with (
        pytest.raises(KeyboardInterrupt),
        StoreWriter.create(path, LAYOUT, attributes()) as writer,
    ):
        fill(writer, [0, 1])
        monkeypatch.setattr(writer, "_put", _interrupted)
        writer.write(2, block_data(LAYOUT, 2))
    with StoreWriter.resume(path, LAYOUT, attributes()) as writer:
        assert writer.pending() == [2, 3, 4, 5, 6]
        fill(writer)
        writer.finish()
    assert every_file(path) == whole
    assert verify(path) == []


def _interrupted(*_):
    raise KeyboardInterrupt


def test_a_second_writer_is_refused_until_the_first_ends(tmp_path):
    path = tmp_path / "run.zarr"
    with StoreWriter.create(path, LAYOUT, attributes()) as writer:
        fill(writer, [0])
        for begin in (StoreWriter.resume, StoreWriter.create):
            with pytest.raises(StoreError) as caught:
                begin(path, LAYOUT, attributes())
            assert "another process is writing this store (process " in str(caught.value)
            assert "--resume" in caught.value.hint
        result = child(path, "--resume")
        assert result.returncode == 3
        assert "another process is writing" in result.stderr
        assert "Traceback" not in result.stderr
    with StoreWriter.resume(path, LAYOUT, attributes()) as writer:
        assert writer.pending() == [1, 2, 3, 4, 5, 6]


def test_the_made_run_is_the_same_in_every_process(tmp_path, whole):
    path = tmp_path / "run.zarr"
    assert child(path).returncode == 0
    assert every_file(path) == whole
    assert made_run.LAYOUT.n_blocks == 7
