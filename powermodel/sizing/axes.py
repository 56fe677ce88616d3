# SPDX-License-Identifier: Apache-2.0
"""What a search varies besides the number of units: a path of the scenario and its values."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from powermodel.sizing.errors import SizingError
from powermodel.sizing.setting import Changes


@dataclass(frozen=True, slots=True)
class Axis:
    """One thing that is varied.

    Parameters
    ----------
    name : str
        What a table calls it.
    path : str
        Where it stands in a scenario; ``*`` stands for every element of a list.
    values : tuple
        Plain data or SI numbers, in rising order of cost where it costs.
    costs : bool
        Whether more of it is dearer, so that the front trades it against the rest.
    """

    name: str
    path: str
    values: tuple[Any, ...]
    costs: bool = False

    def __post_init__(self) -> None:
        if not self.values:
            raise SizingError("expected at least one value", where=self.name)
        if len(set(self.values)) != len(self.values):
            raise SizingError(f"a value twice: {list(self.values)}", where=self.name)


def variants(axes: Sequence[Axis]) -> Iterator[Changes]:
    """Return every combination of the values, the last axis fastest."""
    paths = [axis.path for axis in axes]
    if len(set(paths)) != len(paths):
        raise SizingError(f"the same path is varied twice: {', '.join(paths)}")
    for values in itertools.product(*(axis.values for axis in axes)):
        yield tuple(zip(paths, values, strict=True))
