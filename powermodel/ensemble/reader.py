# SPDX-License-Identifier: Apache-2.0
"""Reading a study: what is whole of it, as a tree whose dimensions are its axes and seeds."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
import zarr

from powermodel.ensemble.layout import VALUE, StudyLayout
from powermodel.ensemble.store import StudyFiles, labels_array, stored_attributes
from powermodel.errors import StoreError
from powermodel.store.trouble import explained

if TYPE_CHECKING:
    import xarray as xr


def open_study(path: str | os.PathLike[str], *, check: bool = True) -> xr.DataTree:
    """Open a study; overviews and series are read when they are asked for.

    Parameters
    ----------
    path : path-like
        The store.
    check : bool
        Compare every file with its checksum first.

    Returns
    -------
    xarray.DataTree
        At the root one variable for each indicator, by axes and seed, so that
        ``tree["peak"].sel(units=168, latency="20 ms")`` is what it says. Runs that are not whole
        are missing (NaN). Below it ``/overview/<level>`` and the series that were kept. The root
        attributes ``runs`` and ``runs_whole`` tell how far the study is.

    Raises
    ------
    StoreError
        If it is no study, no run is whole, or one is damaged.
    """
    import xarray as xr

    target, attributes = stored_attributes(path)
    where = target.address
    layout = StudyLayout.stored(attributes)
    with explained(where, "read the store"):
        files = StudyFiles(target, layout)
        if check:
            _refuse_damaged(files, where)
        done = files.done()
        if not done.any():
            raise StoreError("no run is whole yet", where=where, hint="go on with --resume")
        group = zarr.open_group(target.zarr(), mode="r")
        values: Any = group[VALUE]
        root = _indicators(layout, np.where(done[..., None], values[...], np.nan))
        nodes = {"/": root.assign_attrs(_attributes(attributes, done))}
        store: Any = target.zarr()  # which xarray takes, and does not say so
        with xr.open_datatree(store, engine="zarr", consolidated=True, chunks=None) as stored:
            for one in layout.data[1:]:
                owner = one.path.rpartition("/")[0]
                node = stored[owner]
                assert isinstance(node, xr.DataTree)
                nodes[owner] = node.to_dataset(inherit=False)
    return xr.DataTree.from_dict(nodes)


def _attributes(stored: dict[str, Any], done: np.ndarray) -> dict[str, Any]:
    return dict(stored) | {"runs": int(done.size), "runs_whole": int(done.sum())}


def _refuse_damaged(files: StudyFiles, where: str) -> None:
    damaged = files.damaged()
    if damaged:
        (place, path), *others = damaged
        labels = [dim.name for dim in files.layout.grid.dims] + ["seed"]
        words = ", ".join(f"{name}[{index}]" for name, index in zip(labels, place, strict=True))
        more = f" and {len(others)} more" if others else ""
        raise StoreError(
            f"damaged: {path} of the run at {words}{more}",
            where=where,
            hint="--resume computes what is damaged again and leaves the rest",
        )


def _indicators(layout: StudyLayout, values: np.ndarray) -> xr.Dataset:
    import xarray as xr

    grid = layout.grid
    dims = (*(dim.name for dim in grid.dims), "seed")
    coordinates: dict[str, Any] = {"seed": np.array(grid.seeds, dtype=np.int64)}
    for dim in grid.dims:
        for name in dim.labels:
            labels = labels_array(dim, name)
            # Texts as objects: what a user types is found in them.
            labels = labels.astype(object) if labels.dtype.kind == "T" else labels
            coordinates[name] = (dim.name, labels, {"path": dim.paths.get(name, "")})
    variables = {}
    for number, indicator in enumerate(layout.indicators):
        facts = {
            "units": indicator.unit,
            "long_name": indicator.label,
            "definition": indicator.definition,
        }
        variables[indicator.name] = (dims, values[..., number], facts)
    return xr.Dataset(variables, coordinates)
