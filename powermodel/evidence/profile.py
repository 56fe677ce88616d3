# SPDX-License-Identifier: Apache-2.0
"""One version of a qualification: its criteria with source and confidence, shipped or edited."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from powermodel.errors import PowermodelError
from powermodel_datasets import RecordError, load, names
from powermodel_datasets.evidence_kinds import EVIDENCE
from powermodel_datasets.reader import read_record, read_sources
from powermodel_datasets.record import Record, Value

KIND = "evidence"
_OWN_SOURCES = "sources.yaml"


class EvidenceError(PowermodelError):
    """A profile that cannot be read, or a run that does not fit together."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Profile:
    """Criteria of a qualification.

    Parameters
    ----------
    record : Record
        Of the kind ``evidence``.
    """

    record: Record

    @classmethod
    def load(cls, source: str | os.PathLike[str]) -> Profile:
        """Read a shipped profile by its name, or a file of the same form.

        Parameters
        ----------
        source : str or path
            ``"nvidia-bess-1.0"``, or a path that ends in ``.yaml``. The sources that a file cites
            stand in ``sources.yaml`` beside it.

        Raises
        ------
        EvidenceError
            With every problem of the file, or the names of the profiles that there are.
        """
        path = Path(source)
        if path.suffix not in (".yaml", ".yml"):
            if str(source) not in names(KIND):
                known = ", ".join(names(KIND))
                hint = f"one of {known}, or a file that ends in .yaml"
                raise EvidenceError(f"unknown profile {str(source)!r}", hint=hint)
            return cls(load(KIND, str(source)))
        return cls(_read(path))

    @property
    def name(self) -> str:
        """Of the record."""
        return self.record.name

    @property
    def version(self) -> str:
        """Which version of the document, in its own words."""
        return str(self.record.words["version"])

    @property
    def tests(self) -> int:
        """How many tests the qualification has."""
        return int(self.record["tests"].value)

    def get(self, name: str) -> Value | None:
        """Return a criterion, or None where it is not public."""
        return self.record.get(name)

    def has(self, *names_: str) -> bool:
        """Tell whether all of these criteria are there."""
        return all(name in self.record for name in names_)

    def value(self, name: str) -> float:
        """Return a criterion in its unit."""
        return float(self.record[name].value)


def _read(path: Path) -> Record:
    try:
        text = path.read_text(encoding="utf-8")
        sources_text = (path.parent / _OWN_SOURCES).read_text(encoding="utf-8")
    except OSError as error:
        hint = f"a profile needs {_OWN_SOURCES} beside it, with the sources that it cites"
        where = str(error.filename or path)
        raise EvidenceError(f"cannot be read: {error.strerror}", where=where, hint=hint) from None
    try:
        sources = read_sources(sources_text)
        return read_record(text, name=path.stem, kind_name=KIND, kind=EVIDENCE, sources=sources)
    except RecordError as error:
        hint = f"the form is that of the shipped ones: {', '.join(names(KIND))}"
        raise EvidenceError("; ".join(error.problems), where=str(path), hint=hint) from None
