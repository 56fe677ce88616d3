# SPDX-License-Identifier: Apache-2.0
"""One value of a scenario replaced by its path: ``jobs.0.program.iteration.2.power=0.9 TDP``."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

from powermodel.errors import ScenarioError
from powermodel.scenario import reading
from powermodel.scenario.base import Path, close_to
from powermodel.scenario.explain import dotted


def parse_path(text: str) -> Path:
    """Read ``jobs.0.name`` or ``jobs[0].name``.

    Raises
    ------
    ScenarioError
        If a part of the path is empty.
    """
    parts = re.sub(r"\[(\w+)\]", r".\1", text.strip()).split(".")
    if not all(parts):
        raise ScenarioError(
            f"cannot read the path {text!r}", hint="such as jobs.0.program.iteration.2.power"
        )
    return tuple(int(part) if part.isdecimal() else part for part in parts)


def parse_value(text: str) -> Any:
    """Read the text after ``=`` as YAML, so that numbers and lists can be given."""
    try:
        return reading.read(text).data
    except ScenarioError:
        return text


def replaced(data: Mapping[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """Return `data` with the value at `path` replaced.

    Parameters
    ----------
    data : mapping
        A scenario as plain data with every optional key, so that it tells which paths there are.
    path : tuple of str and int
        From `parse_path`; ``phases`` may be left out.
    value : object
        Plain data.

    Raises
    ------
    ScenarioError
        Names the nearest path that there is.
    """
    result: dict[str, Any] = copy.deepcopy(dict(data))
    node: Any = result
    walked: Path = ()
    for part, following in zip(path, (*path[1:], None), strict=True):
        if isinstance(part, int) and isinstance(node, dict) and "phases" in node:
            node = node["phases"]
        _expect(node, part, walked)
        walked = (*walked, part)
        if following is None:
            node[part] = value
            return result
        if node[part] is None:
            node[part] = _grown(path[len(walked) :], value)
            return result
        node = node[part]
    return result


def merged(data: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return `data` with `changes`; a mapping changes only the keys it names."""
    result = dict(data)
    for key, value in changes.items():
        old = result.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        result[key] = merged(old, value) if both else value  # type: ignore[arg-type]
    return result


def _grown(path: Path, value: Any) -> Any:
    """Make an optional part that was left out; its keys are checked with the whole scenario."""
    for key in reversed(path):
        value = {key: value}
    return value


def _expect(node: Any, part: str | int, walked: Path) -> None:
    here = dotted(walked) or "the scenario"
    if isinstance(node, dict):
        if part not in node:
            raise ScenarioError(
                f"unknown path: {here} has no {part!r}", hint=_nearest(walked, part, node)
            )
    elif isinstance(node, list):
        if not isinstance(part, int) or part >= len(node):
            last = dotted((*walked, len(node) - 1))
            raise ScenarioError(
                f"unknown path: {here} has no {part!r}, it is a list of {len(node)}",
                hint=f"the last is {last}" if node else f"{here} is empty",
            )
    else:
        raise ScenarioError(
            f"unknown path: {here} is the value {node!r} and has no {part!r}",
            hint=f"nearest valid path: {here}",
        )


def _nearest(walked: Path, part: str | int, node: dict[str, Any]) -> str:
    words = close_to(part, node)
    if words.startswith("did you mean"):
        return f"did you mean {dotted((*walked, words.split(chr(39))[1]))}?"
    return words
