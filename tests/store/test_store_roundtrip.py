# SPDX-License-Identifier: Apache-2.0
"""What is written is what plain xarray reads, with nothing but xarray."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from powermodel import schema
from powermodel.errors import StoreError
from powermodel.store import StoreLayout, StoreWriter, open_run, verify
from powermodel.store.tree import coordinate_values
from tests.store.made_run import LAYOUT, attributes, block_data, every_file, fill, series, write_run


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "run.zarr"
    write_run(path)
    return path


def _cells(values, size):
    return [values[start : start + size] for start in range(0, len(values), size)]


def test_plain_xarray_reads_every_sample(store):
    with xr.open_datatree(store, engine="zarr") as tree:
        for path, values in series().items():
            found = tree[path]
            assert found.dtype == values.dtype
            np.testing.assert_array_equal(found[0], values)
    with xr.open_zarr(store, group="poi", chunks=None) as poi:
        np.testing.assert_array_equal(poi.power[0], series()["poi/power"])


def test_labels_and_instants_select(store):
    tree = open_run(store)
    halls = series()["hall/power"]
    np.testing.assert_array_equal(tree["hall"].power.sel(hall="south")[0], halls[:, 1])
    assert tree["hall"].power.sel(hall="south", time=12.3).item() == halls[123, 1]
    assert tree["rack"].rack.values.tolist() == [3, 5, 8]
    assert tree["probe"].accelerator.values.tolist() == [42]


def test_attributes_are_those_of_the_records(store):
    tree = open_run(store)
    for variable in schema.SAMPLES:
        assert tree[variable.path].attrs == variable.attributes()
        assert tree[variable.path].dims == variable.dims
    assert tree["poi/power"].attrs["cell_methods"] == "time: point"
    assert tree["poi/power"].attrs["units"] == "W"
    assert tree.attrs["Conventions"] == "CF-1.11"
    assert tree.attrs["seed"] == 7
    assert tree.attrs["scenario"] == "site: made up\n"


def test_a_complete_run_says_so(store):
    tree = open_run(store)
    assert tree.attrs["complete"] == 1
    assert tree.attrs["whole_s"] == 123.4
    assert verify(store) == []
    assert "progress" not in tree


@pytest.mark.parametrize(("level", "cell"), [("1s", 10), ("1min", 600), ("15min", 9000)])
@pytest.mark.parametrize("source", ["poi", "hall"])
def test_overview_is_that_of_the_samples(store, level, cell, source):
    found = open_run(store)[f"overview/{level}"].to_dataset()
    parts = _cells(series()[f"{source}/power"], cell)
    for statistic, reduce in (("min", np.min), ("max", np.max)):
        expected = [reduce(part, axis=0) for part in parts]
        np.testing.assert_array_equal(found[f"{source}_power_{statistic}"][0], expected)
    expected = [part.mean(axis=0) for part in parts]
    np.testing.assert_allclose(found[f"{source}_power_mean"][0], expected, rtol=1e-15)
    np.testing.assert_array_equal(found.time, np.arange(len(parts)) * cell / 10)


def test_a_partial_last_cell_is_stated(store):
    tree = open_run(store)
    assert tree["overview/1s"].attrs == {
        "cell_s": 1.0,
        "last_cell_s": pytest.approx(0.4),
        "last_cell_is_partial": 1,
    }
    assert tree["overview/1min"].attrs["last_cell_s"] == pytest.approx(3.4)


def test_levels_coarser_than_a_block_are_whole_spans_of_many_blocks(tmp_path):
    # 40 s blocks, which do not hold whole minutes, for 2.1 h; minutes come in spans of an hour.
    layout = StoreLayout(2_000_000_000, 3_790, 20)
    assert [level.span_blocks for level in layout.levels()] == [90, 1350]
    path = tmp_path / "run.zarr"
    with StoreWriter.create(path, layout, attributes(layout)) as writer:
        whole = series(layout)["poi/power"]
        for block in reversed(range(layout.n_blocks)):
            writer.write(block, {"poi/power": whole[layout.samples(block)]})
    tree = open_run(path)
    for level, cell in (("1min", 30), ("15min", 450)):
        found = tree[f"overview/{level}"].to_dataset()
        parts = _cells(whole, cell)
        np.testing.assert_array_equal(found.poi_power_min[0], [part.min() for part in parts])
        np.testing.assert_allclose(
            found.poi_power_mean[0], [part.mean() for part in parts], rtol=1e-15
        )
    assert verify(path) == []


def test_values_do_not_depend_on_the_size_of_a_block(store, tmp_path):
    other = dataclasses.replace(LAYOUT, block_samples=600)
    path = tmp_path / "other.zarr"
    write_run(path, other)
    one, two = open_run(store), open_run(path)
    for node in one.subtree:
        xr.testing.assert_identical(node.to_dataset(), two[node.path].to_dataset())


def test_order_of_writing_does_not_change_a_byte(store, tmp_path):
    path = tmp_path / "run.zarr"
    with StoreWriter.create(path, LAYOUT, attributes()) as writer:
        fill(writer, [5, 0, 6, 2, 1, 3, 4])
        fill(writer, [3, 6])
    assert every_file(path) == every_file(store)


def test_large_chunks_are_the_same_bytes_again_whatever_blosc_is_told(tmp_path, monkeypatch):
    layout = StoreLayout(1_000_000, 60_000, 60_000, halls=("a", "b"))
    monkeypatch.setattr("numcodecs.blosc.use_threads", True)
    files = []
    for name in ("one", "two", "three"):
        write_run(tmp_path / name, layout)
        files.append(every_file(tmp_path / name))
    assert files[0] == files[1] == files[2]


def test_blocks_that_are_not_whole_are_not_shown(tmp_path):
    path = tmp_path / "run.zarr"
    with StoreWriter.create(path, LAYOUT, attributes()) as writer:
        fill(writer, [0, 1, 3])
        assert writer.pending() == [2, 4, 5, 6]
        tree = open_run(path)
    assert tree.attrs["complete"] == 0
    assert tree.attrs["whole_s"] == 40.0
    assert tree["poi"].sizes["time"] == 400
    assert tree["overview/1s"].sizes["time"] == 40
    assert tree["overview/1min"].sizes["time"] == 0
    assert np.isfinite(tree["rack/power"]).all()


def test_a_store_with_nothing_whole_says_so(tmp_path):
    path = tmp_path / "run.zarr"
    StoreWriter.create(path, LAYOUT, attributes()).close()
    with pytest.raises(StoreError, match=r"no block is whole yet\n  hint: go on with --resume"):
        open_run(path)


def test_an_ensemble_keeps_its_runs_apart(tmp_path):
    layout = StoreLayout(1_000_000_000, 50, 20, runs=3)
    path = tmp_path / "runs.zarr"
    write_run(path, layout)
    found = open_run(path)["poi/power"]
    assert found.run.values.tolist() == [0, 1, 2]
    for run in range(3):
        np.testing.assert_array_equal(found[run], series(layout, run)["poi/power"])


def test_finish_names_what_is_missing(tmp_path):
    with StoreWriter.create(tmp_path / "run.zarr", LAYOUT, attributes()) as writer:
        fill(writer, [0, 1])
        with pytest.raises(StoreError, match=r"5 of 7 blocks of run 0 are not written \(block 2"):
            writer.finish()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rack/power": np.zeros((200, 4))}, r"rack/power: expected .*rack 3\), got shape"),
        ({"poi/power": np.full(200, np.nan)}, r"poi/power: expected finite values in W, got nan"),
        ({"tram/power": np.zeros(200)}, r"missing \[\], not known \['tram/power'\]"),
    ],
)
def test_data_that_do_not_fit_are_refused(tmp_path, change, message):
    with StoreWriter.create(tmp_path / "run.zarr", LAYOUT, attributes()) as writer:
        with pytest.raises(StoreError, match=message):
            writer.write(0, block_data(LAYOUT, 0) | change)
        with pytest.raises(StoreError, match="there is no block 7 of run 0: 7 blocks and 1 runs"):
            writer.write(7, block_data(LAYOUT, 0))
        assert writer.pending() == list(range(7))


@given(
    st.sampled_from([1, 1_000, 100_000, 1_000_000, 4_000_000]),
    st.integers(1, 400),
)
def test_time_is_exact_to_the_tick(dt_ticks, count):
    layout = StoreLayout(dt_ticks, count, count)
    time_s = coordinate_values("poi", "time", layout)
    ticks = np.arange(count) * dt_ticks
    np.testing.assert_array_equal(np.rint(time_s * 1e9).astype(np.int64), ticks)
    assert time_s.tolist() == [int(tick) / 10**9 for tick in ticks]
