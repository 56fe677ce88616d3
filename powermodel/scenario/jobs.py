# SPDX-License-Identifier: Apache-2.0
"""A job: its accelerators, how they hang together, and what they do."""

from __future__ import annotations

from typing import Any

from pydantic import model_validator

from powermodel.scenario.arrivals import Arrivals
from powermodel.scenario.base import Correlation, Finding, InvalidError, Part, Sigma
from powermodel.scenario.program import Program
from powermodel.scenario.smoothing import Smoothing
from powermodel.scenario.trace import TraceSpec
from powermodel.units import Count, Duration, Fraction, Instant, Ratio


class Pipeline(Part):
    """Contiguous equal stages of a pipeline-parallel job, which start one after another."""

    stages: Count
    fill: Instant
    """How much later than the stage before it each stage begins an iteration, in s."""
    drain: Instant
    """How much later than the stage after it each stage ends the iteration, in s."""


class Stragglers(Part):
    """Hosts that are always slow."""

    share: Fraction
    """Share of all hosts."""
    slowdown: Fraction
    """Durations are longer by this share."""
    host: Count = 8
    """Contiguous accelerators of one host."""


class Noise(Part):
    """Fluctuation of power on top of the phases."""

    sigma: Sigma
    """Standard deviation of one accelerator, relative to its power."""
    rho: Correlation
    """Correlation between accelerators."""
    correlation_time: Duration
    """Time constant τ of the autocorrelation (1 + t/τ)·e^(−t/τ), in s."""


class Response(Part):
    """How the power of an accelerator follows its work; what is left out comes from the record."""

    rise_time: Duration | None = None
    """10-90 %, in s."""
    fall_time: Duration | None = None
    """90-10 %, in s."""
    overshoot: Ratio | None = None
    """EDPp factor - 1."""
    overshoot_time: Duration | None = None
    """Time constant with which the overshoot decays, in s."""


class Failures(Part):
    """Crashes of the whole job: at given times, drawn from an MTBF, or both."""

    scheduled: tuple[Instant, ...] = ()
    """Since the start of the run, in s."""
    mtbf: Duration | None = None
    """Mean time between failures of one accelerator, in s."""

    @model_validator(mode="after")
    def _says_when(self) -> Failures:
        if not self.scheduled and self.mtbf is None:
            raise InvalidError(
                Finding(
                    "failures without a time: expected scheduled, mtbf or both",
                    hint="such as mtbf: '50700 h', per accelerator, or scheduled: ['30 s']",
                )
            )
        return self


class Job(Part):
    """One training job, or one measured trace that is replayed."""

    name: str
    accelerators: Count
    halls: tuple[str, ...] | None = None
    """Halls to use, in order; default all. Takes whole racks after those of earlier jobs."""
    begins: Instant = 0.0
    """Since the start of the run, in s; with arrivals, when the first may come."""
    ends: Instant | None = None
    """Since the start of the run, in s; default: goes on to the end of the run."""
    arrivals: Arrivals | None = None
    """Jobs like this one come at random, each with so many accelerators; left out, it is one."""
    group_size: Count | None = None
    """Contiguous accelerators that share a barrier of scope ``group``."""
    pipeline: Pipeline | None = None
    rating_spread: Sigma | None = None
    """Sigma of the power scale between accelerators; default from the record."""
    stragglers: Stragglers | None = None
    noise: Noise | None = None
    response: Response | None = None
    smoothing: Smoothing | None = None
    """Power smoothing of every accelerator."""
    program: Program | None = None
    trace: TraceSpec | None = None
    failures: Failures | None = None

    @model_validator(mode="after")
    def _has_one_source(self) -> Job:
        if (self.program is None) == (self.trace is None):
            both = self.program is not None
            raise InvalidError(
                Finding(
                    "expected either a program or a trace, got " + ("both" if both else "neither"),
                    hint="two kinds of load are two jobs" if both else "add 'program:'",
                )
            )
        if self.trace is not None:
            self._refuse_what_a_trace_ignores()
        return self

    def _refuse_what_a_trace_ignores(self) -> None:
        shape = ("group_size", "pipeline", "rating_spread", "stragglers", "noise", "response")
        findings = [
            Finding(
                f"{key} has no meaning for a trace, which is replayed as it was measured",
                (key,),
                "leave it out",
            )
            for key in (*shape, "smoothing", "failures", "arrivals")
            if getattr(self, key) is not None
        ]
        if findings:
            raise InvalidError(*findings)

    @property
    def places(self) -> int:
        """How many of this job run at once."""
        return 1 if self.arrivals is None else self.arrivals.places

    @property
    def all_accelerators(self) -> int:
        """Accelerators of all its places."""
        return self.accelerators * self.places

    def findings(self) -> list[Finding]:
        """Return what does not fit together within this job."""
        return [*self._times(), *self._groups(), *self._program()]

    def _times(self) -> list[Finding]:
        found = []
        if self.ends is not None and self.ends <= self.begins:
            found.append(
                Finding(
                    f"expected an end after the begin at {self.begins:g} s, got {self.ends:g} s",
                    ("ends",),
                )
            )
        closes = self.program is not None and self.program.end is not None
        if closes and self.ends is None and self.arrivals is None:
            found.append(
                Finding(
                    "the program has an 'end' but the job never ends",
                    ("program", "end"),
                    "add 'ends: TIME' to the job, or leave the 'end' out",
                )
            )
        return found

    def _groups(self) -> list[Finding]:
        found = []
        stages = self.pipeline.stages if self.pipeline else 1
        if self.accelerators % stages:
            found.append(
                Finding(
                    f"{stages} stages do not divide {self.accelerators} accelerators",
                    ("pipeline", "stages"),
                    _nearest(self.accelerators, stages),
                )
            )
        elif self.group_size and (self.accelerators // stages) % self.group_size:
            whole = f"{self.accelerators // stages} accelerators"
            found.append(
                Finding(
                    f"group_size {self.group_size} does not divide {whole}"
                    + (" of one pipeline stage" if stages > 1 else ""),
                    ("group_size",),
                    _nearest(self.accelerators, self.group_size * stages),
                )
            )
        if self.trace and self.accelerators % self.trace.accelerators_per_copy:
            copy = self.trace.accelerators_per_copy
            found.append(
                Finding(
                    f"{copy} accelerators per copy do not divide {self.accelerators} accelerators",
                    ("trace", "accelerators_per_copy"),
                    _nearest(self.accelerators, copy),
                )
            )
        return found

    def _program(self) -> list[Finding]:
        if self.program is None:
            return []
        found = []
        for name, section in self.program.sections():
            for path, phase in section.located():
                if phase.barrier == "group" and self.group_size is None:
                    found.append(
                        Finding(
                            "barrier 'group' in a job without group_size",
                            ("program", name, *path, "barrier"),
                            "add 'group_size: 8' (accelerators that wait for each other)",
                        )
                    )
            found += self._every(name, section)
        if self.failures is not None and self.program.restart is None:
            found.append(
                Finding(
                    "failures need a program.restart: what happens from the instant of a crash "
                    "until iterations go on",
                    ("failures",),
                    "such as restart: [{name: restart, duration: '5 min', power: idle}]",
                )
            )
        return found

    def _every(self, name: str, section: Any) -> list[Finding]:
        every = getattr(section, "every", None)
        assert self.program is not None
        iteration_s = self.program.iteration.mean_duration
        if every is None or every.unit != "s" or every.value >= iteration_s:
            return []
        return [
            Finding(
                f"every {every} is shorter than one iteration, which takes {iteration_s:g} s",
                ("program", name, "every"),
                "write it as iterations, such as '1 iterations', or make it longer",
            )
        ]


def _nearest(accelerators: int, divisor: int) -> str:
    lower = accelerators // divisor * divisor
    choices = [str(n) for n in (lower, lower + divisor) if n > 0]
    return f"nearest accelerators that fit: {' or '.join(choices)}"
