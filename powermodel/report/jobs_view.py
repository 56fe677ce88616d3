# SPDX-License-Identifier: Apache-2.0
"""Which jobs run when, as a picture shows it: read from the scenario of a run and its seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from powermodel.errors import PowermodelError
from powermodel_kernels.constants import NEVER, TICKS_PER_S

if TYPE_CHECKING:
    from powermodel.scenario import Scenario
    from powermodel.scenario.arrivals import Standing

MOST_BARS = 40
"""Rows of bars at most; more are counted."""
_MOST_SPANS = 2000
"""Jobs at most that are drawn one by one."""
_ALONE_IN, _CLOSE_IN = 0.2, 0.115
"""Height of a row where there are few, and where there are many, in."""
_FRAME_IN = 0.55
_COUNT_IN = 1.5

Spans = tuple[tuple[float, float], ...]
"""Begin and end of jobs, s."""


@dataclass(frozen=True, slots=True)
class Lane:
    """What runs in racks of its own: a job, or one place of jobs that come at random."""

    name: str
    kind: int
    """Number of the job in the scenario."""
    spans: Spans


@dataclass(frozen=True, slots=True)
class JobsView:
    """Which jobs run when."""

    lanes: tuple[Lane, ...]
    kinds: tuple[str, ...]
    """Names of the scenario's jobs."""
    arrive: bool
    """Whether some come at random."""

    @property
    def counted(self) -> bool:
        """Whether there are too many to draw one by one."""
        return len(self.lanes) > MOST_BARS or self.jobs > _MOST_SPANS

    @property
    def jobs(self) -> int:
        """Jobs that run in the run."""
        return sum(len(lane.spans) for lane in self.lanes)

    @property
    def row_in(self) -> float:
        """Height of a row of bars, in."""
        few = 10
        share = min(max((len(self.lanes) - few) / (MOST_BARS - few), 0.0), 1.0)
        return _ALONE_IN + share * (_CLOSE_IN - _ALONE_IN)

    @property
    def height_in(self) -> float:
        """Height of the strip, in."""
        return _COUNT_IN if self.counted else _FRAME_IN + len(self.lanes) * self.row_in


def jobs_view(attributes: Mapping[Any, Any], begin_s: float, end_s: float) -> JobsView | None:
    """Read which jobs run when; None of a run of one job, or with the load of another run.

    Parameters
    ----------
    attributes : mapping
        Of the store.
    begin_s, end_s : float
        What the picture shows, s.
    """
    text = attributes.get("scenario") or ""
    if "load_from" in attributes or text.count("name:") < 2:
        return None
    # Here, not above: a picture of one job needs none of it.
    from powermodel.scenario import Scenario

    try:
        scenario = Scenario.from_yaml(text)
        standing = scenario.standing
    except PowermodelError:
        # Made by another version, or by hand: the picture stands without the strip.
        return None
    arrive = any(job.arrivals is not None for job in scenario.jobs)
    if len(standing) < 2 and not arrive:
        return None
    lanes = tuple(_lane(scenario, one, begin_s, end_s) for one in standing)
    return JobsView(lanes, tuple(job.name for job in scenario.jobs), arrive)


def _lane(scenario: Scenario, one: Standing, begin_s: float, end_s: float) -> Lane:
    job = scenario.jobs[one.number]
    name = job.name if job.places == 1 else f"{job.name} {one.place + 1}"
    spans = []
    for first, last in one.spans:
        began_s = max(first / TICKS_PER_S, begin_s)
        ended_s = end_s if last == NEVER else min(last / TICKS_PER_S, end_s)
        if began_s < ended_s:
            spans.append((began_s, ended_s))
    return Lane(name, one.number, tuple(spans))
