# SPDX-License-Identifier: Apache-2.0
"""Voltage at the point of interconnection behind a Thevenin grid, from the power that is drawn.

Quasi-stationary: the RMS value of the fundamental follows the power at once. It is what flicker
and step limits are judged on before a study with the operator's own network.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from powermodel.indicators.inputs import FloatArray, IndicatorError, checked_record


@dataclass(frozen=True, slots=True)
class ShortCircuit:
    """A grid as a source behind its short-circuit impedance.

    Parameters
    ----------
    short_circuit_va : float
        Three-phase short-circuit power [VA].
    x_over_r : float
        Ratio of reactance to resistance.
    """

    short_circuit_va: float
    x_over_r: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.short_circuit_va) and self.short_circuit_va > 0):
            raise IndicatorError(
                f"expected a short-circuit power above 0 VA, got {self.short_circuit_va:g} VA"
            )
        if not (math.isfinite(self.x_over_r) and self.x_over_r >= 0):
            raise IndicatorError(f"expected X/R of at least 0, got {self.x_over_r:g}")

    @property
    def impedance(self) -> complex:
        """R + jX per unit of the short-circuit power: magnitude 1."""
        angle = math.atan(self.x_over_r)
        return complex(math.cos(angle), math.sin(angle))


@dataclass(frozen=True, slots=True)
class Grid(ShortCircuit):
    """The grid as the point of interconnection sees it, and what is drawn from it.

    Parameters
    ----------
    short_circuit_va, x_over_r : float
        See `ShortCircuit`.
    power_factor : float
        Displacement power factor of the load, lagging.
    """

    power_factor: float

    def __post_init__(self) -> None:
        # Not super(): a class with slots is made anew, and super() would mean the old one.
        ShortCircuit.__post_init__(self)
        if not 0 < self.power_factor <= 1:
            raise IndicatorError(
                f"expected a power factor above 0 and up to 1, got {self.power_factor:g}"
            )

    @property
    def reactive_ratio(self) -> float:
        """Q / P of the load."""
        return math.sqrt(1 / self.power_factor**2 - 1)


def poi_voltage(power_w: npt.ArrayLike, grid: Grid) -> FloatArray:
    """Voltage per unit of the voltage without load.

    The larger root of V^4 + (2 (R P + X Q) - 1) V^2 + |Z|^2 (P^2 + Q^2) = 0, all per unit of the
    short-circuit power (the receiving end of a short line; Kundur, *Power System Stability and
    Control*, 1994, section 14.1).

    Parameters
    ----------
    power_w : array_like
        Power drawn [W].
    grid : Grid
        What lies behind.

    Raises
    ------
    IndicatorError
        If the grid cannot carry the power.
    """
    active = checked_record(power_w) / grid.short_circuit_va
    reactive = active * grid.reactive_ratio
    drop = 2 * (grid.impedance.real * active + grid.impedance.imag * reactive) - 1
    inside = drop * drop - 4 * (active * active + reactive * reactive)
    if inside.min() < 0:
        worst = int(np.argmin(inside))
        raise IndicatorError(
            f"a grid of {grid.short_circuit_va / 1e6:g} MVA cannot carry"
            f" {active[worst] * grid.short_circuit_va / 1e6:g} MW (sample {worst}):"
            " there is no voltage at which it does",
            hint="check the unit of the short-circuit power",
        )
    voltage: FloatArray = np.sqrt((np.sqrt(inside) - drop) / 2)
    return voltage
