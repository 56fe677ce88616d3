# SPDX-License-Identifier: Apache-2.0
"""Damaged files, a full disk, other software, an edited scenario: a message, and a way on."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from powermodel.ensemble import WorkerError, open_study, run_study
from powermodel.ensemble.grid import Grid
from powermodel.ensemble.study import Study
from powermodel.ensemble.task import perform, tasks
from powermodel.errors import StoreError
from powermodel.scenario import reading
from powermodel.store.files import LocalFiles
from tests.ensemble.small_study import every_file, small_study, study_data

RECORD = "progress/checksum/c/1/0/2/0"
FILES = (
    "indicators/value/c/1/0/2/0",
    "overview/1s/poi_power/c/1/0/2/0/0",
    "poi/power/c/1/0/2/1",
)


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    path = tmp_path_factory.mktemp("one") / "study.zarr"
    run_study(small_study(), path, workers=1)
    return path


@pytest.fixture
def copied(one, tmp_path):
    path = tmp_path / "study.zarr"
    shutil.copytree(one, path)
    return path


def truncate(path):
    path.write_bytes(path.read_bytes()[:-3])


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x10
    path.write_bytes(data)


def remove(path):
    path.unlink()


@pytest.mark.parametrize("harm", [truncate, flip, remove])
@pytest.mark.parametrize("key", FILES)
def test_a_damaged_file_is_never_read_and_is_computed_again(copied, one, key, harm):
    harm(copied / key)
    with pytest.raises(StoreError) as caught:
        open_study(copied)
    assert f"damaged: {key.split('/c/')[0]} of the run at units[1], latency[0], seed[2]" in str(
        caught.value
    )
    assert "--resume computes what is damaged again" in str(caught.value)
    told = []
    run_study(small_study(), copied, workers=1, resume=True, progress=told.append)
    assert told[0].restored == 11
    assert every_file(copied) == every_file(one)


@pytest.mark.parametrize("harm", [truncate, flip])
def test_a_damaged_record_makes_its_run_missing(copied, one, harm):
    harm(copied / RECORD)
    tree = open_study(copied)
    assert tree.attrs["runs_whole"] == 11
    assert np.isnan(tree["peak"][1, 0, 2])
    run_study(small_study(), copied, workers=1, resume=True)
    assert every_file(copied) == every_file(one)


def test_a_full_disk_is_named_and_what_is_whole_stays(tmp_path, one, monkeypatch):
    path = tmp_path / "study.zarr"
    whole, files = LocalFiles.stream, []

    def until_full(self, key, parts):
        files.append(key)
        if len(files) > 40:
            # The kernel's own "no space left on device".
            with open("/dev/full", "wb", buffering=0) as full:
                full.write(b"0")
        return whole(self, key, parts)

    with monkeypatch.context() as patch:
        patch.setattr(LocalFiles, "stream", until_full)
        with pytest.raises(StoreError) as caught:
            run_study(small_study(), path, workers=1)
    assert "no space left on the disk" in str(caught.value)
    assert "--resume" in str(caught.value)
    tree = open_study(path)
    assert 0 < tree.attrs["runs_whole"] < 12
    run_study(small_study(), path, workers=1, resume=True)
    assert every_file(path) == every_file(one)


def test_other_software_on_a_worker_is_refused(copied):
    grid = Grid.of(small_study())
    [task, *_] = tasks(copied, grid, grid.places(), 1)
    task.versions["numba"] = "0.1"
    before = every_file(copied)
    with pytest.raises(WorkerError, match=r"the study was started with 0\.1") as caught:
        perform(task)
    assert "a worker has numba" in str(caught.value)
    assert "install the same packages" in str(caught.value)
    assert every_file(copied) == before


def test_a_scenario_edited_in_between_is_refused(tmp_path):
    data = study_data(seeds=1)
    scenario, path = tmp_path / "site.yaml", tmp_path / "study.zarr"
    scenario.write_text(reading.write(data["scenario"]))
    file = tmp_path / "study.yaml"
    file.write_text(reading.write(data | {"scenario": "site.yaml"}))
    run_study(Study.load(file), path, workers=1)
    before = every_file(path)
    scenario.write_text(scenario.read_text().replace("1.1 s", "1.2 s"))
    with pytest.raises(StoreError) as caught:
        run_study(Study.load(file), path, workers=1, resume=True)
    assert "its scenario is another, or was edited" in str(caught.value)
    assert "go on with the study and the scenario that it was begun with" in str(caught.value)
    assert every_file(path) == before


def test_the_store_of_another_format_is_refused(copied):
    root = copied / "zarr.json"
    data = json.loads(root.read_text())
    data["attributes"] |= {"study_format": 1, "powermodel_version": "0.0.1"}
    root.write_text(json.dumps(data))
    for use in (open_study, lambda path: run_study(small_study(), path, workers=1, resume=True)):
        with pytest.raises(StoreError, match="expected study format 2, the store has 1") as caught:
            use(copied)
        assert "read it with powermodel 0.0.1, or run it again here" in caught.value.hint


def test_the_store_of_another_version_is_refused(copied):
    root = copied / "zarr.json"
    text = root.read_text()
    version = '"powermodel_version": "'
    assert version in text
    root.write_text(text.replace(version, version + "9"))
    with pytest.raises(StoreError, match="powermodel_version is 9"):
        run_study(small_study(), copied, workers=1, resume=True)
