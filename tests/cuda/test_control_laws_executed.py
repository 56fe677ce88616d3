# SPDX-License-Identifier: Apache-2.0
"""Control laws as CUDA: their PTX, executed on the CPU, gives the interpreter's bits.

No kernel of the package runs a controller on a GPU yet; the laws are ready for one, and stay so.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from numba import types

from powermodel_kernels.bind import interpreted_with
from powermodel_kernels.control.none import none as control_law
from powermodel_kernels.control.registry import BUILT_IN
from powermodel_kernels.control.signal import Control, Memory, Signal
from tests.cuda.cases import ARCHITECTURES
from tests.cuda.kept import kept_ptx
from tests.cuda.ptx_run import PtxProgram
from tests.kernels.control_loop import NEEDED, PERIOD_S, made

TICKS = 400
ROWS = 7
"""Load, limits of both devices, forecast, frequency, charge of both."""


def walk(shown: Any, period: Any, parameters: Any, f: Any, i: Any, ring: Any, out: Any) -> None:
    """Take a controller through all ticks: one thread, and the interpreter."""
    memory = Memory(f, i, ring)
    for k in range(shown.shape[1]):
        load, main, fast = shown[0, k], shown[1, k], shown[2, k]
        signal = Signal(
            load, load, load, shown[5, k], main, main, shown[6, k], fast, fast, shown[3, k],
            shown[4, k], period[0],
        )  # fmt: skip
        asked, asked_fast = control_law(signal, parameters, memory)
        out[0, k], out[1, k] = asked, asked_fast


def shown() -> np.ndarray:
    random = np.random.default_rng(11)
    wave = 1e8 * (2 + np.sign(np.sin(2 * np.pi * np.arange(TICKS) / 70)))
    rows = np.empty((ROWS, TICKS), np.float32)
    rows[0] = wave + 3e7 * random.standard_normal(TICKS)
    rows[1], rows[2] = 4e7, 2e7 * (random.random(TICKS) < 0.9)
    rows[3] = np.where(random.random(TICKS) < 0.3, 0.0, rows[0])
    rows[4] = 60.0 + 0.05 * random.standard_normal(TICKS)
    rows[5:] = 0.5 + 0.2 * random.standard_normal((2, TICKS))
    return rows


def result(control: Control, run: Any) -> list[np.ndarray]:
    memory, out = control.memory(), np.zeros((2, TICKS), np.float32)
    period = np.full(1, PERIOD_S, np.float32)
    run(shown(), period, control.parameters, memory.f, memory.i, memory.ring, out)
    return [out.view(np.int32), memory.f.view(np.int32), memory.i, memory.ring]


@pytest.mark.parametrize("record", BUILT_IN, ids=lambda record: record.name)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_ptx_of_a_law_equals_the_interpreter(record: Any, architecture: str) -> None:
    given = {"soc_power_share": 0.1, **NEEDED.get(record.name, {})}
    control = made(record.name, PERIOD_S, latency_s=0.05, fast_w=2e7, **given)
    driver = interpreted_with(walk, control_law, control.law)
    table, row, whole = types.float32[:, ::1], types.float32[::1], types.int64[::1]
    signature = (table, row, row, row, whole, whole, table)
    text = kept_ptx(driver, signature, ARCHITECTURES[architecture])
    assert not re.search(r"\.f64\b", text)
    program = PtxProgram(text)
    on_gpu = result(control, lambda *arrays: program.launch(1, 1, *arrays))
    for found, expected in zip(on_gpu, result(control, driver), strict=True):
        np.testing.assert_array_equal(found, expected)
