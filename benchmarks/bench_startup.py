# SPDX-License-Identifier: Apache-2.0
"""What every command waits for: the help text, and a run with hardly any simulation in it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from benchmarks.measure import Bar, Bench, Work

_GROUP = "startup: whole process"
_POWERMODEL = [sys.executable, "-m", "powermodel"]
# A second run finds its own modules as bytecode, unless the machine forbids that.
_ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}


def powermodel(*arguments: str) -> None:
    command = [*_POWERMODEL, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=_ENVIRONMENT)
    assert done.returncode == 0, done.stderr


def test_help(bench: Bench) -> None:
    work = Work(_GROUP, "powermodel --help", bars=(Bar("median_s", at_most=0.5),))
    bench.time(work, lambda: powermodel("--help"), rounds=9, child=True)


def test_second_run(bench: Bench, tmp_path: Path) -> None:
    # 1,440 accelerators for 10 s are a few milliseconds of simulation, so all of the time is what a
    # run spends outside it. The run before this one leaves the compiled code.
    arguments = ("run", "colossus2-phase1", str(tmp_path / "out.zarr"), "--quiet", "--overwrite")
    small = ("--duration=10s", "--set=jobs.0.accelerators=1440")
    work = Work(_GROUP, "second run, 1,440 accelerators", bars=(Bar("median_s", at_most=2.0),))
    bench.time(work, lambda: powermodel(*arguments, *small), rounds=5, child=True)
