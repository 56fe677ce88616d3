# SPDX-License-Identifier: Apache-2.0
"""What compilers made, kept on disk under a digest of all that went in, until nobody uses it.

Who writes, writes a file of its own and puts it in place at once, so several processes may make
the same thing at the same time.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from powermodel_kernels.compiled import is_unused, note_use, remove


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
    if not note_use(file):
        number, name = tempfile.mkstemp(f".{kind}", dir=folder)
        os.close(number)
        try:
            make(Path(name))
            os.replace(name, file)
        finally:
            Path(name).unlink(missing_ok=True)
        _clear(folder)
    return file


def _clear(folder: Path) -> None:
    """Remove what nobody has used for long: of other sources, other versions, killed processes."""
    for file in filter(is_unused, folder.iterdir()):
        remove(file)
