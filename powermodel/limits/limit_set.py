# SPDX-License-Identifier: Apache-2.0
"""Limits that hold together, with their names and sources, and what a record makes of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy.typing as npt

from powermodel.limits.errors import LimitError
from powermodel.limits.limit import Limit, Outcome
from powermodel.limits.record import PowerRecord


@dataclass(frozen=True, slots=True)
class Assessment:
    """The outcomes of one record, in the order of the limits."""

    outcomes: tuple[Outcome, ...]

    def __iter__(self) -> Iterator[Outcome]:
        """Go through the outcomes in order."""
        return iter(self.outcomes)

    @property
    def passes(self) -> bool:
        """Whether every limit is kept."""
        return all(outcome.passes for outcome in self.outcomes)

    @property
    def worst(self) -> Outcome:
        """The outcome with the smallest margin; the first of equals."""
        return min(self.outcomes, key=lambda outcome: outcome.margin)

    @property
    def margin(self) -> float:
        """The smallest margin."""
        return self.worst.margin

    def to_dict(self) -> dict[str, Any]:
        """Return it as what JSON can hold."""
        margin = self.margin if math.isfinite(self.margin) else None
        return {
            "passes": self.passes,
            "margin": margin,
            "binding": self.worst.limit.name,
            "limits": [outcome.to_dict() for outcome in self.outcomes],
        }


@dataclass(frozen=True, slots=True)
class LimitSet:
    """Limits at one point, usually the POI.

    Parameters
    ----------
    limits : tuple of Limit
        At least one, each with its own name.
    name : str
        What the set is called.
    """

    limits: tuple[Limit, ...]
    name: str = "limits"

    def __post_init__(self) -> None:
        if not self.limits:
            raise LimitError("expected at least one limit", hint="such as 'ramp 1s <= 20 MW'")
        names = [limit.name for limit in self.limits]
        for place, name in enumerate(names):
            if name in names[:place]:
                raise LimitError(f"limit {name!r} twice", where=self.name)

    @classmethod
    def parse(cls, texts: Iterable[str], *, name: str = "limits", source: str = "") -> Self:
        """Read limits from their texts.

        Parameters
        ----------
        texts : iterable of str
            Such as ``["ramp 1s <= 20 MW", "range <= 100 MW"]``.
        name : str
            What the set is called.
        source : str
            Who set them.
        """
        return cls(tuple(Limit.parse(text, source=source) for text in texts), name)

    def __iter__(self) -> Iterator[Limit]:
        """Go through the limits in order."""
        return iter(self.limits)

    def __len__(self) -> int:
        """Count the limits."""
        return len(self.limits)

    def assess(self, power_w: npt.ArrayLike, dt_s: float, *, begin_s: float = 0.0) -> Assessment:
        """Hold a record to every limit.

        Parameters
        ----------
        power_w : array_like
            Power samples [W].
        dt_s : float
            Time between samples [s].
        begin_s : float
            Time of the first sample [s].
        """
        record = PowerRecord(power_w, dt_s, begin_s)
        return Assessment(tuple(limit.of(record) for limit in self.limits))

    def require_assessed(self, assessment: Assessment) -> None:
        """Refuse to go on with limits that a record of this length and step cannot answer.

        Raises
        ------
        LimitError
            That names each of them and why.
        """
        for outcome in assessment:
            if outcome.measured is None:
                raise LimitError(
                    f"this record cannot be held to it: {outcome.reason}",
                    where=repr(outcome.limit.text),
                )
