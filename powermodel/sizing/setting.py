# SPDX-License-Identifier: Apache-2.0
"""One point of a search, and what one run of it was measured to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self, TypeAlias

from powermodel.limits import Assessment

Changes: TypeAlias = tuple[tuple[str, Any], ...]
"""Paths of the scenario and what stands there, in the order of the search's axes."""

DELAY = "latency or control"
"""What binds where nothing in the farm held its power back."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One point of the search.

    Parameters
    ----------
    units : int
        Units of the battery farm; 0 is no farm.
    changes : tuple of (str, value)
        What differs from the scenario: ``(("jobs.*.smoothing.percent_tmp_floor", 0.5),)``.
    latency_s : float, optional
        Pure delay from the load to the power of the inverter [s]; None is the scenario's own.
    """

    units: int
    changes: Changes = ()
    latency_s: float | None = None

    def with_units(self, units: int) -> Self:
        """Return the same with another number of units."""
        return replace(self, units=units)

    def with_latency(self, latency_s: float | None) -> Self:
        """Return the same with another latency [s]."""
        return replace(self, latency_s=latency_s)


@dataclass(frozen=True, slots=True)
class Measured:
    """What one run of a setting, with one seed, did.

    Parameters
    ----------
    assessment : Assessment
        The limits at the POI.
    power_w : float
        Largest magnitude of the farm's power [W].
    energy_j : float
        Largest minus smallest energy that the farm had given, losses aside [J].
    soc_swing : float
        Largest minus smallest state of charge of the farm, mean of its units.
    soc_drift : float
        State of charge at the end minus at the start.
    loss_share : float
        Losses of the farm and the rack stores over the energy of the load.
    burnt_share : float
        Energy that accelerators drew only to be smooth over the energy of the load.
    limited : mapping of str to float
        Share of the time that counts in which each limit of the farm held its power back.
    variation : float
        Standard deviation of the POI power over that of the load.
    line_ratio : float
        Amplitude at the load's strongest line, POI over load.
    """

    assessment: Assessment
    power_w: float = 0.0
    energy_j: float = 0.0
    soc_swing: float = 0.0
    soc_drift: float = 0.0
    loss_share: float = 0.0
    burnt_share: float = 0.0
    limited: Mapping[str, float] = field(default_factory=dict)
    variation: float = 1.0
    line_ratio: float = 1.0

    @property
    def margin(self) -> float:
        """Smallest margin of the limits."""
        return self.assessment.margin

    @property
    def passes(self) -> bool:
        """Whether every limit is kept."""
        return self.assessment.passes

    @property
    def binding(self) -> str:
        """The limit with the smallest margin, and what held the farm back most."""
        return f"{self.assessment.worst.limit.name} ({self.held_back or DELAY})"

    @property
    def held_back(self) -> str | None:
        """What held the farm back for the largest share of the time; None where nothing did."""
        held = max(self.limited, key=lambda reason: self.limited[reason], default=None)
        return held if held is not None and self.limited[held] > 0.0 else None


Evaluate: TypeAlias = Callable[[Setting, int], Measured]
"""``evaluate(setting, seed)``: what the search asks of a model. The same arguments give the same
answer, from any thread."""
