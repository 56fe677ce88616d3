# SPDX-License-Identifier: Apache-2.0
"""Options that several verbs share, and the scenario that they make."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, NamedTuple

from cyclopts import Parameter

from powermodel.cli.errors import CommandError
from powermodel.errors import PowermodelError

if TYPE_CHECKING:
    from powermodel.scenario import Scenario

AsJson = Annotated[bool, Parameter(name="--json", negative="", show_default=False)]
"""Machine-readable output."""
Flag = Annotated[bool, Parameter(negative="", show_default=False)]
"""An option that is there or not."""
Changes = Annotated[list[str] | None, Parameter(name="--set", negative="", metavar="PATH=VALUE")]
"""``--set path=value``, any number of times."""


class Change(NamedTuple):
    """One value of the scenario that the command line replaces."""

    typed: str
    """As the user typed it, for messages: ``"--dt 1ms"``."""
    path: str
    value: str


def parse_changes(texts: Iterable[str] | None) -> list[Change]:
    """Read what stands after ``--set``.

    Raises
    ------
    CommandError
        If it is not ``path=value``.
    """
    found = []
    for text in texts or ():
        path, equals, value = text.partition("=")
        if not (equals and path.strip()):
            raise CommandError(
                f"expected path=value, got {text!r}",
                where="--set",
                hint="such as --set jobs.0.accelerators=1000",
            )
        found.append(Change(f"--set {text}", path.strip(), value.strip()))
    return found


def read_scenario(source: str, changes: Iterable[Change] = ()) -> Scenario:
    """Read a scenario, from a file or shipped, and replace values in it.

    Parameters
    ----------
    source : str
        A file or the name of a shipped scenario.
    changes : iterable of Change
        In any order: one that only holds together with another waits for it.
    """
    from powermodel.scenario import Scenario

    scenario = Scenario.load(source)
    waiting = list(changes)
    while waiting:
        refused: list[tuple[Change, PowermodelError]] = []
        for change in waiting:
            try:
                scenario = scenario.set(change.path, change.value)
            except PowermodelError as error:
                refused.append((change, error))
        if len(refused) == len(waiting):
            change, first = refused[0]
            raise type(first).of(first.problems, source=change.typed)
        waiting = [change for change, _ in refused]
    return scenario
