# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a record, or with asking for one."""

from __future__ import annotations

from collections.abc import Iterable


class RecordError(Exception):
    """A record that does not exist, cannot be read, or fails its check.

    Parameters
    ----------
    problems : str or iterable of str
        What was expected, what came, and where; one line each.
    """

    def __init__(self, problems: str | Iterable[str]) -> None:
        self.problems: tuple[str, ...] = (
            (problems,) if isinstance(problems, str) else tuple(problems)
        )
        super().__init__("\n".join(self.problems))

    def __str__(self) -> str:
        return "\n".join(self.problems)


class MissingValueError(RecordError, KeyError):
    """A value that a record does not have (a `KeyError`, so that `Mapping.get` works)."""
