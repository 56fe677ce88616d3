# SPDX-License-Identifier: Apache-2.0
"""The program of a training job: phases, repeated in iterations, with checkpoints and the rest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Discriminator, GetJsonSchemaHandler, Tag, model_validator
from pydantic_core import CoreSchema

from powermodel.scenario.base import (
    Correlation,
    EveryField,
    Finding,
    InvalidError,
    Level,
    Part,
    PowerLevel,
    Sigma,
)
from powermodel.units import Count, Duration


class Spread(Part):
    """How the duration of a phase varies between accelerators and iterations."""

    sigma: Sigma = 0.0
    """Standard deviation relative to the duration (lognormal)."""
    rho: Correlation = 0.0
    """Correlation between the accelerators of the job."""
    distribution: Literal["lognormal", "uniform", "none"] = "lognormal"
    """``uniform`` draws from 0 to twice the duration and has no sigma."""

    @model_validator(mode="after")
    def _sigma_fits(self) -> Spread:
        if self.distribution == "lognormal" and self.sigma == 0.0:
            raise InvalidError(
                Finding(
                    "a lognormal spread needs a sigma above 0, such as 0.02",
                    ("sigma",),
                    "leave the spread out, or write 'distribution: none', for no spread",
                )
            )
        if self.distribution != "lognormal" and self.sigma != 0.0:
            raise InvalidError(
                Finding(
                    f"distribution {self.distribution!r} has no sigma, got {self.sigma:g}",
                    ("sigma",),
                    "leave sigma out, or write 'distribution: lognormal'",
                )
            )
        return self


class Phase(Part):
    """A stretch of one kind of work."""

    name: str
    duration: Duration
    """Mean duration on one accelerator, in s; a phase cannot be shorter than nothing."""
    power: Level
    """Power of one accelerator while it works."""
    spread: Spread = Spread(distribution="none")
    barrier: Literal["none", "group", "job"] = "none"
    """Who must have arrived before anyone goes on."""
    waiting_power: Level | None = None
    """Power of one accelerator that waits at the barrier; needed with a barrier."""

    @model_validator(mode="after")
    def _waiting_is_declared(self) -> Phase:
        if self.barrier != "none" and self.waiting_power is None:
            raise InvalidError(
                Finding(
                    f"missing waiting_power: a phase with barrier {self.barrier!r} must say what "
                    "an accelerator draws while it waits",
                    hint="such as waiting_power: '0.4 TDP'",
                )
            )
        return self

    @property
    def waiting(self) -> PowerLevel:
        """Power while waiting; without a barrier nobody waits and it is `power`."""
        return self.power if self.waiting_power is None else self.waiting_power


def _tag(value: Any) -> str:
    repeats = "repeat" in value if isinstance(value, dict) else isinstance(value, Repeat)
    return "<repeat>" if repeats else "<phase>"


class Repeat(Part):
    """Phases that come several times in a row, such as micro-batches."""

    repeat: Count
    phases: tuple[Item, ...]

    @model_validator(mode="after")
    def _has_phases(self) -> Repeat:
        _refuse_empty(self.phases)
        return self


Item = Annotated[
    Annotated[Phase, Tag("<phase>")] | Annotated[Repeat, Tag("<repeat>")], Discriminator(_tag)
]


def _refuse_empty(phases: tuple[Item, ...]) -> None:
    if not phases:
        raise InvalidError(Finding("expected at least one phase, got an empty list", ("phases",)))


class Section(Part):
    """A list of phases; may be written as the bare list."""

    phases: tuple[Item, ...]

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, data: Any) -> Any:
        return {"phases": data} if isinstance(data, list | tuple) else data

    @model_validator(mode="after")
    def _has_phases(self) -> Section:
        _refuse_empty(self.phases)
        return self

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        mapping = super().__get_pydantic_json_schema__(schema, handler)
        phases = handler.resolve_ref_schema(mapping)["properties"]["phases"]
        return {"anyOf": [mapping, {"type": "array", "items": phases["items"]}]}

    @property
    def count(self) -> int:
        """Phases with repeats counted, without unrolling them."""
        return _count(self.phases)

    @property
    def mean_duration(self) -> float:
        """Sum of the mean durations, repeats unrolled, without waiting, in s."""
        return _duration(self.phases)

    @property
    def expanded(self) -> tuple[Phase, ...]:
        """The phases with repeats unrolled."""
        return tuple(_unroll(self.phases))

    def located(self) -> Iterator[tuple[tuple[str | int, ...], Phase]]:
        """Yield each written phase once, with its path below this section."""
        return _located(self.phases)


class Periodic(Section):
    """Phases that come again and again, between iterations."""

    every: EveryField
    """``"20 min"`` or ``"100 iterations"``; begins at the next end of an iteration."""


class Program(Part):
    """What a training job does."""

    start: Section | None = None
    """Once, when the job begins."""
    iteration: Section
    """Over and over."""
    checkpoint: Periodic | None = None
    evaluation: Periodic | None = None
    restart: Section | None = None
    """From the instant of a failure until iterations go on."""
    end: Section | None = None
    """Once, when the job ends; the accelerators idle afterwards."""

    def sections(self) -> Iterator[tuple[str, Section]]:
        """Yield name and section of what the program has."""
        for name, section in self:
            if section is not None:
                yield name, section


def _count(items: tuple[Item, ...]) -> int:
    return sum(i.repeat * _count(i.phases) if isinstance(i, Repeat) else 1 for i in items)


def _duration(items: tuple[Item, ...]) -> float:
    return sum(
        item.repeat * _duration(item.phases) if isinstance(item, Repeat) else item.duration
        for item in items
    )


def _unroll(items: tuple[Item, ...]) -> Iterator[Phase]:
    for item in items:
        if isinstance(item, Repeat):
            yield from tuple(_unroll(item.phases)) * item.repeat
        else:
            yield item


def _located(items: tuple[Item, ...]) -> Iterator[tuple[tuple[str | int, ...], Phase]]:
    for index, item in enumerate(items):
        if isinstance(item, Repeat):
            for path, phase in _located(item.phases):
                yield ("phases", index, *path), phase
        else:
            yield ("phases", index), item
