# SPDX-License-Identifier: Apache-2.0
"""What must hold between the values of a record, and between records."""

from __future__ import annotations

from collections.abc import Iterator

from powermodel_datasets.record import Record
from powermodel_datasets.spec import Find

RACK_CLOSURE = 1e-3
"""How far a rack's parts may miss its rating: a thousandth is rounding, more is a slip."""


def idle_below_tdp(record: Record, _find: Find) -> Iterator[str]:
    """Require that an accelerator at rest draws less than at work."""
    idle_w, tdp_w = record["idle_power"].value, record["tdp"].value
    if idle_w >= tdp_w:
        yield f"idle_power ({idle_w:g} W) must be below tdp ({tdp_w:g} W)"


def rack_adds_up(record: Record, find: Find) -> Iterator[str]:
    """Require that accelerators at TDP and the rest of the rack make its rated power."""
    accelerator = find("accelerator", record.link("accelerator"))
    count, tdp_w = record["accelerators"].value, accelerator["tdp"].value
    above_idle_w = count * (tdp_w - accelerator["idle_power"].value)
    rest_w = record["base_power"].value + record["dynamic_power_ratio"].value * above_idle_w
    sum_w = count * tdp_w + rest_w
    rated_w = record["rated_power"].value
    if abs(sum_w - rated_w) > RACK_CLOSURE * rated_w:
        yield (
            "accelerators x tdp + base_power + dynamic_power_ratio x accelerators x "
            f"(tdp - idle_power) = {sum_w:g} W, but rated_power says {rated_w:g} W"
        )


def rack_within_supply(record: Record, _find: Find) -> Iterator[str]:
    """Require that the shelves carry the rating, and that a peak is not below it."""
    rated_w, supply_w = record["rated_power"].value, record["supply_rating"].value
    if rated_w > supply_w:
        yield f"rated_power ({rated_w:g} W) exceeds supply_rating ({supply_w:g} W)"
    peak = record.get("peak_power")
    if peak is not None and peak.value < rated_w:
        yield f"peak_power ({peak.value:g} W) is below rated_power ({rated_w:g} W)"
