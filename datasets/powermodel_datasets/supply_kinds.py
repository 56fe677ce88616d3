# SPDX-License-Identifier: Apache-2.0
"""Kinds of record for what feeds a site: stages, architectures, cooling, machines, shafts, sags."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from powermodel_datasets.record import Record
from powermodel_datasets.spec import Field, Find, Kind, maybe

SLOTS = ("transmission", "distribution", "ups", "busway", "rack", "tray", "module")
"""The places of a conversion stage, grid first; ``module`` lies inside the module's own power."""

GAST_FIELDS = (
    "gast_valve_time",
    "gast_turbine_time",
    "gast_exhaust_time",
    "gast_ambient_limit",
    "gast_limit_gain",
    "gast_turbine_damping",
)
GGOV1_FIELDS = (
    "ggov1_proportional",
    "ggov1_integral",
    "ggov1_derivative",
    "ggov1_derivative_time",
    "ggov1_error_limit",
    "ggov1_actuator_time",
    "ggov1_turbine_gain",
    "ggov1_no_load_flow",
    "ggov1_turbine_lag",
    "ggov1_turbine_lead",
    "ggov1_opening_rate",
    "ggov1_closing_rate",
    "ggov1_power_time",
    "ggov1_load_time",
    "ggov1_load_proportional",
    "ggov1_load_integral",
    "ggov1_load_reference",
    "ggov1_acceleration_limit",
    "ggov1_acceleration_gain",
    "ggov1_acceleration_time",
    "ggov1_exhaust_lead",
    "ggov1_exhaust_lag",
)

MAX_MASSES = 6
MAX_ZONES = 8


def _one_governor(record: Record, _find: Find) -> Iterator[str]:
    """Require exactly one model, complete."""
    for name, fields in (("GAST", GAST_FIELDS), ("GGOV1", GGOV1_FIELDS)):
        present = [field for field in fields if field in record]
        if present and len(present) < len(fields):
            missing = ", ".join(field for field in fields if field not in record)
            yield f"{name} is incomplete: expected also {missing}"
    models = sum(fields[0] in record for fields in (GAST_FIELDS, GGOV1_FIELDS))
    if models != 1:
        yield f"expected the fields of one governor model, gast_* or ggov1_*, got {models}"
    if record["valve_low"].value >= record["valve_high"].value:
        yield "valve_low must be below valve_high"


def _rating_within_base(record: Record, _find: Find) -> Iterator[str]:
    rating_w, base_w = record["rating"].value, record["base"].value
    if rating_w > base_w:
        yield f"rating ({rating_w:g} W) exceeds the machine's own base ({base_w:g} VA)"


def _masses_in_order(record: Record, _find: Find) -> Iterator[str]:
    masses = [i for i in range(1, MAX_MASSES + 1) if f"inertia_{i}" in record]
    springs = [i for i in range(1, MAX_MASSES) if f"stiffness_{i}" in record]
    if masses != list(range(1, len(masses) + 1)) or springs != masses[:-1]:
        yield "expected inertia_1 to inertia_n and stiffness_1 to stiffness_(n-1), without a gap"
    elif not 1 <= record["generator"].value <= len(masses):
        yield "generator: expected the number of one of the masses"
    shares = [record[f"turbine_share_{i}"].value for i in masses if f"turbine_share_{i}" in record]
    if shares and (len(shares) != len(masses) or abs(sum(shares) - 1.0) > 1e-6):
        yield "turbine_share_1 to turbine_share_n: expected one for each mass, and 1 in sum"


def zones(record: Record) -> list[tuple[float, float, float]]:
    """Return (low, high, stay time in s) of every row of an envelope, in the order of the file."""
    return [
        (
            record[f"low_{i}"].value,
            record[f"high_{i}"].value,
            record[f"stay_{i}"].value,
        )
        for i in range(1, MAX_ZONES + 1)
        if f"low_{i}" in record
    ]


def _rows_do_not_overlap(record: Record, _find: Find) -> Iterator[str]:
    for i in range(1, MAX_ZONES + 1):
        parts = [f"{part}_{i}" in record for part in ("low", "high", "stay")]
        if any(parts) and not all(parts):
            yield f"row {i}: expected low_{i}, high_{i} and stay_{i}"
            return
    rows = sorted(zones(record))
    for low, high, _ in rows:
        if low >= high:
            yield f"row from {low:g} to {high:g}: low must be below high"
    for one, other in pairwise(rows):
        if other[0] < one[1]:
            yield (
                f"rows {one[0]:g} to {one[1]:g} and {other[0]:g} to {other[1]:g} overlap: "
                "a value must have one stay time"
            )


LOSS_STAGE = Kind(
    title="Conversion stage by its loss: p0 + a p + k p^2, per unit of its rating",
    fields={
        "constant_loss": Field("p0, lost without load", "1", 0, 0.2),
        "linear_loss": Field("a, lost per unit of output", "1", 0, 0.5),
        "quadratic_loss": Field("k, lost per square of the output", "1", 0, 0.5),
        "rating": maybe("rated output, where the record is of one size", "W", 1, 2e9),
        "reactance": maybe("leakage reactance, per unit of the rating", "1", 0, 0.5),
        "magnetizing_current": maybe("magnetising current, per unit", "1", 0, 0.1),
        "power_factor": maybe("power factor at its input above 20 % load", "1", 0.5, 1),
    },
)

ARCHITECTURE = Kind(
    title="Electrical architecture: the stage in every slot between grid and die, and voltages",
    links=dict.fromkeys(SLOTS, "loss-stage"),
    fields={
        "transmission_voltage": Field("at the point of interconnection", "V", 1e3, 1e6),
        "medium_voltage": Field("behind the transmission transformer", "V", 1e3, 1e5),
        "distribution_voltage": Field("behind the second transformation", "V", 100, 2000),
        "rack_voltage": Field("on the rack's bus", "V", 10, 2000),
        "tray_voltage": Field("before the regulators on the module", "V", 1, 100),
        "die_voltage": Field("on the die", "V", 0.3, 2),
        "distribution_phases": Field("3 for AC, 1 for DC", "1", 1, 3, whole=True),
    },
)

CHAIN_MODE = Kind(
    title="Coupled mode of rack supplies and UPS, between load and what is drawn",
    fields={
        "frequency": Field("of the mode", "Hz", 0.1, 100),
        "damping": Field("damping ratio", "1", 0.01, 0.99),
    },
)

COOLING = Kind(
    title="Cooling as a load: what follows the heat, how late, and the plant by wet-bulb",
    fields={
        "base_ratio": Field("drawn without heat, per watt of IT rating", "1", 0, 0.3),
        "fan_ratio": Field("fans, per watt of heat", "1", 0, 0.5),
        "pump_ratio": Field("pumps, per watt of heat", "1", 0, 0.2),
        "plate_time": Field("time constant of cold plate or heat sink", "s", 0.1, 100),
        "distribution_time": Field("time constant of the distribution loop", "s", 1, 1000),
        "plant_time": Field("time constant of the plant", "s", 10, 10_000),
        **{
            f"plant_ratio_{t}c": Field(f"plant, per watt of heat, at {t} C wet-bulb", "1", 0, 1)
            for t in (0, 10, 20, 30)
        },
        "power_factor": Field("of all its drives, lagging", "1", 0.5, 1),
    },
)

GOVERNOR = Kind(
    title="Governor and turbine: GAST or GGOV1, on the machine's own base",
    fields={
        "droop": Field("speed change per unit of power, on the machine's base", "1", 0.005, 0.2),
        "deadband": maybe("speed change without response, to each side, per unit", "1", 0, 0.01),
        "valve_high": Field("highest valve opening or fuel", "1", 0.1, 2),
        "valve_low": Field("lowest valve opening or fuel", "1", -0.5, 0.5),
        "gast_valve_time": maybe("T1", "s", 0, 5),
        "gast_turbine_time": maybe("T2", "s", 0, 5),
        "gast_exhaust_time": maybe("T3", "s", 0, 30),
        "gast_ambient_limit": maybe("AT", "1", 0, 2),
        "gast_limit_gain": maybe("KT", "1", 0, 10),
        "gast_turbine_damping": maybe("Dturb", "1", 0, 2),
        "ggov1_proportional": maybe("Kpgov", "1", 0, 100),
        "ggov1_integral": maybe("Kigov", "1/s", 0, 50),
        "ggov1_derivative": maybe("Kdgov", "s", 0, 50),
        "ggov1_derivative_time": maybe("Tdgov", "s", 0, 10),
        "ggov1_error_limit": maybe("maxerr = -minerr", "1", 0, 1),
        "ggov1_actuator_time": maybe("Tact", "s", 0, 5),
        "ggov1_turbine_gain": maybe("Kturb", "1", 0.1, 10),
        "ggov1_no_load_flow": maybe("Wfnl", "1", 0, 1),
        "ggov1_turbine_lag": maybe("Tb", "s", 0, 10),
        "ggov1_turbine_lead": maybe("Tc", "s", 0, 10),
        "ggov1_opening_rate": maybe("Ropen", "1/s", 0, 99),
        "ggov1_closing_rate": maybe("-Rclose", "1/s", 0, 99),
        "ggov1_power_time": maybe("Tpelec", "s", 0, 10),
        "ggov1_load_time": maybe("Tfload", "s", 0, 60),
        "ggov1_load_proportional": maybe("Kpload", "1", 0, 100),
        "ggov1_load_integral": maybe("Kiload", "1/s", 0, 50),
        "ggov1_load_reference": maybe("Ldref", "1", 0, 2),
        "ggov1_acceleration_limit": maybe("Aset", "1/s", 0, 10),
        "ggov1_acceleration_gain": maybe("Ka", "1", 0, 100),
        "ggov1_acceleration_time": maybe("Ta", "s", 0, 10),
        "ggov1_exhaust_lead": maybe("Tsa", "s", 0, 60),
        "ggov1_exhaust_lag": maybe("Tsb", "s", 0, 60),
    },
    rules=(_one_governor,),
)

MACHINE = Kind(
    title="Generating unit",
    links={"governor": "governor"},
    fields={
        "rating": Field("rated active power", "W", 1e4, 1e9),
        "base": Field("apparent power that inertia, droop and reactance refer to", "W", 1e4, 2e9),
        "inertia": Field("inertia constant H on that base", "s", 0.2, 60),
        "transient_reactance": Field("X'd on that base", "1", 0.01, 1),
        "voltage_time": Field("time in which the AVR restores the voltage", "s", 0.02, 5),
        "ambient_derate": Field("share of the rating that a hot day leaves", "1", 0.3, 1),
    },
    rules=(_rating_within_base,),
)

CONDENSER = Kind(
    title="Synchronous condenser, with or without a flywheel: inertia and reactance, no power",
    fields={
        "base": Field("apparent power that inertia and reactance refer to", "W", 1e4, 2e9),
        "inertia": Field("inertia constant H on that base, flywheel included", "s", 0.2, 60),
        "transient_reactance": Field("X'd on that base", "1", 0.01, 1),
        "voltage_time": Field("time in which the AVR restores the voltage", "s", 0.02, 5),
        "losses": Field("drawn while it runs, per unit of the base", "1", 0, 0.05),
    },
)

GENERATOR_CLASS = Kind(
    title="Performance class of generating sets, ISO 8528-5",
    fields={
        "droop": Field("frequency droop", "1", 0, 0.2),
        "steady_band": Field("whole width of the steady frequency band", "1", 0, 0.1),
        "frequency_rise": Field("on loss of the whole load", "1", 0, 0.5),
        "frequency_dip": Field("on a load step", "1", 0, 0.5),
        "frequency_dip_gas": Field("on a load step, gas engines", "1", 0, 0.5),
        "frequency_recovery": Field("until back in the steady band", "s", 0, 60),
        "voltage_rise": Field("on loss of load", "1", 0, 1),
        "voltage_dip": Field("on a load step", "1", 0, 1),
        "voltage_recovery": Field("until back in the steady band", "s", 0, 60),
        "steady_voltage": Field("deviation to each side", "1", 0, 0.2),
    },
)

SHAFT = Kind(
    title="Turbine-generator shaft: lumped masses and the springs between them",
    fields={
        "base": Field("apparent power that inertia and stiffness refer to", "W", 1e4, 2e9),
        "frequency": Field("nominal electrical frequency", "Hz", 50, 60),
        "generator": Field("number of the generator's mass", "1", 1, MAX_MASSES, whole=True),
        "damping": Field("damping ratio of every mode", "1", 0, 0.1),
        **{
            f"inertia_{i}": maybe(f"H of mass {i}", "s", 1e-4, 60) for i in range(1, MAX_MASSES + 1)
        },
        **{
            f"stiffness_{i}": maybe(
                f"torque per electrical radian between masses {i} and {i + 1}", "1", 0.01, 1e4
            )
            for i in range(1, MAX_MASSES)
        },
        **{
            f"turbine_share_{i}": maybe(f"share of the turbine's torque on mass {i}", "1", 0, 1)
            for i in range(1, MAX_MASSES + 1)
        },
        **{
            f"mode_{i}": maybe(f"published torsional frequency {i}", "Hz", 0.1, 500)
            for i in range(1, MAX_MASSES)
        },
    },
    rules=(_masses_in_order,),
)

RIDE_THROUGH = Kind(
    title="What a load with its own store does when the grid sags",
    fields={
        "transfer_low": Field("leaves the grid below this voltage", "1", 0, 1),
        "transfer_high": Field("leaves the grid above this voltage", "1", 1, 2),
        "frequency_low": maybe("leaves the grid below this frequency over nominal", "1", 0, 1),
        "frequency_high": maybe("leaves the grid above it", "1", 1, 2),
        "return_low": Field("comes back above this voltage", "1", 0, 1),
        "transfer_delay": Field("time outside the window before it leaves", "s", 0, 10),
        "return_delay": Field("time inside the window before it comes back", "s", 0, 3600),
        "walk_in": Field("time from no grid power to all of it", "s", 0, 3600),
        "recharge_ratio": Field("drawn on top to refill the store, of the load", "1", 0, 1),
        "current_limit": Field("largest current of its rectifier, per unit", "1", 0.5, 3),
        "autonomy": Field("time that the store carries the load", "s", 0, 1e5),
        "counted_sags": Field("sags in the window that lock it out; 0: no counter", "1", 0, 100),
        "count_window": Field("length of that window", "s", 0, 3600),
        "lock_out": Field("time until the lock-out ends by itself; 0: never", "s", 0, 1e6),
    },
)

ENVELOPE = Kind(
    title="Ride-through envelope: how long a load must stay, by voltage or frequency",
    dated=True,
    words={"status": ("law", "approved", "published", "proposed", "draft")},
    fields={
        "recovery_level": maybe("share of the power to be back", "1", 0, 1),
        "recovery_time": maybe("time for it, after the voltage is back", "s", 0, 3600),
        "frequency_rows": Field("1: rows are frequency over nominal; 0: voltage", "1", 0, 1),
        **{
            f"{part}_{i}": Field(text, unit, 0, high, required=False)
            for i in range(1, MAX_ZONES + 1)
            for part, text, unit, high in (
                ("low", "from", "1", 3.0),
                ("high", "to", "1", 3.0),
                ("stay", "time to stay; one year for continuous", "s", 3.2e7),
            )
        },
    },
    rules=(_rows_do_not_overlap,),
)

SOLAR_PLANT = Kind(
    title="Photovoltaic plant: where it stands, how its modules face the sun",
    words={"tracking": ("fixed", "single-axis")},
    fields={
        "latitude": Field("north positive", "deg", -90, 90),
        "longitude": Field("east positive", "deg", -180, 180),
        "altitude": Field("above the sea", "m", -500, 6000),
        "dc_ac_ratio": Field("modules under standard conditions over AC capacity", "1", 0.5, 3),
        "loss": Field("between those modules and the AC side", "1", 0, 0.5),
        "albedo": Field("share of light that the ground reflects", "1", 0, 1),
        "largest_tilt": maybe("of trackers", "deg", 0, 90),
        "ground_cover": maybe("of trackers: width of a row over distance of rows", "1", 0.05, 1),
        "tilt": maybe("of fixed modules, from the horizontal", "deg", 0, 90),
        "azimuth": maybe("of fixed modules, 180 is south", "deg", 0, 360),
        "clear_sky_factor": maybe("mean power of a year without clouds over capacity", "1", 0, 1),
        "weather_factor": maybe("share of it that the weather leaves in a year", "1", 0, 1),
    },
)

SUPPLY_KINDS: Mapping[str, Kind] = {
    "architecture": ARCHITECTURE,
    "chain-mode": CHAIN_MODE,
    "condenser": CONDENSER,
    "cooling": COOLING,
    "envelope": ENVELOPE,
    "generator-class": GENERATOR_CLASS,
    "governor": GOVERNOR,
    "loss-stage": LOSS_STAGE,
    "machine": MACHINE,
    "ride-through": RIDE_THROUGH,
    "shaft": SHAFT,
    "solar-plant": SOLAR_PLANT,
}
