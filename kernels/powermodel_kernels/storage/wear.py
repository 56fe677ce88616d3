# SPDX-License-Identifier: Apache-2.0
"""How a farm's cells have aged so far, and how much of it the law was never tested for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from powermodel_kernels.storage.cycles import FADE_UNIT, RISE_UNIT
from powermodel_kernels.storage.tables import Units


@dataclass(frozen=True, slots=True)
class Wear:
    """Means over the units of a farm, since the beginning of the run.

    Only cycles that have closed count; the residue is still open. Capacity and resistance of the
    simulated units do not change with it: over a run of days that is below 0.1 %.
    """

    calendar_fade: float
    """Capacity lost with time, pu."""
    cycle_fade: float
    """Capacity lost with cycles, pu."""
    extrapolated: float
    """Share of the square of ``cycle_fade`` from cycles shallower than those that were tested."""
    calendar_rise: float
    cycle_rise: float
    """Rise of the resistance with time and with cycles, pu."""
    cycles: float
    """Closed cycles of any depth."""


def wear(units: Units) -> Wear:
    """Return how the cells have aged."""

    def root(squares: np.ndarray) -> float:
        return float(np.sqrt(squares * FADE_UNIT).mean()) if squares.size else 0.0

    def mean(values: np.ndarray, unit: float) -> float:
        return float(values.mean() * unit) if values.size else 0.0

    all_cycles = float(units.cycle_fade.sum())
    return Wear(
        calendar_fade=root(units.calendar_fade),
        cycle_fade=root(units.cycle_fade),
        extrapolated=float(units.shallow_fade.sum()) / all_cycles if all_cycles else 0.0,
        calendar_rise=mean(units.calendar_rise, RISE_UNIT),
        cycle_rise=mean(units.cycle_rise, RISE_UNIT),
        cycles=mean(units.half_cycles, 0.5),
    )
