# SPDX-License-Identifier: Apache-2.0
"""One row of evidence: what was measured against which limit, and what it is worth."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from powermodel_datasets.record import Value

Verdict = Literal["pass", "fail", "not assessed"]


@dataclass(frozen=True, slots=True)
class Row:
    """One criterion and what a run makes of it.

    Parameters
    ----------
    test : str
        ``"T4"``.
    criterion : str
        What is asked.
    verdict : str
        ``"pass"``, ``"fail"`` or ``"not assessed"``.
    measured, limit, margin : float, optional
        In `unit`; the margin is limit minus measured, or the distance to the nearer edge.
    unit : str
        Of these three.
    definition : str
        How it was measured, where the qualification leaves it open.
    reason : str
        Why it was not assessed.
    confidence, source : str
        Of the criterion.
    """

    test: str
    criterion: str
    verdict: Verdict
    measured: float | None = None
    limit: float | None = None
    margin: float | None = None
    unit: str = "1"
    definition: str = ""
    reason: str = ""
    confidence: str = ""
    source: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return it as what JSON can hold."""
        return asdict(self)


def at_most(test: str, criterion: str, measured: float, limit: Value, definition: str) -> Row:
    """Return the row of a criterion that sets an upper limit."""
    return Row(
        test, criterion, "pass" if measured <= limit.value else "fail",
        measured, limit.value, limit.value - measured, limit.unit, definition,
        confidence=limit.confidence, source=limit.source,
    )  # fmt: skip


def not_assessed(
    test: str, criterion: str, reason: str, limit: Value | None = None, definition: str = ""
) -> Row:
    """Return the row of a criterion that this run, or any model, cannot answer."""
    if limit is None:
        return Row(test, criterion, "not assessed", definition=definition, reason=reason)
    return Row(
        test, criterion, "not assessed", None, limit.value, None, limit.unit, definition, reason,
        limit.confidence, limit.source,
    )  # fmt: skip
