# SPDX-License-Identifier: Apache-2.0
"""A whole run of the largest shipped scenario: time and peak memory of its process."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.child import measured
from benchmarks.measure import Bar, Bench, Work
from powermodel.scenario import Scenario

_GIB = 2**30
_NAME = "colossus2-1gw"


@pytest.mark.timeout(1800)
def test_run(bench: Bench, tmp_path: Path) -> None:
    seconds = 10 if bench.small else 600
    jobs = Scenario.load(_NAME).jobs
    fewer = {f"jobs.{i}.accelerators": 720 for i in range(len(jobs))} if bench.small else {}
    accelerators = sum(fewer.values()) or sum(job.accelerators for job in jobs)
    command = [sys.executable, "-m", "powermodel", "run", _NAME, "--quiet", "--overwrite"]
    command += [f"--set={path}={value}" for path, value in fewer.items()]
    # Compiled code is kept by an earlier, short run.
    if not bench.small:
        assert measured([*command, str(tmp_path / "short.zarr"), "--duration=10s"]).status == 0
    work = Work(
        group=f"run: {_NAME}, {seconds} s at 1 ms, site and halls",
        row="whole process",
        simulated_s=float(seconds),
        accelerator_steps=accelerators * seconds * 1000,
        bars=(Bar("peak_rss_bytes", at_most=2.0 * _GIB),),
    )
    command += [str(tmp_path / "out.zarr"), f"--duration={seconds}s"]
    finished = bench.time(work, lambda: measured(command), rounds=1, warm_up=0, child=True)
    assert finished.status == 0
    bench.note(peak_rss_bytes=finished.peak_rss_bytes)
