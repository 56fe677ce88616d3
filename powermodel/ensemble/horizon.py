# SPDX-License-Identifier: Apache-2.0
"""What is kept of a long run besides overview and indicators: events, and counts of all samples."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from powermodel.ensemble.events import NAMES, EventStream
from powermodel.ensemble.study import Study
from powermodel.indicators.distribution import BINS, Counting, distribution_statistic
from powermodel.indicators.inputs import IndicatorError, steps_in
from powermodel.schema import SIGN_CONVENTION
from powermodel.store.encode import Codec
from powermodel.units import format_s

if TYPE_CHECKING:
    from powermodel.scenario import Scenario

COUNT = "exceedance/count"
POWER = "power"


class Kept(NamedTuple):
    """An array of a run: path, own dimensions and sizes, type, codec and attributes."""

    path: str
    dims: tuple[str, ...]
    tail: tuple[int, ...]
    dtype: str
    codec: Codec
    attributes: dict[str, Any]


def quantities(study: Study, dt_s: float) -> dict[str, float | None]:
    """Return what is counted: the power, and its change within each window in s that has steps."""
    found: dict[str, float | None] = {POWER: None}
    for window in study.measure.windows:
        with contextlib.suppress(IndicatorError):
            steps_in(window, dt_s)
            found[f"ramp[{format_s(window)}]"] = window
    return found


def kept_arrays(study: Study, dt_s: float) -> Iterator[Kept]:
    """Yield the arrays that events and counts of a run fill."""
    for rule in study.keep.events:
        reach = rule.reach(dt_s)
        for name, (unit, words) in NAMES.items():
            facts = {"units": unit, "long_name": words, "rule": rule.rule}
            dims: tuple[str, ...] = ("event",)
            tail: tuple[int, ...] = (rule.largest,)
            if name == "power":
                facts["comment"] = SIGN_CONVENTION
                dims, tail = (*dims, "offset"), (*tail, 2 * reach + 1)
            yield Kept(f"events/{rule.name}/{name}", dims, tail, "float64", "double", facts)
    if study.keep.exceedance:
        facts = {
            "long_name": "Samples of each quantity in each bin; a ramp is the magnitude of "
            "P(t + window) - P(t)"
        }
        sizes = (len(quantities(study, dt_s)), BINS)
        yield Kept(COUNT, ("quantity", "bin"), sizes, "int64", "plain", facts)


def kept_coordinates(study: Study, dt_s: float) -> Iterator[tuple[str, str, Any, dict[str, Any]]]:
    """Yield path, dimension, values and attributes of the coordinates of these arrays."""
    for rule in study.keep.events:
        reach = rule.reach(dt_s)
        offsets = np.arange(-reach, reach + 1) * dt_s
        facts = {"units": "s", "long_name": "Time after the event"}
        yield f"events/{rule.name}/offset", "offset", offsets, facts
    if study.keep.exceedance:
        yield "exceedance/quantity", "quantity", list(quantities(study, dt_s)), {}


class HorizonStream:
    """Events and counts of one run while it is computed.

    Parameters
    ----------
    study : Study
        What is kept.
    scenario : Scenario
        Of the run.
    """

    def __init__(self, study: Study, scenario: Scenario) -> None:
        after_s, dt_s = study.measure.after, scenario.time.dt
        self._events = {
            rule.name: EventStream(scenario, rule, after_s) for rule in study.keep.events
        }
        asked = quantities(study, dt_s) if study.keep.exceedance else {}
        self._counts = {
            name: distribution_statistic(dt_s, window) for name, window in asked.items()
        }
        self._skip = round(after_s / dt_s)
        self._states = {
            name: statistic.init(self._skip) for name, statistic in self._counts.items()
        }

    def add(self, power_w: NDArray[np.float64]) -> None:
        """Take in the samples that follow."""
        for events in self._events.values():
            events.add(power_w)
        skipped = min(self._skip, len(power_w))
        self._skip -= skipped
        if skipped < len(power_w):
            for name, statistic in self._counts.items():
                self._states[name] = statistic.update(self._states[name], power_w[skipped:])

    def state(self) -> dict[str, Any]:
        """Return what it remembers, as plain data."""
        events = {name: one.state() for name, one in self._events.items()}
        return {"skip": self._skip, "events": events, "counts": dict(self._states)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take what ``state`` returned."""
        self._skip = state["skip"]
        for name, one in self._events.items():
            one.restore(state["events"][name])
        counts: dict[str, Counting] = state["counts"]
        self._states = dict(counts)

    def finish(self) -> dict[str, NDArray[Any]]:
        """Return the values of every array."""
        found: dict[str, NDArray[Any]] = {
            f"events/{rule}/{name}": values
            for rule, one in self._events.items()
            for name, values in one.finish().items()
        }
        if self._counts:
            found[COUNT] = np.stack(
                [one.finish(self._states[name]).counts for name, one in self._counts.items()]
            )
        return found
