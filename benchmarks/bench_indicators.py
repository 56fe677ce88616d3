# SPDX-License-Identifier: Apache-2.0
"""All indicators of ten minutes at 1 ms."""

from __future__ import annotations

import numpy as np

from benchmarks.measure import Bar, Bench, Work
from powermodel.indicators import summarize

_DT_S = 0.001


def test_summarize(bench: Bench) -> None:
    samples = 20_000 if bench.small else 600_000
    time_s = np.arange(samples) * _DT_S
    wave = np.where(time_s % 2.5 < 1.8, 160e6, 70e6)
    power_w = wave + np.random.default_rng(0).normal(0.0, 1e6, samples)
    work = Work(
        group=f"indicators: all, of {samples:,} samples at 1 ms",
        row="summarize",
        simulated_s=samples * _DT_S,
        bytes=power_w.nbytes,
        bars=(Bar("times_real_time", at_least=500.0),),
    )
    bench.time(work, lambda: summarize(power_w, _DT_S), rounds=5)
