# SPDX-License-Identifier: Apache-2.0
"""What the storage kernels are given: constants of a farm, and the state of its units.

All voltages, currents, resistances are those of one cell; a unit is so many equal cells, and its
power is theirs together. That a pack's resistance falls with its ampere-hours follows from it.
"""

from typing import NamedTuple

import numpy as np

from powermodel_kernels.tables import F32, I32, I64


class Fixed(NamedTuple):
    """Numbers that all units of a farm share, made for one dt."""

    dt_ticks: np.int64
    dt_s: np.float32
    cells: np.float32
    per_cell: np.float32
    """One over ``cells``."""
    rated_w: np.float32
    """Active power beside the reactive power, of one unit."""
    overload_w: np.float32
    budget: np.int32
    """Overload time, in the unit of the state."""
    spend: np.int32
    regain: np.int32
    jump: np.float32
    """1 without lag, else 0: whether the power is at its target at once."""
    lag: np.float32
    """1 − e^(−dt/τ) of the inverter."""
    discharge_loss: tuple[np.float32, np.float32]
    charge_loss: tuple[np.float32, np.float32]
    """Constant W and quadratic 1/W losses of the inverter, see ``laws.inverter``."""
    standby_q: np.int64
    """Auxiliary power of a unit that is online, quanta."""
    charge_shift: np.int64
    """The state counts charge in 2**−(24 + shift) of the capacity."""
    charge_unit: np.float32
    """2**−(24 + shift)."""
    soc_low: np.float32
    soc_high: np.float32
    min_v: np.float32
    max_v: np.float32
    discharge_a: np.float32
    charge_a: np.float32
    ocv_offset: np.float32
    ocv_per_step: np.float32
    """Place in the table of open-circuit voltages is ``ocv_offset + soc·ocv_per_step``."""
    ocv_last: np.int32
    """Last segment of that table."""
    keep: tuple[np.float32, np.float32]
    gain: tuple[np.float32, np.float32]
    mean: tuple[np.float32, np.float32]
    per_share: tuple[np.float32, np.float32]
    """Of the two RC pairs, see ``laws.cell.pair_constants``; one over their share."""
    pair_share: np.float32
    """What the pairs add to the measured resistance within one step, over the pairs' scale."""
    hysteresis_v: np.float32
    hysteresis_rate: np.float32
    leak: np.float32
    """Current of the standing loss per volt of the source, A/V."""
    slow_s: np.float32
    """Time between two slow updates."""
    per_slow_step: np.float32
    """One over the steps between two slow updates."""
    ambient_c: np.float32
    max_c: np.float32
    ages: np.bool_
    """Whether the cells age by ``laws.ageing``."""
    tested_depth: np.float32
    """Depth below which a cycle's ageing is an extrapolation."""
    warm_keep: np.float32
    """What of a temperature difference is left after a slow update."""
    kelvin_per_w: np.float32
    """Temperature rise per watt of heat of one cell."""


class Curves(NamedTuple):
    """Tables of a farm's cell, and what distinguishes its units; fixed for the run."""

    ocv_v: F32
    """Open-circuit voltage at equal distances of SoC."""
    temperature_c: F32
    charge_ohm: F32
    discharge_ohm: F32
    """Resistance at each temperature."""
    resistance: F32
    """Factor of each unit, shape (units,)."""
    per_coulomb: F32
    """2**(24 + shift)·dt over the capacity, counts of charge per ampere and step, (units,)."""
    to_ampere: F32
    """Capacity over dt, A per unit of SoC, (units,)."""
    outages: I64
    """First unit, one past the last, first sample, one past the last; shape (outages, 4)."""


class Units(NamedTuple):
    """State of a farm: arrays of shape (units,), changed in place, saved as they are."""

    charge: I64
    """Charge in the cells, see ``Fixed.charge_shift``."""
    soc: I32
    """State of charge in steps of 2**−24: that charge, rounded down."""
    power_w: F32
    """Power on the side of the grid, discharging positive."""
    pair_1_v: F32
    pair_2_v: F32
    budget: I32
    """Overload time left, negative when locked."""
    step_charge: I32
    """Charge of the last step with any, discharging positive."""
    moved: I64
    """Charge moved since the beginning, both directions."""
    heat: F32
    """Sum of the heat of one cell over the steps since the slow update, W."""
    temperature_c: F32
    hysteresis: F32
    """−1 to 1."""
    hysteresis_v: F32
    marked: I64
    """Charge at the last slow update."""
    ocv_v: F32
    ocv_slope: F32
    """Open-circuit voltage at the present piece of its curve: ``ocv_v + ocv_slope·soc``."""
    online: F32
    """1 or 0."""
    discharge_share: F32
    charge_share: F32
    """Share of a command that the unit takes, by what it can do."""
    r_discharge: F32
    r_charge: F32
    """Resistance within one step, Ω."""
    per_r_discharge: F32
    per_r_charge: F32
    r_pair: F32
    per_r_pair: F32
    """Resistance that the pairs scale with, and one over it."""
    corner: I64
    """Charge at the corners of the residue of the count of cycles, (units, depth)."""
    corner_at: I64
    """Sample of each corner."""
    corners: I32
    half_cycles: I64
    """How many half cycles have closed."""
    cycled: I64
    """Charge moved in them, both directions."""
    cycle_fade: I64
    shallow_fade: I64
    calendar_fade: I64
    """Squares of the fade of the capacity, see ``cycles.FADE_UNIT``: by cycles, by those of them
    that are shallower than any tested, by time."""
    cycle_rise: I64
    calendar_rise: I64
    """Rise of the resistance, see ``cycles.RISE_UNIT``."""
    total: I64
    """Sums over all units and the run, shape (len(TOTALS),), see there."""
    limits: I64
    """What all units can discharge and charge now, standby power now, quanta; whether begun."""


class Window(NamedTuple):
    """Room for the steps of a farm while nothing but its commands changes: no state."""

    command_w: F32
    """What is asked of the farm at each step, discharging positive, shape (steps,)."""
    power: I64
    """Power of the farm, auxiliary power taken off, quanta, (steps,)."""
    loss: I64
    """Its losses, auxiliary power included, quanta."""
    soc: I64
    """Sum of the states of charge before each step, in steps of 2**−24."""
    soc_min: I32
    soc_max: I32
    limited: I32
    """How many units could not do what their inverter asked."""
    given: I32
    source: I32
    heat: I32
    step: I32
    short: I32
    """Of each unit in the last step, shape (units,), see ``units.step_unit``."""
    turned: I32
    """Whether that step changed the direction of a unit's current."""


def window_of(steps: int, units: int) -> Window:
    """Return room for so many steps of so many units."""
    rows: dict[str, tuple[type[np.generic], int]] = {"command_w": (np.float32, steps)}
    rows |= dict.fromkeys(("power", "loss", "soc"), (np.int64, steps))
    rows |= dict.fromkeys(("soc_min", "soc_max", "limited"), (np.int32, steps))
    rows |= dict.fromkeys(("given", "source", "heat", "step", "short", "turned"), (np.int32, units))
    return Window(**{name: np.zeros(size, kind) for name, (kind, size) in rows.items()})


TOTALS = ("discharged", "charged", "cell_heat", "inverter_loss", "standby", "samples")
"""Sums in quanta·samples: power out, power in (both positive), and losses by stage."""
DISCHARGED, CHARGED, CELL_HEAT, INVERTER_LOSS, STANDBY, SAMPLES = range(len(TOTALS))
CAN_DISCHARGE, CAN_CHARGE, STANDBY_NOW, BEGUN = range(4)
