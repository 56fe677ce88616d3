# SPDX-License-Identifier: Apache-2.0
"""What stages remember between blocks is kept beside the record of what is whole."""

from __future__ import annotations

import numpy as np
import pytest

from powermodel.errors import StoreError
from powermodel.store import StoreLayout, StoreWriter
from powermodel.store.files import LocalFiles
from powermodel.store.state import States
from tests.store import made_run

STATE = {"charge": np.arange(5, dtype=np.int64), "farm/current": np.ones((2, 3), np.float32)}


def test_a_state_comes_back_as_it_was(tmp_path):
    states = States(LocalFiles(tmp_path), 0)
    states.save(3, STATE)
    after, found = states.before(9)
    assert after == 4
    assert found is not None
    assert found.keys() == STATE.keys()
    for name, values in STATE.items():
        assert found[name].dtype == values.dtype
        np.testing.assert_array_equal(found[name], values)


def test_the_newest_state_before_a_block_is_taken(tmp_path):
    states = States(LocalFiles(tmp_path), 0)
    for block in (2, 10, 30):
        states.save(block, STATE)
    assert states.before(10)[0] == 3
    assert states.before(11)[0] == 11
    assert states.before(2) == (0, None)
    assert States(LocalFiles(tmp_path), 1).before(11) == (0, None)


@pytest.mark.parametrize("damage", [b"", b"not an archive", None])
def test_a_damaged_state_is_passed_over_and_said(tmp_path, caplog, damage):
    states = States(LocalFiles(tmp_path), 0)
    states.save(1, STATE)
    states.save(2, STATE)
    path = tmp_path / "progress" / "state" / "0" / "2.npz"
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 0xFF
    path.write_bytes(bytes(content) if damage is None else damage)
    assert states.before(5)[0] == 2
    assert "the state at the end of block 2 is damaged" in caplog.text


def test_a_writer_keeps_one_state_and_none_when_complete(tmp_path):
    layout = StoreLayout(dt_ticks=10**8, n_samples=300, block_samples=100)
    path = tmp_path / "run.zarr"
    with StoreWriter.create(path, layout, made_run.attributes(layout)) as writer:
        for block in range(2):
            writer.write(block, made_run.block_data(layout, block), state=STATE)
        assert [p.name for p in path.rglob("*.npz")] == ["1.npz"]
    with StoreWriter.resume(path, layout, made_run.attributes(layout)) as writer:
        after, found = writer.state_before(2)
        assert (after, found is not None) == (2, True)
        with pytest.raises(StoreError, match="block 2 is the first"):
            writer.finish()
        writer.write(2, made_run.block_data(layout, 2), state=STATE)
        writer.finish()
    assert not (path / "progress" / "state").exists()
