# SPDX-License-Identifier: Apache-2.0
"""What compilers made, kept on disk under a digest of all that went in, until nobody uses it.

Who writes, writes a file of its own and puts it in place at once, so several processes may make
the same thing at the same time.
"""

import hashlib
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

UNUSED_S = 30 * 86_400.0
"""After so long without use a file is removed, when the next one is made, s."""
_USED_AGAIN_S = 86_400.0
"""How old the note of a file's last use may be, s."""


def kept(folder: Path, kind: str, key: str, make: Callable[[Path], None]) -> Path:
    """Return the file that ``make`` writes for a key, made now or earlier.

    Parameters
    ----------
    folder
        Where it lies: there, and of these files alone.
    kind
        Ending of the file's name.
    key
        All that the content depends on.
    make
        Writes the file at the path that it is given.
    """
    file = folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.{kind}"
    if not _used(file):
        number, name = tempfile.mkstemp(f".{kind}", dir=folder)
        os.close(number)
        try:
            make(Path(name))
            os.replace(name, file)
        finally:
            Path(name).unlink(missing_ok=True)
        _clear(folder)
    return file


def _used(file: Path) -> bool:
    """Return whether a file is there, and note that it is still of use."""
    try:
        if time.time() - file.stat().st_mtime > _USED_AGAIN_S:
            os.utime(file)
    except FileNotFoundError:
        return False
    except OSError:
        # Made by another user: it can be read, and its age is not ours to change.
        return True
    return True


def _clear(folder: Path) -> None:
    """Remove what nobody has used for long: of other sources, other versions, killed processes."""
    oldest = time.time() - UNUSED_S
    for file in folder.iterdir():
        try:
            if file.stat().st_mtime < oldest:
                file.unlink()
        except OSError:
            # Another process was quicker, or it is not ours.
            continue
