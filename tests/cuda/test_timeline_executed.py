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
from powermodel_kernels.cuda.jobs import join
from powermodel_kernels.cuda.runs import from_zero
from powermodel_kernels.fleet.job import JobFleet
from tests.cuda.cases import ARCHITECTURES
from tests.cuda.executed import executed
from tests.cuda.seeds import seeded
from tests.kernels.factory import MS, Job, job, phase
from tests.kernels.programs import jobs


def assert_same_slots(made: Job, tiles: int = 3, samples: int = 200, runs: int = 1) -> None:
    tables = [(j.programs, j.fleet, j.lanes, j.schedule) for j in seeded(made, runs)]
    there, here = ([kind(*table) for table in tables] for kind in (CudaJobFleet, JobFleet))
    if runs > 1:
        join(there)
    for tile in range(tiles):
        for gpu, cpu in zip(there, here, strict=True):
            for fleet in (gpu, cpu):
                fleet.open_tile(tile * samples * MS, MS, samples)
            # A GPU does not keep what it has drawn.
            assert gpu._slots.deviation.size == 0
            expected = from_zero(cpu._slots)
            found = from_zero(gpu._slots)._replace(
                deviation=expected.deviation, place=expected.place
            )
            for name, values in expected._asdict().items():
                assert np.array_equal(getattr(found, name), values), name


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@settings(max_examples=14, deadline=None)
@given(made=jobs(), runs=st.integers(1, 3), backwards=st.booleans())
def test_random_jobs_with_crashes(architecture: str, made: Job, runs: int, backwards: bool) -> None:
    with executed(architecture, backwards=backwards):
        assert_same_slots(made, runs=runs)


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


# 600 ms of 25 ms each, eight at once; some of five runs crash, and begin anew one launch more.
@pytest.mark.parametrize(("runs", "launches"), [(1, 3), (5, 4)])
def test_slots_that_begin_with_the_job_are_reduced_together(runs: int, launches: int) -> None:
    made = job([phase(20, 900), phase(5, 600)], layout=Layout(16))
    with executed() as gpu:
        assert_same_slots(made, tiles=3, runs=runs)
    assert len(gpu.launched) == launches
