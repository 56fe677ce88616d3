# SPDX-License-Identifier: Apache-2.0
"""What the store of a study holds: its arrays, one file of each for every run, and attributes."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from powermodel import schema
from powermodel.ensemble.dims import Dim, grown
from powermodel.ensemble.errors import StudyError
from powermodel.ensemble.grid import Grid, Place
from powermodel.ensemble.horizon import Kept, kept_arrays
from powermodel.ensemble.measures import indicator_names, levels_of
from powermodel.ensemble.study import Study
from powermodel.errors import StoreError
from powermodel.indicators.indicator import Indicator
from powermodel.planning import plan
from powermodel.provenance import PACKAGES, package_version
from powermodel.scenario import Scenario
from powermodel.schema import CONVENTIONS, SIGN_CONVENTION
from powermodel.simulation.blocks import layout_of
from powermodel.sizing.changes import load_alone
from powermodel.store import StoreLayout
from powermodel.store.arrays import Level
from powermodel.store.encode import Codec, Encoding

STUDY_FORMAT = 2
"""Version of the layout of a study's store."""

VALUE = "indicators/value"
CHECKSUM = "progress/checksum"
NOTHING = -1
"""The checksum of what is not whole."""
_FIXED = ("study_format", "powermodel_version", "scenario_digest", "measure", "keep")
"""Attributes that must be the same for a study to be gone on with."""
_WRITTEN = ("study", "scenario", "scenario_base", "dims")
"""Attributes that tell, with the seeds, what a study is."""


@dataclass(frozen=True, slots=True)
class StudyArray:
    """One array: the dimensions of the study, then its own.

    Parameters
    ----------
    path : str
        Group and name.
    dims, tail, chunk : tuple
        Names, sizes and chunks of its own dimensions.
    dtype, codec : str
        How it is stored.
    attributes : dict
        In CF terms.
    """

    path: str
    dims: tuple[str, ...]
    tail: tuple[int, ...]
    chunk: tuple[int, ...]
    dtype: str
    codec: Codec
    attributes: dict[str, Any]

    @property
    def fill(self) -> float:
        """What is not written reads as."""
        return NOTHING if self.dtype == "int64" else math.nan

    @property
    def encoding(self) -> Encoding:
        """How the values of a file become its bytes."""
        return Encoding(self.chunk, None, self.codec, self.fill)

    def keys(self, place: Place) -> list[str]:
        """Return the keys of the files of a run."""
        stem = f"{self.path}/c/{'/'.join(map(str, place))}"
        parts = [range(-(-size // step)) for size, step in zip(self.tail, self.chunk, strict=True)]
        keys = [stem]
        for part in parts:
            keys = [f"{key}/{index}" for key in keys for index in part]
        return keys


@dataclass(frozen=True)
class StudyLayout:
    """The store of a study.

    Parameters
    ----------
    study : Study
        What is measured and kept.
    grid : Grid
        The runs.
    """

    study: Study
    grid: Grid

    @cached_property
    def run(self) -> StoreLayout:
        """What one run alone would hold."""
        return layout_of(plan(load_scenario(self.grid.scenario)))

    @cached_property
    def levels(self) -> list[Level]:
        """The overview levels that are kept."""
        return levels_of(self.run, self.study.keep.overview)

    @cached_property
    def indicators(self) -> list[Indicator]:
        """Name, unit and definition of each indicator."""
        return indicator_names(self.grid.scenario, self.study.measure)

    @cached_property
    def data(self) -> list[StudyArray]:
        """The arrays that runs fill."""
        names = len(self.indicators)
        facts = {"long_name": "Indicators of each run; names and units along the last dimension"}
        found = [StudyArray(VALUE, ("indicator",), (names,), (names,), "float64", "plain", facts)]
        found += [self._overview(level) for level in self.levels]
        found += [self._series(path) for path in self.study.keep.series]
        found += [self._kept(one) for one in kept_arrays(self.study, self.grid.scenario.time.dt)]
        return found

    @staticmethod
    def _kept(one: Kept) -> StudyArray:
        return StudyArray(
            one.path, one.dims, one.tail, one.tail, one.dtype, one.codec, one.attributes
        )

    def _overview(self, level: Level) -> StudyArray:
        facts = {
            "long_name": f"{schema.POI_POWER.long_name}: minimum, mean, maximum of each cell",
            "units": "W",
            "comment": SIGN_CONVENTION,
        }
        tail = (len(schema.STATISTICS), level.n_cells)
        path = f"{level.group}/poi_power"
        return StudyArray(path, ("statistic", "time"), tail, tail, "float64", "double", facts)

    def _series(self, path: str) -> StudyArray:
        variable = next(one for one in schema.SAMPLES if one.path == path)
        tail, chunk = (self.run.n_samples,), (self.run.block_samples,)
        codec: Codec = "double" if variable.dtype == "float64" else "single"
        return StudyArray(
            path, ("time",), tail, chunk, variable.dtype, codec, variable.attributes()
        )

    @property
    def checksum(self) -> StudyArray:
        """The record of what is whole: a checksum of the files of each array of a run."""
        count = len(self.data)
        facts = {"long_name": "CRC-32C of the files of each array; -1 where not whole"}
        return StudyArray(CHECKSUM, ("file",), (count,), (count,), "int64", "plain", facts)

    def arrays(self) -> Iterator[StudyArray]:
        """Yield every array."""
        yield from self.data
        yield self.checksum

    def attributes(self) -> dict[str, Any]:
        """Return the root attributes. No clock and no host name: a rerun gives the same."""
        scenario, study = self.grid.scenario, self.study
        return {
            "Conventions": CONVENTIONS,
            "title": f"Study {study.name} of scenario {scenario.name}",
            "study_format": STUDY_FORMAT,
            "scenario": scenario.to_yaml(),
            "scenario_digest": scenario.digest,
            "scenario_base": _base(scenario),
            "scenario_source": study.scenario if isinstance(study.scenario, str) else "",
            "study": study.to_yaml(),
            "measure": study.measure.model_dump_json(),
            "keep": study.keep.model_dump_json(),
            "dims": json.dumps([dim.to_dict() for dim in self.grid.dims], ensure_ascii=False),
            "seeds": list(self.grid.seeds),
            "engine": scenario.engine,
            "dt_s": scenario.time.dt,
            "duration_s": scenario.time.duration,
            **{f"{name}_version": package_version(name) for name in PACKAGES},
        }

    def extending(self, stored: dict[str, Any], where: str) -> StudyLayout:
        """Return the layout that goes on with a stored one: what it has first, then what is new.

        Raises
        ------
        StoreError
            If the store is from another study.
        """
        mine = self.attributes()
        differing = [name for name in _FIXED if stored.get(name) != mine[name]]
        if differing:
            words = "; ".join(_difference(name, stored.get(name), mine[name]) for name in differing)
            raise StoreError(
                f"the store is from another study: {words}",
                where=where,
                hint="go on with the study and the scenario that it was begun with, or write "
                "another store",
            )
        try:
            dims = grown(dims_in(stored), self.grid.dims)
            seeds = _grown_seeds(tuple(stored["seeds"]), self.grid.seeds)
        except StudyError as error:
            raise StoreError(error.message, where=where, hint=error.hint) from None
        return StudyLayout(self.study, Grid(self.grid.scenario, dims, seeds))

    @classmethod
    def stored(cls, attributes: dict[str, Any]) -> StudyLayout:
        """Read the layout of a store from its attributes."""
        return _layout_of(*(attributes[name] for name in _WRITTEN), tuple(attributes["seeds"]))


@lru_cache(maxsize=2)
def _layout_of(
    study: str, scenario: str, base: str, dims: str, seeds: tuple[int, ...]
) -> StudyLayout:
    """Return the layout that these texts describe; a worker asks again for every task."""
    grid = Grid(Scenario.from_yaml(scenario, base=Path(base)), _dims_of(dims), seeds)
    return StudyLayout(Study.from_yaml(study), grid)


def checked_indicator(study: Study, name: str) -> str:
    """Return the name of an indicator, or say which there are."""
    known = [one.name for one in indicator_names(study.base_scenario(), study.measure)]
    if name not in known:
        raise StudyError(f"there is no indicator {name!r}", hint=f"there are {', '.join(known)}")
    return name


def load_scenario(scenario: Scenario) -> Scenario:
    """Return a scenario up to the load before its storage, of which only the site is kept."""
    data = load_alone(scenario).to_dict()
    data.pop("onsite", None)
    data["output"] = {"halls": False, "racks": "none", "probes": []}
    return Scenario.from_dict(data, base=scenario.base)


def _base(scenario: Scenario) -> str:
    """Return the folder of the files that a scenario names; nothing where it names none."""
    sun = None if scenario.onsite is None else scenario.onsite.solar.measured
    named = sun is not None or any(job.trace for job in scenario.jobs)
    return str(scenario.base.absolute()) if named else ""


def dims_in(attributes: dict[str, Any]) -> tuple[Dim, ...]:
    """Return the dimensions of a store."""
    return _dims_of(attributes["dims"])


def _dims_of(text: str) -> tuple[Dim, ...]:
    return tuple(Dim.from_dict(data) for data in json.loads(text))


def _grown_seeds(old: tuple[int, ...], new: tuple[int, ...]) -> tuple[int, ...]:
    missing = [seed for seed in old if seed not in new]
    if missing:
        raise StudyError(
            f"the store has seed {missing[0]}, which this study lacks",
            hint="seeds can be added to a study, not taken away",
        )
    return (*old, *(seed for seed in new if seed not in old))


def _difference(name: str, old: Any, new: Any) -> str:
    if name == "scenario_digest":
        return "its scenario is another, or was edited"
    return f"{name} is {old} in the store, {new} now"
