# SPDX-License-Identifier: Apache-2.0
"""Short parts of a run that a page shows sample by sample: worst ramps, broken limits, events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from powermodel.indicators.indicator import Summary
from powermodel.indicators.series import TimeGrid

if TYPE_CHECKING:
    from powermodel.limits.profiles import Verdict
    from powermodel.scenario import Scenario

MOST = 8
"""Parts of one page."""
_SAMPLES = 10_000
_SHORTEST_S, _LONGEST_S, _PERIODS = 2.0, 10.0, 2.0
_RAMPS = ("1 s", "20 ms")


@dataclass(frozen=True, slots=True)
class Closeup:
    """A part of a run.

    Parameters
    ----------
    title : str
        Why it is shown.
    first, count : int
        Its samples.
    begin_s, end_s : float
        Its time.
    """

    title: str
    first: int
    count: int
    begin_s: float
    end_s: float


def closeups(
    grid: TimeGrid, found: Summary, verdicts: Sequence[Verdict], scenario: Scenario | None
) -> list[Closeup]:
    """Choose the parts of a run that are shown sample by sample.

    Parameters
    ----------
    grid : TimeGrid
        Of the run.
    found : Summary
        Its indicators.
    verdicts : sequence of Verdict
        What rules make of it.
    scenario : Scenario, optional
        For its events.
    """
    line = found["line[1]"]
    period_s = 0.0 if line.value is None else 1.0 / float(line.parameters["frequency_hz"])
    width_s = min(max(_PERIODS * period_s, _SHORTEST_S), _LONGEST_S)
    chosen: list[Closeup] = []
    for title, at_s, span_s in _wanted(found, verdicts, scenario):
        middle = round((at_s - grid.begin_s) / grid.dt_s)
        if not 0 <= middle < grid.samples or any(_holds(part, at_s) for part in chosen):
            continue
        wide_s = min(max(width_s, span_s), _LONGEST_S)
        count = min(round(wide_s / grid.dt_s), grid.samples, _SAMPLES)
        first = min(max(middle - count // 2, 0), grid.samples - count)
        begin_s = round(grid.begin_s + first * grid.dt_s, 9)
        chosen.append(Closeup(title, first, count, begin_s, round(begin_s + count * grid.dt_s, 9)))
    return chosen[:MOST]


def _holds(part: Closeup, at_s: float) -> bool:
    """Whether a part already shows that instant away from its edges."""
    margin_s = 0.2 * (part.end_s - part.begin_s)
    return part.begin_s + margin_s <= at_s <= part.end_s - margin_s


def _wanted(
    found: Summary, verdicts: Sequence[Verdict], scenario: Scenario | None
) -> Iterator[tuple[str, float, float]]:
    """Yield title, middle and least length of a part [s]."""
    for window in _RAMPS:
        for kind, words in (("ramp_down", "fall"), ("ramp_up", "rise")):
            item = found[f"{kind}[{window}]"]
            if item.value and item.at_s is not None:
                middle_s = item.at_s + 0.5 * float(item.parameters["window_s"])
                yield f"Largest {words} within {window}", middle_s, 0.0
    for row in verdicts:
        if row.verdict == "fail" and row.at_s is not None:
            # A worst time is where a window starts; of a long one its start is shown.
            span_s = min(row.rule.get("window") or 0.0, _LONGEST_S)
            yield f"Where {row.rule.name} is broken most", row.at_s + 0.5 * span_s, 1.1 * span_s
    for job in scenario.jobs if scenario is not None else ():
        if job.begins > 0.0:
            yield f"Job {job.name} begins", job.begins, 0.0
        if job.ends is not None:
            yield f"Job {job.name} ends", job.ends, 0.0
