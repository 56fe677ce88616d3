# SPDX-License-Identifier: Apache-2.0
"""Kinds of record for what buffers a rack: the energy store on its bus, and its backup."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from powermodel_datasets.record import Record
from powermodel_datasets.spec import Field, Find, Kind

HOLD_UP_CLOSURE = 1e-3
"""How far a hold-up energy may miss load times time: a thousandth is rounding."""


def set_point_within_window(record: Record, _find: Find) -> Iterator[str]:
    """Require a window that rises, and a set point within it."""
    low, high = record["window_low"].value, record["window_high"].value
    if low >= high:
        yield f"window_low ({low:g}) must be below window_high ({high:g})"
    elif not low <= record["set_point"].value <= high:
        yield f"set_point ({record['set_point'].value:g}) is outside {low:g} to {high:g}"


def hold_up_closes(record: Record, _find: Find) -> Iterator[str]:
    """Require that the hold-up energy is its load for its time."""
    energy_j = record["hold_up_energy"].value
    product_j = record["hold_up_load"].value * record["hold_up_time"].value
    if abs(energy_j - product_j) > HOLD_UP_CLOSURE * energy_j:
        yield (
            f"hold_up_load x hold_up_time = {product_j:g} J, but hold_up_energy says {energy_j:g} J"
        )


RACK_STORE = Kind(
    title="Energy store on the DC bus of a rack, and its control",
    fields={
        "energy_per_accelerator": Field("energy of the full store, usable or not", "J", 0, 1e6),
        "window_low": Field("share of the energy below which it is not used", "1", 0, 1),
        "window_high": Field("share of the energy above which it is not used", "1", 0, 1),
        "set_point": Field("share of the energy to which the control brings it back", "1", 0, 1),
        "max_charge_per_accelerator": Field("largest power taken from the bus", "W", 1, 1e5),
        "max_discharge_per_accelerator": Field("largest power given to the bus", "W", 1, 1e5),
        "charge_efficiency": Field("bus to store, one way", "1", 0.3, 1),
        "discharge_efficiency": Field("store to bus, one way", "1", 0.3, 1),
        "time_constant": Field("of the low pass of the load for the shelf", "s", 1e-3, 1e4),
        "recovery_time": Field(
            "time constant with which the energy returns to its set point", "s", 1e-3, 1e6
        ),
    },
    rules=(set_point_within_window,),
)

RACK_BACKUP = Kind(
    title="Hold-up of a supply shelf, and its battery backup shelf",
    fields={
        "input_low": Field("voltage below which the shelf's input is lost, per unit", "1", 0, 1),
        "hold_up_time": Field("for which the shelf's capacitors carry full load", "s", 0, 10),
        "hold_up_energy": Field("of one supply, for which the time is stated", "J", 0.1, 1e6),
        "hold_up_load": Field("of that supply", "W", 1, 1e6),
        "take_over_time": Field("from the loss of the input to the battery", "s", 0, 1),
        "battery_time": Field("for which the battery carries full load", "s", 0, 1e5),
        "hand_back_time": Field("for which the battery goes on, the input back", "s", 0, 1e3),
        "hold_up_recharge": Field("power into the hold-up, per unit of the rating", "1", 1e-4, 10),
        "battery_recharge": Field("power into the battery, per unit of the rating", "1", 1e-4, 10),
        "recharge_efficiency": Field("one way, of both", "1", 0.3, 1),
        "shave_reserve": Field("share of the battery that shaving leaves", "1", 0, 1),
    },
    rules=(hold_up_closes,),
)

RACK_KINDS: Mapping[str, Kind] = {"rack-store": RACK_STORE, "rack-backup": RACK_BACKUP}
