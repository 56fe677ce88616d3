# SPDX-License-Identifier: Apache-2.0
"""One record: a named thing and what is known of it, each value with its origin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from powermodel_datasets.errors import MissingValueError, RecordError

CONFIDENCE: Mapping[str, str] = {
    "H": "primary document, standard, open code or reproducible calculation",
    "M": "good secondary source",
    "L": "weak secondary source or estimate",
    "K": "engineering knowledge, not checked against a source",
}


@dataclass(frozen=True, slots=True)
class Value:
    """One number with its unit and its origin.

    Attributes
    ----------
    value : float
        In `unit`.
    unit : str
        The unit that the field is computed in, such as ``"W"``; ``"1"`` for a plain number.
    stated : str
        As the record writes it, such as ``"1.2 kW"``.
    source : str
        Title, author or publisher, year, and where to find it.
    date : str
        ISO date of the fact or its source; a year or a month will do.
    confidence : str
        ``"H"``, ``"M"``, ``"L"`` or ``"K"``, see `CONFIDENCE`.
    note : str
        Conditions, derivation, caveats.
    range : tuple of float, optional
        Lowest and highest that the sources or the estimate allow, in `unit`.
    tolerance : float, optional
        How near a model must come to a published figure, in `unit`.
    band : tuple of float, optional
        The frequency band that the figure speaks of, in Hz.
    """

    value: float
    unit: str
    stated: str
    source: str
    date: str
    confidence: str
    note: str = ""
    range: tuple[float, float] | None = None
    tolerance: float | None = None
    band: tuple[float, float] | None = None

    def __str__(self) -> str:
        return f"{self.stated} [{self.confidence}; {self.source}]"


class Record(Mapping[str, Value]):
    """A named thing and what is known of it: a mapping from field to `Value`.

    Parameters
    ----------
    kind, name : str
        Where it lives: ``records/<kind>/<name>.yaml``.
    title : str
        What it is, for people.
    values : mapping of str to Value
        In the order of the file.
    links : mapping of str to str
        Names of other records that this one refers to.
    note : str
        What holds for the record as a whole.
    as_of : str
        The date at which the facts held; empty where a kind is not dated.
    words : mapping of str to str
        What the record says beside its values, such as the status of a rule.
    """

    __slots__ = ("_values", "as_of", "kind", "links", "name", "note", "title", "words")

    def __init__(
        self,
        kind: str,
        name: str,
        title: str,
        values: Mapping[str, Value],
        *,
        links: Mapping[str, str] | None = None,
        note: str = "",
        as_of: str = "",
        words: Mapping[str, str] | None = None,
    ) -> None:
        self.kind = kind
        self.name = name
        self.title = title
        self.note = note
        self.as_of = as_of
        self.links: Mapping[str, str] = dict(links or {})
        self.words: Mapping[str, str] = dict(words or {})
        self._values = dict(values)

    def __getitem__(self, field: str) -> Value:
        try:
            return self._values[field]
        except KeyError:
            raise MissingValueError(
                f"{self.kind} {self.name!r} has no value {field!r}; it has {', '.join(self)}"
            ) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def link(self, field: str) -> str:
        """Return the name of the record that `field` refers to.

        Parameters
        ----------
        field : str
            Such as ``"accelerator"`` of a rack.

        Raises
        ------
        RecordError
            If the record has no such link.
        """
        try:
            return self.links[field]
        except KeyError:
            known = ", ".join(self.links) or "none"
            raise RecordError(
                f"{self.kind} {self.name!r} has no link {field!r}; its links: {known}"
            ) from None

    def __repr__(self) -> str:
        return f"<Record {self.kind}/{self.name}: {len(self)} values>"
