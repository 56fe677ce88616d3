# SPDX-License-Identifier: Apache-2.0
"""The place a store is written to or read from: is it free, is it ours, is it the same run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import zarr
from zarr.errors import BaseZarrError

from powermodel import provenance, schema
from powermodel.errors import StoreError
from powermodel.store.encode import same_bytes_again
from powermodel.store.files import Files, LocalFiles
from powermodel.store.layout import StoreLayout
from powermodel.store.tree import first_files, read_layout

_ABSENT = ("there is no store", "check the path; powermodel run writes one, without --resume")


def files_at(path: str | os.PathLike[str], *, shared: bool = False) -> Files:
    """Return the files of the store at a folder or an address.

    Parameters
    ----------
    path : path-like
        A folder, ``file://…``, or an address such as ``s3://bucket/run.zarr``.
    shared : bool
        Whether several processes write it, each other files.

    Raises
    ------
    StoreError
        If the address is of no known kind, or the package for it is missing.
    """
    text = os.fspath(path)
    if "://" not in text:
        return LocalFiles(Path(text).expanduser().absolute(), shared=shared)
    scheme = text.partition("://")[0]
    if scheme == "file":
        return LocalFiles(Path(unquote(urlsplit(text).path)), shared=shared)
    # Here, not above: the package for object stores is an extra.
    from powermodel.store.objects import SCHEMES, ObjectFiles

    if scheme not in SCHEMES:
        known = ", ".join(f"{one}://" for one in ("file", *SCHEMES))
        raise StoreError(f"expected a folder or one of {known}", where=text)
    return ObjectFiles(text)


def open_group(files: Files) -> zarr.Group:
    """Open a powermodel store to read.

    Raises
    ------
    StoreError
        If there is none, or it is of another format version.
    """
    where, there = files.address, files.taken()
    if there is None:
        words, hint = _ABSENT
        raise StoreError(words, where=where, hint=hint)
    if there == "file":
        raise StoreError(
            "expected a store, which is a folder, got a file",
            where=where,
            hint="powermodel run SCENARIO OUT writes a store; name OUT here",
        )
    try:
        group = zarr.open_group(files.zarr(), mode="r")
    except (BaseZarrError, FileNotFoundError, ValueError, KeyError, TypeError):
        raise StoreError(
            "expected a store that powermodel wrote, got a folder that is no Zarr group",
            where=where,
        ) from None
    version = group.attrs.get("format_version")
    if version is None or schema.CHECKSUM.path not in group:
        raise StoreError(
            "expected a store that powermodel wrote, got a Zarr group from something else",
            where=where,
        )
    if version != schema.FORMAT_VERSION:
        raise StoreError(
            f"expected format version {schema.FORMAT_VERSION}, the store has {version}",
            where=where,
            hint=older_store_hint(group.attrs.get("powermodel_version")),
        )
    return group


def older_store_hint(version: Any) -> str:
    """Say what to do with a store in the format of another version of powermodel."""
    return (
        f"read it with powermodel {version or 'of its time'}, or run it again here into another "
        "store, or over this one with --overwrite"
    )


def refuse_taken(files: Files, overwrite: bool) -> None:
    """Refuse a place that holds something, except a store that may be replaced."""
    where, there = files.address, files.taken()
    if there == "file":
        raise StoreError(
            "expected a free path for the store, got a file",
            where=where,
            hint="choose another path",
        )
    if there == "other":
        raise StoreError(
            "the folder holds something that is not a store, which is never removed",
            where=where,
            hint="choose another path",
        )
    if there == "store" and not overwrite:
        raise StoreError(
            "the store exists",
            where=where,
            hint="--resume goes on with it, --overwrite replaces it",
        )


def put_new_store(files: Files, layout: StoreLayout, attributes: Mapping[str, Any]) -> None:
    """Make an empty store, over an older one if there is one."""
    with same_bytes_again():
        files.replace(first_files(layout, attributes))


def refuse_other_run(
    files: Files, group: zarr.Group, layout: StoreLayout, attributes: Mapping[str, Any]
) -> None:
    """Refuse a store that was not begun by the run that wants to go on with it."""
    found = provenance.differences(group.attrs.asdict(), dict(attributes))
    found += read_layout(group).differences(layout)
    if found:
        raise StoreError(
            "the store is from another run: " + "; ".join(found),
            where=files.address,
            hint="resume it with the scenario and options it was begun with, "
            "or start anew with --overwrite",
        )
