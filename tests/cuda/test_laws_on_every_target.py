# SPDX-License-Identifier: Apache-2.0
"""Every law gives the interpreter's bits: compiled for the CPU, simulated, and as executed PTX."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numba import typeof, types

from powermodel_kernels import bind
from powermodel_kernels.cuda import compiler
from tests.cuda.cases import ARCHITECTURES
from tests.cuda.kept import kept_ptx
from tests.cuda.law_arguments import ARGUMENTS, Column
from tests.cuda.laws import (
    KERNEL,
    KINDS,
    LOOP,
    SAMPLES,
    Calls,
    differences,
    laws,
    modules,
    undeclared,
)
from tests.cuda.ptx_run import PtxProgram
from tests.cuda.test_compiles import fusible

ROOT = Path(__file__).parents[2]
THREADS = 16
MODULES = pytest.mark.parametrize("module", modules())


@cache
def expected(name: str) -> list[Any]:
    return Calls(name.split(".")[0]).expected(name)


def assert_equal(found: dict[str, list[Any]]) -> None:
    wrong = [
        text for name, said in found.items() for text in differences(name, said, expected(name))
    ]
    assert not wrong, "\n".join(wrong[:20])


def test_every_law_is_declared() -> None:
    assert not undeclared(ARGUMENTS), undeclared(ARGUMENTS)


def test_an_undeclared_law_and_a_stale_row_are_told() -> None:
    known = dict.fromkeys(laws()) | {"lag.gone": ()}
    del known["lag.added"]
    first, second = undeclared(known).split("\n")
    assert first.startswith("lag.added(value: Any, rest: Any, increment: Any)")
    assert first.endswith("has no arguments: add them to tests/cuda/law_arguments.py")
    assert second == "lag.gone is no law: take it out of tests/cuda/law_arguments.py"


@pytest.mark.parametrize("name", [name for name in laws() if name in ARGUMENTS])
def test_arguments_make_a_law_say_more_than_one_thing(name: str) -> None:
    """Equal results of which all are the same, or none is a number, would prove little."""
    for column in expected(name):
        assert len(set(column.tolist())) > 1
        assert np.isfinite(column).all()


@MODULES
def test_compiled_for_the_cpu(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # The loop is text in memory: there is no file that a cache on disk could watch.
    monkeypatch.setattr(bind, "cache_of", lambda _module: None)
    calls = Calls(module)
    compiled = bind.cpu(calls.function(LOOP))
    assert_equal({name: calls.run(compiled, name) for name in calls.names})


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    place = tmp_path_factory.mktemp("simulator") / "laws.npz"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.cuda.run_laws_simulated", str(place)],
        cwd=ROOT,
        env={**os.environ, "NUMBA_ENABLE_CUDASIM": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    with np.load(place) as loaded:
        return dict(loaded)


@MODULES
def test_in_the_cuda_simulator(module: str, simulated: Mapping[str, Any]) -> None:
    numbers = {name: range(len(expected(name))) for name in Calls(module).names}
    assert_equal({name: [simulated[f"{name}/{n}"] for n in numbers[name]] for name in numbers})


@cache
def law_ptx(module: str, architecture: str) -> str:
    columns = [typeof(np.zeros((1, 1), kind)) for kind in KINDS.values()]
    signature = types.void(types.int64, *columns, *columns)
    kernel = Calls(module).function(KERNEL, cuda=compiler.cuda)
    return kept_ptx(kernel, signature, ARCHITECTURES[architecture])


def executed(program: PtxProgram, calls: Calls, name: str) -> list[Any]:
    def launch(which: int, *arrays: Any) -> None:
        program.launch(SAMPLES // THREADS, THREADS, which, *arrays)

    return calls.run(launch, name)


def with_exact_products_apart(text: str) -> str:
    """Mark products with a power of two: they are exact, so that fusing them changes nothing."""
    power_of_two = r"0f[0-9A-F]{2}[08]00000"
    return re.sub(rf"mul\.f32(\s+[^;]*\b{power_of_two};)", r"mul.rn.f32\1", text)


@MODULES
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_as_executed_ptx(module: str, architecture: str) -> None:
    text, calls = law_ptx(module, architecture), Calls(module)
    assert ".f64" not in text, f"laws.{module} computes in float64 on a GPU"
    found = fusible(with_exact_products_apart(text))
    assert not found, f"laws.{module}: products that feed a sum must go through mul or fma: {found}"
    program = PtxProgram(text)
    assert_equal({name: executed(program, calls, name) for name in calls.names})


def test_ptx_without_fusion_is_noticed() -> None:
    """What the comparison would miss: nothing as small as one rounding."""
    text = law_ptx("noise", "sm_90")
    parts = r"fma\.rn\.f32\s+([^,]+), ([^,]+), ([^,]+), ([^;]+);"
    text = re.sub(parts, r"mul.f32 %unfused, \2, \3; add.f32 \1, %unfused, \4;", text)
    text = text.replace(".reg .pred", ".reg .f32 %unfused; .reg .pred", 1)
    name = "noise.filter_step"
    found = executed(PtxProgram(text), Calls("noise"), name)
    assert differences(name, found, expected(name))


def test_columns_hold_their_edges() -> None:
    drawn = Column(np.int64, 5, 9, (-1,)).draw(np.random.default_rng(1), SAMPLES)
    assert {5, 9, -1} <= set(drawn.tolist()) <= {-1, *range(5, 10)}
