# SPDX-License-Identifier: Apache-2.0
"""A whole run with ``device="cuda"``, on the simulated GPU, is the run of the CPU to the bit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]


def test_a_run_on_the_simulated_gpu_is_that_of_the_cpu(tmp_path: Path) -> None:
    results = tmp_path / "results.npz"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.cuda.run_simulated", str(results)],
        cwd=ROOT,
        env={**os.environ, "NUMBA_ENABLE_CUDASIM": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    with np.load(results) as found:
        assert (found["cpu/device"], found["cuda/device"]) == ("cpu", "cuda")
        for group in ("poi", "hall", "rack", "probe"):
            assert np.ptp(found[f"cpu/{group}"]) > 0.0
            np.testing.assert_array_equal(found[f"cuda/{group}"], found[f"cpu/{group}"])
        assert found["cuda/rack"].shape[-1] == 2
        assert found["launches"].tolist() == [2, 2]
