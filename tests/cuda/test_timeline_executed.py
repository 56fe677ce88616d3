# SPDX-License-Identifier: Apache-2.0
"""A timeline whose reduction is executed as PTX is that of the CPU, slot by slot."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powermodel_kernels.build import Layout
from powermodel_kernels.constants import BARRIER_GROUP, BARRIER_JOB, BARRIER_NONE, LOGNORMAL
from powermodel_kernels.cuda.job import CudaJobFleet
from powermodel_kernels.fleet.job import JobFleet
from tests.cuda.cases import ARCHITECTURES
from tests.cuda.executed import executed
from tests.kernels.factory import MS, Job, job, phase
from tests.kernels.programs import jobs


def both(made: Job) -> tuple[JobFleet, JobFleet]:
    tables = (made.programs, made.fleet, made.lanes, made.schedule)
    return CudaJobFleet(*tables), JobFleet(*tables)


def assert_same_slots(made: Job, tiles: int = 3, samples: int = 200) -> None:
    gpu, cpu = both(made)
    for tile in range(tiles):
        for fleet in (gpu, cpu):
            fleet.open_tile(tile * samples * MS, MS, samples)
        for name, values in cpu._slots._asdict().items():
            assert np.array_equal(getattr(gpu._slots, name), values), name


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@settings(max_examples=20, deadline=None)
@given(made=jobs(), backwards=st.booleans())
def test_random_jobs_with_crashes(architecture: str, made: Job, backwards: bool) -> None:
    with executed(architecture, backwards=backwards):
        assert_same_slots(made)


@pytest.mark.parametrize("closing", [BARRIER_JOB, BARRIER_GROUP, BARRIER_NONE])
@pytest.mark.parametrize("group", [1, 5, 300])
def test_more_lanes_than_a_block_and_groups_that_do_not_divide_them(
    closing: int, group: int
) -> None:
    spread = {"distribution": LOGNORMAL, "sigma": 0.3}
    iteration = [
        phase(8, 900, barrier=BARRIER_GROUP, **spread),
        phase(4, 900, barrier=BARRIER_NONE, **spread),
        phase(30, 900, barrier=closing, **spread),
    ]
    with executed() as gpu:
        assert_same_slots(job(iteration, layout=Layout(701, group, closing)), tiles=1)
    assert set(gpu.launched) == {"slot_barriers"}


def test_slots_that_begin_with_the_job_are_reduced_together() -> None:
    with executed() as gpu:
        assert_same_slots(job([phase(20, 900), phase(5, 600)], layout=Layout(16)), tiles=3)
    # 600 ms of 25 ms each, eight at once.
    assert len(gpu.launched) == 3
