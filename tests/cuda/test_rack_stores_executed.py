# SPDX-License-Identifier: Apache-2.0
"""The PTX of the kernels for racks that remember, on the CPU, gives the bits of the CPU path."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cuda.cases import ARCHITECTURES, Launch, program, ptx
from tests.cuda.ptx_run import PtxProgram
from tests.cuda.rack_cases import STORE, Outages, Racks, equal


def on(architecture: str, *, backwards: bool = False) -> Launch:
    def launch(name: str, blocks: Any, threads: int, arguments: tuple[Any, ...]) -> None:
        program(name, architecture).launch(blocks, threads, *arguments, backwards=backwards)

    return launch


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@settings(max_examples=25, deadline=None)
@given(
    racks=st.integers(1, 80),
    samples=st.integers(1, 200),
    seed=st.integers(0, 1000),
    energy_j=st.sampled_from([1.0, 65.0, 5000.0]),
    ramp=st.sampled_from([20e3, math.inf]),
    threads=st.sampled_from([8, 32]),
    runs=st.integers(1, 3),
    backwards=st.booleans(),
)
def test_racks_of_random_sites(
    architecture: str, racks: int, samples: int, seed: int, energy_j: float, ramp: float,
    threads: int, runs: int, backwards: bool,
) -> None:  # fmt: skip
    store = replace(STORE, energy_j=energy_j, ramp_w_per_s=ramp)
    case = Racks(racks, samples, seed, store=store, runs=runs)
    launch = on(architecture, backwards=backwards)
    assert equal(case.result(launch, threads), case.expected())
    assert equal(case.result_plain(launch, threads), case.expected_plain())


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@settings(max_examples=25, deadline=None)
@given(
    racks=st.integers(1, 80),
    samples=st.integers(1, 300),
    seed=st.integers(0, 1000),
    dt_s=st.sampled_from([0.0005, 0.001, 0.003]),
    threads=st.sampled_from([8, 32, 64]),
    runs=st.integers(1, 3),
    backwards=st.booleans(),
)
def test_outages_of_random_sites(
    architecture: str, racks: int, samples: int, seed: int, dt_s: float, threads: int, runs: int,
    backwards: bool,
) -> None:  # fmt: skip
    case = Outages(racks, samples, seed, dt_s, runs=runs)
    assert equal(case.result(on(architecture, backwards=backwards), threads), case.expected())


def test_ptx_without_its_barriers_gives_another_result() -> None:
    """What a thread reads before its neighbours have written it is seen."""
    text = re.sub(r"bar\.sync[^;]*;", "", ptx("rack_stores", "sm_90"))
    spoilt = PtxProgram(text)

    def launch(name: str, blocks: Any, threads: int, arguments: tuple[Any, ...]) -> None:
        chosen = spoilt if name == "rack_stores" else program(name, "sm_90")
        chosen.launch(blocks, threads, *arguments)

    assert not equal(Racks().result(launch), Racks().expected())
