# SPDX-License-Identifier: Apache-2.0
"""How far the answer moves with what is not known well: estimates and unchecked values."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from powermodel.errors import ScenarioError
from powermodel.scenario.hardware import record
from powermodel.scenario.storage import Storage
from powermodel.scenario.storage_unit import KIND
from powermodel.sizing.ensemble import SeedEnsemble
from powermodel.sizing.front import Row
from powermodel.units import canonical
from powermodel_datasets import Record

UNKNOWN = ("L", "K")
SHARE = 0.2
"""How far a value is moved each way where its record states no range."""

_FACTORS = (1.0 - SHARE, 1.0 + SHARE)
_AUXILIARY = "auxiliary_power"
_RATINGS = ("power", "energy", "inverter_efficiency")
OUT_OF_REACH, REFUSED = "out of reach", "not allowed"
"""What stands in the place of a number of units: none does, or a scenario cannot have the value."""


@dataclass(frozen=True, slots=True)
class Uncertain:
    """A value of the farm that is not known well.

    Parameters
    ----------
    path : str
        Where it stands in a scenario.
    low, high : object
        Its ends, as a scenario writes them.
    confidence : str
        ``"L"`` estimate or ``"K"`` unchecked.
    """

    path: str
    low: Any
    high: Any
    confidence: str


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Units needed at both ends of one value, or why there is no such number."""

    parameter: Uncertain
    at_low: int | str
    at_high: int | str


def uncertain(storage: Storage, step_s: float) -> list[Uncertain]:
    """Return the values of a farm that are not known well, with their ends.

    Delays that the scenario leaves to their defaults, and ratings and losses of the unit. Set
    points of the control are choices, not facts, and stay.

    Parameters
    ----------
    storage : Storage
        The farm.
    step_s : float
        Delays are whole numbers of it [s].
    """
    found = [*_delays(storage, step_s), *_ratings(storage), *_auxiliary(storage)]
    return [item for item in found if item.low != item.high]


def _delays(storage: Storage, step_s: float) -> Iterator[Uncertain]:
    for item in storage.assumptions():
        if item.path.startswith("storage.latency.") and item.confidence in UNKNOWN and item.value:
            ends_s = [float(item.value) * factor for factor in _FACTORS]
            low, high = (canonical(round(round(e / step_s) * step_s, 9), "s") for e in ends_s)
            yield Uncertain(item.path, low, high, item.confidence)


def _ratings(storage: Storage) -> Iterator[Uncertain]:
    """Yield the weak values of the unit's record, those that a scenario can replace."""
    unit = storage.unit
    like = unit if isinstance(unit, str) else unit.like
    if like is None:
        return
    own = {} if isinstance(unit, str) else unit.model_dump(mode="json", exclude_none=True)
    known = record(KIND, like)
    for field in _RATINGS:
        value = known.get(field)
        if value is None or value.confidence not in UNKNOWN or field in own:
            continue
        ends = value.range or _ends(field, float(value.value))
        low, high = (_unit(known, like, own, field, end) for end in ends)
        yield Uncertain("storage.unit", low, high, value.confidence)


def _auxiliary(storage: Storage) -> Iterator[Uncertain]:
    """Yield the auxiliary power of a unit, which a scenario replaces beside the unit."""
    like = storage.unit if isinstance(storage.unit, str) else storage.unit.like
    if like is None or storage.aux is not None:
        return
    value = record(KIND, like).get(_AUXILIARY)
    if value is not None and value.confidence in UNKNOWN:
        ends_w = value.range or _ends(_AUXILIARY, float(value.value))
        low, high = (canonical(end, "W") for end in ends_w)
        yield Uncertain("storage.aux", low, high, value.confidence)


def _ends(field: str, value: float) -> tuple[float, float]:
    """Return what a value is moved to; of an efficiency it is the loss that moves."""
    low, high = _FACTORS
    if field.endswith("efficiency"):
        return 1.0 - (1.0 - value) * high, 1.0 - (1.0 - value) * low
    return value * low, value * high


def _unit(known: Record, like: str, own: dict[str, Any], field: str, value: float) -> str:
    """Return a unit with one value replaced, as text: changes can be compared and kept."""
    moved = {field: _text(field, value)}
    if field == "power" and "apparent_power" in known and "apparent_power" not in own:
        share = value / float(known["power"].value)
        apparent_va = share * float(known["apparent_power"].value)
        moved["apparent_power"] = _text("apparent_power", apparent_va)
    return json.dumps({"like": like, **own, **moved})


def _text(field: str, value: float) -> Any:
    unit = {"power": "W", "energy": "J", "apparent_power": "W"}.get(field)
    return value if unit is None else canonical(value, unit)


def sensitivities(
    ensemble: SeedEnsemble, row: Row, parameters: Iterable[Uncertain], most: int
) -> tuple[Sensitivity, ...]:
    """Search the farm of a row again with each value at both of its ends, the worst seed only.

    Parameters
    ----------
    ensemble : SeedEnsemble
        The runs.
    row : Row
        With an answer.
    parameters : iterable of Uncertain
        What is moved, one at a time.
    most : int
        Largest number of units.
    """
    single = ensemble.only(row.at.worst_seed)
    return tuple(
        Sensitivity(
            item,
            _units(single, row, item.path, item.low, most),
            _units(single, row, item.path, item.high, most),
        )
        for item in parameters
    )


def _units(ensemble: SeedEnsemble, row: Row, path: str, value: Any, most: int) -> int | str:
    base = row.at.setting
    moved = type(base)(0, (*base.changes, (path, value)), base.latency_s)
    try:
        found = ensemble.fewest(moved, most).value
    except ScenarioError:
        return REFUSED
    return OUT_OF_REACH if found is None else found
