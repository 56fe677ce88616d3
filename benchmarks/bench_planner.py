# SPDX-License-Identifier: Apache-2.0
"""What a planner waits for: rules held to a record, flicker, and files."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from benchmarks.measure import Bar, Bench, Work
from powermodel.exporters import Basis, PlannerSeries, export
from powermodel.indicators.flicker import flicker
from powermodel.indicators.flicker_plan import Flickermeter
from powermodel.limits.profiles import assess_blocks, rules_of

_DT_S = 0.001
_BLOCK = 1 << 18


def _power_w(samples: int) -> np.ndarray:
    time_s = np.arange(samples) * _DT_S
    wave = np.where(time_s % 2.5 < 1.8, 700e6, 320e6)
    return wave + np.random.default_rng(0).normal(0.0, 1e6, samples)


@pytest.mark.parametrize("profile", ["ercot", "ieso"])
def test_limits(bench: Bench, profile: str) -> None:
    samples = 70_000 if bench.small else 3_600_000
    power_w = _power_w(samples)
    blocks = [power_w[first : first + _BLOCK] for first in range(0, samples, _BLOCK)]
    rules = rules_of(profile)
    work = Work(
        group=f"limits: profiles, of {samples:,} samples at 1 ms",
        row=profile,
        simulated_s=samples * _DT_S,
        bytes=power_w.nbytes,
        bars=(Bar("times_real_time", at_least=500.0),),
    )
    bench.time(work, lambda: assess_blocks(blocks, samples, _DT_S, rules), rounds=3)


def test_flicker(bench: Bench) -> None:
    samples = 20_000 if bench.small else 600_000
    envelope = 1 - 0.005 * (_power_w(samples) > 500e6)
    interval_s = samples * _DT_S
    meter = Flickermeter(60.0, interval_s=interval_s)
    work = Work(
        group=f"flicker: {samples:,} samples of an envelope at 1 ms",
        row="120 V, 60 Hz",
        simulated_s=interval_s,
        bytes=envelope.nbytes,
        bars=(Bar("times_real_time", at_least=600.0),),
    )
    bench.time(
        work,
        lambda: flicker(envelope, _DT_S, meter),
        rounds=5,
    )


@pytest.mark.parametrize("name", ["comtrade", "pscad", "parquet", "opendss"])
def test_export(bench: Bench, tmp_path: Path, name: str) -> None:
    samples = 10_000 if bench.small else 600_000
    basis = Basis(mains_hz=60.0, voltage_v=345e3, start=datetime(2026, 1, 1, tzinfo=UTC))
    series = PlannerSeries("campus", 1_000_000, _power_w(samples), basis)
    work = Work(
        group=f"export: written and read back, {samples:,} samples",
        row=name,
        simulated_s=samples * _DT_S,
        bytes=series.power_w.nbytes,
    )
    bench.time(work, lambda: export(series, tmp_path, [name]), rounds=3)
