# SPDX-License-Identifier: Apache-2.0
"""Random jobs for property tests: programs, barriers, groups, pipelines, spread, cuts."""

from __future__ import annotations

from hypothesis import strategies as st

from powermodel_kernels.build import Layout, Phase, Response
from powermodel_kernels.constants import (
    BARRIER_GROUP,
    BARRIER_JOB,
    BARRIER_NONE,
    FIXED,
    LOGNORMAL,
    UNIFORM,
)
from powermodel_kernels.schedule import Epoch
from tests.kernels.factory import INSTANT, MS, Job, Spread, job

BARRIERS = st.sampled_from([BARRIER_NONE, BARRIER_GROUP, BARRIER_JOB])
STEPS = st.sampled_from([MS // 4, MS // 2, MS, 2 * MS, 5 * MS])
LEVELS = st.integers(0, 1400)


@st.composite
def phases(draw: st.DrawFn, barrier: int) -> Phase:
    return Phase(
        draw(st.integers(MS, 80 * MS)),
        draw(LEVELS),
        draw(LEVELS),
        draw(st.sampled_from([FIXED, LOGNORMAL, UNIFORM])),
        draw(st.sampled_from([0.02, 0.1, 0.4])),
        draw(st.sampled_from([0.0, 0.3, 1.0])),
        barrier,
    )


@st.composite
def sections(draw: st.DrawFn, unit: int) -> list[Phase]:
    """Return one to six phases of which the last ends at the barrier of the unit."""
    inner = draw(st.lists(BARRIERS, max_size=5))
    return [draw(phases(barrier)) for barrier in [*inner, unit]]


@st.composite
def layouts(draw: st.DrawFn, unit: int) -> Layout:
    lanes = draw(st.integers(1, 12))
    return Layout(
        lanes,
        draw(st.integers(1, 5)),
        unit,
        draw(st.integers(1, min(4, lanes))),
        draw(st.sampled_from([0, 3 * MS])),
        draw(st.sampled_from([0, MS])),
    )


@st.composite
def responses(draw: st.DrawFn) -> Response:
    """Return rise times to 2 ms, fall times to 25 ms, with or without overshoot."""
    return Response(
        draw(st.floats(0.0, 0.002)),
        draw(st.floats(0.0, 0.025)),
        draw(st.sampled_from([0.0, 0.1])),
        draw(st.floats(0.001, 0.012)),
    )


@st.composite
def epochs(draw: st.DrawFn) -> list[Epoch]:
    """Return the beginning and up to two cuts, wherever they fall in an iteration."""
    begins = sorted(draw(st.lists(st.integers(1, 300 * MS), max_size=2, unique=True)))
    return [Epoch(b, draw(st.sampled_from([(), (1,)])), True) for b in [0, *begins]]


@st.composite
def jobs(draw: st.DrawFn, response: st.SearchStrategy[Response] | None = None) -> Job:
    """Return a job of at most twelve accelerators, by default without transients."""
    unit = draw(BARRIERS)
    slow_hosts = draw(st.booleans())
    return job(
        draw(sections(unit)),
        draw(sections(unit)),
        layout=draw(layouts(unit)),
        response=draw(response) if response is not None else INSTANT,
        spread=Spread(0.0, 0.3 if slow_hosts else 0.0, 0.2, 2),
        epochs=draw(epochs()),
        extras=draw(st.sampled_from([(), ((1, 2),)])),
        pipelined=draw(st.booleans()),
        seed=draw(st.integers(0, 2**64 - 1)),
    )
