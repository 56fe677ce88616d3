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
    most_fade: float
    """Both together, of the unit that has lost most, pu."""
    extrapolated: float
    """Share of the square of ``cycle_fade`` from cycles shallower than those that were tested."""
    calendar_rise: float
    cycle_rise: float
    """Rise of the resistance with time and with cycles, pu."""


def wear(units: Units) -> Wear:
    """Return how the cells have aged."""
    if units.charge.size == 0:
        return Wear(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    by_time = np.sqrt(units.calendar_fade * FADE_UNIT)
    by_cycles = np.sqrt(units.cycle_fade * FADE_UNIT)
    all_cycles = float(units.cycle_fade.sum())
    return Wear(
        calendar_fade=float(by_time.mean()),
        cycle_fade=float(by_cycles.mean()),
        most_fade=float((by_time + by_cycles).max()),
        extrapolated=float(units.shallow_fade.sum()) / all_cycles if all_cycles else 0.0,
        calendar_rise=float(units.calendar_rise.mean() * RISE_UNIT),
        cycle_rise=float(units.cycle_rise.mean() * RISE_UNIT),
    )
