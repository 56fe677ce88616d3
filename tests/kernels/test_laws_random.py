# SPDX-License-Identifier: Apache-2.0
"""Random numbers against published answers and against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from powermodel_kernels.bind import cpu
from powermodel_kernels.laws.philox import address_word, philox4x32
from tests.kernels import loops

# Random123 1.14.0, tests/kat_vectors, lines "philox4x32 10": counter, key, answer.
KNOWN_ANSWERS = [
    "00000000 00000000 00000000 00000000  00000000 00000000  6627e8d5 e169c58d bc57ac4c 9b00dbd8",
    "ffffffff ffffffff ffffffff ffffffff  ffffffff ffffffff  408f276d 41c83b0e a20bc7c6 6d5451fd",
    "243f6a88 85a308d3 13198a2e 03707344  a4093822 299f31d0  d16cfe09 94fdcceb 5001e420 24126ea1",
]
WORDS = np.random.default_rng(1).integers(-(2**31), 2**31, 400_000).astype(np.int32)


@pytest.mark.parametrize("line", KNOWN_ANSWERS)
def test_philox_gives_the_published_answers(line: str) -> None:
    numbers = [np.uint64(int(word, 16)) for word in line.split()]
    assert list(philox4x32(*numbers[:6])) == numbers[6:]


def test_address_keeps_purpose_job_and_block_apart() -> None:
    assert int(address_word(0xAB, 0xCD, 0x1234)) == 0xABCD1234


def evaluated(loop: object, words: np.ndarray) -> np.ndarray:
    out = np.empty(words.size, np.float32)
    cpu(loop)(words, out)
    return out.astype(np.float64)


def quantile(words: np.ndarray) -> np.ndarray:
    """Return what normal32 approximates: top bit the sign, the rest the tail probability."""
    tail = ((words & 0x7FFFFFFF) + 0.5) / 2.0**32
    return np.where(words >= 0, 1.0, -1.0) * stats.norm.isf(tail)


def test_normal32_is_the_quantile_within_five_sigma() -> None:
    tails = np.unique(np.geomspace(1, 2**31 - 1, 100_000).astype(np.int64)).astype(np.int32)
    words = np.concatenate([WORDS, tails, tails | np.int32(-(2**31))])
    true = quantile(words.astype(np.int64))
    inside = np.abs(true) <= 5.0
    assert np.abs(evaluated(loops.each_normal32, words) - true)[inside].max() < 2e-6


def test_normal32_reaches_both_far_tails_alike() -> None:
    ends = np.array([0, -(2**31)], np.int32)
    high, low = evaluated(loops.each_normal32, ends)
    assert high == pytest.approx(stats.norm.isf(0.5 / 2**32), rel=1e-3)
    assert low == -high


def test_normal32_is_symmetric_and_rises_towards_the_tail() -> None:
    words = np.sort(WORDS[WORDS >= 0])[::1000]
    z = evaluated(loops.each_normal32, words)
    assert np.array_equal(evaluated(loops.each_normal32, words | np.int32(-(2**31))), -z)
    assert np.all(np.diff(z) < 1e-6)


def test_uniform32_reads_the_top_23_bits_and_reaches_neither_end() -> None:
    words = np.array([0, 511, 512, -1, -(2**31), 2**31 - 1], np.int32)
    unsigned = words.astype(np.uint32) >> np.uint32(9)
    result = evaluated(loops.each_uniform32, words)
    assert np.array_equal(result, (unsigned + 0.5) / 2.0**23)
    assert 0.0 < result.min() < result.max() < 1.0


def test_uniform32_is_uniform() -> None:
    assert stats.kstest(evaluated(loops.each_uniform32, WORDS), "uniform").pvalue > 1e-4


def test_words_of_neighbouring_counters_look_normal_together() -> None:
    n = 40_000
    zeros, lane = np.zeros(n, np.uint64), np.arange(n, dtype=np.uint64)
    out = np.empty((n, 4), np.uint64)
    cpu(loops.each_philox)(lane, zeros, zeros + np.uint64(1), zeros, zeros, zeros, out)
    z = evaluated(loops.each_normal32, out.astype(np.uint32).astype(np.int32).ravel())
    assert stats.kstest(z, "norm").pvalue > 1e-4
    between = np.corrcoef(z.reshape(n, 4).T) - np.eye(4)
    assert np.abs(between).max() < 5.0 / np.sqrt(n)
