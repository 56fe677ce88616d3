# SPDX-License-Identifier: Apache-2.0
"""Workers that are threads, or one for each GPU."""

from __future__ import annotations

import sys
import types

import distributed
import pytest

from powermodel.ensemble import WorkerError, gpus, run_study, spread
from powermodel.ensemble.gpus import Placement, placement
from powermodel.errors import DeviceError
from tests.ensemble.small_study import every_file, small_study

FEW = {"seeds": 4, "axes": {"storage.units": [0, 1]}, "keep": {"overview": ["1s"]}}


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    path = tmp_path_factory.mktemp("one") / "study.zarr"
    run_study(small_study(**FEW), path, workers=1)
    return every_file(path)


def test_threads_write_the_bytes_of_processes(tmp_path, one, monkeypatch):
    # Whatever another library told Blosc.
    monkeypatch.setattr("numcodecs.blosc.use_threads", True)
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=4, processes=False, dashboard_address=None
    ) as cluster:
        run_study(
            small_study(**FEW), tmp_path / "threads.zarr", scheduler=cluster.scheduler_address
        )
    assert every_file(tmp_path / "threads.zarr") == one


@pytest.fixture
def two_gpus(monkeypatch):
    """Stand in for a machine with two GPUs."""
    found = types.SimpleNamespace(devices=2)
    monkeypatch.setattr(gpus, "find_driver", lambda: found)
    number = {"cuda": 0, "cuda:1": 1}
    monkeypatch.setattr(gpus, "resolve", lambda name: types.SimpleNamespace(number=number[name]))


@pytest.fixture
def dask_cuda(monkeypatch):
    """Stand in for dask-cuda, and return what it is asked for."""
    asked = []

    class LocalCUDACluster(distributed.LocalCluster):
        def __init__(self, **options):
            asked.append(options["n_workers"])
            super().__init__(**options | {"n_workers": 0})

    module = types.ModuleType("dask_cuda")
    module.__spec__ = types.SimpleNamespace()
    module.LocalCUDACluster = LocalCUDACluster
    monkeypatch.setitem(sys.modules, "dask_cuda", module)
    return asked


def test_each_gpu_gets_a_worker(two_gpus, dask_cuda):
    found = placement("cuda", None, None, 16)
    assert found == Placement(2, 0)
    assert list(spread.perform_all([], workers=2, scheduler=None, gpus=True)) == []
    assert dask_cuda == [2]


def test_one_gpu_is_that_of_this_process(two_gpus):
    assert placement("cuda:1", None, None, 16) == Placement(1, 1)
    assert placement("cuda", 1, None, 16) == Placement(1, 0)
    assert placement("cpu", None, None, 16) == Placement(16, None)
    assert placement("cuda", None, "tcp://10.0.0.1:8786", 16) == Placement(16, 0)


@pytest.mark.parametrize(
    ("device", "workers", "words", "hint"),
    [
        ("cuda", None, "needs a package that is not installed: dask-cuda", "--workers 1"),
        ("cuda", 3, "expected at most 2 workers, one for each GPU, got 3", "--workers 2"),
        ("cuda:1", 2, "cuda:1 is one GPU, and 2 workers are asked for", "--device cuda starts"),
    ],
)
def test_what_cannot_be_is_named_before_anything_is_written(
    tmp_path, two_gpus, monkeypatch, device, workers, words, hint
):
    monkeypatch.setitem(sys.modules, "dask_cuda", None)
    path = tmp_path / "study.zarr"
    with pytest.raises(WorkerError, match=words) as caught:
        run_study(small_study(**FEW), path, workers=workers, device=device)
    assert hint in caught.value.hint
    assert not path.exists()


def test_a_machine_without_a_gpu_says_so_before_anything_is_written(tmp_path, monkeypatch):
    def without(name):
        raise DeviceError("the driver sees no GPU", where=name, hint="use device 'cpu'")

    monkeypatch.setattr(gpus, "resolve", without)
    with pytest.raises(DeviceError, match="the driver sees no GPU"):
        run_study(small_study(**FEW), tmp_path / "study.zarr", device="cuda")
    assert not (tmp_path / "study.zarr").exists()
