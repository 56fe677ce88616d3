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
from powermodel.store.files import PARTIAL, LocalFiles, RecordingStore
from powermodel.store.objects import RecordingObjects

MOMENTS = ("before", "half", "after")


def die_at(count: int, moment: str, mark: Path | None = None) -> None:
    """Kill this process at its `count`-th file: before it, in its middle, or after it.

    Only the first process that gets to make the mark dies.
    """
    put, written = RecordingStore.set, LocalFiles.write
    left = count

    def due() -> bool:
        nonlocal left
        left -= 1
        return left == 0 and (mark is None or _first(mark))

    def half(path: Path, data: bytes | memoryview) -> None:
        if moment == "half":
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_name(f"{path.name}.{uuid.uuid4().hex}{PARTIAL}")
            unfinished.write_bytes(data[: len(data) // 2])

    async def array_file(self: Any, key: str, value: Any) -> None:
        dying = due()
        if dying:
            half(self.root / key, value.to_bytes())
        if not dying or moment == "after":
            await put(self, key, value)
        if dying:
            os.kill(os.getpid(), signal.SIGKILL)

    def other_file(self: Any, key: str, data: bytes | memoryview) -> None:
        dying = due()
        if dying:
            half(self.root / key, data)
        if not dying or moment == "after":
            written(self, key, data)
        if dying:
            os.kill(os.getpid(), signal.SIGKILL)

    put_object = RecordingObjects.set

    async def array_object(self: Any, key: str, value: Any) -> None:
        dying = due()
        if not dying or moment == "after":
            await put_object(self, key, value)
        if dying:
            os.kill(os.getpid(), signal.SIGKILL)

    RecordingObjects.set = array_object  # type: ignore[method-assign]
    RecordingStore.set = array_file  # type: ignore[method-assign]
    LocalFiles.write = other_file  # type: ignore[method-assign]


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
    """Run the study of a file into a store: ``dying.py STUDY OUT WORKERS [FILES]``."""
    study, out, workers, *files = sys.argv[1:]
    if files:
        die_at(int(files[0]), "after")
    try:
        run_study(Study.load(study), out, workers=int(workers), resume=Path(out).exists())
    except PowermodelError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
