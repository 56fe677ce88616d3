# SPDX-License-Identifier: Apache-2.0
"""A study: one scenario, the axes along which it is changed, seeds and samples, read from YAML."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from pydantic import (
    Field,
    StrictBool,
    field_validator,
    model_validator,
)

import powermodel_datasets
from powermodel.ensemble.errors import StudyError
from powermodel.ensemble.events import Events
from powermodel.ensemble.samples import Samples
from powermodel.ensemble.values import Value, evenly, logarithmic
from powermodel.errors import PowermodelError, UnitError
from powermodel.indicators.summary import WINDOWS_S
from powermodel.scenario import Scenario, files
from powermodel.scenario.base import Finding, InvalidError, Part, Whole
from powermodel.scenario.readable import Readable
from powermodel.schema import OVERVIEW_LEVELS, SAMPLES
from powermodel.units import Duration, Instant

_SHIPPED = Path(powermodel_datasets.__file__).parent / "studies"
_LEVELS = tuple(name for name, _ in OVERVIEW_LEVELS)
_SERIES = tuple(one.path for one in SAMPLES if len(one.dims) == 2)
RESERVED = ("seed", "sample", "time", "statistic", "indicator", "file", "run")
"""Names of dimensions that an axis cannot have."""


class Range(Part):
    """Evenly spaced values, both ends included."""

    low: Value
    high: Value
    step: Value | None = None
    count: int | None = None

    @model_validator(mode="after")
    def _readable(self) -> Self:
        _refused(self.values)
        return self

    def values(self) -> list[Value]:
        """Return the values."""
        return evenly(self.low, self.high, self.step, self.count)


class LogSpace(Part):
    """Values whose neighbors have one ratio, both ends included."""

    low: Value
    high: Value
    count: int

    @model_validator(mode="after")
    def _readable(self) -> Self:
        _refused(self.values)
        return self

    def values(self) -> list[Value]:
        """Return the values."""
        return logarithmic(self.low, self.high, self.count)


class Axis(Part):
    """One path of the scenario and the values that stand there, in turn."""

    path: str | None = None
    """Such as ``storage.units``; left out, the key is the path."""
    values: tuple[Value, ...] | None = None
    range: Range | None = None
    logspace: LogSpace | None = None

    @model_validator(mode="before")
    @classmethod
    def _a_list_is_its_values(cls, data: Any) -> Any:
        return {"values": data} if isinstance(data, list | tuple) else data

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        given = [key for key in ("values", "range", "logspace") if getattr(self, key) is not None]
        if len(given) != 1:
            raise InvalidError(
                Finding(f"expected one of values, range and logspace, got {len(given)} of them")
            )
        found = self.all_values
        if not found:
            raise InvalidError(Finding("expected at least one value", ("values",)))
        if len({(type(value).__name__, value) for value in found}) != len(found):
            raise InvalidError(Finding("expected every value once", ("values",)))
        return self

    @property
    def all_values(self) -> tuple[Value, ...]:
        """The values, in order."""
        spaced = self.range or self.logspace
        return tuple(spaced.values()) if spaced is not None else tuple(self.values or ())


class Measure(Part):
    """What is asked of the power at the POI."""

    after: Instant = 0.0
    """What comes before this time is simulated, but not measured."""
    windows: tuple[Duration, ...] = WINDOWS_S
    """Windows of the ramps."""


class Keep(Part):
    """What is kept of each run besides its indicators."""

    overview: tuple[str, ...] = ("1s",)
    """Levels of minimum, mean and maximum at the POI."""
    series: tuple[str, ...] = ()
    """Series at every time step, such as ``poi/power``; large."""
    events: tuple[Events, ...] = ()
    """Moments of which every sample is kept, and by what rule they are chosen."""
    exceedance: StrictBool = False
    """Counts of all samples of power and ramps: how often what is exceeded."""
    state: Duration = 600.0
    """Simulated time after which a long run notes where it is, to go on from there when killed."""

    @field_validator("overview")
    @classmethod
    def _known_levels(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return _known("level", names, _LEVELS)

    @field_validator("events")
    @classmethod
    def _one_of_each(cls, rules: tuple[Events, ...]) -> tuple[Events, ...]:
        if len({rule.name for rule in rules}) != len(rules):
            raise InvalidError(Finding("expected every rule once"))
        return rules

    @field_validator("series")
    @classmethod
    def _known_series(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return _known("series", names, _SERIES)


class Study(Readable):
    """Runs of one scenario, each with other values, each under several seeds."""

    study: Literal[1]
    """Version of this format."""
    name: str
    description: str = ""
    scenario: str | dict[str, Any]
    """A file, the name of a shipped scenario, or a scenario as it stands in one."""
    set: dict[str, Any] = Field(default_factory=dict)
    """Values that are replaced in it for all runs."""
    axes: dict[str, Axis] = Field(default_factory=dict)
    zipped: tuple[tuple[str, ...], ...] = ()
    """Names of axes that go together, value by value, instead of being crossed."""
    samples: Samples | None = None
    seeds: int | tuple[Whole, ...] = 1
    """How many, from that of the scenario on, or which."""
    measure: Measure = Measure()
    keep: Keep = Keep()
    refusal: ClassVar[type[PowermodelError]] = StudyError

    @field_validator("seeds", mode="after")
    @classmethod
    def _some_seeds(cls, seeds: int | tuple[int, ...]) -> int | tuple[int, ...]:
        count = seeds if isinstance(seeds, int) else len(set(seeds))
        if count < 1 or (not isinstance(seeds, int) and count != len(seeds)):
            raise InvalidError(Finding(f"expected at least one seed, each once, got {seeds!r}"))
        return seeds

    @staticmethod
    def find(source: str | os.PathLike[str]) -> Path:
        """Return the file of a study, or of a shipped one by its name."""
        return find(source)

    def base_scenario(self) -> Scenario:
        """Return the scenario that every run starts from."""
        if isinstance(self.scenario, str):
            beside = self._base / self.scenario
            found = Scenario.load(beside if beside.suffix in (".yaml", ".yml") else self.scenario)
        else:
            found = Scenario.from_dict(self.scenario, base=self._base)
        for path, value in self.set.items():
            try:
                found = found.set(path, value)
            except PowermodelError as error:
                raise StudyError.of(error.problems, source=f"set.{path}") from None
        return found

    def seeds_of(self, scenario: Scenario) -> tuple[int, ...]:
        """Return the seeds of the runs."""
        if isinstance(self.seeds, int):
            return tuple(range(scenario.seed, scenario.seed + self.seeds))
        return self.seeds


def shipped_studies() -> list[str]:
    """Return the names of the shipped studies."""
    return sorted(path.stem for path in _SHIPPED.glob("*.yaml"))


def find(source: str | os.PathLike[str]) -> Path:
    """Return the file of a study.

    Raises
    ------
    StudyError
        If there is neither such a file nor a shipped study; lists the shipped ones.
    """
    path = Path(source)
    if path.suffix in (".yaml", ".yml") or len(path.parts) > 1:
        return path
    if str(source) in shipped_studies():
        return _SHIPPED / f"{source}.yaml"
    close = difflib.get_close_matches(str(source), shipped_studies(), n=1)
    hint = "a file ends in .yaml"
    if str(source) in files.shipped():
        hint = f"it is a scenario: powermodel run {source} OUT, or name it in a study of your own"
    raise StudyError(
        f"no shipped study {str(source)!r}; shipped: {', '.join(shipped_studies())}",
        hint=f"did you mean {close[0]!r}?" if close else hint,
    )


def _refused(make: Any) -> None:
    try:
        make()
    except UnitError as error:
        raise InvalidError(Finding(error.message, hint=error.hint)) from None


def _known(what: str, names: tuple[str, ...], known: tuple[str, ...]) -> tuple[str, ...]:
    wrong = [name for name in names if name not in known]
    if wrong:
        raise InvalidError(
            Finding(f"there is no {what} {wrong[0]!r}", hint=f"there are {', '.join(known)}")
        )
    if len(set(names)) != len(names):
        raise InvalidError(Finding(f"expected every {what} once"))
    return names
