# SPDX-License-Identifier: Apache-2.0
"""A run that is killed after its first block, and what must be true once it has been resumed."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import powermodel as pm

# Kills itself, as a power cut would, once one block is whole.
_CHILD = """
import os, signal, sys
import powermodel as pm
def progress(p):
    if p.blocks_done == 1:
        os.kill(os.getpid(), signal.SIGKILL)
pm.simulate(pm.Scenario.load(sys.argv[1]), to=sys.argv[2], progress=progress)
"""


def files(path: Path) -> dict[str, bytes]:
    """Return the bytes of every file of a store."""
    return {str(p.relative_to(path)): p.read_bytes() for p in path.rglob("*") if p.is_file()}


def killed(scenario: pm.Scenario, folder: Path) -> Path:
    """Return the store that a killed run leaves."""
    written, cut = folder / "s.yaml", folder / "cut.zarr"
    written.write_text(scenario.to_yaml())
    child = subprocess.run([sys.executable, "-c", _CHILD, written, cut], check=False)
    assert child.returncode == -signal.SIGKILL
    return cut


def check_resumed(scenario: pm.Scenario, cut: Path) -> None:
    """Resume a killed run: one block was kept, and the bytes are those of a run in one go."""
    whole = cut.with_name("whole.zarr")
    pm.simulate(scenario, to=whole)
    seen: list[Any] = []
    pm.simulate(scenario, to=cut, resume=True, workers=1, progress=seen.append)
    assert seen[0].restored_blocks == 1
    assert files(cut) == files(whole)
