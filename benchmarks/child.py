# SPDX-License-Identifier: Apache-2.0
"""Run a command as the child of a small process and print its seconds, peak memory and status.

The system counts into a child's peak what its parent held when it was started, so a large parent,
such as a test session, cannot measure a child itself. This file imports nothing of powermodel.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


class Finished(NamedTuple):
    """What became of a command."""

    seconds: float
    peak_rss_bytes: int
    status: int


def measured(command: list[str]) -> Finished:
    """Run a command to its end through this file."""
    through = [sys.executable, "-S", str(Path(__file__)), *command]
    done = subprocess.run(through, check=True, stdout=subprocess.PIPE)
    return Finished(**json.loads(done.stdout))


def main() -> None:
    began = time.perf_counter()
    status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=False).returncode
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * _RSS_UNIT
    print(json.dumps(Finished(seconds, peak, status)._asdict()))


if __name__ == "__main__":
    main()
