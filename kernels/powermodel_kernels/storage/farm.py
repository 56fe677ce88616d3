# SPDX-License-Identifier: Apache-2.0
"""A farm in words of SI units: its cell, its unit, how many, how they differ."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell, by its equivalent circuit; a capacitor or a rotor fits the same words.

    The state of charge stays between ``soc_first`` and ``soc_last``, since a farm's window must lie
    inside. The resistance is held constant outside its temperatures: above the highest it only
    falls, so the losses are not underestimated; the ambient temperature must lie inside.
    """

    charge_c: float
    """Capacity, coulombs."""
    nominal_v: float
    """Nominal voltage: capacity times it is the nominal energy."""
    min_v: float
    max_v: float
    discharge_a: float
    charge_a: float
    """Largest currents."""
    soc_first: float
    soc_last: float
    ocv_v: tuple[float, ...]
    """Open-circuit voltage at equal distances of SoC from first to last."""
    temperature_c: tuple[float, ...]
    charge_ohm: tuple[float, ...]
    discharge_ohm: tuple[float, ...]
    """Resistance that a pulse of ``resistance_time_s`` sees, at each temperature."""
    resistance_time_s: float = 10.0
    pair_share: tuple[float, float] = (0.0, 0.0)
    """Resistance of the two RC pairs over the measured resistance."""
    pair_tau_s: tuple[float, float] = (1.0, 1.0)
    hysteresis_v: float = 0.0
    hysteresis_rate: float = 0.0
    """See ``laws.cell.hysteresis_next``."""
    heat_j_per_k: float = 1.0
    cooling_w_per_k: float = 1.0
    max_c: float = 60.0
    """Above it the unit stops."""
    leak_s: float = 0.0
    """Standing loss as a conductance across the source, A/V."""
    tested_depth: float | None = None
    """Depth of the shallowest cycle behind the law of ageing; None for a cell that does not age."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One storage unit as it is bought."""

    cell: Cell
    energy_j: float
    """Nominal energy: as many cells as have it at their nominal voltage."""
    power_w: float
    apparent_va: float
    loss_constant: float
    loss_quadratic: float
    """p0 and k of the inverter, per unit of ``apparent_va``, each way."""
    overload: float = 1.0
    overload_s: float = 10.0
    recovery_s: float = 100.0
    """Time at or below the rating that gives the whole overload time back."""
    standby_w: float = 0.0
    """Auxiliary power on the side of the grid while online."""
    ambient_c: float = 25.0
    charge_loss: tuple[float, float] | None = None
    """p0 and k while charging, where they differ."""

    @property
    def cells(self) -> float:
        """How many cells the unit holds."""
        return self.energy_j / (self.cell.charge_c * self.cell.nominal_v)


@dataclass(frozen=True, slots=True)
class Outage:
    """Units that are offline, from a tick to another (exclusive)."""

    first_unit: int
    stop_unit: int
    begin_ticks: int
    end_ticks: int


@dataclass(frozen=True, slots=True)
class Farm:
    """Equal units but for the spread between them, behind one command."""

    unit: Unit
    units: int
    soc: float = 0.5
    soc_window: tuple[float, float] = (0.2, 0.8)
    capacity_sigma: float = 0.0
    resistance_sigma: float = 0.0
    """Standard deviations of the logarithms of the factors on capacity and resistance."""
    outages: tuple[Outage, ...] = field(default=())
    inverter_delay_ticks: int = 0
    inverter_lag_s: float = 0.0
    report_ticks: int = 100_000_000
    """How often the units report what they can do, and commands are shared out anew."""
    reactive_var: float = 0.0
    """Reactive power of each unit."""
    seed: int = 0
    run: int = 0
    number: int = 0
    """Part of the random address: tells the farms of a site apart."""
