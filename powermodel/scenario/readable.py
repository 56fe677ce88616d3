# SPDX-License-Identifier: Apache-2.0
"""What a user writes as a whole YAML file, a scenario or a study: read, checked, written back."""

from __future__ import annotations

import hashlib
import os
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import PrivateAttr, ValidationError

from powermodel.errors import PowermodelError
from powermodel.scenario import explain, files, reading
from powermodel.scenario.base import Part
from powermodel.scenario.reading import Document


class Readable(Part):
    """A whole file; what it is says where shipped ones are and what a bad one raises."""

    refusal: ClassVar[type[PowermodelError]]
    """What is raised, with every problem, its path in the file and its line."""
    _base: Path = PrivateAttr(default_factory=Path)

    @staticmethod
    @abstractmethod
    def find(source: str | os.PathLike[str]) -> Path:
        """Return the file of a source, or of a shipped one by its name."""

    @classmethod
    def load(cls, source: str | os.PathLike[str]) -> Self:
        """Read a file, or a shipped one by its name.

        Parameters
        ----------
        source : str or path
            ``"mine.yaml"`` or a name such as ``"colossus2-phase1"``.

        Raises
        ------
        ScenarioError or StudyError
            With every problem that was found, its path in the file and its line.
        """
        path = cls.find(source)
        return cls._from_document(reading.read(files.text_of(path), str(path)), path.parent)

    @classmethod
    def from_yaml(cls, text: str, *, base: Path | None = None) -> Self:
        """Read YAML text; files it names are relative to `base`."""
        return cls._from_document(reading.read(text), base or Path())

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], *, base: Path | None = None) -> Self:
        """Read plain data; files it names are relative to `base`."""
        return cls._from_document(Document(dict(data), {}), base or Path())

    @classmethod
    def _from_document(cls, document: Document, base: Path) -> Self:
        try:
            found = cls.model_validate(document.data)
        except ValidationError as error:
            problems = explain.problems(error, document)
            raise cls.refusal.of(problems, source=document.source) from None
        found._base = base
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, with units, that `from_dict` reads as its equal."""
        return self.model_dump(mode="json", exclude_none=True)

    def to_yaml(self) -> str:
        """Return the canonical YAML, which `from_yaml` reads as its equal."""
        return reading.write(self.to_dict())

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical YAML."""
        return hashlib.sha256(self.to_yaml().encode()).hexdigest()

    @property
    def base(self) -> Path:
        """Folder that the files named in it are relative to."""
        return self._base
