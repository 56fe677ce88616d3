# SPDX-License-Identifier: Apache-2.0
"""The chain's coupled mode: its published shape, its exact response, rest without error."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

import powermodel_datasets as facts
from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.supply.chainmode import ChainMode

RECORD = facts.load("chain-mode", "supply-and-ups")
MODE = ChainMode(RECORD["frequency"].value, RECORD["damping"].value, 1e8)


def amplification(hz: float) -> float:
    """Return the measured gain of a sine of 10 MW after it has settled."""
    t = np.arange(8000) * 0.001
    power = np.rint((5e7 + 1e7 * np.sin(2 * np.pi * hz * t)) * QUANTA_PER_W).astype(np.int64)
    _, out = MODE.advance(MODE.at_rest(power[0]), power, 0.001)
    return float(np.ptp(out[4000:]) / np.ptp(power[4000:]))


@pytest.mark.parametrize("hz", [2.0, 4.0, 5.5, 6.0])
def test_slow_swings_are_amplified(hz: float) -> None:
    assert amplification(hz) > 1.05
    assert amplification(hz) == pytest.approx(MODE.gain(hz), rel=0.01)


@pytest.mark.parametrize("hz", [20.0, 30.0])
def test_fast_swings_are_swallowed(hz: float) -> None:
    assert amplification(hz) < 0.1
    assert amplification(hz) == pytest.approx(MODE.gain(hz), rel=0.03)


def test_a_step_is_answered_as_the_continuous_system_does() -> None:
    power = np.full(1000, int(6e7 * QUANTA_PER_W), np.int64)
    _, out = MODE.advance(MODE.at_rest(int(5e7 * QUANTA_PER_W)), power, 0.001)
    w = 2 * np.pi * MODE.frequency_hz
    system = signal.TransferFunction([w * w], [1, 2 * MODE.damping * w, w * w])
    t = np.arange(20_001) * 0.00005
    exact = 5e7 + 1e7 * signal.step(system, T=t)[1]
    ends = exact[::20]
    assert np.abs(out / QUANTA_PER_W - 0.5 * (ends[:-1] + ends[1:])).max() < 1e-5 * 1e7
    mean = (0.5 * (exact[:-1] + exact[1:])).reshape(1000, 20).mean(axis=1)
    assert np.abs(out / QUANTA_PER_W - mean).max() < 2e-4 * 1e7


def test_rest_is_exact_and_blocks_do_not_change_a_bit() -> None:
    power = np.full(500, 123_456_789_012, np.int64)
    _, out = MODE.advance(MODE.at_rest(power[0]), power, 0.001)
    assert np.array_equal(out, power)
    power = np.random.default_rng(11).integers(0, 10**11, 900)
    last, whole = MODE.advance(MODE.at_rest(0), power, 0.001)
    state, parts = MODE.at_rest(0), []
    for block in np.split(power, [1, 400]):
        state, part = MODE.advance(state, block, 0.001)
        parts.append(part)
    assert np.array_equal(np.concatenate(parts), whole)
    assert all(np.array_equal(a, b) for a, b in zip(state, last, strict=True))


def test_supplies_feed_nothing_back() -> None:
    """A fall that would swing below zero stops there, and comes to rest where it is asked to."""
    power = np.full(4000, int(1e6 * QUANTA_PER_W), np.int64)
    _, out = MODE.advance(MODE.at_rest(int(9e7 * QUANTA_PER_W)), power, 0.001)
    assert 0 <= out.min() < 1e-3 * power[0]
    assert out[-1] == pytest.approx(power[-1], rel=1e-3)
    state, parts = MODE.at_rest(int(9e7 * QUANTA_PER_W)), []
    for block in np.split(power, [60, 61, 700]):
        state, part = MODE.advance(state, block, 0.001)
        parts.append(part)
    assert np.array_equal(np.concatenate(parts), out)


@pytest.mark.parametrize(
    "numbers", [(0.0, 0.3, 1.0), (5.5, 0.0, 1.0), (5.5, 1.0, 1.0), (5, 0.3, 0)]
)
def test_bad_modes_are_refused(numbers: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="needs a frequency above 0 Hz, a damping ratio between"):
        ChainMode(*numbers)
