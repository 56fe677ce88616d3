# SPDX-License-Identifier: Apache-2.0
"""A store that is a bucket of an object store, or memory of this process.

An object appears whole or not at all, so nothing is ever half written; what must not be read
before it is complete is named by ``zarr.json`` and ``/progress``, which are written last.
"""

from __future__ import annotations

import importlib
import os
import threading
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from zarr.abc.store import Store
from zarr.storage import ObjectStore

from powermodel.errors import StoreError
from powermodel.store.encode import crc32c
from powermodel.store.lease import Lease
from powermodel.store.lock import Held
from powermodel.store.trouble import explained

SCHEMES = ("s3", "gs", "az", "memory")
REQUEST_S = 30.0
"""How long one request may take before it is tried again."""
GIVE_UP_S = 180.0
"""How long a request is tried again."""

_ROOT, _UNFINISHED = "zarr.json", "unfinished"
_memory: dict[str, Any] = {}
_memory_lock = threading.Lock()


class ObjectFiles:
    """A store below an address such as ``s3://bucket/study.zarr``.

    Credentials, region and endpoint are those of the environment, as for every other tool.

    Parameters
    ----------
    address : str
        Scheme, bucket and prefix.

    Raises
    ------
    StoreError
        If the package for object stores is missing, or the address names nothing.
    """

    def __init__(self, address: str) -> None:
        self._address = address.rstrip("/")
        self._obstore = _package(address)
        with explained(address, "open the store"):
            self._store = _opened(self._address)

    @property
    def address(self) -> str:
        """The address."""
        return self._address

    def read(self, key: str) -> bytes:
        """Return an object; FileNotFoundError where there is none."""
        return bytes(self._obstore.get(self._store, key).bytes())

    def write(self, key: str, data: bytes) -> None:
        """Write an object, whole or not at all."""
        self.stream(key, (data,))

    def stream(self, key: str, parts: Iterable[bytes]) -> int:
        """Write an object; return its checksum."""
        data = b"".join(parts)
        self._obstore.put(self._store, key, data)
        return crc32c(data)

    def remove(self, keys: Iterable[str]) -> None:
        """Remove objects, present or not."""
        for key in keys:
            try:
                self._obstore.delete(self._store, key)
            except FileNotFoundError:
                continue

    def remove_tree(self, prefix: str) -> None:
        """Remove every object below a prefix."""
        self.remove(self.keys(prefix))

    def has(self, key: str) -> bool:
        """Whether there is an object."""
        try:
            self._obstore.head(self._store, key)
        except FileNotFoundError:
            return False
        return True

    def keys(self, prefix: str) -> list[str]:
        """Return the keys below a prefix."""
        batches = self._obstore.list(self._store, prefix=prefix or None)
        return sorted(one["path"] for batch in batches for one in batch)

    def remove_unfinished(self) -> None:
        """Do nothing: there are no unfinished objects."""

    def taken(self) -> str | None:
        """Say what is there; a store whose making was cut off counts as nothing."""
        if self.has(_ROOT):
            return "store"
        if self.has(_UNFINISHED):
            return None
        listed = self._obstore.list(self._store, chunk_size=2)
        others = {one["path"] for batch in listed for one in batch}
        return "other" if others else None

    def replace(self, contents: dict[str, bytes]) -> None:
        """Remove what is there and put the new store's files, that which names it last.

        A kill leaves the mark of an unfinished store, which the next one replaces.
        """
        self.write(_UNFINISHED, b"")
        # The root first: from here on nobody takes what is left for a store.
        old = [key for key in self.keys("") if key not in (_UNFINISHED, _ROOT)]
        self.remove([_ROOT, *old])
        for key in sorted(contents, key=lambda key: key == _ROOT):
            self.write(key, contents[key])
        self.remove([_UNFINISHED])

    def zarr(self) -> Store:
        """Return the store for readers."""
        return ObjectStore(self._store, read_only=True)

    def lock(self) -> Held:
        """Make this the only writer."""
        scheme, _, rest = self._address.partition("://")
        parent, _, name = rest.rpartition("/")
        beside = f"{scheme}://{parent}" if parent else self._address
        key = f".{name}.lock" if parent else ".lock"
        with explained(self._address, "lock the store"):
            return Lease(_opened(beside), key, self._address)


def _package(address: str) -> Any:
    try:
        return importlib.import_module("obstore")
    except ImportError:
        raise StoreError(
            "writing to object stores needs a package that is not installed: obstore",
            where=address,
            hint="pip install 'powermodel[cloud]'",
        ) from None


def _opened(address: str) -> Any:
    """Return what obstore reads and writes below an address."""
    stores = importlib.import_module("obstore.store")
    scheme, _, rest = address.partition("://")
    if not rest.strip("/"):
        raise StoreError(
            "expected a bucket and a name",
            where=address,
            hint=f"such as {scheme}://bucket/run.zarr",
        )
    if scheme == "memory":
        with _memory_lock:
            return _memory.setdefault(address, stores.MemoryStore())
    plain = os.environ.get("AWS_ALLOW_HTTP", "").lower() in ("1", "true")
    return stores.from_url(
        address,
        # Options that are given hide those of the environment: this one is taken over.
        client_options={"timeout": timedelta(seconds=REQUEST_S), "allow_http": plain},
        retry_config={"max_retries": 20, "retry_timeout": timedelta(seconds=GIVE_UP_S)},
    )
