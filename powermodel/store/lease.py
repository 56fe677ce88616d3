# SPDX-License-Identifier: Apache-2.0
"""One writer per store where there are no locks: an object that its holder renews.

Clocks of two machines are never compared. Whoever finds the object of another waits for as long as
a lease lasts: if the object has changed by then, its holder lives. Two writers at one time, which a
network that stalls for longer can still bring about, write the same bytes.
"""

from __future__ import annotations

import importlib
import os
import socket
import threading
import time
import uuid
from contextlib import suppress
from typing import Any

from powermodel.errors import StoreError

LEASE_S = 30.0
"""For how long a lease holds without being renewed."""
RENEWALS = 5
"""How often it is renewed in that time."""


class Lease:
    """The right to write a store, until it is released or its process ends.

    Parameters
    ----------
    store : obstore store
        Where the object stands: beside the store that it is about.
    key : str
        The object.
    address : str
        The store, for messages.

    Raises
    ------
    StoreError
        If another process renews its lease.
    """

    def __init__(self, store: Any, key: str, address: str) -> None:
        self._obstore: Any = importlib.import_module("obstore")
        self._store, self._key = store, key
        self._ended = threading.Event()
        if not self._taken():
            before = self._content()
            if before is not None:
                time.sleep(LEASE_S)
                if self._content() not in (before, None):
                    raise StoreError(
                        f"another process is writing this store ({before.partition(' lease')[0]})",
                        where=address,
                        hint="wait for it or end it, then go on with --resume",
                    )
            self._obstore.delete(store, key)
            if not self._taken():
                raise StoreError(
                    "another process has just begun to write this store",
                    where=address,
                    hint="wait for it or end it, then go on with --resume",
                )
        self._keeper = threading.Thread(target=self._keep, daemon=True, name="store lease")
        self._keeper.start()

    def _taken(self) -> bool:
        """Take the lease if nobody has it."""
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        try:
            self._obstore.put(self._store, self._key, self._words(), mode="create")
        except (AlreadyExistsError, PreconditionError):
            return False
        return True

    def _content(self) -> str | None:
        try:
            return bytes(self._obstore.get(self._store, self._key).bytes()).decode(errors="replace")
        except FileNotFoundError:
            return None

    @staticmethod
    def _words() -> bytes:
        holder = f"process {os.getpid()} on {socket.gethostname()}"
        return f"{holder} lease {uuid.uuid4().hex}\n".encode()

    def _keep(self) -> None:
        from obstore.exceptions import BaseError

        while not self._ended.wait(LEASE_S / RENEWALS):
            try:
                self._obstore.put(self._store, self._key, self._words())
            except (BaseError, OSError):
                continue  # the writer itself will say what is wrong with the object store

    def release(self) -> None:
        """Let others write; a second call does nothing."""
        from obstore.exceptions import BaseError

        if self._ended.is_set():
            return
        self._ended.set()
        self._keeper.join()
        # Where the object store does not answer, the lease runs out by itself.
        with suppress(BaseError, OSError):
            self._obstore.delete(self._store, self._key)
