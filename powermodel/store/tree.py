# SPDX-License-Identifier: Apache-2.0
"""The empty store: groups, arrays, coordinates and attributes, and how to read its layout back."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import zarr
from zarr.abc.buffer import Buffer
from zarr.errors import ZarrUserWarning
from zarr.storage import MemoryStore

from powermodel import schema
from powermodel.store.arrays import ArraySpec, Level
from powermodel.store.encode import Codec, compressors
from powermodel.store.layout import StoreLayout

_TIME_CHUNK = 2**18
PROGRESS_CODEC: Codec = "double"
# Blocks whose record is one file; it is written again after each of them.
_PROGRESS_BLOCKS = 1024


def progress_blocks(layout: StoreLayout) -> int:
    """Return how many blocks one file of `/progress` records."""
    return min(layout.n_blocks, _PROGRESS_BLOCKS)


def first_files(layout: StoreLayout, attributes: Mapping[str, Any]) -> dict[str, bytes]:
    """Return a store without data: everything that readers need to know its shape.

    Parameters
    ----------
    layout : StoreLayout
        Shape and chunks.
    attributes : mapping
        Root attributes.
    """
    # Fifty small arrays one after another: in memory each costs a fifth of what it costs on disk.
    contents: dict[str, Buffer] = {}
    store = MemoryStore(contents)
    group = zarr.create_group(store, zarr_format=3, attributes=dict(attributes))
    for level in layout.levels():
        group.create_group(level.group, attributes=_level_attributes(level, layout))
    for spec in layout.arrays():
        _create_array(group, spec)
    for owner, name in layout.coordinates():
        _create_coordinate(group, owner, name, layout)
    _create_progress(group, layout)
    with warnings.catch_warnings():
        # Consolidated metadata is one read instead of fifty; other readers just ignore it.
        warnings.simplefilter("ignore", ZarrUserWarning)
        zarr.consolidate_metadata(store)
    return {key: value.to_bytes() for key, value in contents.items()}


def _level_attributes(level: Level, layout: StoreLayout) -> dict[str, Any]:
    last = layout.n_samples - (level.n_cells - 1) * level.cell
    return {
        "cell_s": level.cell * layout.dt_ticks / 1e9,
        "last_cell_s": last * layout.dt_ticks / 1e9,
        "last_cell_is_partial": int(last != level.cell),
    }


def _create_array(group: zarr.Group, spec: ArraySpec) -> None:
    variable = spec.variable
    group.create_array(
        variable.path,
        shape=spec.shape,
        dtype=variable.dtype,
        chunks=spec.chunks,
        shards=spec.shards,
        compressors=compressors(spec.codec),
        # What is not written reads as missing, never as a number.
        fill_value=np.nan,
        dimension_names=variable.dims,
        attributes=variable.attributes(),
        config={"write_empty_chunks": True},
    )


def _create_coordinate(group: zarr.Group, owner: str, name: str, layout: StoreLayout) -> None:
    variable = schema.coordinate(owner, name)
    values = coordinate_values(owner, name, layout)
    array = group.create_array(
        variable.path,
        shape=values.shape,
        dtype=values.dtype,
        chunks=(min(len(values), _TIME_CHUNK),),
        compressors=compressors("double" if name == "time" else "plain"),
        dimension_names=(name,),
        attributes=variable.attributes(),
        config={"write_empty_chunks": True},
    )
    array[:] = values


def coordinate_values(owner: str, name: str, layout: StoreLayout) -> np.ndarray:
    """Return the values of a coordinate; time in s.

    Parameters
    ----------
    owner : str
        The group, such as ``"poi"`` or ``"overview/1s"``.
    name : str
        The coordinate.
    layout : StoreLayout
        The layout.
    """
    if name == "run":
        return np.arange(layout.runs, dtype=np.int64)
    if name == "hall" or name in schema.NODES:
        return np.array(layout.labels()[name], dtype=np.dtypes.StringDType())
    if name in ("rack", "accelerator"):
        return np.array(layout.labels()[name], dtype=np.int64)
    if owner in schema.ACCOUNTS:
        ends = np.arange(1, -(-layout.n_samples // layout.account_samples) + 1, dtype=np.int64)
        ends = np.minimum(ends * layout.account_samples, layout.n_samples)
        return ends * layout.dt_ticks / 1e9
    cells = {level.group: (level.n_cells, level.cell) for level in layout.levels()}
    count, step = cells.get(owner, (layout.n_samples, 1))
    # One division of an exact integer: the nearest float64, equal to what a user would type.
    return np.arange(count, dtype=np.int64) * (step * layout.dt_ticks) / 1e9


def _create_progress(group: zarr.Group, layout: StoreLayout) -> None:
    variable = schema.CHECKSUM
    columns = [spec.path for spec in layout.arrays()]
    parts = ("dt_ticks", "n_samples", "block_samples", "runs")
    owner = group.create_group(
        variable.group,
        attributes={
            "arrays": columns,
            "parts": list(layout.parts),
            "nodes": [[dim, list(names)] for dim, names in layout.nodes],
            **{part: getattr(layout, part) for part in parts},
        },
    )
    owner.create_array(
        variable.name,
        shape=(layout.runs, layout.n_blocks, len(columns)),
        dtype=variable.dtype,
        chunks=(1, progress_blocks(layout), len(columns)),
        compressors=compressors(PROGRESS_CODEC),
        fill_value=-1,
        dimension_names=variable.dims,
        attributes=variable.attributes(),
        config={"write_empty_chunks": True},
    )


def read_layout(group: zarr.Group) -> StoreLayout:
    """Read back the layout that a store was created with."""
    progress = group["progress"].attrs.asdict()
    labels: dict[str, tuple[Any, ...]] = {
        "parts": tuple(progress["parts"]),  # type: ignore[arg-type]
        "nodes": tuple((dim, tuple(names)) for dim, names in progress["nodes"]),  # type: ignore
    }
    for name, path in (
        ("halls", "hall/hall"),
        ("racks", "rack/rack"),
        ("probes", "probe/accelerator"),
    ):
        if path in group:
            labels[name] = tuple(np.asarray(group[path][:]).tolist())  # type: ignore[index]
    parts = ("dt_ticks", "n_samples", "block_samples", "runs")
    return StoreLayout(**{part: progress[part] for part in parts}, **labels)  # type: ignore[arg-type]
