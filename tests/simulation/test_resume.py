# SPDX-License-Identifier: Apache-2.0
"""A run that is interrupted and resumed ends in the same bytes as one that was not."""

from __future__ import annotations

import os
import signal
from contextlib import nullcontext

import pytest

import powermodel as pm
from powermodel.errors import StoreError
from tests.simulation.killed import check_resumed, files, killed
from tests.simulation.small import small_scenario


def test_killed_and_resumed_is_byte_equal(tmp_path):
    scenario = small_scenario().set("output.racks", "all")
    check_resumed(scenario, killed(scenario, tmp_path))


def test_an_interrupt_leaves_a_store_that_can_be_read_and_resumed(tmp_path):
    def interrupt(progress):
        if progress.blocks_done == 2:
            raise KeyboardInterrupt

    path = tmp_path / "run.zarr"
    with pytest.raises(KeyboardInterrupt):
        pm.simulate(small_scenario(), to=path, progress=interrupt)
    assert pm.open_run(path).attrs["whole_s"] == 20.0
    run = pm.simulate(small_scenario(), to=path, resume=True)
    assert run.attrs["whole_s"] == 25.0


def test_a_store_of_another_scenario_is_not_resumed(tmp_path):
    path = tmp_path / "run.zarr"
    pm.simulate(small_scenario(), to=path)
    before = files(path)
    with pytest.raises(StoreError, match="scenario_digest"):
        pm.simulate(small_scenario().set("jobs.0.accelerators", 24), to=path, resume=True)
    assert files(path) == before


def test_a_damaged_block_is_computed_again(tmp_path):
    path = tmp_path / "run.zarr"
    pm.simulate(small_scenario(), to=path)
    before = files(path)
    chunk = next(p for p in sorted((path / "poi" / "power" / "c").rglob("*")) if p.is_file())
    data = bytearray(chunk.read_bytes())
    data[len(data) // 2] ^= 0x40
    chunk.write_bytes(data)
    pm.simulate(small_scenario(), to=path, resume=True)
    assert files(path) == before


def test_nothing_is_left_behind_in_memory_mode(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    pm.simulate(small_scenario().set("time.duration", "2 s"))
    assert os.listdir(tmp_path) == []


@pytest.fixture(params=[signal.default_int_handler, signal.SIG_IGN], ids=["taken", "ignored"])
def handler(request):
    """How interrupts are met; whoever started the tests may have them ignored."""
    before = signal.signal(signal.SIGINT, request.param)
    yield request.param
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_while_a_block_is_written_waits_for_its_end(handler):
    from powermodel.simulation.interrupt import interrupts_wait

    reached = []
    taken = handler is signal.default_int_handler
    with pytest.raises(KeyboardInterrupt) if taken else nullcontext(), interrupts_wait():
        os.kill(os.getpid(), signal.SIGINT)
        reached.append("the end of the body")
    assert reached == ["the end of the body"]
    # Afterwards an interrupt is again what it was.
    assert signal.getsignal(signal.SIGINT) is handler
