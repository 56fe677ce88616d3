# SPDX-License-Identifier: Apache-2.0
"""The store of a study on disk: made at once, filled run by run, extended, checked."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.abc.buffer import Buffer as AnyBuffer
from zarr.errors import BaseZarrError, ZarrUserWarning
from zarr.storage import MemoryStore

from powermodel import schema
from powermodel.ensemble.dims import Dim
from powermodel.ensemble.grid import Place
from powermodel.ensemble.horizon import kept_coordinates
from powermodel.ensemble.layout import CHECKSUM, NOTHING, STUDY_FORMAT, StudyArray, StudyLayout
from powermodel.errors import StoreError
from powermodel.store.encode import compressors, same_bytes_again
from powermodel.store.files import Files, checksum, checksum_of
from powermodel.store.target import files_at, older_store_hint, refuse_taken
from powermodel.store.trouble import explained

_log = logging.getLogger(__name__)
_LABELS_PER_FILE = 4096
_ROOT = "zarr.json"


class StudyFiles:
    """The files of a study that exists: what workers write and a resume checks.

    Parameters
    ----------
    files : Files
        Of the store.
    layout : StudyLayout
        Its layout.
    """

    def __init__(self, files: Files, layout: StudyLayout) -> None:
        self.files = files
        self.layout = layout
        self._sums: dict[str, int] = {}
        self._arrays = {one.path: one for one in layout.arrays()}

    def put(self, path: str, place: Place, values: NDArray, first: int = 0) -> None:
        """Write the values of a run, or a part of its series from sample `first` on."""
        array = self._arrays[path]
        key = array.keys(place)[first // array.chunk[-1]]
        with explained(self.files.address, f"write run {place}"), same_bytes_again():
            parts = array.encoding.file(values.astype(array.dtype))
            self._sums[key] = self.files.stream(key, parts)

    def record(self, place: Place) -> None:
        """Note that a run is whole; the last that is written of it.

        Its files stand at all places with the same scenario.
        """
        files = (one.keys(place) for one in self.layout.data)
        sums = np.array([checksum_of(map(self._sums.pop, keys)) for keys in files])
        for twin in self.layout.grid.twins(place):
            if twin != place and not self.recorded(twin):
                self._copy(place, twin)
                self.put(CHECKSUM, twin, sums)
        self.put(CHECKSUM, place, sums)

    def _copy(self, place: Place, twin: Place) -> None:
        with explained(self.files.address, f"write run {twin}"):
            for one in self.layout.data:
                for own, other in zip(one.keys(place), one.keys(twin), strict=True):
                    self.files.write(other, self.files.read(own))

    def recorded(self, place: Place) -> bool:
        """Whether there is a record that a run is whole; a resume removes those that are wrong."""
        return all(map(self.files.has, self.layout.checksum.keys(place)))

    def sums_of(self, place: Place) -> dict[str, int]:
        """Return the checksums of those files of a run that are written so far."""
        keys = [key for one in self.layout.data for key in one.keys(place)]
        return {key: self._sums[key] for key in keys if key in self._sums}

    def take_sums(self, sums: Mapping[str, int]) -> None:
        """Take the checksums of files of a run that were written before."""
        self._sums |= sums

    def sums(self) -> NDArray[np.int64]:
        """Return the checksums of all runs; those of a damaged record are missing."""
        array: Any = zarr.open_group(self.files.zarr(), mode="r")[CHECKSUM]
        try:
            return np.asarray(array[:])
        except (ValueError, RuntimeError):  # what Zarr's codecs raise for damaged bytes
            found = np.full(array.shape, NOTHING, dtype=np.int64)
        for place in self.layout.grid.places():
            try:
                found[place] = array[place]
            except (ValueError, RuntimeError):
                _log.warning("the record of run %s is damaged", place)
        return found

    def done(self) -> NDArray[np.bool_]:
        """Return for each run whether it is recorded as whole."""
        return np.asarray((self.sums() != NOTHING).all(axis=-1))

    def damaged(self) -> list[tuple[Place, str]]:
        """Compare every file of whole runs with its checksum; return run and array of the rest."""
        sums = self.sums()
        found = []
        for place in self.layout.grid.places():
            if (sums[place] == NOTHING).any():
                continue
            for column, one in enumerate(self.layout.data):
                if checksum(self.files, one.keys(place)) != int(sums[(*place, column)]):
                    found.append((place, one.path))
        return found

    def missing(self) -> list[Place]:
        """Return the runs that are not whole; a record of one that cannot be read is removed."""
        found = [tuple(place) for place in np.argwhere(~self.done()).tolist()]
        records = {key for place in found for key in self.layout.checksum.keys(place)}
        with explained(self.files.address, "remove what is damaged"):
            self.files.remove(records.intersection(self.files.keys(f"{CHECKSUM}/c/")))
        return found

    def forget(self, places: Iterable[Place]) -> None:
        """Count runs as not done, and remove what is there of them."""
        with explained(self.files.address, "remove what is damaged"):
            for place in places:
                for one in (self.layout.checksum, *self.layout.data):
                    self.files.remove(one.keys(place))


def create(files: Files, layout: StudyLayout, *, overwrite: bool) -> None:
    """Make an empty store."""
    with explained(files.address, "create the store"):
        refuse_taken(files, overwrite)
        files.replace(description(layout))


def description(layout: StudyLayout) -> dict[str, bytes]:
    """Return everything but the runs; that which readers and a resume believe comes last."""
    contents: dict[str, AnyBuffer] = {}
    with same_bytes_again():
        _describe(MemoryStore(contents), layout)
    root = contents.pop(_ROOT)
    return {key: value.to_bytes() for key, value in (*contents.items(), (_ROOT, root))}


def put_description(files: Files, layout: StudyLayout) -> None:
    """Write everything but the runs: again, with the same bytes, or with more places."""
    for key, data in description(layout).items():
        if not (files.has(key) and files.read(key) == data):
            files.write(key, data)


def _describe(store: MemoryStore, layout: StudyLayout) -> None:
    group = zarr.create_group(store, zarr_format=3, attributes=layout.attributes())
    dims = tuple(dim.name for dim in layout.grid.dims)
    for one in layout.arrays():
        group.create_array(
            one.path,
            shape=(*layout.grid.shape, *one.tail),
            chunks=(*(1 for _ in layout.grid.shape), *one.chunk),
            dtype=one.dtype,
            compressors=compressors(one.codec),
            fill_value=one.fill,
            dimension_names=(*dims, "seed", *one.dims),
            attributes=one.attributes,
            config={"write_empty_chunks": True},
        )
    for name, dim, values, facts in _coordinates(layout):
        _coordinate(group, name, dim, values, facts)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ZarrUserWarning)
        zarr.consolidate_metadata(store)


def _coordinates(layout: StudyLayout) -> Iterable[tuple[str, str, NDArray, dict[str, Any]]]:
    for dim in layout.grid.dims:
        for name in dim.labels:
            yield name, dim.name, labels_array(dim, name), {"path": dim.paths.get(name, "")}
    yield "seed", "seed", np.array(layout.grid.seeds, dtype=np.int64), {"long_name": "Seed"}
    indicators = layout.indicators
    texts = {
        "indicator": [one.name for one in indicators],
        "unit": [one.unit for one in indicators],
        "definition": [one.definition for one in indicators],
    }
    for name, values in texts.items():
        yield f"indicators/{name}", "indicator", _texts(values), {}
    files = [one.path for one in layout.data]
    yield "progress/file", "file", _texts(files), {"long_name": "Array"}
    step_s = layout.run.dt_ticks / 1e9
    for level in layout.levels:
        yield f"{level.group}/statistic", "statistic", _texts(schema.STATISTICS), {}
        cells = np.arange(level.n_cells, dtype=np.int64)
        times = cells * (level.cell * layout.run.dt_ticks) / 1e9
        facts = {"units": "s", "long_name": "Start of the cell", "cell_s": level.cell * step_s}
        yield f"{level.group}/time", "time", times, facts
    for path, own, kept, facts in kept_coordinates(layout.study, layout.grid.scenario.time.dt):
        yield path, own, kept if isinstance(kept, np.ndarray) else _texts(kept), facts
    for group in sorted({path.split("/")[0] for path in layout.study.keep.series}):
        samples = np.arange(layout.run.n_samples, dtype=np.int64)
        times = samples * layout.run.dt_ticks / 1e9
        yield f"{group}/time", "time", times, {"units": "s", "long_name": "Time"}


def labels_array(dim: Dim, name: str) -> NDArray:
    """Return a coordinate as an array: numbers where all of it are numbers, else texts."""
    values = dim.labels[name]
    if all(isinstance(value, int) and not isinstance(value, bool) for value in values):
        return np.array(values, dtype=np.int64)
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return np.array(values, dtype=np.float64)
    return _texts([str(value) for value in values])


def _texts(values: Iterable[str]) -> NDArray:
    return np.array(list(values), dtype=np.dtypes.StringDType())


def _coordinate(
    group: zarr.Group, path: str, dim: str, values: NDArray, facts: Mapping[str, Any]
) -> None:
    # Chunks of one length for every number of labels: a reader of the shorter one finds its own.
    array = group.create_array(
        path,
        shape=values.shape,
        dtype=values.dtype,
        chunks=(_LABELS_PER_FILE,),
        compressors=compressors("double" if values.dtype.kind == "f" else "plain"),
        dimension_names=(dim,),
        attributes=dict(facts),
        config={"write_empty_chunks": True},
    )
    array[:] = values


def stored_attributes(path: str | os.PathLike[str]) -> tuple[Files, dict[str, Any]]:
    """Return the files of a study's store and its attributes.

    Raises
    ------
    StoreError
        If there is no study.
    """
    files = files_at(path, shared=True)
    where = files.address
    with explained(where, "open the store"):
        if files.taken() is None:
            raise StoreError("there is no store", where=where, hint="check the path")
        try:
            attributes = zarr.open_group(files.zarr(), mode="r").attrs.asdict()
        except (BaseZarrError, FileNotFoundError, ValueError, KeyError, TypeError):
            raise StoreError("expected the store of a study", where=where) from None
    version = attributes.get("study_format")
    if version is None:
        raise StoreError(
            "expected the store of a study, got something else",
            where=where,
            hint="powermodel sweep writes one; powermodel show reads that of a run",
        )
    if version != STUDY_FORMAT:
        raise StoreError(
            f"expected study format {STUDY_FORMAT}, the store has {version}",
            where=where,
            hint=older_store_hint(attributes.get("powermodel_version")),
        )
    return files, attributes


__all__ = ["StudyArray", "StudyFiles", "create", "put_description", "stored_attributes"]
