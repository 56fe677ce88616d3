# SPDX-License-Identifier: Apache-2.0
"""Reading a run: what is whole of it, as a tree of labelled arrays."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import zarr

from powermodel.errors import StoreError
from powermodel.store.arrays import Level
from powermodel.store.files import Files
from powermodel.store.layout import StoreLayout
from powermodel.store.progress import Damage, Progress
from powermodel.store.target import files_at, open_group
from powermodel.store.tree import read_layout
from powermodel.store.trouble import explained

if TYPE_CHECKING:
    import xarray as xr

_LARGE_GROUPS = ("rack", "probe")


def open_run(path: str | os.PathLike[str], *, check: bool = True) -> xr.DataTree:
    """Open a run; values are read when they are asked for.

    The tree ends where the first block stands that is not whole (in any run), so a run that is
    still being written, or was killed, shows what it has. The root attributes ``complete`` (0 or
    1) and ``whole_s`` (s) tell.

    Parameters
    ----------
    path : path-like
        The store.
    check : bool
        Compare the files with their checksums first; of racks and probes, which are large, only
        whether they are there. Zarr itself refuses a damaged chunk of these when it is read.

    Returns
    -------
    xarray.DataTree
        Groups ``/poi``, ``/hall``, ``/rack``, ``/probe`` and ``/overview/<level>`` as far as kept.

    Raises
    ------
    StoreError
        If it is no store, nothing is whole yet, or a block is damaged.
    """
    target = files_at(path)
    with explained(target.address, "read the store"):
        group = open_group(target)
        layout = read_layout(group)
        records = [_readable(target, group, layout, run) for run in range(layout.runs)]
        whole = min(record.whole_blocks() for record in records)
        if whole == 0:
            raise StoreError("no block is whole yet", where=str(target), hint="go on with --resume")
        if check:
            damaged = [d for r in records for d in r.damage(target, range(whole), _LARGE_GROUPS)]
            _refuse_damaged(target, damaged)
        return _tree(target, layout, whole)


def verify(path: str | os.PathLike[str]) -> list[Damage]:
    """Compare every file of a store with its checksum.

    Parameters
    ----------
    path : path-like
        The store.

    Returns
    -------
    list of Damage
        What is missing or differs, empty if all is well. ``--resume`` computes it again.
    """
    target = files_at(path)
    with explained(target.address, "read the store"):
        group = open_group(target)
        layout = read_layout(group)
        records = [_readable(target, group, layout, run) for run in range(layout.runs)]
        return [d for record in records for d in record.damage(target, range(layout.n_blocks))]


def _readable(files: Files, group: zarr.Group, layout: StoreLayout, run: int) -> Progress:
    record = Progress(group, layout, run)
    if record.unreadable:
        raise StoreError(
            f"the record of what is whole (/progress) is damaged for run {run}",
            where=files.address,
            hint="--resume computes its blocks again",
        )
    return record


def _refuse_damaged(files: Files, damaged: list[Damage]) -> None:
    if damaged:
        more = f" and {len(damaged) - 1} more" if len(damaged) > 1 else ""
        raise StoreError(
            f"damaged: {damaged[0]}{more}",
            where=files.address,
            hint="--resume computes what is damaged again and leaves the rest",
        )


def _tree(files: Files, layout: StoreLayout, whole: int) -> xr.DataTree:
    import xarray as xr  # half a second, which writing a store must not cost

    samples = int(layout.samples(0, whole).stop)
    lengths = {spec.variable.group: samples for spec in layout.sampled()}
    ends = layout.accounts(slice(0, samples)).stop
    lengths |= {spec.variable.group: ends for spec in layout.accounted()}
    for level in layout.levels():
        lengths[level.group] = _whole_cells(layout, level, whole)
    store: Any = files.zarr()  # which xarray takes, and does not say so
    with xr.open_datatree(store, engine="zarr", consolidated=True) as stored:
        nodes = {"/": stored.to_dataset()}
        for owner, length in lengths.items():
            dataset = stored[owner].to_dataset()
            nodes[owner] = dataset.isel(time=slice(0, length))
    tree: xr.DataTree = xr.DataTree.from_dict(nodes)
    tree.attrs["complete"] = int(whole == layout.n_blocks)
    tree.attrs["whole_s"] = samples * layout.dt_ticks / 1e9
    return tree


def _whole_cells(layout: StoreLayout, level: Level, whole: int) -> int:
    if whole == layout.n_blocks:
        return level.n_cells
    spans = whole // level.span_blocks
    return int(layout.samples(0, spans * level.span_blocks).stop // level.cell)
