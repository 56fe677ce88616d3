# SPDX-License-Identifier: Apache-2.0
"""The grid at the point of interconnection as a source behind an impedance: V, angle, P, Q."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from powermodel_kernels.bind import cpu
from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.laws.grid import impedance, sine_of_angle, thevenin_voltage
from powermodel_kernels.tables import F32, I64


class GridSeries(NamedTuple):
    """Voltage and its angle at every sample."""

    voltage: F32
    """Per unit of the source's nominal voltage."""
    angle_rad: NDArray[np.float64]
    """By which it lags the source."""

    def voltage_step(self, window: int) -> float:
        """Return the largest change of voltage within ``window`` samples, per unit."""
        return _largest_change(self.voltage, window)

    def phase_step_deg(self, window: int) -> float:
        """Return the largest change of angle within ``window`` samples, degrees."""
        return math.degrees(_largest_change(self.angle_rad, window))


@dataclass(frozen=True, slots=True)
class GridSource:
    """A Thévenin source.

    Parameters
    ----------
    short_circuit_va
        Short-circuit power at the point, VA; voltage cannot be said without it.
    x_over_r
        X/R of the impedance.
    nominal_hz
        50 or 60.
    source
        Voltage behind the impedance, per unit.
    """

    short_circuit_va: float
    x_over_r: float
    nominal_hz: float
    source: float = 1.0

    def __post_init__(self) -> None:
        if not (self.short_circuit_va > 0.0 and math.isfinite(self.short_circuit_va)):
            raise ValueError(
                "voltage at the point of interconnection needs the short-circuit power there, "
                f"above 0 VA, got {self.short_circuit_va}"
            )
        if not self.x_over_r >= 0.0:
            raise ValueError(f"X/R of the grid must not be negative, got {self.x_over_r}")
        if self.nominal_hz not in (50.0, 60.0):
            raise ValueError(f"nominal frequency must be 50 or 60 Hz, got {self.nominal_hz:g} Hz")
        if not 0.5 <= self.source <= 1.5:
            raise ValueError(f"source voltage must be about 1 per unit, got {self.source:g}")

    def ratio(self, load_va: float) -> float:
        """Return the short-circuit ratio for a load of ``load_va``."""
        return self.short_circuit_va / load_va

    def voltages(self, active: I64, reactive: I64) -> GridSeries:
        """Return voltage and angle for a load.

        Parameters
        ----------
        active, reactive
            Drawn at the point, quanta (samples,).

        Raises
        ------
        ValueError
            Where the grid cannot carry the load: no voltage solves the equation.
        """
        base = self.short_circuit_va
        r, x = impedance(self.short_circuit_va, self.x_over_r, base)
        found = np.empty(active.size, np.float32)
        sine = np.empty(active.size, np.float32)
        cpu(grid_block)(
            active, reactive, np.float32(1.0 / (base * QUANTA_PER_W)), np.float32(r),
            np.float32(x), np.float32(self.source), found, sine,
        )  # fmt: skip
        lost = np.flatnonzero(found == 0.0)
        if lost.size:
            k = int(lost[0])
            raise ValueError(
                f"sample {k}: the grid cannot carry {active[k] / QUANTA_PER_W / 1e6:.1f} MW and "
                f"{reactive[k] / QUANTA_PER_W / 1e6:.1f} Mvar at a short-circuit power of "
                f"{self.short_circuit_va / 1e6:.0f} MVA: the voltage collapses"
            )
        return GridSeries(found, np.arcsin(sine.astype(np.float64)))


def grid_block(
    active: Any, reactive: Any, per_base: Any, r: Any, x: Any, source: Any, found: Any, sine: Any
) -> None:
    """Fill voltage and sine of the angle at every sample; both 0 where there is no solution."""
    for k in range(active.size):
        p, q = np.float32(active[k]) * per_base, np.float32(reactive[k]) * per_base
        v = thevenin_voltage(p, q, r, x, source)
        found[k] = v
        sine[k] = sine_of_angle(p, q, r, x, source, v) if v > np.float32(0.0) else np.float32(0.0)


def reactive_at(active: I64, power_factor: float) -> I64:
    """Return the lagging reactive power at a constant power factor, quanta.

    Parameters
    ----------
    active
        Quanta.
    power_factor
        0 to 1, exclusive of 0.
    """
    reactive: I64 = np.rint(active * math.tan(math.acos(power_factor))).astype(np.int64)
    return reactive


def check_frequency(parts: Sequence[tuple[str, float]]) -> None:
    """Refuse parts of different nominal frequency.

    Parameters
    ----------
    parts
        Name and nominal frequency, Hz, of each.
    """
    first, hz = parts[0]
    for name, other in parts[1:]:
        if other != hz:
            raise ValueError(
                f"{first} is for {hz:g} Hz but {name} for {other:g} Hz: "
                "one site has one nominal frequency"
            )


def connected_w(times_s: Sequence[float], powers_w: Sequence[float], at_s: float) -> float:
    """Return the power that the grid has agreed to at a time, W; 0 before the first step.

    Parameters
    ----------
    times_s, powers_w
        Steps of the connection, in order of time, s and W.
    at_s
        Time, s.

    Raises
    ------
    ValueError
        If the steps are not in order.
    """
    if list(times_s) != sorted(times_s) or len(times_s) != len(powers_w):
        raise ValueError("connection steps need one power each, in the order of time")
    k = int(np.searchsorted(times_s, at_s, side="right"))
    return float(powers_w[k - 1]) if k else 0.0


def _largest_change(series: NDArray[Any], window: int) -> float:
    if not 1 <= window < series.size:
        raise ValueError(f"a window of {window} samples does not fit into {series.size} samples")
    return float(np.abs(series[window:].astype(float) - series[:-window]).max())
