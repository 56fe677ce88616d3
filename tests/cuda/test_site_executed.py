# SPDX-License-Identifier: Apache-2.0
"""Storage of several runs in one launch, its PTX executed on the CPU: the bits of the CPU path."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from powermodel_kernels.cuda.site import CudaStorage
from tests.cuda.cases import ARCHITECTURES, ptx
from tests.cuda.executed import executed
from tests.cuda.ptx_run import HostMemory, PtxProgram
from tests.cuda.site_cases import Runs, same
from tests.kernels.storage_cases import rest


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize(
    "case",
    [Runs(), Runs(((70, 0),), seed=7, delay=3, cuts=(0, 50, 53, 54, 300))],
    ids=["three runs", "one run, cut"],
)
def test_runs_that_advance_together(architecture: str, case: Runs) -> None:
    with executed(architecture, backwards=case.delay == 3) as gpu:
        found = case.result()
    assert set(gpu.launched) == {"site_steps"}
    assert same(found, case.expected())


def test_the_case_meets_limits_cycles_and_outages() -> None:
    case = Runs()
    (site, *_), load = case.sites(), case.load_q()[0]
    state = site.initial()
    out = site.advance(state, load, 0)
    assert out.limited.max() > 0
    assert np.ptp(out.power_q) > 0
    assert np.ptp(out.fast_power_q) > 0
    assert state.main.half_cycles.any()
    assert (state.main.online == 1).all()
    assert np.unique(out.loss_q).size > 100


def test_one_fused_rounding_is_noticed() -> None:
    """That the bits are equal says something: one more rounding in the law, and they are not."""
    text = ptx("site_steps", "sm_90")
    parts = r"fma\.rn\.f32\s+([^,]+), ([^,]+), ([^,]+), ([^;]+);"
    text = re.sub(parts, r"mul.f32 %unfused, \2, \3; add.f32 \1, %unfused, \4;", text)
    text = text.replace(".reg .pred", ".reg .f32 %unfused; .reg .pred", 1)
    case = Runs(((5, 2),), cuts=(0, 400))
    found = []
    for code in (ptx("site_steps", "sm_90"), text):
        arguments = case.arguments()
        PtxProgram(code).launch(1, 32, *arguments)
        found.append(tuple(column[0] for column in arguments[-1]))
    expected = case.expected()[: len(found[0])]
    assert same(found[0], expected)
    assert not same(found[1], expected)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda site: setattr(site, "control", rest()), "share the control law"),
        (lambda site: setattr(site, "_ordered", (0, 0)), "no step is known ahead"),
        (lambda site: setattr(site, "_measured", 9), "share the delays"),
        (
            lambda site: setattr(
                site, "_fixed", (site._fixed[1]._replace(ages=np.bool_(True)),) * 2
            ),
            "share the unit",
        ),
    ],
)
def test_runs_that_cannot_advance_together(change: Any, says: str) -> None:
    sites = replace(Runs(), units=((3, 1), (4, 1))).sites()
    change(sites[1])
    with pytest.raises(ValueError, match=says):
        CudaStorage(sites, [site.initial() for site in sites], HostMemory())


def test_a_law_from_elsewhere_stays_on_the_cpu() -> None:
    (site,) = Runs(((3, 1),)).sites()
    site.control = site.control._replace(law=lambda signal, parameters, memory: (signal, signal))
    assert site.needs_cpu == "its control law is not one of powermodel's own"
