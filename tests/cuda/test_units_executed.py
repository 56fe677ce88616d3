# SPDX-License-Identifier: Apache-2.0
"""The PTX of the storage units, executed on the CPU, gives the bits of the CPU path."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powermodel_kernels.storage.tables import Units
from tests.cuda.cases import ARCHITECTURES, Launch, program, ptx
from tests.cuda.ptx_run import PtxProgram
from tests.cuda.unit_cases import Farms, same


def on(architecture: str, *, backwards: bool = False) -> Launch:
    def launch(name: str, blocks: int, threads: int, arguments: tuple[Any, ...]) -> None:
        program(name, architecture).launch(blocks, threads, *arguments, backwards=backwards)

    return launch


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@settings(max_examples=10, deadline=None)
@given(
    units=st.integers(1, 70),
    steps=st.integers(1, 90),
    seed=st.integers(0, 1000),
    lag_s=st.sampled_from([0.0, 0.01, 0.05]),
    threads=st.sampled_from([8, 32]),
    backwards=st.booleans(),
)
def test_units_of_random_farms(
    architecture: str, units: int, steps: int, seed: int, lag_s: float, threads: int,
    backwards: bool,
) -> None:  # fmt: skip
    case = Farms(units, steps, seed, lag_s)
    assert same(case.result(on(architecture, backwards=backwards), threads), case.expected())


def test_the_case_goes_through_limits_and_overload() -> None:
    sums, *state = Farms().expected()
    assert sums[4].max() > 0
    assert np.ptp(sums[0]) > 0
    assert (Units(*state).budget < 0).any()


def test_one_fused_rounding_is_noticed() -> None:
    text = ptx("unit_steps", "sm_90")
    parts = r"fma\.rn\.f32\s+([^,]+), ([^,]+), ([^,]+), ([^;]+);"
    text = re.sub(parts, r"mul.f32 %unfused, \2, \3; add.f32 \1, %unfused, \4;", text)
    text = text.replace(".reg .pred", ".reg .f32 %unfused; .reg .pred", 1)
    spoilt, case = PtxProgram(text), Farms()

    def launch(_name: str, blocks: int, threads: int, arguments: tuple[Any, ...]) -> None:
        spoilt.launch(blocks, threads, *arguments)

    assert not same(case.result(launch), case.expected())
