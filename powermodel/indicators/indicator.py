# SPDX-License-Identifier: Apache-2.0
"""A named result: value, unit, definition and every choice behind it, or why there is no value."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from powermodel.indicators.inputs import IndicatorError

NOT_ASSESSED = "not assessed"
_SPELLED = (
    ("iso 8528 5", "ISO 8528-5"),
    ("poi", "POI"),
    ("soc", "SoC"),
    ("rocof", "RoCoF"),
)
"""What a name in small letters is called by people."""

# Steps of 1000 for people; energy in the unit that power engineers bill in.
_SCALES: dict[str, tuple[tuple[float, str], ...]] = {
    "W": ((1e9, "GW"), (1e6, "MW"), (1e3, "kW"), (1.0, "W")),
    "J": ((3.6e12, "GWh"), (3.6e9, "MWh"), (3.6e6, "kWh"), (1e3, "kJ"), (1.0, "J")),
    "Hz": ((1.0, "Hz"),),
    "Hz/s": ((1.0, "Hz/s"),),
    "1": ((1.0, ""),),
    "s": ((1.0, "s"),),
}


@dataclass(frozen=True, slots=True)
class Indicator:
    """One result.

    Parameters
    ----------
    name : str
        Such as ``"ramp_up[1 s]"``.
    value : float or None
        In `unit`; None where the record cannot answer.
    unit : str
        ``"W"``, ``"J"``, ``"s"``, ``"Hz"``, ``"Hz/s"`` or ``"1"``.
    definition : str
        What exactly the value is.
    parameters : dict
        Every choice that the definition leaves open.
    at_s : float, optional
        When it happened [s].
    reason : str, optional
        Why there is no value.
    words : str, optional
        What people read instead of the number, such as ``"G2"`` for a class.
    """

    name: str
    value: float | None
    unit: str
    definition: str
    parameters: dict[str, Any] = field(default_factory=dict)
    at_s: float | None = None
    reason: str | None = None
    words: str | None = None

    @property
    def label(self) -> str:
        """The name for people: ``"ramp up, 1 s"``."""
        label = self.name.replace("_", " ").replace("[", ", ").replace("]", "")
        for name, spelled in _SPELLED:
            label = re.sub(rf"\b{name}\b", spelled, label)
        return label

    @property
    def note(self) -> str:
        """What a table says beside the value: the frequency of a line, or why there is no value."""
        if "frequency_hz" in self.parameters:
            return f"at {display(self.parameters['frequency_hz'], 'Hz')}"
        return self.reason or ""

    def display(self) -> str:
        """Write the value for people, with its unit, or say that it is not assessed."""
        if self.value is None:
            return NOT_ASSESSED
        return self.words or display(self.value, self.unit)

    @property
    def at(self) -> str:
        """When it happened, for people; empty where that makes no sense."""
        return "" if self.at_s is None else f"{self.at_s:.10g} s"

    def to_dict(self) -> dict[str, Any]:
        """Return it as what JSON can hold, without what it does not have."""
        known: dict[str, Any] = {"value": self.value, "unit": self.unit}
        if self.value is None:
            known["reason"] = self.reason
        if self.at_s is not None:
            known["at_s"] = self.at_s
        return known | {"definition": self.definition, "parameters": dict(self.parameters)}


@dataclass(frozen=True, slots=True)
class Summary:
    """The indicators of one series, in the order of a report.

    Parameters
    ----------
    indicators : tuple of Indicator
        What was found.
    series : dict
        What it was found in: point, samples, dt_s, begin_s, duration_s.
    """

    indicators: tuple[Indicator, ...]
    series: dict[str, Any]

    def __iter__(self) -> Iterator[Indicator]:
        """Go through the indicators in order."""
        return iter(self.indicators)

    def __len__(self) -> int:
        """Count the indicators."""
        return len(self.indicators)

    def __getitem__(self, name: str) -> Indicator:
        """Return the indicator of that name."""
        for indicator in self.indicators:
            if indicator.name == name:
                return indicator
        raise IndicatorError(
            f"no indicator {name!r} in this summary",
            hint=f"it has: {', '.join(indicator.name for indicator in self.indicators)}",
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the summary as what JSON can hold."""
        return {
            "series": dict(self.series),
            "indicators": {indicator.name: indicator.to_dict() for indicator in self.indicators},
        }

    def to_rows(self) -> list[dict[str, str]]:
        """Return the rows of a table for people: indicator, value, at, note."""
        return [
            {
                "indicator": indicator.label,
                "value": indicator.display(),
                "at": indicator.at,
                "note": indicator.note,
            }
            for indicator in self.indicators
        ]

    def __str__(self) -> str:
        """Write the rows as aligned text."""
        rows = self.to_rows()
        widths = {key: max(len(row[key]) for row in rows) for key in ("indicator", "value", "at")}
        return "\n".join(
            f"{row['indicator']:<{widths['indicator']}}  {row['value']:>{widths['value']}}"
            f"  {row['at']:>{widths['at']}}  {row['note']}".rstrip()
            for row in rows
        )


def display(value: float, unit: str) -> str:
    """Write a value for people with four digits: ``display(3.6e9, "J") == "1.000 MWh"``.

    Parameters
    ----------
    value : float
        In `unit`.
    unit : str
        ``"W"``, ``"J"``, ``"s"``, ``"Hz"``, ``"Hz/s"`` or ``"1"``.
    """
    scales = _SCALES[unit]
    size, name = next((pair for pair in scales if abs(value) >= pair[0]), scales[-1])
    if value == 0 or not math.isfinite(value):
        return f"{value:g} {name}".rstrip()
    number = f"{value / size:#.4g}"
    return f"{number.rstrip('.')} {name}".rstrip()


def span(seconds: float) -> str:
    """Write a window for a name: ``"20 ms"``, ``"1 s"``, ``"1 min"``."""
    if seconds >= 60 and seconds % 60 == 0:
        return f"{seconds / 60:g} min"
    return f"{seconds:g} s" if seconds >= 1 else f"{round(seconds * 1e3, 6):g} ms"
