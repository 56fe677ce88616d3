# SPDX-License-Identifier: Apache-2.0
"""A point of the search as a scenario: paths with ``*``, and parts that are turned off at 0."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from powermodel.errors import ScenarioError
from powermodel.scenario import Scenario
from powermodel.scenario.base import Path
from powermodel.scenario.hardware import record
from powermodel.scenario.overrides import parse_path, parse_value, replaced
from powermodel.sizing.setting import Changes
from powermodel.units import canonical, quantity

EVERY = "*"

FLOOR_PATH = "jobs.*.smoothing.percent_tmp_floor"
RACK_JOULES_PATH = "site.halls.*.store.energy_per_accelerator"

STORE_RECORD = "gb300-electrolytic"
"""Rack store that a hall gets where the search gives it joules and it has none."""

_OFF_AT_ZERO = (FLOOR_PATH, RACK_JOULES_PATH)
"""Where 0 means that the whole part is not there."""
_ZERO = re.compile(r"[-+]?(?:0+\.?0*|\.0+)\s*(?:[^\W\d].*|%)?")


def changed(scenario: Scenario, changes: Changes) -> Scenario:
    """Return a scenario with the changes of a setting.

    Parameters
    ----------
    scenario : Scenario
        The one that the search starts from.
    changes : Changes
        Paths, with ``*`` for every element of a list, and plain data; text is read as YAML.

    Notes
    -----
    Joules of a rack store bring their time constant along: it grows with them, so that the same
    step of the load takes the same share of the store.
    """
    if not changes:
        return scenario
    data: dict[str, Any] = scenario.model_dump(mode="json")
    for text, value in changes:
        for place in expanded(data, text):
            for at, put in _placed(data, text, place, value):
                data = replaced(data, at, put)
    return Scenario.from_dict(data, base=scenario.base)


def without_storage(scenario: Scenario) -> Scenario:
    """Return a scenario without its farm."""
    data = scenario.to_dict()
    data.pop("storage", None)
    return Scenario.from_dict(data, base=scenario.base)


def load_alone(scenario: Scenario) -> Scenario:
    """Return a scenario up to the load before its farm, without what feeds it."""
    data = scenario.to_dict()
    for part in ("storage", "supply"):
        data.pop(part, None)
    return Scenario.from_dict(data, base=scenario.base)


def _placed(data: Any, text: str, place: Path, value: Any) -> Iterator[tuple[Path, Any]]:
    """Yield what is put where for one change at one place."""
    part = place[:-1]
    if text in _OFF_AT_ZERO and is_zero(value):
        if _found(data, part) is not None:
            yield part, None
    elif text == RACK_JOULES_PATH:
        store = _found(data, part) or {}
        if isinstance(store, str):  # the name of a record
            store = {"like": store}
        yield part, store | _store(store.get("like") or STORE_RECORD, value)
    else:
        yield place, parse_value(value) if isinstance(value, str) else value


def _store(like: str, joules: Any) -> dict[str, Any]:
    """Return a rack store of so many joules, its time constant in proportion."""
    known = record("rack-store", like)
    share = quantity(joules, "J") / float(known["energy_per_accelerator"].value)
    time_s = round(share * float(known["time_constant"].value), 6)
    return {
        "like": like,
        "energy_per_accelerator": joules,
        "time_constant": canonical(time_s, "s"),
    }


def expanded(data: Any, text: str) -> list[Path]:
    """Return the paths that a path with ``*`` stands for.

    Raises
    ------
    ScenarioError
        If there is no list where ``*`` stands, or it is empty.
    """
    head, star, rest = text.partition(EVERY)
    if not star:
        return [parse_path(text)]
    above = head.rstrip(".")
    node = _found(data, parse_path(above))
    if not isinstance(node, list) or not node:
        raise ScenarioError(f"expected a list at {above!r}", where=text)
    return [path for n in range(len(node)) for path in expanded(data, f"{head}{n}{rest}")]


def _found(data: Any, path: Path) -> Any:
    """Return what stands at a path; None where nothing does."""
    for part in path:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def is_zero(value: Any) -> bool:
    """Whether a value, with or without a unit, is nothing."""
    return value is None or value == 0 or (isinstance(value, str) and bool(_ZERO.fullmatch(value)))
