# SPDX-License-Identifier: Apache-2.0
"""Every law gives the same bits from the compiler as from the interpreter."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powermodel_kernels.bind import cpu
from tests.kernels import loops

Column = tuple[type, st.SearchStrategy]


def reals(low: float, high: float) -> Column:
    bounds = float(np.float32(low)), float(np.float32(high))
    return np.float32, st.floats(*bounds, width=32)


def integers(kind: type, low: int, high: int) -> Column:
    return kind, st.integers(low, high)


WORD = integers(np.int32, -(2**31), 2**31 - 1)
LIMB = integers(np.uint64, 0, 2**32 - 1)
AGE = integers(np.int32, 0, 2**25)
TICK = integers(np.int64, 0, 3 * 10**10)
EARLIER = integers(np.int64, -(2**50), 0)
POWER = reals(-4e6, 4e6)
TERM = reals(-(2.0**60), 2.0**60)

CASES: list[tuple[Callable[..., None], list[Column], type, int]] = [
    (loops.each_fma, [TERM, TERM, TERM], np.float32, 0),
    (loops.each_exp32, [reals(-200.0, 200.0)], np.float32, 0),
    (loops.each_log32, [reals(2.0**-126, 3e38)], np.float32, 0),
    (loops.each_normal32, [WORD], np.float32, 0),
    (loops.each_uniform32, [WORD], np.float32, 0),
    (loops.each_philox, [LIMB] * 6, np.uint64, 4),
    (loops.each_lognormal_factor, [reals(-6.4, 6.4), reals(0, 1), reals(-6, 6)], np.float32, 0),
    (loops.each_uniform_factor, [reals(0.0, 1.0)], np.float32, 0),
    (loops.each_deviation, [reals(0.0, 8.0), reals(0.0, 2.0**27)], np.int32, 0),
    (loops.each_rising, [POWER, reals(0.0, 1.0)], np.float32, 2),
    (loops.each_falling, [POWER], np.float32, 0),
    (loops.each_decay, [integers(np.int32, 0, 2**31 - 1), reals(0.0, 1.0)], np.float32, 0),
    (loops.each_to_quanta, [reals(-(2.0**30), 2.0**30)], np.int32, 0),
    (loops.each_filter_step, [reals(-8, 8), *[reals(-50, 50)] * 2, reals(0, 1)], np.float32, 2),
    (loops.each_slowed, [reals(0.0, 8.0), reals(1.0, 3.0)], np.float32, 0),
    (loops.each_transition, [POWER, AGE, AGE, *[POWER] * 3, reals(0.0, 1.0)], np.float32, 6),
    (loops.each_placed, [TICK, EARLIER, integers(np.int64, 0, 6)], np.int64, 3),
    (loops.each_input_power, [reals(0, 1e6), reals(0, 1e4), reals(0, 1e-6)], np.float32, 0),
]


@pytest.mark.parametrize(
    ("loop", "columns", "kind", "width"), CASES, ids=[case[0].__name__ for case in CASES]
)
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_compiled_law_equals_the_interpreter_bit_for_bit(
    loop: Callable[..., None], columns: list[Column], kind: type, width: int, data: st.DataObject
) -> None:
    rows = data.draw(st.lists(st.tuples(*(c[1] for c in columns)), min_size=1, max_size=8))
    given_ = [np.array(v, c[0]) for v, c in zip(zip(*rows, strict=True), columns, strict=True)]
    shape = (len(rows), width) if width else (len(rows),)
    compiled, interpreted = np.zeros(shape, kind), np.zeros(shape, kind)
    cpu(loop)(*given_, compiled)
    loop(*given_, interpreted)
    assert compiled.tobytes() == interpreted.tobytes()
