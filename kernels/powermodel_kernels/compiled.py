# SPDX-License-Identifier: Apache-2.0
"""Where compiled code lies on disk, and until when: what nobody has used for long is removed.

Each folder is named by a module and a digest of its sources, so a change of sources leaves its
folder behind. Another version of powermodel, in another environment of the same user, may still run
with it: only time tells, so each use is noted in the folder's time of change.
"""

import os
import re
import shutil
import time
from functools import cache
from pathlib import Path

UNUSED_S = 30 * 86_400.0
"""After so long without use compiled code is removed, when its like is compiled again, s."""
_NOTED_S = 86_400.0
"""How old the note of the last use may be, s."""
_FOLDER = re.compile(r"([\w.]+)-[0-9a-f]{16}(?:-[0-9a-f]{16})?")
# Names of whole files of ``cuda.kept``; one that a process writes has another.
_FILE = re.compile(r"[0-9a-f]{32}\.\w+")


@cache
def cache_directory() -> Path | None:
    """Return where compiled code is kept, or None when no place can be written.

    ``POWERMODEL_CACHE_DIR`` names another place; the default follows ``XDG_CACHE_HOME``.
    """
    root = os.environ.get("POWERMODEL_CACHE_DIR") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "powermodel"
    )
    path = Path(root) / "kernels"
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return path if os.access(path, os.W_OK) else None


def note_use(path: Path) -> bool:
    """Return whether a file or folder is there, and note that it is still of use."""
    try:
        if time.time() - path.stat().st_mtime > _NOTED_S:
            os.utime(path)
    except FileNotFoundError:
        return False
    except OSError:
        # Made by another user: it can be read, and its age is not ours to change.
        return True
    return True


def is_unused(path: Path) -> bool:
    """Return whether nobody has used a file or folder for long; False where nobody can tell."""
    try:
        return time.time() - path.stat().st_mtime > UNUSED_S
    except OSError:
        return False


def clear_unused(place: Path) -> None:
    """Remove what nobody has used for long, of a module that has just been compiled.

    Folders of modules that this package does not have go as well: nothing here compiles them again.

    Parameters
    ----------
    place
        The module's present folder, beside the others.
    """
    module = _module(place.name)
    for name in _names(place.parent):
        other = place.with_name(name)
        of = _module(name)
        if other == place or of is None or (of != module and _is_ours(of)):
            continue
        if is_unused(other):
            shutil.rmtree(other, ignore_errors=True)


def clear(directory: Path) -> None:
    """Remove all compiled code of a cache directory; who runs with it goes on, and compiles it."""
    for name in _names(directory):
        if _module(name) is not None:
            shutil.rmtree(directory / name, ignore_errors=True)
    folder = directory / "cuda"
    for name in _names(folder):
        if _FILE.fullmatch(name) or is_unused(folder / name):
            remove(folder / name)


def remove(file: Path) -> None:
    """Remove a file, where that can be done."""
    try:
        file.unlink()
    except OSError:
        # Another process was quicker, or it is not ours.
        return


def used_bytes(directory: Path) -> int:
    """Return the size of all files of a cache directory, B."""
    total = 0
    for root, _, names in os.walk(directory):
        for name in names:
            try:
                total += os.lstat(os.path.join(root, name)).st_size
            except OSError:
                # Removed by another process between the two calls.
                continue
    return total


def _module(name: str) -> str | None:
    """Return the module that a folder belongs to; None for what is no folder of compiled code."""
    found = _FOLDER.fullmatch(name)
    return None if found is None else found.group(1)


def _is_ours(module: str) -> bool:
    path = Path(__file__).parent.joinpath(*module.split("."))
    return path.with_suffix(".py").is_file() or path.is_dir()


def _names(directory: Path) -> list[str]:
    try:
        return os.listdir(directory)
    except OSError:
        return []
