# SPDX-License-Identifier: Apache-2.0
"""What a farm has done so far: energy in, out, stored and lost, each with its denominator named."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from powermodel_kernels.constants import QUANTA_PER_W, TICKS_PER_S
from powermodel_kernels.storage.farm import Farm
from powermodel_kernels.storage.tables import (
    CELL_HEAT,
    CHARGED,
    DISCHARGED,
    INVERTER_LOSS,
    SAMPLES,
    STANDBY,
    Curves,
    Fixed,
    Units,
)


@dataclass(frozen=True, slots=True)
class Summary:
    """Energies in J of all units of a farm since the beginning of the run."""

    time_s: float
    discharged_j: float
    """At the inverters' terminals towards the grid."""
    charged_j: float
    cell_heat_j: float
    inverter_loss_j: float
    standby_j: float
    """Auxiliary power, on top of what the inverters exchange."""
    stored_j: float
    """In the cells now: charge at open-circuit voltage above empty, and the RC pairs."""
    full_cycles: float
    """Charge moved in both directions over twice the capacity: mean of the units."""
    full_cycles_most: float
    """The same of the unit that has moved most."""
    cycles: float
    """Cycles that have closed, of any depth, by rainflow: mean of the units."""
    rainflow_full_cycles: float
    """Sum of the depths of the cycles that have closed: mean of the units.

    ``full_cycles`` less this is what has moved in cycles that are still open.
    """

    @property
    def loss_j(self) -> float:
        """All losses."""
        return self.cell_heat_j + self.inverter_loss_j + self.standby_j

    @property
    def throughput_j(self) -> float:
        """Energy discharged and charged, at the inverters' terminals."""
        return self.discharged_j + self.charged_j

    @property
    def loss_per_throughput(self) -> float:
        """All losses over the energy discharged and charged; 0 without any."""
        return self.loss_j / self.throughput_j if self.throughput_j else 0.0

    @property
    def loss_per_charged(self) -> float:
        """All losses over the energy charged; 0 without any."""
        return self.loss_j / self.charged_j if self.charged_j else 0.0


def stored_energy(farm: Farm, fixed: Fixed, curves: Curves, units: Units) -> float:
    """Return the energy in the cells of all units, J: see ``Summary.stored_j``."""
    cell = farm.unit.cell
    soc = units.charge * 2.0 ** -(24 + int(fixed.charge_shift))
    points = np.linspace(cell.soc_first, cell.soc_last, len(cell.ocv_v))
    volts = np.array(cell.ocv_v)
    steps = np.diff(points) * (volts[1:] + volts[:-1]) / 2.0
    # Below the table the curve goes on level: a constant, and differences are what counts.
    before = points[0] * volts[0] + np.concatenate(([0.0], np.cumsum(steps)))
    j = np.clip(np.searchsorted(points, soc) - 1, 0, points.size - 2)
    here = np.interp(soc, points, volts)
    area = before[j] + (soc - points[j]) * (volts[j] + here) / 2.0
    capacity_c = curves.to_ampere.astype(np.float64) * _dt_s(fixed)
    energy = area * capacity_c
    pairs = zip(cell.pair_share, cell.pair_tau_s, (units.pair_1_v, units.pair_2_v), strict=True)
    for share, tau_s, volt in pairs:
        if share > 0.0:
            farad = tau_s / (share * units.r_pair.astype(np.float64))
            energy = energy + farad * volt.astype(np.float64) ** 2 / 2.0
    return float(energy.sum() * farm.unit.cells)


def _dt_s(fixed: Fixed) -> float:
    return float(fixed.dt_ticks) / TICKS_PER_S


def summary(farm: Farm, fixed: Fixed, curves: Curves, units: Units) -> Summary:
    """Return what a farm has done since the beginning of the run."""
    dt_s = _dt_s(fixed)
    joules = units.total / QUANTA_PER_W * dt_s
    full = 2.0 ** (25 + int(fixed.charge_shift))
    some = farm.units > 0
    return Summary(
        time_s=float(units.total[SAMPLES]) * dt_s,
        discharged_j=float(joules[DISCHARGED]),
        charged_j=float(joules[CHARGED]),
        cell_heat_j=float(joules[CELL_HEAT]),
        inverter_loss_j=float(joules[INVERTER_LOSS]),
        standby_j=float(joules[STANDBY]),
        stored_j=stored_energy(farm, fixed, curves, units),
        full_cycles=float(np.mean(units.moved / full)) if some else 0.0,
        full_cycles_most=float(units.moved.max() / full) if some else 0.0,
        cycles=float(units.half_cycles.mean() / 2.0) if some else 0.0,
        rainflow_full_cycles=float(np.mean(units.cycled / full)) if some else 0.0,
    )
