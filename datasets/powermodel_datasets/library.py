# SPDX-License-Identifier: Apache-2.0
"""A folder of records: what is in it, and whether all of it holds."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path

from powermodel_datasets.errors import RecordError
from powermodel_datasets.kinds import KINDS
from powermodel_datasets.reader import read_record, read_sources
from powermodel_datasets.record import Record
from powermodel_datasets.spec import Kind
from powermodel_datasets.strict_yaml import read_yaml

SOURCES = "sources.yaml"


class Library:
    """The records below one folder: ``<kind>/<name>.yaml`` and ``sources.yaml``.

    Parameters
    ----------
    root : Path
        The folder.
    kinds : mapping of str to Kind, optional
        What it may hold.
    """

    def __init__(self, root: Path, kinds: Mapping[str, Kind] = KINDS) -> None:
        self._root = root
        self._kinds = kinds
        self._loaded: dict[tuple[str, str], Record] = {}

    @cached_property
    def sources(self) -> Mapping[str, str]:
        """Every source by its key, written out in full."""
        try:
            return read_sources((self._root / SOURCES).read_text(encoding="utf-8"))
        except RecordError as error:
            raise RecordError(f"{SOURCES}: {problem}" for problem in error.problems) from None

    def kinds(self) -> list[str]:
        """Return the kinds of record."""
        return sorted(self._kinds)

    def names(self, kind: str) -> list[str]:
        """Return the names of every record of `kind`.

        Raises
        ------
        RecordError
            If there is no such kind.
        """
        if kind not in self._kinds:
            raise RecordError(_unknown("kind of record", kind, self.kinds()))
        return sorted(path.stem for path in (self._root / kind).glob("*.yaml"))

    def load(self, kind: str, name: str) -> Record:
        """Read one record.

        Raises
        ------
        RecordError
            If there is none (close matches and valid names are listed), or it is wrong.
        """
        if (kind, name) not in self._loaded:
            if name not in self.names(kind):
                raise RecordError(_unknown(kind, name, self.names(kind)))
            self._loaded[kind, name] = self._read(kind, name)
        return self._loaded[kind, name]

    def _read(self, kind: str, name: str) -> Record:
        path = self._root / kind / f"{name}.yaml"
        try:
            return read_record(
                path.read_text(encoding="utf-8"),
                name=name,
                kind_name=kind,
                kind=self._kinds[kind],
                sources=self.sources,
            )
        except RecordError as error:
            raise RecordError(
                f"records/{kind}/{name}.yaml: {problem}" for problem in error.problems
            ) from None

    def problems(self) -> list[str]:
        """Check everything: files, records, rules between them, sources that nothing cites."""
        try:
            unused = set(self.sources)
        except RecordError as error:
            return list(error.problems)
        found = list(self._stray_files())
        for kind in self.kinds():
            for name in self.names(kind):
                found += self._record_problems(kind, name)
                unused -= self._cited(kind, name)
        return found + [f"{SOURCES}: no record cites {key!r}" for key in sorted(unused)]

    def _stray_files(self) -> Iterator[str]:
        """Files that `names` would not see, so that nothing is silently left out."""
        for path in sorted(self._root.rglob("*")):
            place = path.relative_to(self._root)
            known = len(place.parts) == 2 and path.suffix == ".yaml" and path.is_file()
            folder = len(place.parts) == 1 and path.is_dir()
            if str(place) == SOURCES or ((known or folder) and place.parts[0] in self._kinds):
                continue
            yield f"records/{place}: expected only {SOURCES} and <kind>/<name>.yaml of known kinds"

    def _record_problems(self, kind: str, name: str) -> list[str]:
        try:
            record = self.load(kind, name)
            links = self._kinds[kind].links
            for field, target in links.items():
                self.load(target, record.link(field))
            return [
                f"records/{kind}/{name}.yaml: {problem}"
                for rule in self._kinds[kind].rules
                for problem in rule(record, self.load)
            ]
        except RecordError as error:
            here = f"records/{kind}/{name}.yaml: "
            return [p if p.startswith("records/") else here + p for p in error.problems]

    def _cited(self, kind: str, name: str) -> set[str]:
        try:
            content = read_yaml((self._root / kind / f"{name}.yaml").read_text(encoding="utf-8"))
        except RecordError:
            return set()
        entries = content.get("values")
        found = entries.values() if isinstance(entries, dict) else ()
        return {str(entry.get("source")) for entry in found if isinstance(entry, dict)}


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    known = list(known)
    close = difflib.get_close_matches(name, known)
    hint = f"did you mean {' or '.join(map(repr, close))}? " if close else ""
    return f"unknown {what} {name!r}; {hint}there are: {', '.join(known) or 'none'}"
