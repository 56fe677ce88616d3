# SPDX-License-Identifier: Apache-2.0
"""A study whose process, or one of whose workers, kills itself while it writes a file."""

from __future__ import annotations

import json
import os
import signal
import sys
import uuid
from pathlib import Path
from typing import Any

from powermodel.ensemble import run_study
from powermodel.ensemble.study import Study
from powermodel.errors import PowermodelError
from powermodel.store.files import PARTIAL, RecordingStore

MOMENTS = ("before", "half", "after")


def die_at(count: int, moment: str, mark: Path | None = None) -> None:
    """Kill this process at its `count`-th file: before it, in its middle, or after it.

    Only the first process that gets to make the mark dies.
    """
    whole = RecordingStore.set
    left = count

    async def write(self: Any, key: str, value: Any) -> None:
        nonlocal left
        left -= 1
        dying = left == 0 and (mark is None or _first(mark))
        if dying and moment == "half":
            path = self.root / key
            path.parent.mkdir(parents=True, exist_ok=True)
            data = value.to_bytes()
            unfinished = path.with_name(f"{path.name}.{uuid.uuid4().hex}{PARTIAL}")
            unfinished.write_bytes(data[: len(data) // 2])
        if not dying or moment == "after":
            await whole(self, key, value)
        if dying:
            os.kill(os.getpid(), signal.SIGKILL)

    RecordingStore.set = write  # type: ignore[method-assign]


def _first(mark: Path) -> bool:
    try:
        mark.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def dask_setup(_worker: object) -> None:
    """Make a Dask worker one that dies: its environment says when."""
    told = json.loads(os.environ["POWERMODEL_TEST_DEATH"])
    die_at(told["count"], told["moment"], Path(told["mark"]))


def main() -> int:
    """Run the study of a file into a store: ``dying.py STUDY OUT WORKERS``."""
    study, out, workers = sys.argv[1:]
    try:
        run_study(Study.load(study), out, workers=int(workers), resume=Path(out).exists())
    except PowermodelError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
