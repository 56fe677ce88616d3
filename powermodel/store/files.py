# SPDX-License-Identifier: Apache-2.0
"""Files of a store, wherever it lies: written whole or not at all, with their checksums."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from zarr.abc.store import Store
from zarr.storage import LocalStore

from powermodel.store.encode import Summed, crc32c
from powermodel.store.lock import FileLock, Held

PARTIAL = ".partial"
"""Suffix of a file that is being written; a kill may leave one."""


class Files(Protocol):
    """The files of one store, by key; a key is a path with ``/``."""

    @property
    def address(self) -> str:
        """Where the store is, as one would type it."""

    def read(self, key: str) -> bytes:
        """Return a file; FileNotFoundError where there is none."""

    def write(self, key: str, data: bytes) -> None:
        """Write a file so that its key holds the old content or the new, never a part of it."""

    def stream(self, key: str, parts: Iterable[bytes]) -> int:
        """Write a file as `write` does, in parts; return the checksum of it."""

    def remove(self, keys: Iterable[str]) -> None:
        """Remove files, present or not."""

    def remove_tree(self, prefix: str) -> None:
        """Remove everything below a prefix, and folders that are empty without it."""

    def has(self, key: str) -> bool:
        """Whether there is a file."""

    def keys(self, prefix: str) -> list[str]:
        """Return the keys below a prefix, which ends in ``/`` or is empty; whole files alone."""

    def remove_unfinished(self) -> None:
        """Remove what a killed writer left half written."""

    def taken(self) -> str | None:
        """Say what is there: ``"store"``, ``"file"``, ``"other"``, or None for nothing."""

    def replace(self, contents: dict[str, bytes]) -> None:
        """Put a new store, given by its first files, where the old one is, if any."""

    def zarr(self) -> Store:
        """Return the store for readers."""

    def lock(self) -> Held:
        """Make this the only writer; StoreError where there is another."""


class LocalFiles:
    """A store that is a folder.

    Parameters
    ----------
    root : Path
        The folder, absolute.
    shared : bool
        Whether two writers may write one file at a time, the same bytes: each then has unfinished
        files of its own.
    """

    def __init__(self, root: Path, *, shared: bool = False) -> None:
        self.root = root
        self._shared = shared

    @property
    def address(self) -> str:
        """The folder."""
        return str(self.root)

    def read(self, key: str) -> bytes:
        """Return a file; see `Files`."""
        try:
            return (self.root / key).read_bytes()
        except NotADirectoryError as error:
            raise FileNotFoundError(*error.args) from None

    def write(self, key: str, data: bytes) -> None:
        """Write a file; see `Files`."""
        self.stream(key, (data,))

    def stream(self, key: str, parts: Iterable[bytes]) -> int:
        """Write a file in parts; see `Files`."""
        summed = Summed(parts)
        write_whole(self.root / key, summed, own=self._shared)
        return summed.sum

    def remove(self, keys: Iterable[str]) -> None:
        """Remove files, present or not."""
        for key in keys:
            (self.root / key).unlink(missing_ok=True)

    def remove_tree(self, prefix: str) -> None:
        """Remove a folder of the store, and those above it that are empty without it."""
        folder = self.root / prefix
        shutil.rmtree(folder, ignore_errors=True)
        while (
            (folder := folder.parent) != self.root and folder.is_dir() and not any(folder.iterdir())
        ):
            folder.rmdir()

    def has(self, key: str) -> bool:
        """Whether there is a file."""
        return (self.root / key).is_file()

    def keys(self, prefix: str) -> list[str]:
        """Return the keys below a prefix."""
        found = (path for path in (self.root / prefix).rglob("*") if path.is_file())
        return sorted(
            path.relative_to(self.root).as_posix() for path in found if path.suffix != PARTIAL
        )

    def remove_unfinished(self) -> None:
        """Remove what a killed writer left half written."""
        for path in self.root.rglob(f"*{PARTIAL}"):
            path.unlink(missing_ok=True)

    def taken(self) -> str | None:
        """Say what is there."""
        if self.root.is_file():
            return "file"
        if not self.root.exists() or not any(self.root.iterdir()):
            return None
        return "store" if (self.root / "zarr.json").is_file() else "other"

    def replace(self, contents: dict[str, bytes]) -> None:
        """Make the new store beside the old one and move it there at once.

        A kill leaves either the old store or the new one, never a part of one under its name.
        """
        new = self.root.with_name(f".{self.root.name}.new")
        old = self.root.with_name(f".{self.root.name}.old")
        for leftover in (new, old):
            shutil.rmtree(leftover, ignore_errors=True)
        try:
            for key, data in contents.items():
                write_whole(new / key, (data,))
            if self.root.exists():
                os.rename(self.root, old)
            os.rename(new, self.root)
        finally:
            for leftover in (new, old):
                shutil.rmtree(leftover, ignore_errors=True)

    def zarr(self) -> Store:
        """Return the store for readers."""
        return LocalStore(self.root, read_only=True)

    def lock(self) -> Held:
        """Make this the only writer."""
        return FileLock(self.root)


def write_whole(path: Path, parts: Iterable[bytes], *, own: bool = False) -> None:
    """Write a file so that its name holds the old content or the new, never a part of it.

    Parameters
    ----------
    path : Path
        The file.
    parts : iterable of bytes
        Its content.
    own : bool
        Whether the unfinished file gets a name of its own: a run that is given to a second worker,
        because the first seems lost, is written by both. With one writer the name is fixed, so a
        kill leaves nothing that the next write does not replace.
    """
    mark = f".{uuid.uuid4().hex}" if own else ""
    unfinished = path.with_name(f"{path.name}{mark}{PARTIAL}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("wb") as file:
            file.writelines(parts)
        os.replace(unfinished, path)
    except Exception:
        unfinished.unlink(missing_ok=True)
        raise


def checksum_of(sums: Iterable[int]) -> int:
    """Join the checksums of files, in order, into one."""
    return crc32c(b"".join(one.to_bytes(4, "little") for one in sums))


def checksum(files: Files, keys: Iterable[str]) -> int | None:
    """Return the joined checksum of files as they are stored; None if one is missing."""
    sums = []
    for key in keys:
        try:
            sums.append(crc32c(files.read(key)))
        except FileNotFoundError:
            return None
    return checksum_of(sums)
