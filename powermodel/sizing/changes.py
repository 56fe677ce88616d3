# SPDX-License-Identifier: Apache-2.0
"""A point of the search as a scenario: paths with ``*``, and parts that are turned off at 0."""

from __future__ import annotations

import math
from typing import Any

from powermodel.errors import ScenarioError
from powermodel.scenario import Scenario
from powermodel.scenario.base import Path
from powermodel.scenario.overrides import parse_path, replaced
from powermodel.sizing.setting import Changes

EVERY = "*"

FLOOR_PATH = "jobs.*.smoothing.percent_tmp_floor"
RACK_JOULES_PATH = "site.halls.*.store.energy_per_accelerator"

_OFF_AT_ZERO = {FLOOR_PATH: "jobs.*.smoothing", RACK_JOULES_PATH: "site.halls.*.store"}
"""Where 0 means that the whole part is not there."""


def changed(scenario: Scenario, changes: Changes) -> Scenario:
    """Return a scenario with the changes of a setting.

    Parameters
    ----------
    scenario : Scenario
        The one that the search starts from.
    changes : Changes
        Paths, with ``*`` for every element of a list, and plain data.
    """
    if not changes:
        return scenario
    data: dict[str, Any] = scenario.model_dump(mode="json")
    for text, value in changes:
        path, put = text, value
        if text in _OFF_AT_ZERO and _is_zero(value):
            path, put = _OFF_AT_ZERO[text], None
        for place in expanded(data, path):
            data = replaced(data, place, put)
    return Scenario.from_dict(data, base=scenario.base)


def without_storage(scenario: Scenario) -> Scenario:
    """Return a scenario without its farm."""
    data = scenario.to_dict()
    data.pop("storage", None)
    return Scenario.from_dict(data, base=scenario.base)


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
    node = data
    for part in parse_path(head.rstrip(".")):
        try:
            node = node[part]
        except (KeyError, IndexError, TypeError):
            raise ScenarioError(f"unknown path {head.rstrip('.')!r}", where=text) from None
    if not isinstance(node, list) or not node:
        raise ScenarioError(f"expected a list at {head.rstrip('.')!r}", where=text)
    return [path for n in range(len(node)) for path in expanded(data, f"{head}{n}{rest}")]


def _is_zero(value: Any) -> bool:
    if isinstance(value, str):
        number = value.split()[0].rstrip("%") if value.split() else ""
        try:
            return float(number) == 0.0
        except ValueError:
            return False
    return value is None or (isinstance(value, int | float) and math.isclose(value, 0.0))
