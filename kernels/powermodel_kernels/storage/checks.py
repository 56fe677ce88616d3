# SPDX-License-Identifier: Apache-2.0
"""What a farm must be like to be simulated; every refusal says what was expected and what came."""

from __future__ import annotations

import itertools

from powermodel_kernels.control.signal import Control
from powermodel_kernels.storage.farm import Cell, Farm, Unit
from powermodel_kernels.storage.units import COARSE_LIMIT_W


def require(holds: bool, expected: str) -> None:
    """Raise ValueError with what was expected unless it holds."""
    if not holds:
        raise ValueError(expected)


def check_farm(farm: Farm) -> None:
    """Refuse a farm that cannot be simulated.

    Raises
    ------
    ValueError
        With the reason.
    """
    check_unit(farm.unit)
    cell, (low, high) = farm.unit.cell, farm.soc_window
    require(farm.units >= 0, f"expected 0 or more units, got {farm.units}")
    require(
        low < high,
        f"expected a SoC window whose low end is below its high end, got {low} to {high}",
    )
    require(
        cell.soc_first <= low and high <= cell.soc_last,
        f"expected a SoC window within {cell.soc_first} to {cell.soc_last}, where the cell's "
        f"voltage is known, got {low} to {high}",
    )
    require(low <= farm.soc <= high, f"expected a first SoC within {low} to {high}, got {farm.soc}")
    require(
        0.0 <= farm.capacity_sigma <= 0.1 and 0.0 <= farm.resistance_sigma <= 0.5,
        f"expected spreads of capacity up to 0.1 and resistance up to 0.5, got "
        f"{farm.capacity_sigma} and {farm.resistance_sigma}",
    )
    require(
        farm.inverter_delay_ticks >= 0 and farm.inverter_lag_s >= 0.0 and farm.report_ticks > 0,
        "expected an inverter delay and lag of 0 or more and a report period above 0, got "
        f"{farm.inverter_delay_ticks} ticks, {farm.inverter_lag_s} s, {farm.report_ticks} ticks",
    )
    require(
        abs(farm.reactive_var) < farm.unit.apparent_va,
        f"expected a reactive power below {farm.unit.apparent_va} VA, got {farm.reactive_var} var",
    )
    for outage in farm.outages:
        require(
            0 <= outage.first_unit < outage.stop_unit <= farm.units
            and outage.begin_ticks < outage.end_ticks,
            f"expected outages of units 0 to {farm.units} that end after they begin, got {outage}",
        )


def check_unit(unit: Unit) -> None:
    """Refuse a unit that cannot be: see ``check_farm``."""
    check_cell(unit.cell)
    require(unit.power_w > 0.0, f"expected a rated power above 0 W, got {unit.power_w}")
    require(unit.energy_j > 0.0, f"expected an energy above 0 J, got {unit.energy_j}")
    require(
        unit.apparent_va >= unit.power_w,
        f"expected an apparent power of at least the {unit.power_w} W of active power, "
        f"got {unit.apparent_va} VA",
    )
    require(
        min(unit.loss_constant, unit.loss_quadratic, *(unit.charge_loss or ())) >= 0.0,
        "expected losses of 0 or more, which an efficiency above 1 does not give, got p0 = "
        f"{unit.loss_constant} and k = {unit.loss_quadratic}",
    )
    require(
        unit.overload >= 1.0 and unit.overload_s > 0.0 and unit.recovery_s > 0.0,
        "expected an overload factor of at least 1 and times above 0 s, got "
        f"{unit.overload}, {unit.overload_s} s, {unit.recovery_s} s",
    )
    require(
        unit.overload * unit.apparent_va * 1.2 < COARSE_LIMIT_W,
        f"expected units below {COARSE_LIMIT_W / 1.2e6:.1f} MVA with overload, since a unit is "
        f"counted in int32; got {unit.overload * unit.apparent_va / 1e6:.1f} MVA: use more units",
    )
    require(
        len(unit.cell.temperature_c) == 1
        or unit.cell.temperature_c[0] <= unit.ambient_c <= unit.cell.temperature_c[-1],
        f"expected an ambient temperature within {unit.cell.temperature_c[0]} to "
        f"{unit.cell.temperature_c[-1]} °C, where the resistance is known, got {unit.ambient_c} °C",
    )
    require(unit.standby_w >= 0.0, f"expected a standby power of 0 W or more, got {unit.standby_w}")


def check_cell(cell: Cell) -> None:
    """Refuse a cell that cannot be: see ``check_farm``."""
    require(
        0.0 <= cell.soc_first < cell.soc_last <= 1.0 and len(cell.ocv_v) >= 2,
        f"expected a voltage table over a range of SoC, got {cell.soc_first} to {cell.soc_last} "
        f"with {len(cell.ocv_v)} points",
    )
    rises = all(a <= b for a, b in itertools.pairwise(cell.ocv_v))
    require(
        rises, f"expected an open-circuit voltage that does not fall with SoC, got {cell.ocv_v}"
    )
    require(
        2.0 * cell.min_v >= max(cell.ocv_v),
        "expected a lowest voltage of at least half the highest open-circuit voltage, below which "
        f"more current gives less power, got {cell.min_v} V and {max(cell.ocv_v)} V",
    )
    require(
        cell.max_v >= max(cell.ocv_v),
        f"expected a highest voltage of at least {max(cell.ocv_v)} V, got {cell.max_v} V",
    )
    require(
        len(cell.temperature_c) == len(cell.charge_ohm) == len(cell.discharge_ohm) >= 1
        and all(a < b for a, b in itertools.pairwise(cell.temperature_c)),
        "expected a resistance for each direction and rising temperature",
    )
    positive = (
        cell.charge_c, cell.nominal_v, cell.min_v, cell.discharge_a, cell.charge_a,
        cell.heat_j_per_k, cell.cooling_w_per_k, *cell.charge_ohm, *cell.discharge_ohm,
        *cell.pair_tau_s,
    )  # fmt: skip
    require(min(positive) > 0.0, "expected capacities, limits and resistances above 0")
    require(
        min(cell.pair_share) >= 0.0 and sum(cell.pair_share) < 1.0,
        f"expected shares of the RC pairs from 0 to below 1 in all, got {cell.pair_share}",
    )
    require(cell.leak_s >= 0.0, f"expected a standing loss of 0 or more, got {cell.leak_s} A/V")


def needs_cpu(control: Control, ahead: int) -> str | None:
    """Return why a GPU does not run a storage; None if it does.

    Parameters
    ----------
    control
        Of the storage.
    ahead
        For how long commands are on their way to the inverters, in any unit of time.
    """
    if ahead == 0:
        return "its commands take effect at once, so no step is known ahead"
    if not control.law.__module__.startswith(__name__.partition(".")[0] + "."):
        return "its control law is not one of powermodel's own"
    return None
