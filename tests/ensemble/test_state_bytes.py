# SPDX-License-Identifier: Apache-2.0
"""What a run of a study notes of itself comes back as it was, or is refused."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from powermodel.ensemble import plain

VALUE = {
    "load": {},
    "numbers": (None, True, 3, 2.5, "text", Fraction(1, 3), np.float32(0.1)),
    "arrays": [np.arange(300, dtype=np.int32), np.zeros(0), np.linspace(0.0, 1.0, 7)],
}


def assert_same(found: object) -> None:
    assert isinstance(found, dict)
    assert found["load"] == VALUE["load"]
    assert found["numbers"] == VALUE["numbers"]
    assert type(found["numbers"][-1]) is np.float32
    for one, other in zip(found["arrays"], VALUE["arrays"], strict=True):
        assert one.dtype == other.dtype
        assert np.array_equal(one, other)


@pytest.mark.parametrize("piece", [1, 16, 2**23])
def test_a_state_comes_back_whatever_it_is_cut_into(monkeypatch, piece):
    monkeypatch.setattr(plain, "_PIECE", piece)
    assert_same(plain.of_bytes(plain.to_bytes(VALUE)))


@given(st.data())
def test_damage_is_noticed_before_anything_is_believed(data):
    whole = plain.to_bytes(VALUE)
    at = data.draw(st.integers(0, len(whole) - 1))
    if data.draw(st.booleans()):
        hurt = whole[:at]
    else:
        hurt = whole[:at] + bytes([whole[at] ^ data.draw(st.integers(1, 255))]) + whole[at + 1 :]
    with pytest.raises(ValueError, match="expected a saved state, got damaged bytes"):
        plain.of_bytes(hurt)


def test_it_takes_less_room():
    smooth = np.arange(100_000) * 0.25
    assert len(plain.to_bytes(smooth)) < 0.3 * smooth.nbytes
