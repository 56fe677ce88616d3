# SPDX-License-Identifier: Apache-2.0
"""One loop over arrays for each law: the interpreter runs it as it stands, ``bind`` compiles it."""

from __future__ import annotations

from typing import Any

import numpy as np

from powermodel_kernels.laws.conversion import input_power
from powermodel_kernels.laws.duration import deviation, lognormal_factor, slowed, uniform_factor
from powermodel_kernels.laws.elementary import exp32, log32
from powermodel_kernels.laws.noise import filter_step
from powermodel_kernels.laws.normal import normal32, uniform32
from powermodel_kernels.laws.philox import philox4x32
from powermodel_kernels.laws.response import decay, falling, rising, to_quanta, transition
from powermodel_kernels.laws.sampling import next_sample, next_sample_short, placed, split
from powermodel_kernels.primitives import fma

RATE, HALF, QUARTER = np.float32(1e-6), np.float32(0.5), np.float32(0.25)
HORIZON = np.int32(2**24)
BEGIN, DT, SAMPLES = np.int64(10**10), np.int64(10**6), np.int64(10**4)
COARSE_RATE = np.float32(1024.0 / 10**6)


def each_fma(a: Any, b: Any, c: Any, out: Any) -> None:
    for i in range(out.size):
        out[i] = fma(a[i], b[i], c[i])


def each_exp32(x: Any, out: Any) -> None:
    for i in range(out.size):
        out[i] = exp32(x[i])


def each_log32(x: Any, out: Any) -> None:
    for i in range(out.size):
        out[i] = log32(x[i])


def each_normal32(word: Any, out: Any) -> None:
    for i in range(out.size):
        out[i] = normal32(word[i])


def each_uniform32(word: Any, out: Any) -> None:
    for i in range(out.size):
        out[i] = uniform32(word[i])


def each_philox(c0: Any, c1: Any, c2: Any, c3: Any, k0: Any, k1: Any, out: Any) -> None:
    for i in range(c0.size):
        a, b, c, d = philox4x32(c0[i], c1[i], c2[i], c3[i], k0[i], k1[i])
        out[i, 0], out[i, 1], out[i, 2], out[i, 3] = a, b, c, d


def each_lognormal_factor(z: Any, sigma: Any, common: Any, out: Any) -> None:
    for i in range(out.size):
        out[i] = lognormal_factor(z[i], sigma[i], common[i])


def each_uniform_factor(u: Any, out: Any) -> None:
    for i in range(out.size):
        out[i] = uniform_factor(u[i])


def each_deviation(factor: Any, mean: Any, out: Any) -> None:
    for i in range(out.size):
        out[i] = deviation(factor[i], mean[i])


def each_rising(gap: Any, overshoot: Any, out: Any) -> None:
    for i in range(gap.size):
        out[i, 0], out[i, 1] = rising(gap[i], overshoot[i])


def each_falling(gap: Any, out: Any) -> None:
    for i in range(out.size):
        out[i] = falling(gap[i])


def each_decay(age: Any, rate: Any, out: Any) -> None:
    for i in range(out.size):
        out[i] = decay(age[i], rate[i])


def each_to_quanta(power: Any, out: Any) -> None:
    for i in range(out.size):
        out[i] = to_quanta(power[i])


def each_next_sample(offset: Any, dt: Any, coarse_rate: Any, out: Any) -> None:
    for i in range(out.size):
        out[i] = next_sample(offset[i], dt[i], coarse_rate[i])


def each_next_sample_short(offset: Any, dt: Any, coarse_rate: Any, out: Any, until: Any) -> None:
    for i in range(out.size):
        coarse, low = split(offset[i])
        out[i], until[i] = next_sample_short(coarse, low, dt[i], coarse_rate[i])


def each_filter_step(white: Any, first: Any, second: Any, pole: Any, out: Any) -> None:
    for i in range(white.size):
        out[i, 0], out[i, 1] = filter_step(white[i], first[i], second[i], pole[i])


def each_input_power(power: Any, constant: Any, quadratic: Any, out: Any) -> None:
    for i in range(out.size):
        out[i] = input_power(power[i], constant[i], quadratic[i])


def each_slowed(factor: Any, slowness: Any, out: Any) -> None:
    for i in range(out.size):
        out[i] = slowed(factor[i], slowness[i])


def each_transition(
    gap: Any, age: Any, ahead: Any, rise: Any, fall: Any, over: Any, overshoot: Any, out: Any
) -> None:
    for i in range(gap.size):
        rates = (RATE, RATE * HALF, RATE * QUARTER)
        was = (rise[i], fall[i], over[i])
        recent = gap[i] > -1e6
        values = transition(gap[i], age[i], ahead[i], recent, HORIZON, rates, overshoot[i], was)
        for k in range(6):
            out[i, k] = values[k]


def each_placed(when: Any, since: Any, shift: Any, out: Any) -> None:
    for i in range(when.size):
        k, age, ahead = placed(
            when[i], since[i], BEGIN, DT, SAMPLES, COARSE_RATE, shift[i], np.int64(HORIZON)
        )
        out[i, 0], out[i, 1], out[i, 2] = k, age, ahead
