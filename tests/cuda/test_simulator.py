# SPDX-License-Identifier: Apache-2.0
"""In Numba's CUDA simulator, where laws are plain Python, the kernels give the bits of the CPU."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from powermodel_kernels.fleet.job import NoiseLevel
from tests.cuda.cases import Window, noise_expected, opened, sample_job
from tests.cuda.seeds import seeded
from tests.cuda.simulated import OUTAGES, RACKS, RUNS, SITES, SMOOTHED, STEPS, WINDOW
from tests.kernels.factory import rack_power

ROOT = Path(__file__).parents[2]


def simulate(*arguments: str, simulator: str = "1") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.cuda.simulated", *arguments],
        cwd=ROOT,
        env={**os.environ, "NUMBA_ENABLE_CUDASIM": simulator},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    place = tmp_path_factory.mktemp("simulator") / "results.npz"
    done = simulate(str(place))
    assert done.returncode == 0, done.stderr[-3000:]
    with np.load(place) as loaded:
        return dict(loaded)


def test_rack_bins(simulated: Mapping[str, Any]) -> None:
    expected = [
        rack_power(made, samples=WINDOW.samples, per_rack=WINDOW.per_rack, workers=1)
        for made in seeded(replace(sample_job(), noise=NoiseLevel()), RUNS)
    ]
    assert not np.array_equal(*expected)
    assert np.array_equal(simulated["rack_bins"], expected)


def test_rack_steps(simulated: Mapping[str, Any]) -> None:
    expected = [
        rack_power(made, "steps", samples=STEPS.samples, per_rack=STEPS.per_rack, workers=1)
        for made in seeded(replace(sample_job(), noise=NoiseLevel()), RUNS)
    ]
    assert not np.array_equal(*expected)
    assert np.array_equal(simulated["rack_steps"], expected)


def test_rack_noise(simulated: Mapping[str, Any]) -> None:
    expected = noise_expected(seeded(sample_job(), RUNS), STEPS)
    assert np.ptp(expected[0, 0]) > 0
    assert np.array_equal(simulated["rack_noise"], expected)


def test_slot_barriers(simulated: Mapping[str, Any]) -> None:
    """The first slot begins at zero, so that its first leg, which is all here, is absolute."""
    slots = opened(sample_job(), Window(samples=100))._slots
    assert np.array_equal(simulated["slot_job"][0], slots.job_barrier[0])
    assert np.array_equal(simulated["slot_group"][0], slots.group_barrier[0])


def test_racks_that_remember(simulated: Mapping[str, Any]) -> None:
    """Compared where it ran; what the comparison rests on is seen to differ from what came in."""
    assert simulated["plain_racks"]
    for name, case in (("rack_stores", RACKS), ("rack_backups", OUTAGES)):
        assert simulated[name]
        assert not np.array_equal(case.expected()[0], case.power_w())


@pytest.mark.parametrize("engine", SMOOTHED)
def test_smoothed_racks(simulated: Mapping[str, Any], engine: str) -> None:
    assert simulated[f"smoothed_{engine}"]
    power, burnt, held, *_ = SMOOTHED[engine].expected()
    assert all(np.ptp(values) > 0 for values in (power, burnt, held))


def test_storage_sites(simulated: Mapping[str, Any]) -> None:
    assert simulated["site_steps"]
    assert any(np.ptp(column) > 0 for column in SITES.expected())


def test_without_the_simulator_nothing_is_claimed() -> None:
    done = simulate("nowhere.npz", simulator="0")
    assert done.returncode != 0
    assert "expected NUMBA_ENABLE_CUDASIM=1" in done.stderr
