# SPDX-License-Identifier: Apache-2.0
"""The place a store is written to or read from: is it free, is it ours, is it the same run."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import zarr
from zarr.errors import BaseZarrError

from powermodel import provenance, schema
from powermodel.errors import StoreError
from powermodel.store.layout import StoreLayout
from powermodel.store.tree import create_tree, read_layout, same_bytes_again


def local_path(path: str | os.PathLike[str]) -> Path:
    """Return the absolute path of a local store.

    Raises
    ------
    StoreError
        If it is a remote address.
    """
    text = os.fspath(path)
    if "://" in text:
        raise StoreError(
            "expected a local folder, got a remote address",
            where=text,
            hint="write to a local folder and copy the finished store",
        )
    return Path(text).expanduser().absolute()


def open_group(path: Path) -> zarr.Group:
    """Open a powermodel store to read.

    Raises
    ------
    StoreError
        If there is none, or it is of another format version.
    """
    where = str(path)
    if not path.exists():
        raise StoreError(
            "there is no store", where=where, hint="check the path; a new run needs no --resume"
        )
    if not path.is_dir():
        raise StoreError("expected a store, which is a folder, got a file", where=where)
    try:
        group = zarr.open_group(path, mode="r")
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
            hint=f"use powermodel {group.attrs.get('powermodel_version', 'of its time')}",
        )
    return group


def refuse_taken(path: Path, overwrite: bool) -> None:
    """Refuse a path that holds something, except a store that may be replaced."""
    where = str(path)
    if path.is_file():
        raise StoreError(
            "expected a free path for the store, got a file",
            where=where,
            hint="choose another path",
        )
    if not path.exists() or not any(path.iterdir()):
        return
    if not (path / "zarr.json").is_file():
        raise StoreError(
            "the folder holds something that is not a store, which is never removed",
            where=where,
            hint="choose another path",
        )
    if not overwrite:
        raise StoreError(
            "the store exists",
            where=where,
            hint="--resume goes on with it, --overwrite replaces it",
        )


def put_new_store(path: Path, layout: StoreLayout, attributes: Mapping[str, Any]) -> None:
    """Make an empty store beside `path` and move it there at once, over an older one.

    A kill leaves either the old store or the new one, never a part of one under its name.
    """
    new = path.with_name(f".{path.name}.new")
    old = path.with_name(f".{path.name}.old")
    for leftover in (new, old):
        shutil.rmtree(leftover, ignore_errors=True)
    try:
        with same_bytes_again():
            create_tree(new, layout, attributes)
        if path.exists():
            os.rename(path, old)
        os.rename(new, path)
    finally:
        for leftover in (new, old):
            shutil.rmtree(leftover, ignore_errors=True)


def refuse_other_run(
    path: Path, group: zarr.Group, layout: StoreLayout, attributes: Mapping[str, Any]
) -> None:
    """Refuse a store that was not begun by the run that wants to go on with it."""
    found = provenance.differences(group.attrs.asdict(), dict(attributes))
    found += read_layout(group).differences(layout)
    if found:
        raise StoreError(
            "the store is from another run: " + "; ".join(found),
            where=str(path),
            hint="resume it with the scenario and options it was begun with, "
            "or start anew with --overwrite",
        )
