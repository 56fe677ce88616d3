# SPDX-License-Identifier: Apache-2.0
"""Who writes which file, and how arrays are cut."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powermodel.errors import StoreError
from powermodel.store import StoreLayout

layouts = st.builds(
    StoreLayout,
    dt_ticks=st.sampled_from([100_000, 1_000_000, 4_000_000, 1_000_000_000, 2_000_000_000]),
    n_samples=st.integers(1, 400_000),
    block_samples=st.integers(5_000, 60_000),
    runs=st.integers(1, 2),
    halls=st.sampled_from([(), ("a",), ("a", "b", "c")]),
    racks=st.sampled_from([(), range(3), range(700)]),
    probes=st.sampled_from([(), (1, 5)]),
)


@settings(max_examples=50, deadline=None)
@given(layouts)
def test_blocks_cover_the_run_once_and_share_no_file_of_samples(layout):
    parts = [layout.samples(block) for block in range(layout.n_blocks)]
    assert parts[0].start == 0
    assert parts[-1].stop == layout.n_samples
    assert all(one.stop == two.start for one, two in pairwise(parts))
    for spec in layout.sampled():
        keys = [
            key
            for run in range(layout.runs)
            for block in range(layout.n_blocks)
            for key in spec.keys(run, block)
        ]
        assert len(keys) == len(set(keys))


@settings(max_examples=50, deadline=None)
@given(layouts)
def test_chunks_divide_shards_and_a_file_is_whole_blocks(layout):
    for spec in layout.arrays():
        outer = spec.shards or spec.chunks
        assert all(whole % part == 0 for whole, part in zip(outer, spec.chunks, strict=True))
    for spec in layout.sampled():
        assert (spec.shards or spec.chunks)[1] == layout.block_samples


@settings(max_examples=50, deadline=None)
@given(layouts)
def test_a_level_is_coarser_than_dt_and_its_span_holds_whole_spans_of_its_source(layout):
    for level in layout.levels():
        assert level.cell > 1
        assert (level.n_cells - 1) * level.cell < layout.n_samples <= level.n_cells * level.cell
        span = level.span_blocks * layout.block_samples
        assert span % level.cell == 0
        if level.source is not None:
            assert level.cell % level.source.cell == 0
            assert span % (level.source.span_blocks * layout.block_samples) == 0


def test_levels_finer_than_dt_or_no_multiple_of_it_are_left_out():
    assert [level.name for level in StoreLayout(10_000_000, 100, 10).levels()] == [
        "100ms",
        "1s",
        "1min",
        "15min",
    ]
    assert [level.name for level in StoreLayout(80_000_000, 100, 10).levels()] == ["1min", "15min"]


def test_rack_chunks_are_about_a_mebibyte_and_even():
    layout = StoreLayout(1_000_000, 60_000, 10_000, racks=range(2778))
    (rack,) = [spec for spec in layout.sampled() if spec.path == "rack/power"]
    assert rack.chunks == (1, 1000, 253)
    assert rack.shards == (1, 10_000, 3 * 253)


@pytest.mark.parametrize("field", ["dt_ticks", "n_samples", "block_samples", "runs"])
def test_a_layout_without_extent_is_refused(field):
    sizes = {"dt_ticks": 1, "n_samples": 1, "block_samples": 1, "runs": 1} | {field: 0}
    with pytest.raises(StoreError, match=rf"layout.{field}: expected at least 1, got 0"):
        StoreLayout(**sizes)


def test_a_label_that_comes_twice_is_refused():
    with pytest.raises(StoreError, match=r"layout\.halls: expected every label once"):
        StoreLayout(1, 1, 1, halls=("a", "a"))


def test_differences_are_named():
    one = StoreLayout(1_000_000, 100, 10, racks=range(9))
    two = dataclasses.replace(one, block_samples=20, racks=range(8))
    assert one.differences(two) == [
        "block_samples is 10 in the store, 20 in this run",
        "racks is 9 labels from 0 to 8 in the store, 8 labels from 0 to 7 in this run",
    ]


def test_a_part_that_the_schema_does_not_know_is_refused():
    with pytest.raises(StoreError, match=r"no part 'batery'; there are load, .*storage"):
        StoreLayout(dt_ticks=10, n_samples=10, block_samples=10, parts=("batery",))
