# SPDX-License-Identifier: Apache-2.0
"""Jobs that come at random over the run: how often, how long, and how many run at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from pydantic import model_validator

from powermodel.scenario.base import Finding, InvalidError, Part
from powermodel.units import Count, Duration, Fraction, Ratio
from powermodel_kernels.build import ticks
from powermodel_kernels.constants import NEVER
from powermodel_kernels.fleet.arrivals import JobRun, Stream, Tally, job_runs, tally

if TYPE_CHECKING:
    from powermodel.scenario.jobs import Job
    from powermodel.scenario.model import Scenario

MAX_JOBS = 1_000_000
"""Jobs that may come in one run; more is a slip of the pen."""


class JobLength(Part):
    """How long jobs take, from the first phase on and with their restarts."""

    mean: Duration
    """Mean over all jobs, in s."""
    distribution: Literal["exponential", "lognormal", "fixed"] = "exponential"
    """``lognormal`` needs a sigma."""
    sigma: Ratio = 0.0
    """Standard deviation of the logarithm of a lognormal length."""

    @model_validator(mode="after")
    def _sigma_fits(self) -> JobLength:
        if (self.distribution == "lognormal") != (self.sigma > 0.0):
            expected = "a sigma above 0" if self.distribution == "lognormal" else "no sigma"
            raise InvalidError(
                Finding(
                    f"expected {expected} where the length is {self.distribution}, "
                    f"got {self.sigma:g}",
                    ("sigma",),
                    "such as {mean: '3 h', distribution: lognormal, sigma: 1.2}",
                )
            )
        return self


class Arrivals(Part):
    """Jobs like this one that come at random and wait for racks, first come, first served."""

    every: Duration
    """Mean time between two arrivals, in s; the times between them are exponential."""
    places: Count
    """How many run at once, each in racks of its own."""
    length: JobLength
    busy: Fraction | None = None
    """Share of the places that are taken when the first job may come; default what the arrivals
    take on average, at most all."""

    @property
    def offered(self) -> float:
        """Places that the arrivals would take on average if there were enough."""
        return self.length.mean / self.every

    @property
    def there(self) -> int:
        """Places that are taken when the first job may come."""
        share = min(1.0, self.offered / self.places) if self.busy is None else self.busy
        return round(share * self.places)


class Standing(NamedTuple):
    """What stands in racks of its own: a job, or one place of jobs that arrive."""

    number: int
    """Of the job in the scenario."""
    place: int
    spans: tuple[tuple[int, int], ...]
    """When jobs begin and end there, ticks; the last end may be NEVER."""


def arrival_findings(job: Job, duration_s: float) -> Iterator[Finding]:
    """Yield what does not fit between the arrivals of a job and the run."""
    if job.arrivals is None:
        return
    count = (_stop_s(job, duration_s) - job.begins) / job.arrivals.every
    if count > MAX_JOBS:
        yield Finding(
            f"{count:,.0f} jobs would come in this run, expected at most {MAX_JOBS:,}",
            ("arrivals", "every"),
            "a longer time between arrivals, or a shorter run",
        )


def runs_of(scenario: Scenario, number: int) -> list[JobRun]:
    """Return every job that comes in a run, or is there: of a job with arrivals."""
    job = scenario.jobs[number]
    arrivals = job.arrivals
    if arrivals is None:
        return []
    begin, stop = stretch_of(scenario, job)
    closing = job.program.end if job.program is not None else None
    stream = Stream(
        number,
        scenario.seed,
        arrivals.places,
        ticks(arrivals.every),
        ticks(arrivals.length.mean),
        arrivals.length.distribution,
        arrivals.length.sigma,
        ticks(closing.mean_duration) if closing is not None else 0,
        arrivals.there,
    )
    return job_runs(stream, begin, stop)


def tally_of(scenario: Scenario, number: int) -> Tally | None:
    """Return what a run sees of the jobs that come; None where none can."""
    arrivals = scenario.jobs[number].arrivals
    begin, stop = stretch_of(scenario, scenario.jobs[number])
    if arrivals is None or begin >= stop:
        return None
    return tally(list(scenario.job_runs[number]), arrivals.places, begin, stop)


def stretch_of(scenario: Scenario, job: Job) -> tuple[int, int]:
    """Return when the first job may come, and the end of the last: ticks, within the run."""
    return ticks(job.begins), ticks(_stop_s(job, scenario.time.duration))


def standing_of(scenario: Scenario, number: int) -> Iterator[Standing]:
    """Yield what stands in racks of its own of a job."""
    job = scenario.jobs[number]
    end = NEVER if job.ends is None else ticks(job.ends)
    if job.arrivals is None:
        yield Standing(number, 0, ((ticks(job.begins), end),))
        return
    spans: list[list[tuple[int, int]]] = [[] for _ in range(job.places)]
    for run in scenario.job_runs[number]:
        if run.began < end:
            spans[run.place].append((run.began, min(run.ended, end)))
    for place, found in enumerate(spans):
        yield Standing(number, place, tuple(sorted(found)))


def _stop_s(job: Job, duration_s: float) -> float:
    return duration_s if job.ends is None else min(job.ends, duration_s)
