# SPDX-License-Identifier: Apache-2.0
"""One writer per store: a lock beside it that ends with the process that holds it."""

from __future__ import annotations

import fcntl
import os
import socket
from pathlib import Path
from typing import Protocol

from powermodel.errors import StoreError
from powermodel.store.trouble import explained


class Held(Protocol):
    """A store of which this process is the only writer."""

    def release(self) -> None:
        """Let others write; a second call does nothing."""


class FileLock:
    """An exclusive lock on a store.

    The operating system drops it when the holder ends, however it ends, so a lock is never stale.
    It stands beside the store and not in it: the store's bytes depend on the run alone.

    Parameters
    ----------
    store : Path
        The store to lock; it need not exist.

    Raises
    ------
    StoreError
        If another process writes this store, or the folder cannot be written.
    """

    def __init__(self, store: Path) -> None:
        self.path = store.with_name(f".{store.name}.lock")
        with explained(store, "create the store"):
            store.parent.mkdir(parents=True, exist_ok=True)
        with explained(store, "lock the store"):
            self._file = self._acquire(store)

    def _acquire(self, store: Path) -> int:
        while True:
            file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = os.pread(file, 200, 0).decode(errors="replace").strip()
                os.close(file)
                raise StoreError(
                    f"another process is writing this store ({holder or 'just starting'})",
                    where=str(store),
                    hint="wait for it or end it, then go on with --resume",
                ) from None
            if self._still_named(file):
                os.ftruncate(file, 0)
                os.pwrite(file, f"process {os.getpid()} on {socket.gethostname()}\n".encode(), 0)
                return file
            os.close(file)

    def _still_named(self, file: int) -> bool:
        """Whether the path still names this file: its last holder may just have removed it."""
        try:
            return os.path.samestat(os.fstat(file), os.stat(self.path))
        except FileNotFoundError:
            return False

    def release(self) -> None:
        """Give the lock back; a second call does nothing."""
        if self._file >= 0:
            self.path.unlink(missing_ok=True)
            os.close(self._file)
            self._file = -1
