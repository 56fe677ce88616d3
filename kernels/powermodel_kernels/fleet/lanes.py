# SPDX-License-Identifier: Apache-2.0
"""Durations and fixed properties of a stretch of lanes, from addressed random numbers.

These loops run over lanes so that the compiler can put several lanes into one vector register.
"""

from typing import Any

import numpy as np

from powermodel_kernels.constants import (
    LOGNORMAL,
    PURPOSE_COMMON,
    PURPOSE_DURATION,
    PURPOSE_RATING,
    PURPOSE_STRAGGLER,
    UNIFORM,
)
from powermodel_kernels.laws.duration import deviation, lognormal_factor, slowed, uniform_factor
from powermodel_kernels.laws.normal import commonness, normal32, quantile, rarity, uniform32
from powermodel_kernels.laws.philox import address_word, philox4x32

_ONE = np.float32(1.0)
_MINUS_HALF = np.float32(-0.5)


def random_words(entity: Any, index: Any, word: Any, fleet: Any, out: Any) -> None:
    """Fill ``out`` (4, n) int32 with the four words of entities entity, entity + 1, …."""
    k0, k1 = np.uint64(fleet.seed_low), np.uint64(fleet.seed_high)
    c1, c3 = np.uint64(index), np.uint64(fleet.run)
    for i in range(out.shape[1]):
        a, b, c, d = philox4x32(np.uint64(entity + i), c1, word, c3, k0, k1)
        out[0, i] = np.int32(np.uint32(a))
        out[1, i] = np.int32(np.uint32(b))
        out[2, i] = np.int32(np.uint32(c))
        out[3, i] = np.int32(np.uint32(d))


def fill_normals(word: Any, out: Any) -> None:
    """Fill ``out`` (n,) float32 with the standard normal quantiles of random words, int32 (n,)."""
    # In loops of their own: the fewer steps wait for each other, the more lanes are under way.
    for i in range(word.size):
        out[i] = commonness(word[i])
    for i in range(word.size):
        out[i] = rarity(out[i])
    for i in range(word.size):
        out[i] = quantile(word[i], out[i])


def draw_deviations(
    programs: Any, lanes: Any, row: Any, word: Any, common: Any, lane: Any, spare: Any, out: Any
) -> None:
    """Find how much longer than usual phase ``row`` takes on lanes lane, lane + 1, ….

    Parameters
    ----------
    word
        One random word per lane, int32 (n,).
    common
        Exponent that the whole job shares in this slot and phase, float32.
    spare
        Scratch, float32 (n,).
    out
        See ``laws.duration.lasting``, int32 (n,); may be ``word``.
    """
    scaled, sigma = programs.mean_scaled[row], programs.sigma_own[row]
    if programs.distribution[row] == LOGNORMAL:
        slowness = lanes.slowness[lane : lane + word.size]
        fill_normals(word, spare)
        # See ``fill_normals`` for loops of their own.
        for i in range(word.size):
            spare[i] = lognormal_factor(spare[i], sigma, common)
        for i in range(word.size):
            out[i] = deviation(slowed(spare[i], slowness[i]), scaled)
    elif programs.distribution[row] == UNIFORM:
        for i in range(word.size):
            out[i] = deviation(uniform_factor(uniform32(word[i])), scaled)
    else:
        for i in range(word.size):
            out[i] = np.int32(0)


def common_exponents(programs: Any, fleet: Any, program: Any, number: Any, out: Any) -> None:
    """Fill ``out`` (phases,) float32 with the shared exponent of each phase of one slot."""
    words = np.empty((4, 1), np.int32)
    first = programs.first[program]
    for p in range(programs.first[program + 1] - first):
        if p % 4 == 0:
            word = address_word(PURPOSE_COMMON, fleet.job, p // 4)
            random_words(0, number, word, fleet, words)
        z = normal32(words[p % 4, 0])
        row = first + p
        out[p] = programs.sigma_common[row] * z - programs.half_variance[row]


def rating_scales(fleet: Any, sigma: Any, out: Any) -> None:
    """Fill ``out`` (lanes,) float32 with each accelerator's factor on power, lognormal, mean 1."""
    words = np.empty((4, 1), np.int32)
    word = address_word(PURPOSE_RATING, fleet.job, 0)
    for i in range(out.size):
        random_words(i, 0, word, fleet, words)
        out[i] = lognormal_factor(normal32(words[0, 0]), sigma, _MINUS_HALF * sigma * sigma)


def host_slowness(fleet: Any, share: Any, slowdown: Any, host_size: Any, out: Any) -> None:
    """Fill ``out`` (lanes,) float32 with each accelerator's factor on spread durations.

    A share of the hosts, drawn once, takes 1 + ``slowdown`` times as long.
    """
    words = np.empty((4, 1), np.int32)
    word = address_word(PURPOSE_STRAGGLER, fleet.job, 0)
    for i in range(out.size):
        random_words(i // host_size, 0, word, fleet, words)
        out[i] = _ONE + (slowdown if uniform32(words[0, 0]) < share else np.float32(0.0))


def draw_phase_words(fleet: Any, number: Any, phase: Any, lane: Any, out: Any) -> None:
    """Fill ``out`` (4, n) with the words of phases 4·(phase//4) … +3 of one slot."""
    word = address_word(PURPOSE_DURATION, fleet.job, phase // 4)
    random_words(lane, number, word, fleet, out)
