# SPDX-License-Identifier: Apache-2.0
"""Laws of power smoothing as CUDA: their PTX, executed on the CPU, gives the interpreter's bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numba import types

from powermodel_kernels.constants import NEVER
from powermodel_kernels.laws.smoothing import active_until, capped, course, reached, wanted_power
from tests.cuda.cases import ARCHITECTURES
from tests.cuda.kept import kept_ptx
from tests.cuda.ptx_run import PtxProgram

COLUMNS = 8


def smoothing_laws(given: Any, out: Any) -> None:
    """Put every law through rows of numbers: one thread, and the interpreter, take all rows."""
    for i in range(given.shape[0]):
        row = given[i]
        raw, odd = row[1], row[7] % 2 == 1
        wanted = wanted_power(raw, odd, row[2], row[3] >> 3)
        begin, aim, slope, stop, end = course(
            row[0], wanted, raw, row[4], row[5], row[6], row[2] >> 40, row[3] >> 38
        )
        out[i, 0], out[i, 1], out[i, 2], out[i, 3], out[i, 4] = begin, aim, slope, stop, end
        out[i, 5] = active_until(
            row[4] - row[7], row[7] % 3 == 1, odd, row[4], row[6], row[7]
        )  # fmt: skip
        out[i, 6] = capped(row[0], row[3], row[6] & 65535)
        out[i, 7] = reached(begin, aim, slope, row[7], odd)


def rows() -> np.ndarray:
    random = np.random.default_rng(8)
    given = np.empty((300, COLUMNS), np.int64)
    given[:, :4] = random.integers(0, 2**52, (300, 4))
    given[:, 4] = random.integers(-(2**40), 2**40, 300)
    given[:, 5] = np.where(
        random.random(300) < 0.5, NEVER, given[:, 4] + random.integers(-9, 9, 300)
    )
    given[:, 6] = random.integers(0, 20, 300)
    given[:, 7] = random.integers(0, 1000, 300)
    given[::9, 2:4] = 0
    return given


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_ptx_of_the_laws_equals_the_interpreter(architecture: str) -> None:
    table = types.int64[:, ::1]
    text = kept_ptx(smoothing_laws, (table, table), ARCHITECTURES[architecture])
    given, found = rows(), np.zeros((300, COLUMNS), np.int64)
    PtxProgram(text).launch(1, 1, given, found)
    expected = np.zeros_like(found)
    smoothing_laws(given, expected)
    assert np.array_equal(found, expected)
