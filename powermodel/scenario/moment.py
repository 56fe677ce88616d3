# SPDX-License-Identifier: Apache-2.0
"""When a run takes place: moments with their offset from UTC, and days."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from powermodel.errors import UnitError

_EXAMPLE = "'2026-06-21 12:00-05:00'"
_DAY = re.compile(r"\d{4}-\d{2}(-\d{2})?")


def moment(value: object) -> datetime:
    """Read a moment such as ``"2026-06-21 12:00-05:00"``.

    Raises
    ------
    UnitError
        If it is none, or does not say its offset from UTC.
    """
    if isinstance(value, datetime):
        return value
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None:
        raise UnitError(f"expected a date and time such as {_EXAMPLE}, got {value!r}")
    if found.tzinfo is None:
        raise UnitError(
            f"expected a time with its offset from UTC, such as {_EXAMPLE}, got {value!r}",
            hint="add it: '-05:00', or 'Z' for UTC",
        )
    return found


def day_of(value: object) -> str:
    """Read a day or a month such as ``"2024-07-15"`` or ``"2024-07"``.

    Raises
    ------
    UnitError
        If it is neither.
    """
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            _begin(value)
        except ValueError:
            pass
        else:
            return value
    raise UnitError(f"expected a day or a month such as '2024-07-15' or '2024-07', got {value!r}")


def _begin(day: str) -> datetime:
    return datetime.fromisoformat(day if len(day) > 7 else f"{day}-01")


def seconds_after(day: str, start: datetime) -> float:
    """Return when a day begins, in the zone of `start`, s after it."""
    return (_begin(day).replace(tzinfo=start.tzinfo) - start).total_seconds()


Moment = Annotated[
    datetime,
    BeforeValidator(moment),
    PlainSerializer(lambda found: found.isoformat(" "), str),
    WithJsonSchema({"type": "string", "examples": ["2026-06-21 12:00-05:00"]}),
]
"""A moment with its offset from UTC."""
Day = Annotated[
    str, BeforeValidator(day_of), WithJsonSchema({"type": "string", "examples": ["2024-07"]})
]
"""A day or a month."""
