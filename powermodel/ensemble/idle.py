# SPDX-License-Identifier: Apache-2.0
"""Which values of a run do nothing, because what they belong to is not there."""

from __future__ import annotations

import re
from collections.abc import Sequence

from powermodel.ensemble.values import Value
from powermodel.sizing.changes import EVERY, is_zero

UNITS = "storage.units"
"""How many units; 0 is no storage."""
_SWITCHES = re.compile(r"storage\.units|supply\.island\.forming\.(?:\d+|\*)\.power")
"""Where 0 means that a part is not there, see `scenario.storage` and `scenario.supply.Forming`."""


def has_no_units(changes: Sequence[tuple[str, Value]]) -> bool:
    """Return whether the changes of a run leave it without storage."""
    values = dict(changes)
    return UNITS in values and is_zero(values[UNITS])


def without_effect(changes: Sequence[tuple[str, Value]]) -> frozenset[str]:
    """Return the paths of a run's changes that do nothing.

    They belong to a part of which another change says that it is not there, and no third one
    speaks of that again.

    Parameters
    ----------
    changes : sequence of (str, value)
        Paths and what stands there.
    """
    paths = [path for path, _ in changes]
    found: set[str] = set()
    for switch, value in changes:
        if not _is_off(switch, value):
            continue
        if not any(_speaks_of(other, switch) for other in paths if other != switch):
            part = switch[: switch.rindex(".") + 1]
            found |= {path for path in paths if path.startswith(part) and path != switch}
    return frozenset(found)


def turns_off(changes: Sequence[tuple[str, Value]]) -> bool:
    """Return whether one of the changes says that a part is not there."""
    return any(_is_off(path, value) for path, value in changes)


def _is_off(path: str, value: Value) -> bool:
    return bool(_SWITCHES.fullmatch(path)) and is_zero(value)


def _speaks_of(path: str, switch: str) -> bool:
    """Return whether a path is that of a switch too, or of what it stands in."""
    pairs = zip(path.split("."), switch.split("."), strict=False)
    return path.count(".") <= switch.count(".") and all(
        one == other or EVERY in (one, other) for one, other in pairs
    )
