# SPDX-License-Identifier: Apache-2.0
"""What every benchmark is given: its size, its threads, and a note of the machine."""

from __future__ import annotations

import os
from typing import Any

import pytest

from benchmarks.gpu import Gpu
from benchmarks.measure import Bench
from powermodel.device import cuda_problem
from powermodel_kernels.bind import source_digest

_CORES = len(os.sched_getaffinity(0))
# Before the benchmarks themselves keep the machine busy.
_LOAD = os.getloadavg()[0]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--small", action="store_true", help="little work, once: only to see that benchmarks run"
    )


def pytest_benchmark_update_machine_info(
    config: pytest.Config, machine_info: dict[str, Any]
) -> None:
    machine_info["cores"] = _CORES
    machine_info["load_before"] = _LOAD
    machine_info["kernels"] = source_digest("powermodel_kernels.fleet.job")


@pytest.fixture
def bench(benchmark: Any, request: pytest.FixtureRequest) -> Bench:
    """Return what takes the time."""
    return Bench(benchmark, bool(request.config.getoption("--small")))


@pytest.fixture(params=[2, 1], ids=["two", "one"])
def threads(request: pytest.FixtureRequest) -> int:
    """Give the number of threads that a row runs on: two, then one."""
    count = int(request.param)
    if count > _CORES:
        pytest.skip(f"{count} threads wanted, {_CORES} available")
    return count


@pytest.fixture
def two_threads() -> int:
    """Give two threads, or one where there are no two."""
    return min(2, _CORES)


@pytest.fixture
def gpu() -> Gpu:
    """Give the GPU; a row that needs one is left out where there is none."""
    problem = cuda_problem()
    if problem is not None:
        pytest.skip(f"no GPU: {problem}")
    return Gpu.found()
