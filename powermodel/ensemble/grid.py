# SPDX-License-Identifier: Apache-2.0
"""The runs of a study: the scenario at each place, and which of them are one run."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np

from powermodel.ensemble.dims import Changes, Dim, dims_of
from powermodel.ensemble.errors import StudyError
from powermodel.ensemble.idle import has_no_units, without_effect
from powermodel.ensemble.study import Study
from powermodel.errors import PowermodelError
from powermodel.scenario import Scenario
from powermodel.sizing.changes import changed, without_storage

Place: TypeAlias = tuple[int, ...]
"""Where a run stands: its index along each dimension, the seed last."""

_STORAGE = "storage."
_AFTER_LOAD = (_STORAGE, "supply.", "onsite.")
"""What the load before the storage does not see."""


@dataclass(frozen=True)
class Grid:
    """All runs of a study.

    Parameters
    ----------
    scenario : Scenario
        What every run starts from.
    dims : tuple of Dim
        The axes and samples.
    seeds : tuple of int
        The last dimension.
    """

    scenario: Scenario
    dims: tuple[Dim, ...]
    seeds: tuple[int, ...]

    @classmethod
    def of(cls, study: Study) -> Grid:
        """Return the runs of a study."""
        scenario = study.base_scenario()
        return cls(scenario, dims_of(study), study.seeds_of(scenario))

    @property
    def shape(self) -> tuple[int, ...]:
        """Runs along each dimension, the seeds last."""
        return (*(dim.size for dim in self.dims), len(self.seeds))

    @property
    def runs(self) -> int:
        """Number of runs."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def points(self) -> int:
        """Number of scenarios, seeds aside."""
        return self.runs // len(self.seeds)

    def places(self) -> Iterator[Place]:
        """Go through all runs in the order of the dimensions."""
        return itertools.product(*(range(count) for count in self.shape))

    def changes(self, place: Place) -> Changes:
        """Return what differs from the scenario at a place, its seed aside."""
        pairs = zip(self.dims, place, strict=False)
        return tuple(itertools.chain.from_iterable(dim.changes(index) for dim, index in pairs))

    def twins(self, place: Place) -> tuple[Place, ...]:
        """Return the places with the scenario of a place, itself among them, in order.

        One run of them is computed, and its results stand at all of them.
        """
        return tuple(itertools.product(*self._alike_places(place)))

    def distinct(self, places: Iterable[Place]) -> dict[Place, int]:
        """Return of places with one scenario the first, and how many of these it stands for."""
        groups: dict[Place, list[Place]] = {}
        for place in places:
            first = tuple(indices[0] for indices in self._alike_places(place))
            groups.setdefault(first, []).append(place)
        return {group[0]: len(group) for group in groups.values()}

    def _alike_places(self, place: Place) -> list[tuple[int, ...]]:
        """Return along each dimension the indices that leave the scenario of a place as it is."""
        idle = without_effect(self.changes(place))
        along = [self._alike(number, index, idle) for number, index in enumerate(place[:-1])]
        return [*along, place[-1:]]

    def _alike(self, number: int, index: int, idle: frozenset[str]) -> tuple[int, ...]:
        """Return the indices along a dimension that change the same, apart from some paths."""
        paths = idle.intersection(self.dims[number].paths.values())
        known = self._alike_by_paths
        if (number, paths) not in known:
            known[number, paths] = self.dims[number].alike(paths)
        return known[number, paths][index]

    @cached_property
    def _alike_by_paths(self) -> dict[tuple[int, frozenset[str]], list[tuple[int, ...]]]:
        return {}

    def load_key(self, place: Place) -> tuple[Changes, int]:
        """Return what the load before the storage depends on; runs with one key share it."""
        own = tuple(
            change for change in self.changes(place) if not change[0].startswith(_AFTER_LOAD)
        )
        return own, self.seeds[place[-1]]

    def scenario_at(self, place: Place) -> Scenario:
        """Return the scenario of a run.

        Raises
        ------
        StudyError
            If it does not hold together; names the values.
        """
        return scenario_with(self.scenario, self.changes(place), self.seeds[place[-1]])


def scenario_with(scenario: Scenario, changes: Changes, seed: int) -> Scenario:
    """Return a scenario with the changes of a run and its seed."""
    found = scenario
    if has_no_units(changes):
        found = without_storage(scenario)
        changes = tuple(change for change in changes if not change[0].startswith(_STORAGE))
    try:
        return changed(found, (*changes, ("seed", seed)))
    except PowermodelError as error:
        words = ", ".join(f"{path}={value}" for path, value in changes) or "no change"
        raise StudyError.of(error.problems, source=f"the run with {words}") from None
