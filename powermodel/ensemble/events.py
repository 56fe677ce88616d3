# SPDX-License-Identifier: Apache-2.0
"""Samples around the worst moments of a run, of which nothing else is kept at every time step.

Time is cut into segments of twice the reach. Of every segment the worst moment is a candidate, and
the worst of all candidates stay, with the samples around them: the same ones however the run is cut
into blocks, and the bits are those of the whole series.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from powermodel.ensemble.errors import StudyError
from powermodel.scenario import Scenario
from powermodel.scenario.base import Finding, InvalidError, Part
from powermodel.simulation.fleets import crash_times
from powermodel.units import Duration, format_s

F64 = NDArray[np.float64]
_MOST_SAMPLES = 2**23
NAMES = {
    "at": ("s", "Time of the event"),
    "change": ("W", "What the event was chosen by"),
    "power": ("W", "Power at the POI around the event"),
}


class Events(Part):
    """Which moments of a run are kept at every time step."""

    of: Literal["ramp", "crash"]
    """``ramp``: largest magnitude of P(t + window) - P(t), the event at t. ``crash``: of the
    failures of all jobs those with the largest magnitude of the mean over the reach after it minus
    that before it."""
    window: Duration | None = None
    """Of a ramp, in s."""
    largest: int = Field(default=10, ge=1, le=1000)
    """How many are kept at most."""
    around: Duration = 30.0
    """How far the samples reach before and after, in s."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.window is None) != (self.of == "crash"):
            raise InvalidError(
                Finding("expected a window for ramp and none for crash", ("window",))
            )
        if self.window is not None and self.window > self.around:
            raise InvalidError(
                Finding(
                    f"expected at most the reach of {format_s(self.around)}, got "
                    f"{format_s(self.window)}",
                    ("window",),
                )
            )
        return self

    @property
    def name(self) -> str:
        """Of its group in the store."""
        return "crash" if self.window is None else f"ramp_{format_s(self.window).replace(' ', '')}"

    @property
    def rule(self) -> str:
        """A sentence that says what is kept."""
        reach = format_s(self.around)
        what = (
            f"the failures of jobs with the largest magnitude of the mean power of {reach} after "
            f"minus that of {reach} before"
            if self.window is None
            else f"the largest magnitudes of P(t + {format_s(self.window)}) - P(t), one of each "
            f"{format_s(2 * self.around)} of time, the event at t"
        )
        return f"{what}; at most {self.largest}, samples from {reach} before to {reach} after"

    def reach(self, dt_s: float) -> int:
        """Return how many samples lie before an event, and after it."""
        found = round(self.around / dt_s)
        steps = 1 if self.window is None else round(self.window / dt_s)
        if found < 1 or steps < 1 or self.largest * (2 * found + 1) > _MOST_SAMPLES:
            raise StudyError(
                f"expected one to {_MOST_SAMPLES:,} samples in all windows, and a step within "
                f"each, got {self.largest} windows of {2 * found + 1:,} at {format_s(dt_s)}",
                where="keep.events",
            )
        return found


class EventStream:
    """Picks the events of one rule while samples come in.

    Parameters
    ----------
    scenario : Scenario
        Of the run.
    rule : Events
        What is picked.
    after_s : float
        Events before are passed over.
    """

    def __init__(self, scenario: Scenario, rule: Events, after_s: float) -> None:
        self._dt_s = scenario.time.dt
        self._rule = rule
        self._reach = rule.reach(self._dt_s)
        self._steps = 0 if rule.window is None else round(rule.window / self._dt_s)
        self._after = round(after_s / self._dt_s)
        times = crash_times(scenario) if rule.of == "crash" else ()
        dt = scenario.time.dt_ticks
        self._crashes = sorted({-(-tick // dt) for tick in times})
        self._buffer: F64 = np.empty(0)
        self._first = 0  # number of the first sample in the buffer
        self._segment = 0
        # Change, sample, and the samples around, the worst first.
        self._kept: list[tuple[float, int, F64]] = []

    def add(self, samples: F64) -> None:
        """Take in the samples that follow."""
        self._buffer = np.concatenate((self._buffer, samples))
        while self._first + len(self._buffer) >= self._edge(self._segment + 1) + self._reach:
            self._close()

    def state(self) -> dict[str, Any]:
        """Return what it remembers, as plain data."""
        return {
            "buffer": self._buffer, "first": self._first, "segment": self._segment,
            "kept": list(self._kept),
        }  # fmt: skip

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take what ``state`` returned."""
        self._buffer, self._first = state["buffer"], state["first"]
        self._segment = state["segment"]
        self._kept = [tuple(one) for one in state["kept"]]

    def finish(self) -> dict[str, F64]:
        """Return time, change and samples of the events, the worst first; the rest is missing."""
        while self._edge(self._segment) < self._first + len(self._buffer):
            self._close()
        count = self._rule.largest
        found = {
            "at": np.full(count, np.nan),
            "change": np.full(count, np.nan),
            "power": np.full((count, 2 * self._reach + 1), np.nan),
        }
        for place, (change, sample, around) in enumerate(self._kept):
            found["at"][place] = sample * self._dt_s
            found["change"][place] = change
            found["power"][place] = around
        return found

    def _edge(self, segment: int) -> int:
        return segment * 2 * self._reach

    def _close(self) -> None:
        """Take the candidates of a segment, and forget what none after it needs."""
        begin, stop = self._edge(self._segment), self._edge(self._segment + 1)
        for change, sample in self._candidates(max(begin, self._after), stop):
            if len(self._kept) == self._rule.largest and abs(change) <= abs(self._kept[-1][0]):
                continue
            self._kept.append((change, sample, self._around(sample)))
            self._kept.sort(key=lambda one: (-abs(one[0]), one[1]))
            del self._kept[self._rule.largest :]
        self._segment += 1
        surplus = max(0, stop - self._reach - self._first)
        self._buffer = self._buffer[surplus:].copy()
        self._first += surplus

    def _candidates(self, begin: int, stop: int) -> Iterator[tuple[float, int]]:
        if self._rule.of == "crash":
            for sample in self._crashes:
                if begin <= sample < min(stop, self._first + len(self._buffer)):
                    yield self._jump(sample), sample
            return
        part = self._buffer[begin - self._first : stop + self._steps - self._first]
        if begin < stop and len(part) > self._steps:
            change = part[self._steps :] - part[: -self._steps]
            place = int(np.argmax(np.abs(change)))
            yield float(change[place]), begin + place

    def _jump(self, sample: int) -> float:
        """Return the mean after a sample minus the mean before it."""
        here = sample - self._first
        before = self._buffer[max(0, here - self._reach) : here]
        after = self._buffer[here : here + self._reach]
        if not len(before):
            return 0.0
        return math.fsum(after) / len(after) - math.fsum(before) / len(before)

    def _around(self, sample: int) -> F64:
        found = np.full(2 * self._reach + 1, np.nan)
        low = sample - self._reach
        first, stop = max(low, self._first), sample + self._reach + 1
        part = self._buffer[first - self._first : stop - self._first]
        found[first - low : first - low + len(part)] = part
        return found
