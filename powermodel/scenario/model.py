# SPDX-License-Identifier: Apache-2.0
"""The scenario: what a study is about, read from YAML, checked as a whole, never changed."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from pydantic import model_validator

from powermodel.errors import PowermodelError, ScenarioError
from powermodel.scenario import checks, derived, files, overrides
from powermodel.scenario.arrivals import Standing, runs_of, standing_of
from powermodel.scenario.base import InvalidError, Part, Whole
from powermodel.scenario.hardware import AcceleratorSpec, Assumption, ResponseSpec
from powermodel.scenario.jobs import Job
from powermodel.scenario.placement import Placement, place
from powermodel.scenario.readable import Readable
from powermodel.scenario.reading import Document
from powermodel.scenario.run import Output, Time
from powermodel.scenario.site import Hall, Site
from powermodel.scenario.solar import Onsite
from powermodel.scenario.storage import Storage
from powermodel.scenario.supply import Supply
from powermodel_kernels.fleet.arrivals import JobRun


class Scenario(Readable):
    """A site, its jobs and a run. Fields are named as in YAML; their values are SI numbers."""

    powermodel: Literal[1]
    """Version of this format."""
    name: str
    description: str = ""
    site: Site
    jobs: tuple[Job, ...]
    storage: Storage | None = None
    """Batteries, and fast devices beside them, at the POI."""
    onsite: Onsite | None = None
    """Generation on the site without fuel: a negative load at the POI."""
    supply: Supply | None = None
    """What feeds the site; left out, a grid that nothing moves."""
    time: Time
    output: Output = Output()
    engine: Literal["events", "steps"] = "events"
    """``events`` is fast; ``steps`` walks every accelerator through every step."""
    seed: Whole = 0
    refusal: ClassVar[type[PowermodelError]] = ScenarioError

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        found = checks.findings(self)
        if found:
            raise InvalidError(*found)
        return self

    # In and out.

    @staticmethod
    def find(source: str | os.PathLike[str]) -> Path:
        """Return the file of a scenario, or of a shipped one by its name."""
        return files.find(source)

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Return the JSON Schema, for editors."""
        schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
        return schema | cls.model_json_schema()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Scenario) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash(self.digest)

    # Changes make a new scenario.

    def with_(self, **changes: Any) -> Self:
        """Return a copy with changes.

        Parameters
        ----------
        **changes
            Fields of the scenario. A mapping changes the keys it names, anything else replaces:
            ``scenario.with_(seed=7, time={"duration": "10 s"})``.
        """
        plain = {
            key: value.model_dump(mode="json") if isinstance(value, Part) else value
            for key, value in changes.items()
        }
        data = overrides.merged(self.to_dict(), plain)
        return self._from_document(Document(data, {}), self._base)

    def set(self, path: str, value: Any) -> Self:
        """Return a copy with one value replaced.

        Parameters
        ----------
        path : str
            ``"jobs.0.program.iteration.2.power"``.
        value : object
            Plain data; text is read as YAML, so ``"[0, 5]"`` is a list.

        Raises
        ------
        ScenarioError
            If there is no such path; names the nearest.
        """
        given = overrides.parse_value(value) if isinstance(value, str) else value
        data = overrides.replaced(self.model_dump(mode="json"), overrides.parse_path(path), given)
        return self._from_document(Document(data, {}), self._base)

    # What the parts mean together.

    @cached_property
    def placements(self) -> tuple[Placement, ...]:
        """Which racks each job stands in."""
        return place(self.site, self.jobs)[0]

    @cached_property
    def job_runs(self) -> tuple[tuple[JobRun, ...], ...]:
        """Of each job with arrivals, those that come in this run; of others none."""
        return tuple(tuple(runs_of(self, number)) for number in range(len(self.jobs)))

    @cached_property
    def standing(self) -> tuple[Standing, ...]:
        """What stands in racks of its own: jobs, and the places of jobs that arrive."""
        numbers = range(len(self.jobs))
        return tuple(one for number in numbers for one in standing_of(self, number))

    def halls_of(self, job: Job) -> tuple[Hall, ...]:
        """Return the halls that a job may use, in its order."""
        by_name = {hall.name: hall for hall in self.site.halls}
        return tuple(by_name[name] for name in job.halls or by_name)

    def accelerator_of(self, job: Job) -> AcceleratorSpec:
        """Return the accelerator of a job; its halls hold one type."""
        return self.halls_of(job)[0].rack_record.accelerator

    def response_of(self, job: Job) -> ResponseSpec:
        """Return the response of a job, what is left out taken from its accelerator."""
        return derived.response(job, self.accelerator_of(job))

    def rating_spread_of(self, job: Job) -> float:
        """Return the sigma of the power scale between the accelerators of a job."""
        return derived.first(job.rating_spread, self.accelerator_of(job).rating_spread)

    def fastest_response(self) -> tuple[float, str]:
        """Return the 10-90 % time in s that dt must resolve, and whose it is."""
        return derived.fastest_response(self)

    def nameplate_w(self) -> float:
        """Return the power at the POI in W with every program in its strongest phase."""
        return derived.nameplate_w(self)

    def assumptions(self) -> list[Assumption]:
        """Return every dataset value that the scenario rests on, with source and confidence."""
        return derived.assumptions(self)
