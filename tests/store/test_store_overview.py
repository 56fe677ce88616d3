# SPDX-License-Identifier: Apache-2.0
"""The statistics of cells, against plain NumPy and against themselves in parts."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from powermodel.store.overview import Cells, cell_weights

powers = arrays(
    np.float64,
    array_shapes(min_dims=1, max_dims=2, max_side=60),
    elements=st.floats(0, 1e9, width=64),
)


@settings(max_examples=60, deadline=None)
@given(powers, st.integers(1, 7))
def test_cells_are_those_of_plain_numpy(values, ratio):
    cells = Cells.of_samples(values).reduced(ratio)
    parts = [values[start : start + ratio] for start in range(0, len(values), ratio)]
    np.testing.assert_array_equal(cells.min, [part.min(axis=0) for part in parts])
    np.testing.assert_array_equal(cells.max, [part.max(axis=0) for part in parts])
    np.testing.assert_allclose(cells.mean, [part.mean(axis=0) for part in parts], rtol=1e-14)
    np.testing.assert_array_equal(cells.weight, [len(part) for part in parts])
    assert (cells.min <= cells.mean).all()
    assert (cells.mean <= cells.max).all()


@settings(max_examples=60, deadline=None)
@given(powers, st.integers(2, 5), st.integers(2, 5), st.integers(1, 4))
def test_cells_reduced_in_parts_are_bit_equal_to_the_whole(values, first, second, cells_per_part):
    whole = Cells.of_samples(values).reduced(first).reduced(second)
    step = first * second * cells_per_part
    parts = [
        Cells.of_samples(values[start : start + step]).reduced(first).reduced(second)
        for start in range(0, len(values), step)
    ]
    for name in ("min", "mean", "max", "weight"):
        joined = np.concatenate([getattr(part, name) for part in parts])
        np.testing.assert_array_equal(joined, getattr(whole, name))


def test_the_mean_of_power_in_quanta_is_exact():
    quanta = np.random.default_rng(1).integers(0, 1 << 40, size=1000)
    cells = Cells.of_samples(quanta / 1024).reduced(8)
    exact = [sum(int(q) for q in row) / 8 / 1024 for row in quanta.reshape(-1, 8)]
    np.testing.assert_array_equal(cells.mean, exact)


def test_the_last_cell_weighs_what_it_has():
    np.testing.assert_array_equal(cell_weights(37, 10, slice(1, 4)), [10, 10, 7])
