# SPDX-License-Identifier: Apache-2.0
"""What a disk or an object store may say, in words that tell what to do."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from powermodel.errors import StoreError

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
_RIGHTS = "check the credentials and the rights on the bucket"
_REMOTE = {
    "FileNotFoundError": ("there is no such bucket or object", "check the address"),
    "PermissionDeniedError": ("not permitted", _RIGHTS),
    "UnauthenticatedError": ("not permitted", _RIGHTS),
}
_NO_ANSWER = (
    "the object store does not answer as it should",
    "what is written stays valid: check the address, its network and its credentials, then go on "
    "with --resume",
)
_LONGEST = 200


@contextmanager
def explained(address: str | os.PathLike[str], action: str) -> Iterator[None]:
    """Turn an error of the system or of an object store into one that says what to do.

    Parameters
    ----------
    address : path-like
        The store.
    action : str
        What was tried, such as ``"write block 3"``.
    """
    where = os.fspath(address)
    try:
        yield
    except OSError as error:
        if type(error).__module__.startswith("obstore") or "://" in where:
            raise _remote(error, where, action) from error
        cause, hint = _CAUSES.get(error.errno or 0, (error.strerror or str(error), None))
        raise StoreError(f"cannot {action}: {cause}", where=where, hint=hint) from error
    except Exception as error:
        # Errors of the object stores have no base among those of Python.
        if not type(error).__module__.startswith("obstore"):
            raise
        raise _remote(error, where, action) from error


def _remote(error: Exception, where: str, action: str) -> StoreError:
    cause, hint = _REMOTE.get(type(error).__name__, _NO_ANSWER)
    said = " ".join(str(error).partition("Debug source")[0].split())[:_LONGEST]
    return StoreError(f"cannot {action}: {cause} ({said})", where=where, hint=hint)
