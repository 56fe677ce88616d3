# SPDX-License-Identifier: Apache-2.0
"""The machines of an island as a user gives them, checked: every figure with the base it stands on.

Inertia and droop mean nothing without a base; a unit without one is refused rather than guessed.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Gast:
    """GAST turbine and governor, per unit of the machine's base; times in s.

    Parameters
    ----------
    droop
        R.
    valve_s, turbine_s, exhaust_s
        T1, T2, T3.
    ambient_limit, limit_gain
        AT and KT of the exhaust temperature limit.
    valve_low, valve_high
        Vmin and Vmax.
    turbine_damping
        Dturb.
    deadband
        Speed to each side without response.
    """

    droop: float
    valve_s: float
    turbine_s: float
    exhaust_s: float
    ambient_limit: float = 1.0
    limit_gain: float = 2.0
    valve_low: float = 0.0
    valve_high: float = 1.0
    turbine_damping: float = 0.0
    deadband: float = 0.0

    def highest_power(self) -> float:
        """Return what the turbine can give for long: valve and temperature permitting."""
        return min(self.valve_high, self.ambient_limit)


@dataclass(frozen=True, slots=True)
class Ggov1:
    """GGOV1 turbine and governor, per unit of the machine's base; times in s, rates in 1/s.

    Parameters
    ----------
    droop
        R, on electrical power.
    proportional, integral, derivative, derivative_s
        Kpgov, Kigov, Kdgov, Tdgov.
    error_limit
        maxerr = −minerr.
    actuator_s, opening, closing
        Tact, Ropen, −Rclose.
    turbine_gain, no_load_flow, turbine_lag_s, turbine_lead_s
        Kturb, Wfnl, Tb, Tc.
    power_s
        Tpelec.
    load_s, load_proportional, load_integral, load_reference
        Tfload, Kpload, Kiload, Ldref.
    acceleration_limit, acceleration_gain, acceleration_s
        Aset, Ka, Ta.
    exhaust_lead_s, exhaust_lag_s
        Tsa, Tsb.
    valve_low, valve_high
        Vmin, Vmax.
    deadband
        Error to each side without response.
    """

    droop: float
    proportional: float
    integral: float
    actuator_s: float
    turbine_gain: float
    no_load_flow: float
    turbine_lag_s: float
    turbine_lead_s: float = 0.0
    derivative: float = 0.0
    derivative_s: float = 1.0
    error_limit: float = 0.05
    opening: float = 0.1
    closing: float = 0.1
    power_s: float = 1.0
    load_s: float = 3.0
    load_proportional: float = 2.0
    load_integral: float = 0.67
    load_reference: float = 1.0
    acceleration_limit: float = 0.01
    acceleration_gain: float = 10.0
    acceleration_s: float = 0.1
    exhaust_lead_s: float = 4.0
    exhaust_lag_s: float = 5.0
    valve_low: float = 0.15
    valve_high: float = 1.0
    deadband: float = 0.0

    def highest_power(self) -> float:
        """Return what the turbine can give for long: valve and temperature permitting."""
        by_valve = self.turbine_gain * (self.valve_high - self.no_load_flow)
        return min(by_valve, self.load_reference)


Governor = Gast | Ggov1


@dataclass(frozen=True, slots=True)
class Unit:
    """One generating unit.

    Parameters
    ----------
    base_va
        S: what inertia, droop and reactance are per unit of, VA.
    inertia_s
        H on that base, s.
    governor
        On that base.
    rating_w
        Rated active power, derated for the day, W.
    reactance
        X′d on that base.
    voltage_s
        Time in which the regulator restores the voltage, s.
    trip_low, trip_high
        Speed deviation, per unit, at which it trips.
    trip_delay_s
        After that long outside, s.
    trip_at_s
        Time of a forced outage since the beginning of the run; none by default.
    kind
        Number of its type, from 0: the power of a type's units is summed.
    """

    base_va: float
    inertia_s: float
    governor: Governor
    rating_w: float
    reactance: float = 0.25
    voltage_s: float = 0.5
    trip_low: float = -0.05
    trip_high: float = 0.03
    trip_delay_s: float = 0.5
    trip_at_s: float = math.inf
    kind: int = 0


@dataclass(frozen=True, slots=True)
class Condenser:
    """Synchronous condensers or flywheels: inertia and reactance, no power of their own.

    Parameters
    ----------
    base_va, inertia_s, reactance
        S, VA, and H, s, and X′d on that base, flywheel included.
    """

    base_va: float
    inertia_s: float
    reactance: float = 0.25


@dataclass(frozen=True, slots=True)
class Shedding:
    """One stage of underfrequency load shedding.

    Parameters
    ----------
    below
        Speed deviation, per unit.
    delay_s
        Time below before it acts, s.
    share
        Of the whole load.
    """

    below: float
    delay_s: float
    share: float


@dataclass(frozen=True, slots=True)
class IslandSetup:
    """All that is on the island, and how its load behaves.

    Parameters
    ----------
    units
        Those that run.
    nominal_hz
        50 or 60.
    condensers, shedding
        See there; stages of shedding in the order of falling speed.
    load_damping
        Change of load per change of speed, per unit each; 0 for power electronics.
    reactive_ratio
        Reactive over active power of the load.
    restore_rate
        Slow common control that brings the speed back: reference, per unit of each machine's base,
        per unit of speed and second; 0 for droop alone.
    """

    units: Sequence[Unit]
    nominal_hz: float
    condensers: Sequence[Condenser] = field(default_factory=tuple)
    shedding: Sequence[Shedding] = field(default_factory=tuple)
    load_damping: float = 0.0
    reactive_ratio: float = 0.0
    restore_rate: float = 0.0

    def __post_init__(self) -> None:
        if self.nominal_hz not in (50.0, 60.0):
            raise ValueError(f"nominal frequency must be 50 or 60 Hz, got {self.nominal_hz:g} Hz")
        if not self.units:
            raise ValueError("an island needs at least one generating unit")
        for i, unit in enumerate(self.units):
            _check_unit(f"unit {i}", unit)
        for i, part in enumerate(self.condensers):
            _check_base(f"condenser {i}", part.base_va, part.inertia_s, part.reactance)
        levels = [stage.below for stage in self.shedding]
        if levels != sorted(levels, reverse=True) or any(level >= 0.0 for level in levels):
            raise ValueError("stages of shedding must lie below nominal speed, in falling order")
        if sum(stage.share for stage in self.shedding) > 1.0:
            raise ValueError("stages of shedding take more than the whole load")

    @property
    def kinds(self) -> int:
        """Types of units."""
        return 1 + max(unit.kind for unit in self.units)

    @property
    def base_va(self) -> float:
        """Base of all generating units together, VA."""
        return sum(unit.base_va for unit in self.units)

    @property
    def stored_j(self) -> float:
        """Kinetic energy at nominal speed, ΣH·S, J, condensers included."""
        turning: list[Unit | Condenser] = [*self.units, *self.condensers]
        return sum(part.inertia_s * part.base_va for part in turning)

    @property
    def capability_w(self) -> float:
        """What the units can give for long, W."""
        return sum(unit_capability_w(unit) for unit in self.units)


def unit_capability_w(unit: Unit) -> float:
    """Return what a unit can give for long: its rating, or less where its governor limits it, W."""
    return min(unit.rating_w, unit.governor.highest_power() * unit.base_va)


def units_needed(load_w: float, unit_w: float, margin: float, derate: float, spare: int = 0) -> int:
    """Return how many units a load needs: ceil((1 + margin)·P/(unit·derate)), and the spare ones.

    Parameters
    ----------
    load_w, unit_w
        Load, and rating of one unit, W.
    margin
        On the load, such as 0.15.
    derate
        Share of the rating that the day leaves.
    spare
        1 for N+1.
    """
    if not (unit_w > 0.0 and 0.0 < derate <= 1.0 and load_w >= 0.0 and margin >= 0.0):
        raise ValueError("units are counted for a load, a rating above 0 W and a derate above 0")
    return math.ceil((1.0 + margin) * load_w / (unit_w * derate)) + spare


def _check_base(name: str, base_va: float, inertia_s: float, reactance: float) -> None:
    if not (base_va > 0.0 and math.isfinite(base_va)):
        raise ValueError(
            f"{name}: inertia and droop are per unit of a base, which must be above 0 VA, "
            f"got {base_va}"
        )
    if not inertia_s > 0.0:
        raise ValueError(f"{name}: inertia constant H must be above 0 s, got {inertia_s}")
    if not reactance > 0.0:
        raise ValueError(f"{name}: transient reactance must be above 0, got {reactance}")


def _check_unit(name: str, unit: Unit) -> None:
    _check_base(name, unit.base_va, unit.inertia_s, unit.reactance)
    governor = unit.governor
    if not governor.droop > 0.0:
        raise ValueError(f"{name}: droop must be above 0 on the unit's base, got {governor.droop}")
    if not governor.valve_low < governor.valve_high:
        raise ValueError(f"{name}: the valve's low limit must be below its high limit")
    if not 0.0 < unit.rating_w <= unit.base_va:
        raise ValueError(
            f"{name}: rating must be above 0 W and within its base of {unit.base_va:g} VA, "
            f"got {unit.rating_w:g} W"
        )
    if not unit.trip_low < 0.0 < unit.trip_high:
        raise ValueError(f"{name}: trips are deviations: trip_low below 0, trip_high above 0")
