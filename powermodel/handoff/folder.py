# SPDX-License-Identifier: Apache-2.0
"""A folder that appears whole or not at all, and never takes away what is not its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from powermodel.handoff.errors import HandoffError

MANIFEST = "manifest.json"


@contextmanager
def whole_folder(target: Path, *, overwrite: bool) -> Iterator[Path]:
    """Give a folder to fill, which becomes `target` only if nothing goes wrong.

    Parameters
    ----------
    target : Path
        Must not be there, or be empty, unless `overwrite`.
    overwrite : bool
        Replace an earlier package there; nothing else is ever replaced.

    Raises
    ------
    HandoffError
        If there is something that must stay, or the folder cannot be written.
    """
    _refuse_occupied(target, overwrite)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        filled = Path(mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise HandoffError(f"cannot write there: {error.strerror}", where=str(target)) from None
    try:
        filled.chmod(0o755)
        yield filled
        if target.exists():
            shutil.rmtree(target)
        filled.rename(target)
    except OSError as error:
        raise HandoffError(f"cannot write there: {error.strerror}", where=str(target)) from None
    finally:
        shutil.rmtree(filled, ignore_errors=True)


def _refuse_occupied(target: Path, overwrite: bool) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        raise HandoffError("expected a folder, got a file", where=str(target))
    if not any(target.iterdir()):
        return
    if not overwrite:
        raise HandoffError(
            "the folder is not empty",
            where=str(target),
            hint="choose another one, or replace an earlier package with --overwrite",
        )
    if not (target / MANIFEST).is_file():
        raise HandoffError(
            f"the folder holds no package ({MANIFEST} is missing), so it is not replaced",
            where=str(target),
            hint="choose another folder",
        )
