# SPDX-License-Identifier: Apache-2.0
"""What became of the jobs that come at random in a run: how many, how long they waited, room left.

It follows from the scenario and its seed alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from powermodel.indicators.indicator import Indicator
from powermodel.scenario.arrivals import tally_of
from powermodel_kernels.constants import TICKS_PER_S

if TYPE_CHECKING:
    from powermodel.scenario import Scenario

_NONE_BEGAN = "no job began"
_NONE_CAN_COME = "the run ends before jobs may come"


def job_indicators(scenario: Scenario) -> Iterator[Indicator]:
    """Yield, of each job with arrivals, places taken, jobs and their waiting.

    Parameters
    ----------
    scenario : Scenario
        Of the run, with its seed.
    """
    for number, job in enumerate(scenario.jobs):
        if job.arrivals is None:
            continue
        found = tally_of(scenario, number)
        if found is None:
            values: tuple[float | None, ...] = (None,) * 5
        else:
            wait_s = found.mean_wait / TICKS_PER_S if found.began else None
            values = (
                found.taken, found.began, found.waiting, wait_s, found.longest_wait / TICKS_PER_S
            )  # fmt: skip
        reason = _NONE_CAN_COME if found is None else _NONE_BEGAN
        for (name, unit, definition), value in zip(_DEFINED, values, strict=True):
            none = reason if value is None else None
            yield Indicator(f"{name}[{job.name}]", value, unit, definition, reason=none)


_DEFINED = (
    ("places_taken", "1", "share of the time of all places in which a job ran"),
    ("jobs_begun", "1", "jobs that came and began; those there from the beginning left out"),
    ("jobs_waiting", "1", "jobs that came and have not begun at the end"),
    ("wait_mean", "s", "from arrival to beginning, mean over those that began"),
    ("wait_longest", "s", "longest wait, up to the end for those that wait then"),
)
