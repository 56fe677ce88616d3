# SPDX-License-Identifier: Apache-2.0
"""Accelerators and racks as the plan needs them: dataset records turned into SI numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from powermodel.errors import UnitError
from powermodel_datasets import Record, RecordError, load


class Assumption(NamedTuple):
    """A value that came from the datasets, not from the scenario."""

    path: str
    """Kind, record and field: ``rack.gb200-nvl72.base_power``."""
    value: float | str
    unit: str
    source: str
    confidence: str
    """H primary, M secondary, L estimate, K unchecked engineering knowledge."""


@dataclass(frozen=True, slots=True)
class AcceleratorSpec:
    """One type of accelerator."""

    name: str
    tdp_w: float
    idle_w: float
    rise_time_s: float
    """10-90 %."""
    fall_time_s: float
    """90-10 %."""
    overshoot: float
    """EDPp factor - 1."""
    overshoot_time_s: float
    rating_spread: float
    """Sigma of the power scale between accelerators of this type."""

    @property
    def electrical_maximum_w(self) -> float:
        """TDP times the EDPp factor."""
        return self.tdp_w * (1.0 + self.overshoot)


@dataclass(frozen=True, slots=True)
class RackSpec:
    """One type of rack."""

    name: str
    accelerators: int
    accelerator: AcceleratorSpec
    base_power_w: float
    """What is not accelerators, with all of them idle."""
    dynamic_power_ratio: float
    """Watts of the rest per accelerator watt above idle."""
    supply_rating_w: float
    supply_peak_efficiency: float
    supply_peak_load: float
    """Share of the rating at which the efficiency peaks."""
    rated_power_w: float


@dataclass(frozen=True, slots=True)
class ResponseSpec:
    """How the power of an accelerator follows its work, with every value known."""

    rise_time_s: float
    """10-90 %."""
    fall_time_s: float
    """90-10 %."""
    overshoot: float
    """EDPp factor - 1."""
    overshoot_time_s: float


ACCELERATOR_FIELDS = (
    "tdp",
    "idle_power",
    "rise_time_10_90",
    "fall_time_90_10",
    "edpp_factor",
    "edpp_time",
    "rating_spread",
)
RACK_FIELDS = (
    "accelerators",
    "base_power",
    "dynamic_power_ratio",
    "supply_rating",
    "rated_power",
)
RACK_LINKS = ("accelerator", "supply")
SUPPLY_FIELDS = ("peak_efficiency", "peak_load")


def record(kind: str, name: str) -> Record:
    """Return a dataset record; an unknown name is the user's mistake."""
    try:
        return load(kind, name)
    except RecordError as error:
        raise UnitError(str(error)) from None


def values(
    kind: str, fields: tuple[str, ...], like: str | None, given: Mapping[str, Any]
) -> dict[str, Any]:
    """Return fields and links of the record `like`, each replaced by what is `given`."""
    links = RACK_LINKS if kind == "rack" else ()
    base: dict[str, Any] = {}
    if like is not None:
        found = record(kind, like)
        base = {f: found[f].value for f in fields} | {f: found.link(f) for f in links}
    merged = base | dict(given)
    missing = [field for field in (*fields, *links) if field not in merged]
    if missing:
        raise UnitError(
            f"missing {', '.join(missing)}",
            hint=f"add them, or 'like: NAME' with a {kind} of the datasets to take them from",
        )
    return merged


def accelerator_spec(name: str, found: Mapping[str, Any]) -> AcceleratorSpec:
    """Make the spec from values in SI units."""
    return AcceleratorSpec(
        name=name,
        tdp_w=found["tdp"],
        idle_w=found["idle_power"],
        rise_time_s=found["rise_time_10_90"],
        fall_time_s=found["fall_time_90_10"],
        overshoot=float(Decimal(repr(float(found["edpp_factor"]))) - 1),  # 1.1 leaves 0.1
        overshoot_time_s=found["edpp_time"],
        rating_spread=found["rating_spread"],
    )


def rack_spec(name: str, found: Mapping[str, Any], accelerator: AcceleratorSpec) -> RackSpec:
    """Make the spec from values in SI units."""
    supply = record("conversion", found["supply"])
    return RackSpec(
        name=name,
        accelerators=int(found["accelerators"]),
        accelerator=accelerator,
        base_power_w=found["base_power"],
        dynamic_power_ratio=found["dynamic_power_ratio"],
        supply_rating_w=found["supply_rating"],
        supply_peak_efficiency=float(supply["peak_efficiency"].value),
        supply_peak_load=float(supply["peak_load"].value),
        rated_power_w=found["rated_power"],
    )


def assumed(kind: str, name: str, fields: tuple[str, ...]) -> Iterator[Assumption]:
    """Yield the `fields` of one record with their sources."""
    found = record(kind, name)
    for field in fields:
        value = found[field]
        yield Assumption(
            f"{kind}.{name}.{field}", value.value, value.unit, value.source, value.confidence
        )
