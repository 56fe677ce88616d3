# SPDX-License-Identifier: Apache-2.0
"""What is asked of CuPy, in what order and size, with a CuPy that keeps its arrays on the host."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from powermodel_kernels.cuda import memory


class FakeArray(np.ndarray):
    """An array that CuPy would hold: it leaves the GPU by ``get`` alone."""

    def get(self, out: Any) -> None:
        assert (out.shape, out.dtype) == (self.shape, self.dtype)
        out[...] = self


class FakeCupy(SimpleNamespace):
    """Allocates as CuPy does, and notes which GPU is the current one."""

    def __init__(self) -> None:
        self.used: list[Any] = []
        super().__init__(
            asarray=lambda array: array.view(FakeArray),
            zeros=lambda shape, dtype: np.zeros(shape, dtype).view(FakeArray),
            cuda=SimpleNamespace(
                Device=lambda number: SimpleNamespace(
                    use=lambda: self.used.append(("cupy", number))
                ),
                # CuPy rounds pinned memory up.
                alloc_pinned_memory=lambda size: bytearray(-(-size // 512) * 512),
            ),
        )


@pytest.fixture
def cupy(monkeypatch: pytest.MonkeyPatch) -> FakeCupy:
    fake = FakeCupy()
    compiler = SimpleNamespace(
        as_cuda_array=lambda array: array,
        select_device=lambda number: fake.used.append(("numba", number)),
    )
    monkeypatch.setitem(sys.modules, "cupy", fake)
    monkeypatch.setattr(memory, "cuda", compiler)
    return fake


def test_both_libraries_use_the_gpu_that_was_asked_for(cupy: FakeCupy) -> None:
    memory.memory(3)
    assert cupy.used == [("cupy", 3), ("numba", 3)]


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


def test_free_memory_is_asked_of_the_right_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    current: list[int] = []

    class Device:
        def __init__(self, number: int) -> None:
            self.number = number

        def __enter__(self) -> None:
            current.append(self.number)

        def __exit__(self, *_: object) -> None:
            current.pop()

    runtime = SimpleNamespace(memGetInfo=lambda: (1000 + current[-1], 5000))
    fake = SimpleNamespace(cuda=SimpleNamespace(Device=Device, runtime=runtime))
    monkeypatch.setitem(sys.modules, "cupy", fake)
    assert memory.free_bytes(2) == 1002
    assert current == []
