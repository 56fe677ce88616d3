# SPDX-License-Identifier: Apache-2.0
"""From a scenario's storage, and the records behind it, to a farm of the kernels."""

from __future__ import annotations

from typing import Any

from powermodel.scenario.hardware import record
from powermodel.scenario.storage import Storage, StorageDevice, UnitOutage
from powermodel.scenario.storage_unit import DEFAULT_RECORD, KIND, StorageUnitSpec
from powermodel_datasets.record import Record
from powermodel_datasets.storage_kinds import OCV_POINTS, cell_type
from powermodel_kernels.build import ticks
from powermodel_kernels.laws import flywheel, supercapacitor
from powermodel_kernels.storage.farm import Cell, Farm, Outage, Unit

_WATER_FREEZES_K = 273.15
_PLACES = ("cold", "mid", "hot")


def farm_of(
    device: StorageDevice, inverter_delay_s: float, inverter_lag_s: float, seed: int, number: int
) -> Farm:
    """Return the farm of a storage device.

    Parameters
    ----------
    device : StorageDevice
        Of a scenario.
    inverter_delay_s, inverter_lag_s : float
        Of its inverters, s.
    seed : int
        Of the scenario: how units differ.
    number : int
        Tells the devices of a site apart: part of the random address.
    """
    spec = device.unit_record
    standby_w = device.aux_w if isinstance(device, Storage) else spec.auxiliary_power_w
    return Farm(
        unit=unit_of(spec, standby_w),
        units=device.units,
        soc=device.soc,
        soc_window=device.soc_window,
        capacity_sigma=device.spread.capacity,
        resistance_sigma=device.spread.resistance,
        outages=outages_of(device.outages),
        inverter_delay_ticks=ticks(inverter_delay_s),
        inverter_lag_s=inverter_lag_s,
        seed=seed,
        number=number,
    )


def unit_of(spec: StorageUnitSpec, standby_w: float) -> Unit:
    """Return a unit as the kernels know it.

    The losses at the rating are those of the one-way efficiency; of them at most half are there at
    zero power, whatever the record says of another inverter.
    """
    found = record(KIND, spec.record or DEFAULT_RECORD)
    at_rating = 1.0 / spec.inverter_efficiency - 1.0
    constant = min(float(found["no_load_loss"].value), at_rating / 2.0)
    return Unit(
        cell=cell_of(record("cell", found.link("cell"))),
        energy_j=spec.energy_j,
        power_w=spec.power_w,
        apparent_va=spec.apparent_power_w,
        loss_constant=constant,
        loss_quadratic=at_rating - constant,
        overload=found["overload"].value,
        overload_s=found["overload_time"].value,
        recovery_s=found["overload_recovery"].value,
        standby_w=standby_w,
    )


def ages(device: StorageDevice) -> bool:
    """Return whether a law of ageing is known for the cells of a device."""
    found = record(KIND, device.unit_record.record or DEFAULT_RECORD)
    return cell_of(record("cell", found.link("cell"))).tested_depth is not None


def cell_of(found: Record) -> Cell:
    """Return the cell of a record, whatever its type."""
    kinds = {"battery": _battery, "supercapacitor": _supercapacitor, "flywheel": _flywheel}
    return kinds[cell_type(found) or ""](found)


def _warmth(found: Record) -> dict[str, Any]:
    """Return what the thermal node of a cell needs."""
    return {
        "heat_j_per_k": found["mass"].value * found["specific_heat"].value,
        "cooling_w_per_k": found["convection"].value * found["surface"].value,
        "max_c": found["max_temperature"].value - _WATER_FREEZES_K,
    }


def _battery(found: Record) -> Cell:
    def at(name: str) -> tuple[float, ...]:
        return tuple(float(found[f"{name}_{place}"].value) for place in _PLACES)

    charge_c = found["capacity"].value
    return Cell(
        charge_c=charge_c,
        nominal_v=found["nominal_voltage"].value,
        min_v=found["min_voltage"].value,
        max_v=found["max_voltage"].value,
        discharge_a=found["discharge_rate"].value * charge_c,
        charge_a=found["charge_rate"].value * charge_c,
        soc_first=found["soc_first"].value,
        soc_last=found["soc_last"].value,
        ocv_v=tuple(float(found[name].value) for name in OCV_POINTS),
        temperature_c=tuple(kelvin - _WATER_FREEZES_K for kelvin in at("temperature")),
        charge_ohm=at("charge_resistance"),
        discharge_ohm=at("discharge_resistance"),
        resistance_time_s=found["resistance_time"].value,
        pair_share=(found["pair_1_share"].value, found["pair_2_share"].value),
        pair_tau_s=(found["pair_1_time"].value, found["pair_2_time"].value),
        hysteresis_v=found["hysteresis_voltage"].value,
        hysteresis_rate=1.0 / found["hysteresis_charge"].value,
        tested_depth=found["tested_depth"].value,
        **_warmth(found),
    )


def _supercapacitor(found: Record) -> Cell:
    rated_v, lowest_v = found["max_voltage"].value, found["min_voltage"].value
    ohm = (found["series_resistance"].value,)
    return Cell(
        charge_c=supercapacitor.charge(found["capacitance"].value, rated_v),
        nominal_v=rated_v / 2.0,
        min_v=lowest_v,
        max_v=rated_v,
        discharge_a=found["max_current"].value,
        charge_a=found["max_current"].value,
        soc_first=lowest_v / rated_v,
        soc_last=1.0,
        ocv_v=(lowest_v, rated_v),
        **_one_resistance(ohm),
        **_warmth(found),
    )


def _flywheel(found: Record) -> Cell:
    full_v, slowest = flywheel.FULL_SPEED_V, found["min_speed"].value
    rated_w = found["rotor_power"].value
    ohm = (flywheel.copper_resistance(rated_w, found["machine_efficiency"].value),)
    amperes = flywheel.largest_torque_current(rated_w, slowest)
    return Cell(
        charge_c=flywheel.momentum_charge(found["rotor_energy"].value),
        nominal_v=full_v / 2.0,
        min_v=slowest * full_v,
        # Driving at full speed needs the copper's voltage on top.
        max_v=full_v + ohm[0] * amperes,
        discharge_a=amperes,
        charge_a=amperes,
        soc_first=slowest,
        soc_last=1.0,
        ocv_v=(slowest * full_v, full_v),
        leak_s=flywheel.drag_conductance(found["standing_loss"].value),
        **_one_resistance(ohm),
        **_warmth(found),
    )


def _one_resistance(ohm: tuple[float, ...]) -> dict[str, Any]:
    """Return a resistance that does not depend on temperature or direction."""
    return {"temperature_c": (25.0,), "charge_ohm": ohm, "discharge_ohm": ohm}


def outages_of(outages: tuple[UnitOutage, ...]) -> tuple[Outage, ...]:
    """Return the outages with numbered units: each takes the lowest that are in service."""
    taken: list[Outage] = []
    for outage in outages:
        begin, end = ticks(outage.at), ticks(outage.until)
        busy = [o for o in taken if o.begin_ticks < end and begin < o.end_ticks]
        left, unit = outage.units, 0
        while left:
            after = [o.stop_unit for o in busy if o.first_unit <= unit < o.stop_unit]
            if after:
                unit = max(after)
                continue
            stop = min([unit + left, *(o.first_unit for o in busy if o.first_unit > unit)])
            taken.append(Outage(unit, stop, begin, end))
            left, unit = left - (stop - unit), stop
    return tuple(taken)
