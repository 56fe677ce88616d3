# SPDX-License-Identifier: Apache-2.0
"""Kinds of record for storage at the point of interconnection: units, cells, inverters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from powermodel_datasets.record import Record
from powermodel_datasets.spec import Field, Find, Kind, maybe

OCV_POINTS = tuple(f"ocv_{i:02d}" for i in range(1, 17))
"""Open-circuit voltages at equal distances from soc_first to soc_last."""

BATTERY = (
    "capacity",
    "nominal_voltage",
    "min_voltage",
    "max_voltage",
    "discharge_rate",
    "charge_rate",
    "soc_first",
    "soc_last",
    *OCV_POINTS,
    *(f"{way}_resistance_{at}" for way in ("charge", "discharge") for at in ("cold", "mid", "hot")),
    *(f"temperature_{at}" for at in ("cold", "mid", "hot")),
    "resistance_time",
    *(f"pair_{which}_{what}" for which in (1, 2) for what in ("share", "time")),
    "hysteresis_voltage",
    "hysteresis_charge",
    "tested_depth",
)
CAPACITOR = ("capacitance", "max_voltage", "min_voltage", "series_resistance", "max_current")
ROTOR = ("rotor_energy", "min_speed", "standing_loss", "machine_efficiency", "rotor_power")
SETS: Mapping[str, tuple[str, ...]] = {
    "battery": BATTERY,
    "supercapacitor": CAPACITOR,
    "flywheel": ROTOR,
}
"""What each type of cell must be described by, beside what all are."""


def cell_type(record: Record) -> str | None:
    """Return the type of cell that a record describes in full, None when it is none."""
    types = [name for name, fields in SETS.items() if all(f in record for f in fields)]
    return types[0] if len(types) == 1 else None


def cell_is_one_type(record: Record, _find: Find) -> Iterator[str]:
    """Require all that describes a battery, a supercapacitor or a flywheel."""
    if cell_type(record) is None:
        needs = "; ".join(f"{name}: {', '.join(fields)}" for name, fields in SETS.items())
        yield f"expected all fields of one type of cell ({needs})"


def rating_within_inverter(record: Record, _find: Find) -> Iterator[str]:
    """Require an inverter that carries the rating, and a one-way efficiency above round trip."""
    power_w, apparent_w = record["power"].value, record["apparent_power"].value
    if apparent_w < power_w:
        yield f"apparent_power ({apparent_w:g} VA) is below power ({power_w:g} W)"
    one_way, round_trip = record["inverter_efficiency"].value, record.get("round_trip_efficiency")
    if round_trip is not None and one_way**2 < round_trip.value:
        yield (
            f"an inverter of {one_way:g} one way cannot give a round trip of {round_trip.value:g}"
        )


CELL = Kind(
    title="Cell of a storage unit: electrochemical, capacitor, or rotor",
    fields={
        "capacity": maybe("charge between empty and full", "C", 1, 1e7),
        "nominal_voltage": maybe("capacity times it is the nominal energy", "V", 0.5, 10),
        "min_voltage": maybe("lowest terminal voltage", "V", 0.1, 10),
        "max_voltage": maybe("highest terminal voltage", "V", 0.1, 10),
        "discharge_rate": maybe("largest current over the capacity", "1/s", 1e-6, 1),
        "charge_rate": maybe("largest current over the capacity", "1/s", 1e-6, 1),
        "soc_first": maybe("state of charge of the first open-circuit voltage", "1", 0, 1),
        "soc_last": maybe("state of charge of the last", "1", 0, 1),
        **{
            name: maybe(f"open-circuit voltage, point {i} of {len(OCV_POINTS)}", "V", 0.5, 10)
            for i, name in enumerate(OCV_POINTS, 1)
        },
        **{
            f"{way}_resistance_{at}": maybe(f"{way} resistance, {at}", "ohm", 1e-6, 1)
            for way in ("charge", "discharge")
            for at in ("cold", "mid", "hot")
        },
        **{
            f"temperature_{at}": maybe(f"temperature of the {at} resistance", "K", 223, 373)
            for at in ("cold", "mid", "hot")
        },
        "resistance_time": maybe("length of the pulse that sees the resistance", "s", 0.01, 1e4),
        "pair_1_share": maybe("fast RC pair, of the resistance", "1", 0, 1),
        "pair_1_time": maybe("its time constant", "s", 1e-4, 1e4),
        "pair_2_share": maybe("slow RC pair, of the resistance", "1", 0, 1),
        "pair_2_time": maybe("its time constant", "s", 1e-4, 1e4),
        "hysteresis_voltage": maybe("half the distance of charge and discharge", "V", 0, 1),
        "hysteresis_charge": maybe("share of the capacity that moves it by 63 %", "1", 1e-4, 1),
        "tested_depth": maybe("shallowest cycle behind its law of ageing", "1", 0.001, 1),
        "mass": Field("mass", "kg", 1e-3, 1e5),
        "specific_heat": Field("specific heat", "J/(kg*K)", 100, 5000),
        "convection": Field("heat transfer at the surface", "W/(m^2*K)", 0.1, 1e4),
        "surface": Field("surface that is cooled", "m^2", 1e-4, 1e3),
        "max_temperature": Field("above it the unit stops", "K", 273, 473),
        "capacitance": maybe("capacitance", "F", 1, 1e5),
        "series_resistance": maybe("equivalent series resistance", "ohm", 1e-7, 1),
        "max_current": maybe("largest current", "A", 1, 1e5),
        "rotor_energy": maybe("energy at full speed", "J", 1e3, 1e12),
        "min_speed": maybe("lowest speed, of full speed", "1", 0.1, 0.99),
        "standing_loss": maybe("bearings and drag at full speed", "W", 0, 1e6),
        "machine_efficiency": maybe("one way, at full speed and the rating", "1", 0.5, 1),
        "rotor_power": maybe("rating of the machine", "W", 1e3, 1e9),
    },
    rules=(cell_is_one_type,),
)

STORAGE_UNIT = Kind(
    title="Storage unit as it is bought: ratings, inverter, and the cell that it is made of",
    links={"cell": "cell"},
    fields={
        "power": Field("rated active power", "W", 1e3, 1e8),
        "apparent_power": Field("rating of the inverter, VA", "W", 1e3, 1e8),
        "energy": Field("nominal energy of the cells", "J", 1e5, 1e12),
        "inverter_efficiency": Field("one way, at the apparent power", "1", 0.8, 1),
        "no_load_loss": Field("losses at zero power, of the apparent power", "1", 0, 0.05),
        "overload": Field("largest power, of the rating", "1", 1, 3),
        "overload_time": Field("for which it can be had", "s", 1e-3, 1e4),
        "overload_recovery": Field("at the rating or below until it can again", "s", 1e-3, 1e5),
        "response_time": Field("time constant of the power, without any delay", "s", 1e-4, 10),
        "power_regulation": Field("error of the power", "1", 0, 0.2, required=False),
        "round_trip_efficiency": Field("AC to AC", "1", 0.3, 1, required=False),
        "auxiliary_power": Field("cooling and control, drawn all the time", "W", 0, 1e6),
    },
    rules=(rating_within_inverter,),
)

INVERTER = Kind(
    title="Inverter: losses p0 + k p^2, per unit of its rating",
    fields={
        f"{way}_{which}": Field(text, "1", 0, 0.5)
        for way in ("charge", "discharge")
        for which, text in (("constant", "p0"), ("quadratic", "k"))
    },
)

STORAGE_KINDS: Mapping[str, Kind] = {
    "cell": CELL,
    "inverter": INVERTER,
    "storage-unit": STORAGE_UNIT,
}
