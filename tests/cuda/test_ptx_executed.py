# SPDX-License-Identifier: Apache-2.0
"""The generated PTX, executed on the CPU, gives the bits of the CPU path."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powermodel_kernels.build import Layout
from powermodel_kernels.constants import BARRIER_GROUP, LOGNORMAL, TILE_TICKS
from powermodel_kernels.fleet.job import NoiseLevel
from tests.cuda.cases import (
    ARCHITECTURES,
    Launch,
    Window,
    noise_expected,
    noise_result,
    program,
    ptx,
    rack_bins_result,
    rack_steps_result,
    sample_job,
)
from tests.cuda.ptx_run import PtxProgram
from tests.cuda.seeds import seeded
from tests.kernels.factory import EDGES, MS, Job, Spread, job, phase, rack_power
from tests.kernels.programs import STEPS, jobs, responses

BLOCKS = [32, 64, 96, 128]


def on(architecture: str, *, backwards: bool = False) -> Launch:
    def launch(name: str, blocks: Any, threads: int, arguments: tuple[Any, ...]) -> None:
        program(name, architecture).launch(blocks, threads, *arguments, backwards=backwards)

    return launch


def expected_power(made: Job, window: Window, engine: str = "events") -> Any:
    return rack_power(
        replace(made, noise=NoiseLevel()),
        engine,
        begin=window.begin,
        dt=window.dt,
        samples=window.samples,
        per_rack=window.per_rack,
        workers=1,
    )


@st.composite
def windows(draw: st.DrawFn) -> Window:
    return Window(
        draw(st.sampled_from([0, TILE_TICKS])),
        draw(STEPS),
        draw(st.integers(1, 1500)),
        draw(st.integers(1, 12)),
    )


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@settings(max_examples=15, deadline=None)
@given(jobs(responses()), windows(), st.integers(1, 3), st.sampled_from(BLOCKS), st.booleans())
def test_racks_of_random_jobs(
    architecture: str, made: Job, window: Window, runs: int, threads: int, backwards: bool
) -> None:
    """Of one run and of several, whose slots differ in number."""
    launch, each = on(architecture, backwards=backwards), seeded(made, runs)
    found = rack_bins_result(launch, each, window, threads)
    for run, result in zip(each, found, strict=True):
        assert np.array_equal(result, expected_power(run, window))


def racks_of_72() -> Job:
    """Return a job that fills racks of 72, the last of them in part."""
    iteration = [
        phase(30, 1100, distribution=LOGNORMAL, sigma=0.05, barrier=BARRIER_GROUP),
        phase(11, 600, distribution=LOGNORMAL, sigma=0.2, rho=0.5),
    ]
    return job(
        iteration,
        layout=Layout(72 + 72 + 31, 8, stages=4, fill_ticks=2 * MS, drain_ticks=MS),
        response=EDGES,
        spread=Spread(rating_sigma=0.03),
        pipelined=True,
        seed=7,
    )


@pytest.mark.parametrize("threads", [96, 128, 256])
def test_full_and_partly_filled_racks_of_72(threads: int) -> None:
    made = racks_of_72()
    window = Window(dt=MS // 2, samples=2100, per_rack=72)
    expected = expected_power(made, window)
    for architecture in ARCHITECTURES:
        for backwards in (False, True):
            launch = on(architecture, backwards=backwards)
            assert np.array_equal(rack_bins_result(launch, [made], window, threads)[0], expected)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@settings(max_examples=10, deadline=None)
@given(jobs(responses()), windows(), st.integers(1, 3), st.booleans())
def test_steps_of_random_jobs(
    architecture: str, made: Job, window: Window, runs: int, backwards: bool
) -> None:
    each = seeded(made, runs)
    found = rack_steps_result(on(architecture, backwards=backwards), each, window)
    for run, result in zip(each, found, strict=True):
        assert np.array_equal(result, expected_power(run, window, "steps"))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_steps_of_racks_of_72(architecture: str) -> None:
    made, window = racks_of_72(), Window(dt=MS // 2, samples=1050, per_rack=72)
    result = rack_steps_result(on(architecture), [made], window)[0]
    assert np.array_equal(result, expected_power(made, window, "steps"))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@settings(max_examples=10, deadline=None)
@given(
    st.sampled_from([0, TILE_TICKS, 7 * TILE_TICKS]), STEPS, st.integers(1, 900),
    st.sampled_from([0.0, 0.3, 1.0]), st.sampled_from([0.002, 0.05]),
    st.integers(1, 12), st.integers(1, 3), st.sampled_from([32, 128]), st.booleans(),
)  # fmt: skip
def test_noise_of_random_racks(
    architecture: str, begin: int, dt: int, samples: int, rho: float, time_s: float, per_rack: int,
    runs: int, threads: int, backwards: bool,
) -> None:  # fmt: skip
    each = seeded(replace(sample_job(), noise=NoiseLevel(0.02, rho, time_s)), runs)
    window = Window(begin, dt, samples, per_rack)
    found = noise_result(on(architecture, backwards=backwards), each, window, threads)
    assert np.array_equal(found, noise_expected(each, window))


def test_result_does_not_depend_on_the_block_shape() -> None:
    window = Window()
    first, *others = (
        rack_bins_result(on("sm_90"), [sample_job()], window, threads)[0] for threads in BLOCKS
    )
    assert first.any()
    assert all(np.array_equal(first, other) for other in others)


def test_windows_of_shared_memory_do_not_show() -> None:
    """One sample less than a window, a whole one, one more."""
    for samples in (1023, 1024, 1025):
        window = replace(Window(), samples=samples)
        result = rack_bins_result(on("sm_90"), [sample_job()], window)[0]
        assert np.array_equal(result, expected_power(sample_job(), window))


def without_barriers(text: str) -> str:
    return re.sub(r"bar\.sync[^;]*;", "", text)


def without_fusion(text: str) -> str:
    """Round every product before its sum, as a GPU without fused multiply-add would."""
    parts = r"fma\.rn\.f32\s+([^,]+), ([^,]+), ([^,]+), ([^;]+);"
    text = re.sub(parts, r"mul.f32 %unfused, \2, \3; add.f32 \1, %unfused, \4;", text)
    return text.replace(".reg .pred", ".reg .f32 %unfused; .reg .pred", 1)


@pytest.mark.parametrize("spoil", [without_barriers, without_fusion])
def test_spoilt_ptx_gives_another_result(spoil: Callable[[str], str]) -> None:
    """What the other tests would let through: nothing as small as one rounding."""
    spoilt = PtxProgram(spoil(ptx("rack_bins", "sm_90")))

    def launch(name: str, blocks: Any, threads: int, arguments: tuple[Any, ...]) -> None:
        spoilt.launch(blocks, threads, *arguments)

    result = rack_bins_result(launch, [sample_job()], Window())[0]
    assert not np.array_equal(result, expected_power(sample_job(), Window()))
