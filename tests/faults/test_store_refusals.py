# SPDX-License-Identifier: Apache-2.0
"""Paths and stores that are not what they should be: each refusal says what and what to do."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
import zarr

from powermodel import schema
from powermodel.errors import StoreError
from powermodel.store import StoreWriter, open_run, verify
from tests.store.made_run import LAYOUT, attributes, every_file, fill, write_run


def test_a_store_that_exists_is_refused_and_overwritten_on_request(tmp_path):
    path = tmp_path / "run.zarr"
    write_run(path)
    before = every_file(path)
    with pytest.raises(StoreError) as caught:
        StoreWriter.create(path, LAYOUT, attributes())
    assert str(caught.value) == (
        f"{path}: the store exists\n  hint: --resume goes on with it, --overwrite replaces it"
    )
    assert every_file(path) == before
    with StoreWriter.create(path, LAYOUT, attributes(seed=8), overwrite=True) as writer:
        assert writer.pending() == list(range(7))
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.zarr"]


def test_a_folder_of_other_things_is_never_removed(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(StoreError, match="not a store, which is never removed"):
        StoreWriter.create(tmp_path, LAYOUT, attributes(), overwrite=True)
    assert (tmp_path / "thesis.tex").exists()


def test_an_empty_folder_is_taken_and_missing_parents_are_made(tmp_path):
    (tmp_path / "empty").mkdir()
    write_run(tmp_path / "empty")
    write_run(tmp_path / "a" / "b" / "run.zarr")
    assert every_file(tmp_path / "empty") == every_file(tmp_path / "a" / "b" / "run.zarr")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scenario_digest": "f00d"}, "scenario_digest is '0123abcd' in the store, 'f00d' in"),
        ({"seed": 8}, "seed is 7 in the store, 8 in this run"),
        ({"engine": "steps"}, "engine is 'events' in the store, 'steps' in this run"),
        ({"powermodel_version": "9.9"}, "in the store, '9.9' in this run"),
        ({"duration_s": 60.0}, "duration_s is 123.4 in the store, 60.0 in this run"),
    ],
)
def test_a_store_from_another_run_is_not_resumed(tmp_path, change, message):
    path = tmp_path / "run.zarr"
    with StoreWriter.create(path, LAYOUT, attributes()) as writer:
        fill(writer, [0])
    before = every_file(path)
    with pytest.raises(StoreError) as caught:
        StoreWriter.resume(path, LAYOUT, attributes(**change))
    assert f"{path}: the store is from another run: " in str(caught.value)
    assert message in str(caught.value)
    assert "--overwrite" in caught.value.hint
    assert every_file(path) == before
    StoreWriter.resume(path, LAYOUT, attributes()).close()


def test_a_store_of_another_layout_is_not_resumed(tmp_path):
    path = tmp_path / "run.zarr"
    StoreWriter.create(path, LAYOUT, attributes()).close()
    other = dataclasses.replace(LAYOUT, block_samples=100, halls=("north",))
    with pytest.raises(StoreError) as caught:
        StoreWriter.resume(path, other, attributes())
    assert "block_samples is 200 in the store, 100 in this run" in str(caught.value)
    assert "halls is ('north', 'south') in the store, ('north',) in this run" in str(caught.value)


def test_a_store_of_another_format_is_refused(tmp_path):
    path = tmp_path / "run.zarr"
    write_run(path)
    root = json.loads((path / "zarr.json").read_text())
    root["attributes"] |= {"format_version": 99, "powermodel_version": "9.9"}
    (path / "zarr.json").write_text(json.dumps(root))
    for read in (open_run, verify, lambda p: StoreWriter.resume(p, LAYOUT, attributes())):
        with pytest.raises(StoreError) as caught:
            read(path)
        assert f"expected format version {schema.FORMAT_VERSION}, the store has 99" in str(
            caught.value
        )
        assert "read it with powermodel 9.9, or run it again here" in caught.value.hint


@pytest.mark.parametrize("read", [open_run, verify])
def test_what_is_no_store_is_refused(tmp_path, read):
    with pytest.raises(StoreError, match="there is no store"):
        read(tmp_path / "nowhere.zarr")
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "notes.txt").write_text("mine")
    with pytest.raises(StoreError, match="got a folder that is no Zarr group"):
        read(tmp_path / "plain")
    zarr.create_group(tmp_path / "other.zarr")["x"] = np.arange(3)
    with pytest.raises(StoreError, match="got a Zarr group from something else"):
        read(tmp_path / "other.zarr")
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="expected a store, which is a folder, got a file"):
        read(tmp_path / "file")
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "zarr.json").write_text('{"zarr_format": 3, "node')
    with pytest.raises(StoreError, match="got a folder that is no Zarr group"):
        read(tmp_path / "torn")
    with pytest.raises(StoreError, match="expected a folder or one of file://"):
        read("ftp://host/run.zarr")
