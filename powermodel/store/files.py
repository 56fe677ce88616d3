# SPDX-License-Identifier: Apache-2.0
"""Files of a store: written whole or not at all, with their checksum, and what can go wrong."""

from __future__ import annotations

import errno
import os
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from zarr.core.buffer import Buffer
from zarr.storage import LocalStore

from powermodel.errors import StoreError

PARTIAL = ".partial"
"""Suffix of a file that is being written; a kill may leave one."""

_RESUME = "what is written stays valid: free space, or move the store, then go on with --resume"
_FILE_IN_THE_WAY = ("a part of the path is a file, not a folder", "choose another path")
_CAUSES: dict[int, tuple[str, str]] = {
    errno.ENOSPC: ("no space left on the disk", _RESUME),
    errno.EDQUOT: ("the disk quota is used up", _RESUME),
    errno.EFBIG: ("the file size limit (ulimit -f) is reached", _RESUME),
    errno.EACCES: ("not permitted", "choose a folder that you may write"),
    errno.EPERM: ("not permitted", "choose a folder that you may write"),
    errno.EROFS: ("the file system is read-only", "choose a folder that can be written"),
    errno.ENOTDIR: _FILE_IN_THE_WAY,
    errno.EEXIST: _FILE_IN_THE_WAY,
    errno.ENOENT: ("a part of the path does not exist", "choose another path"),
}


class RecordingStore(LocalStore):
    """A local Zarr store that keeps the checksum of each file it writes.

    A file appears under its name only when it is whole. There is one writer (see `lock`), so the
    name of the unfinished file is fixed and a kill leaves nothing that cannot be found again.
    The work is done on Zarr's event loop and not handed to a thread: a block is a few dozen small
    files, for which the hand-over costs more than the writing.
    """

    sums: dict[str, int]

    def __init__(self, root: Path | str, *, read_only: bool = False) -> None:
        super().__init__(root, read_only=read_only)
        self.sums = {}

    async def set(self, key: str, value: Buffer) -> None:
        """Write one file and note its checksum."""
        self._check_writable()
        data = value.as_numpy_array().data.cast("B")
        write_whole(self.root / key, data)
        self.sums[key] = zlib.crc32(data)


def write_whole(path: Path, data: bytes | memoryview) -> None:
    """Write a file so that its name holds the old content or the new, never a part of it."""
    unfinished = path.with_name(path.name + PARTIAL)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("wb") as file:
            file.write(data)
        os.replace(unfinished, path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise


def checksum_of(sums: Iterable[int]) -> int:
    """Join the checksums of files, in order, into one."""
    return zlib.crc32(b"".join(one.to_bytes(4, "little") for one in sums))


def checksum(root: Path, keys: Iterable[str]) -> int | None:
    """Return the joined checksum of files as they are on the disk; None if one is missing."""
    sums = []
    for key in keys:
        try:
            sums.append(zlib.crc32((root / key).read_bytes()))
        except (FileNotFoundError, NotADirectoryError):
            return None
    return checksum_of(sums)


def remove(root: Path, keys: Iterable[str]) -> None:
    """Remove files, present or not."""
    for key in keys:
        (root / key).unlink(missing_ok=True)


def remove_unfinished(root: Path) -> None:
    """Remove what a killed writer left half written."""
    for path in root.rglob(f"*{PARTIAL}"):
        path.unlink(missing_ok=True)


@contextmanager
def explained(path: Path, action: str) -> Iterator[None]:
    """Turn an error of the operating system into one that says what to do.

    Parameters
    ----------
    path : Path
        The store.
    action : str
        What was tried, such as ``"write block 3"``.
    """
    try:
        yield
    except OSError as error:
        cause, hint = _CAUSES.get(error.errno or 0, (error.strerror or str(error), None))
        raise StoreError(f"cannot {action}: {cause}", where=str(path), hint=hint) from error
