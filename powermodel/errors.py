# SPDX-License-Identifier: Apache-2.0
"""What a user can do wrong, or a machine can refuse: errors that say where, what and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Self


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: what it is, where it stands, what to do about it."""

    message: str
    where: str | None = None
    hint: str | None = None

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text}\n  hint: {self.hint}" if self.hint else text


class PowermodelError(Exception):
    """Base of every error that powermodel raises on purpose.

    Parameters
    ----------
    message : str
        What was expected and what came.
    where : str, optional
        The place: a path in a file with its line, a file, a store, a device.
    hint : str, optional
        What to do about it.
    """

    exit_code: ClassVar[int] = 1
    """Exit status of the command line for this kind of error."""

    def __init__(self, message: str, *, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint
        self.problems: tuple[Problem, ...] = (Problem(message, where, hint),)

    @classmethod
    def of(cls, problems: Iterable[Problem], *, source: str | None = None) -> Self:
        """Make one error of one or many problems, all of which are shown.

        Parameters
        ----------
        problems : iterable of Problem
            At least one.
        source : str, optional
            The file or object that all of them stand in.
        """
        found = tuple(problems)
        if len(found) == 1:
            only = found[0]
            where = ": ".join(part for part in (source, only.where) if part) or None
            return cls(only.message, where=where, hint=only.hint)
        listed = "\n".join(f"- {problem}" for problem in found)
        error = cls(f"{len(found)} problems\n{listed}", where=source)
        error.problems = found
        return error

    def __str__(self) -> str:
        return str(Problem(self.message, self.where, self.hint))


class UnitError(PowermodelError, ValueError):
    """A quantity without unit, with a wrong unit, or outside its bounds."""

    exit_code = 2


class ScenarioError(PowermodelError):
    """A scenario that cannot be read or does not make sense."""

    exit_code = 2


class TraceError(PowermodelError):
    """A measured trace that cannot be replayed."""

    exit_code = 2


class PlanError(PowermodelError):
    """A run that cannot be done as asked for."""

    exit_code = 2


class StoreError(PowermodelError):
    """A store that cannot be written, read or resumed."""

    exit_code = 3


class DeviceError(PowermodelError):
    """A device that is not there or that this version cannot use."""

    exit_code = 4
