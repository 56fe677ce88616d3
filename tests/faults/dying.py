# SPDX-License-Identifier: Apache-2.0
"""A study whose process, or one of whose workers, kills itself while it writes a file."""

from __future__ import annotations

import json
import os
import signal
import sys
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from powermodel.ensemble import run_study
from powermodel.ensemble.study import Study
from powermodel.errors import PowermodelError
from powermodel.store.files import PARTIAL, LocalFiles
from powermodel.store.objects import ObjectFiles

MOMENTS = ("before", "half", "after")


def die_at(count: int, moment: str, mark: Path | None = None) -> None:
    """Kill this process at its `count`-th file: before it, in its middle, or after it.

    Only the first process that gets to make the mark dies.
    """
    left = count

    def due() -> bool:
        nonlocal left
        left -= 1
        return left == 0 and (mark is None or _first(mark))

    def half(path: Path, data: bytes) -> None:
        if moment == "half":
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_name(f"{path.name}.{uuid.uuid4().hex}{PARTIAL}")
            unfinished.write_bytes(data[: len(data) // 2])

    def dying(kind: type[Any]) -> Any:
        whole = kind.stream

        def stream(self: Any, key: str, parts: Iterable[bytes]) -> int:
            last = not making and due()
            if last:
                parts = list(parts)
                if kind is LocalFiles:
                    half(self.root / key, b"".join(parts))
            found = whole(self, key, parts) if not last or moment == "after" else 0
            if last:
                os.kill(os.getpid(), signal.SIGKILL)
            return int(found)

        return stream

    def uncounted(self: ObjectFiles, contents: dict[str, bytes]) -> None:
        # The files that a new store is made of: those of a folder are made elsewhere.
        nonlocal making
        making = True
        made(self, contents)
        making = False

    making, made = False, ObjectFiles.replace
    ObjectFiles.replace = uncounted  # type: ignore[method-assign]
    for kind in (LocalFiles, ObjectFiles):
        kind.stream = dying(kind)  # type: ignore[method-assign]


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
