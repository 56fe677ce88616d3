# SPDX-License-Identifier: Apache-2.0
"""A limit as data: a measure, a comparison and a value; what a record makes of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, Self

from powermodel.indicators.indicator import NOT_ASSESSED, display, span
from powermodel.indicators.inputs import NotAssessedError
from powermodel.limits.grammar import Parsed, parse
from powermodel.limits.measures import MEASURES, Arguments, Measure
from powermodel.limits.record import PowerRecord


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit on a power record.

    Parameters
    ----------
    text : str
        As it was written.
    measure : str
        Words of the measure, a key of `MEASURES`.
    arguments : tuple of float
        Window [s] or edges of the band [Hz].
    sense : {"<=", ">="}
        Which side is allowed.
    value : float
        In the unit of the measure; above 0.
    name : str
        What a report calls it; by default its text.
    source : str
        Who set it: a rule, a contract, ``"command line"``.
    """

    text: str
    measure: str
    arguments: Arguments
    sense: Literal["<=", ">="]
    value: float
    name: str = ""
    source: str = ""

    @classmethod
    def parse(cls, text: str, *, name: str = "", source: str = "") -> Self:
        """Read a limit such as ``"ramp 1s <= 20 MW"``.

        Raises
        ------
        LimitError
            That says which word is wrong and what was expected.
        """
        parsed: Parsed = parse(text)
        return cls(text.strip(), *parsed, name=name or text.strip(), source=source)

    @property
    def kind(self) -> Measure:
        """What it is set on."""
        return MEASURES[self.measure]

    @property
    def subject(self) -> str:
        """The measure with its arguments, for people: ``"ramp 1 s"``."""
        if self.kind.takes == "window":
            return f"{self.measure} {span(self.arguments[0])}"
        if self.kind.takes == "band":
            return f"{self.measure} {self.arguments[0]:g}-{self.arguments[1]:g} Hz"
        return self.measure

    def explain(self) -> str:
        """Say in full what is limited."""
        bound = "at most" if self.sense == "<=" else "at least"
        return (
            f"{self.subject} {bound} {display(self.value, self.kind.unit)}: {self.kind.definition}"
        )

    def of(self, record: PowerRecord) -> Outcome:
        """Hold a record to the limit.

        Parameters
        ----------
        record : PowerRecord
            The power at the point that the limit stands for.
        """
        try:
            found = self.kind.of(record, self.arguments)
        except NotAssessedError as error:
            return Outcome(self, None, None, error.message)
        at_s = None if found.at_s is None else round(record.begin_s + found.at_s, 9)
        return Outcome(self, found.value, at_s)

    def to_dict(self) -> dict[str, Any]:
        """Return it as what JSON can hold."""
        return {
            "name": self.name,
            "limit": self.text,
            "measure": self.measure,
            "arguments": list(self.arguments),
            "sense": self.sense,
            "value": self.value,
            "unit": self.kind.unit,
            "definition": self.kind.definition,
            "source": self.source,
        }


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a record makes of a limit.

    Parameters
    ----------
    limit : Limit
        Which one.
    measured : float or None
        In the unit of the measure; None where the record cannot answer.
    at_s : float or None
        When it happened [s].
    reason : str
        Why there is no value.
    """

    limit: Limit
    measured: float | None
    at_s: float | None = None
    reason: str = ""

    @property
    def factor(self) -> float:
        """How many times the limit it is: above 1 breaks it, whichever side is allowed."""
        if self.measured is None:
            return math.inf
        if self.limit.sense == "<=":
            return self.measured / self.limit.value
        return math.inf if self.measured <= 0.0 else self.limit.value / self.measured

    @property
    def margin(self) -> float:
        """What is left to the limit as a share of it; negative when it is broken."""
        if self.measured is None:
            return -math.inf
        left = self.limit.value - self.measured
        return (left if self.limit.sense == "<=" else -left) / self.limit.value

    @property
    def passes(self) -> bool:
        """Whether the limit is kept; what is not assessed is not kept."""
        return self.margin >= 0.0

    @property
    def verdict(self) -> str:
        """``"pass"``, ``"fail"`` or ``"not assessed"``."""
        if self.measured is None:
            return NOT_ASSESSED
        return "pass" if self.passes else "fail"

    def display(self) -> str:
        """Write the measured value for people."""
        if self.measured is None:
            return NOT_ASSESSED
        return display(self.measured, self.limit.kind.unit)

    def to_dict(self) -> dict[str, Any]:
        """Return it as what JSON can hold."""
        known: dict[str, Any] = self.limit.to_dict() | {
            "measured": self.measured,
            "verdict": self.verdict,
        }
        if self.measured is None:
            return known | {"reason": self.reason}
        finite = self.factor if math.isfinite(self.factor) else None
        return known | {"factor": finite, "margin": self.margin, "at_s": self.at_s}
