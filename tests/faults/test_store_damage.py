# SPDX-License-Identifier: Apache-2.0
"""A damaged store says where, and a resume computes that again and nothing else."""

from __future__ import annotations

import shutil

import pytest
import xarray as xr

from powermodel.errors import StoreError
from powermodel.store import StoreLayout, StoreWriter, open_run, verify
from tests.store.made_run import LAYOUT, attributes, every_file, fill, write_run


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    path = tmp_path_factory.mktemp("sound") / "run.zarr"
    write_run(path)
    return path


@pytest.fixture
def path(sound, tmp_path):
    return shutil.copytree(sound, tmp_path / "run.zarr")


def flip(file):
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0x10
    file.write_bytes(content)


def truncate(file):
    file.write_bytes(file.read_bytes()[:-9])


def delete(file):
    file.unlink()


@pytest.mark.parametrize("harm", [flip, truncate, delete])
@pytest.mark.parametrize(
    ("key", "array", "block"),
    [
        ("poi/power/c/0/2", "poi/power", 2),
        ("hall/power/c/0/6/0", "hall/power", 6),
        ("overview/1s/hall_power_max/c/0/4/0", "overview/1s/hall_power_max", 4),
        ("overview/1min/poi_power_min/c/0/0", "overview/1min/poi_power_min", 6),
    ],
)
def test_damage_is_named_and_only_it_is_computed_again(sound, path, harm, key, array, block):
    harm(path / key)
    start_s, stop_s = LAYOUT.span_s(block)
    with pytest.raises(StoreError) as caught:
        open_run(path)
    expected = f"damaged: block {block} of run 0 ({start_s:g} s to {stop_s:g} s) in {array}"
    assert expected in str(caught.value)
    assert "--resume" in caught.value.hint
    assert [(d.block, d.arrays) for d in verify(path)] == [(block, (array,))]
    with StoreWriter.resume(path, LAYOUT, attributes()) as writer:
        assert [(d.block, d.arrays) for d in writer.damaged] == [(block, (array,))]
        assert writer.pending() == [block]
        fill(writer)
        writer.finish()
    assert every_file(path) == every_file(sound)


def test_damage_in_racks_is_found_by_verify_and_refused_when_read(path):
    flip(path / "rack/power/c/0/5/0")
    assert [(d.block, d.arrays) for d in verify(path)] == [(5, ("rack/power",))]
    tree = open_run(path)
    with pytest.raises(ValueError, match="checksum"):
        tree["rack/power"].values  # noqa: B018
    delete(path / "rack/power/c/0/5/0")
    with pytest.raises(StoreError, match="damaged: block 5 of run 0"):
        open_run(path)


def test_any_zarr_reader_notices_a_damaged_chunk(path):
    flip(path / "poi/power/c/0/2")
    with (
        xr.open_zarr(path, group="poi", chunks=None) as poi,
        pytest.raises(ValueError, match="checksum"),
    ):
        poi.power.load()


def test_a_warning_is_logged_for_what_is_damaged(path, caplog):
    flip(path / "poi/power/c/0/2")
    StoreWriter.resume(path, LAYOUT, attributes()).close()
    assert "block 2 of run 0 (40 s to 60 s) in poi/power is damaged" in caplog.text


@pytest.mark.parametrize("harm", [flip, truncate])
def test_a_damaged_record_costs_its_blocks_but_no_wrong_data(sound, path, harm):
    harm(path / "progress/checksum/c/0/0/0")
    with pytest.raises(StoreError, match=r"\(/progress\) is damaged for run 0\n  hint: --resume"):
        open_run(path)
    with pytest.raises(StoreError, match="is damaged"):
        verify(path)
    with StoreWriter.resume(path, LAYOUT, attributes()) as writer:
        assert writer.pending() == list(range(7))
        assert writer.damaged[0].arrays == ("progress/checksum",)
        fill(writer)
        writer.finish()
    assert every_file(path) == every_file(sound)


def test_a_damaged_block_takes_the_shared_files_with_it_and_brings_them_back(tmp_path):
    layout = StoreLayout(2_000_000_000, 3_790, 20)  # minutes come in files of 90 blocks
    sound, path = tmp_path / "sound.zarr", tmp_path / "run.zarr"
    write_run(sound, layout)
    shutil.copytree(sound, path)
    shared = path / "overview/1min/poi_power_mean/c/0/1"
    flip(path / "poi/power/c/0/100")
    flip(path / "poi/power/c/0/101")
    with StoreWriter.resume(path, layout, attributes(layout)) as writer:
        assert writer.pending() == [100, 101]
        assert not shared.exists()
        fill(writer, [100])
        assert not shared.exists()
        assert open_run(path)["overview/1min"].sizes["time"] == 60
    with StoreWriter.resume(path, layout, attributes(layout)) as writer:
        assert writer.pending() == [101]
        fill(writer)
    assert every_file(path) == every_file(sound)
