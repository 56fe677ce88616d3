# SPDX-License-Identifier: Apache-2.0
"""What is asked of CuPy, in what order and size, with a CuPy that keeps its arrays on the host."""

from __future__ import annotations

import gc
import sys
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest

from powermodel_kernels.cuda import memory
from tests.cuda.host_gpu import HostGpu


@pytest.fixture
def cupy(monkeypatch: pytest.MonkeyPatch) -> HostGpu:
    fake = HostGpu()
    monkeypatch.setitem(sys.modules, "cupy", fake)
    return fake


class Table(NamedTuple):
    """Some columns and a number."""

    flags: Any
    number: int
    powers: Any
    nothing: Any


TABLE = Table(np.array([True, False, True]), 7, np.arange(6.0).reshape(2, 3), np.zeros((2, 0)))


def test_the_gpu_that_was_asked_for_is_used(cupy: HostGpu) -> None:
    memory.memory(3)
    assert cupy.used == [3]


@pytest.mark.usefixtures("cupy")
def test_what_a_kernel_left_comes_back_and_can_be_changed() -> None:
    gpu = memory.memory(0)
    there = gpu.zeros((3, 5), np.int32)
    assert not there.any()
    there[...] = np.arange(15).reshape(3, 5)
    here = gpu.fetch(there)
    here[2, 4] += 1
    assert here.dtype == np.int32
    assert here.ravel().tolist() == [*range(14), 15]


@pytest.mark.usefixtures("cupy")
def test_what_is_sent_arrives() -> None:
    sent = np.array([1.5, 2.5], np.float32)
    assert memory.memory(0).put(sent).tolist() == [1.5, 2.5]


def test_tables_go_and_come_back_in_one_piece(cupy: HostGpu) -> None:
    gpu = memory.memory(0)
    (one, other), pack = memory.put_tables(gpu, [TABLE, TABLE])
    assert cupy.sent == 1
    assert (one.number, other.flags.dtype) == (7, bool)
    assert one.nothing.shape == (2, 1)
    other.powers[1] += 10.0
    found = gpu.fetch_all(pack)
    assert cupy.brought == 1
    assert found[1].tolist() == TABLE.powers.tolist()
    assert found[4].tolist() == [[0.0, 1.0, 2.0], [13.0, 14.0, 15.0]]


def test_arrays_of_a_pack_do_not_touch_each_other() -> None:
    places, length = memory.places_of([(3,), (), (65,)], [bool, np.int64, np.uint8])
    assert places == [0, 64, 128]
    assert length == 256


@pytest.mark.usefixtures("cupy")
def test_what_comes_back_later_is_a_copy_of_then_only_where_one_was_taken() -> None:
    gpu = memory.memory(0)
    pack = gpu.put_all([np.arange(3)])
    wait = gpu.start_fetch([gpu.snapshot(pack), pack, pack.arrays[0]])
    pack.arrays[0][:] = 9
    (snapshot,), (late,), also_late = wait()
    assert snapshot.tolist() == [0, 1, 2]
    assert late.tolist() == also_late.tolist() == [9, 9, 9]


def test_the_hosts_side_of_a_transfer_is_held_until_the_gpu_is_done(cupy: HostGpu) -> None:
    gpu = memory.GpuMemory(0)
    there = gpu.zeros((100,), np.int64)
    wait = gpu.start_fetch([there])
    gpu.put(np.zeros(3))
    assert len(gpu._busy) == 2
    assert wait()[0].tolist() == [0] * 100
    gpu.put(np.zeros(3))
    assert len(gpu._busy) == 1


def test_who_drops_a_transfer_waits_for_it(cupy: HostGpu) -> None:
    gpu = memory.GpuMemory(0)
    back = gpu._back
    gpu.start_fetch([gpu.zeros((100,), np.int64)])
    assert len(back.later) == 1
    del gpu
    gc.collect()
    assert not back.later


def test_a_stretch_beside_the_others_has_a_stream_of_its_own(cupy: HostGpu) -> None:
    gpu = memory.memory(0)
    before = cupy.cuda.get_current_stream()
    with gpu.beside():
        assert cupy.cuda.get_current_stream() is not before
        assert gpu.fetch(gpu.put(np.arange(3))).tolist() == [0, 1, 2]
    assert cupy.cuda.get_current_stream() is before


def test_free_memory_is_that_of_the_right_gpu_with_its_pool(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    current: list[int] = []

    class Device:
        def __init__(self, number: int) -> None:
            self.number = number

        def __enter__(self) -> None:
            current.append(self.number)

        def __exit__(self, *_: object) -> None:
            current.pop()

    runtime = SimpleNamespace(memGetInfo=lambda: (1000 + current[-1], 5000))
    pool = SimpleNamespace(free_bytes=lambda: 30 * current[-1])
    fake = SimpleNamespace(
        cuda=SimpleNamespace(Device=Device, runtime=runtime), get_default_memory_pool=lambda: pool
    )
    monkeypatch.setitem(sys.modules, "cupy", fake)
    assert memory.free_bytes(2) == 1062
    assert current == []
