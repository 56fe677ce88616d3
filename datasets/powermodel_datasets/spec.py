# SPDX-License-Identifier: Apache-2.0
"""What a kind of record may hold: fields with unit and bounds, links, and rules between values."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from powermodel_datasets.record import Record

Find = Callable[[str, str], Record]
"""Finds another record by kind and name."""

Rule = Callable[[Record, Find], Iterator[str]]
"""Yields what is wrong with a record as a whole, one message each."""


@dataclass(frozen=True, slots=True)
class Field:
    """One value that a kind of record may hold.

    Attributes
    ----------
    text : str
        What it means, exactly.
    unit : str
        The unit that it is computed in.
    low, high : float
        Inclusive bounds of what can be true, in `unit`: a net for slipped units and digits.
    required : bool
        Whether a record without it is refused.
    whole : bool
        Whether it counts something.
    """

    text: str
    unit: str
    low: float = 0.0
    high: float = math.inf
    required: bool = True
    whole: bool = False


def maybe(
    text: str, unit: str, low: float = 0.0, high: float = 1e12, *, whole: bool = False
) -> Field:
    """Return a field that a record may leave out."""
    return Field(text, unit, low, high, required=False, whole=whole)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record.

    Attributes
    ----------
    title : str
        What its records describe.
    fields : mapping of str to Field
        The values it may hold.
    links : mapping of str to str
        The links it must hold, and the kind that each refers to.
    dated : bool
        Whether each record holds at one date only (`as_of`).
    figures : tuple of str
        For published figures: values may have any name, a tolerance and a band, and these units.
    words : mapping of str to tuple of str
        Words that a record must say beside its values, and those allowed; none listed: any text.
    rules : tuple of Rule
        What must hold between values, and between records.
    """

    title: str
    fields: Mapping[str, Field] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    dated: bool = False
    figures: tuple[str, ...] = ()
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
