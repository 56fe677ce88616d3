# SPDX-License-Identifier: Apache-2.0
"""A site through sags or a recorded event at its POI: load lost, job time lost, surge on return.

The site stands at the power of its strongest phases, behind units with stores of their own: some
that count sags and lock out, and some that do not. Units of one sort act alike, so that one of each
stands for all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from powermodel.errors import UnitError
from powermodel.scenario import Scenario
from powermodel.scenario.hardware import record
from powermodel.simulation.recorded import Recorded
from powermodel_datasets.supply_kinds import zones
from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.supply.events import Envelope, Sag, assess, report, sag_profile
from powermodel_kernels.supply.ridethrough import (
    LoadUnit,
    RideSeries,
    load_units,
    on_grid,
    ride_through,
)

STEP_S = 0.001
"""Sags last some tens of milliseconds, and transfers some milliseconds."""

FIRST_SAG_S = 2.0

_EVENT_FIELDS = (
    "faults",
    "window",
    "deepest_voltage",
    "shallowest_voltage",
    "shortest_fault",
    "longest_fault",
)


@dataclass(frozen=True, slots=True)
class Question:
    """What happens, and to which units.

    Parameters
    ----------
    sags : tuple of Sag
        In order of time.
    counting_share : float
        Share of the load behind units that count sags.
    counting, patient : str
        Records of the units.
    duration_s : float
        Time looked at, s.
    reset_s : float
        When someone resets what is locked out, s; infinite for never.
    envelope : str
        Record of the rows in which a load must stay: of voltage, or of frequency.
    recorded : Recorded, optional
        What happens, in place of the sags, which then are those in it.
    """

    sags: tuple[Sag, ...]
    counting_share: float
    counting: str = "ups-sag-counter"
    patient: str = "ups"
    duration_s: float = 600.0
    reset_s: float = math.inf
    envelope: str = "ercot-nogrr282-voltage"
    recorded: Recorded | None = None


@dataclass(frozen=True, slots=True)
class Ride:
    """What an event cost a site; power in W, time in s."""

    scenario: str
    question: Question
    load_w: float
    lost_w: float
    """Largest drop of the power taken from the grid."""
    away_w: tuple[float, ...]
    """Load off the grid just before the next sag, or at the end: one for every sag."""
    surge_w: float
    """Largest power above the load, on the way back."""
    recovery_s: float
    """From the last sag's end until 90 % is back; infinite if not."""
    down_s: float
    """In which some of the accelerators had no power at all."""
    restart_s: float
    """Restarts of the slowest job, one for every time it lost its power."""
    verdict: str
    """Whether the event lies inside the envelope: a load had to stay."""
    voltage: NDArray[np.float32]
    series: RideSeries

    @property
    def job_s(self) -> float:
        """Job time lost: without power, and restarting; work since the last checkpoint is more."""
        return self.down_s + self.restart_s

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, without the series; times that never end are None."""
        question = self.question
        names = ("lost_w", "away_w", "surge_w", "down_s", "restart_s", "job_s", "verdict")
        return {
            "scenario": self.scenario,
            "sags": [sag._asdict() for sag in question.sags],
            "counting_share": question.counting_share,
            "counting": question.counting,
            "patient": question.patient,
            "duration_s": question.duration_s,
            "envelope": question.envelope,
            "load_w": self.load_w,
            **{name: getattr(self, name) for name in names},
            "recovery_s": self.recovery_s if math.isfinite(self.recovery_s) else None,
        }


def sags_of(event: str) -> tuple[Sag, ...]:
    """Return the sags of a published event.

    Number, window, and ranges of depth and length are published; that they are evenly spaced and
    grow from the shortest and deepest to the longest and shallowest is assumed.

    Raises
    ------
    UnitError
        If there is no such record, or it does not tell of sags.
    """
    found = record("published", event)
    missing = [field for field in _EVENT_FIELDS if field not in found]
    if missing:
        raise UnitError(f"{event} does not tell of sags: it lacks {', '.join(missing)}")
    count, window_s, deep, shallow, short_s, long_s = (found[f].value for f in _EVENT_FIELDS)
    steps = np.linspace(0.0, 1.0, int(count))
    return tuple(
        Sag(
            FIRST_SAG_S + float(step) * (window_s - long_s),
            short_s + float(step) * (long_s - short_s),
            deep + float(step) * (shallow - deep),
        )
        for step in steps
    )


def counting_share_of(event: str) -> float:
    """Return the share of the lost load that was lost by counting, of a published event."""
    found = record("published", event)
    if "load_lost_at_third" not in found:
        return 1.0
    return float(found["load_lost_at_third"].value / found["load_lost"].value)


def ride(scenario: Scenario, question: Question) -> Ride:
    """Return what an event costs a site.

    Raises
    ------
    UnitError
        If a sag lies outside the time looked at, a record is unknown or a share is out of range.
    """
    share = question.counting_share
    if not 0.0 <= share <= 1.0:
        raise UnitError(f"expected a counting share from 0 to 1, got {share:g}")
    samples = round(question.duration_s / STEP_S)
    written = record("envelope", question.envelope)
    rows = Envelope(question.envelope, zones(written))
    names = (question.counting, question.patient)
    units = load_units([_unit(name, question.reset_s) for name in names], STEP_S)
    voltage, speed = _event(question, samples)
    load_w = scenario.nameplate_w()
    parts = np.rint(np.array([share, 1.0 - share]) * load_w * QUANTA_PER_W).astype(np.int64)
    load = np.repeat(parts[:, None], samples, axis=1)
    state, found = ride_through(units, on_grid(units), load, voltage, speed, 0)
    asked = load.sum(axis=0)
    cost = report(asked, found.grid, found.unserved, voltage, STEP_S)
    of_frequency = written["frequency_rows"].value > 0.0
    seen = 1.0 + speed.astype(np.float64) if of_frequency else voltage
    drops = int(state.drops[parts > 0].max(initial=0))
    return Ride(
        scenario.name, question, load_w, cost.lost_w, _away_w(question, found), cost.surge_w,
        cost.recovery_s, float(np.count_nonzero(found.unserved)) * STEP_S,
        drops * _restart_s(scenario), assess(rows, seen, STEP_S), voltage, found,
    )  # fmt: skip


def _event(question: Question, samples: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return voltage and deviation of frequency at every step, per unit."""
    if question.recorded is not None:
        return question.recorded.voltage, question.recorded.speed
    try:
        voltage = sag_profile(question.sags, STEP_S, samples)
    except ValueError as error:
        raise UnitError(str(error)) from None
    return voltage, np.zeros_like(voltage)


def _away_w(question: Question, found: RideSeries) -> tuple[float, ...]:
    """Return what the grid did not carry just before the next sag began, and at the end."""
    starts = [round(sag.start_s / STEP_S) - 1 for sag in question.sags[1:]]
    away = found.store + found.unserved
    at = [*starts, away.size - 1]
    return tuple(float(away[k]) / QUANTA_PER_W for k in at)


def _restart_s(scenario: Scenario) -> float:
    """Return the longest restart of any job, s; 0 where none is declared."""
    programs = [job.program for job in scenario.jobs if job.program is not None]
    return max((p.restart.mean_duration for p in programs if p.restart is not None), default=0.0)


def _unit(name: str, reset_s: float) -> LoadUnit:
    found = {field: value.value for field, value in record("ride-through", name).items()}
    return LoadUnit(
        found["transfer_low"], found["transfer_high"], found["return_low"],
        found["transfer_delay"], found["return_delay"], found["walk_in"], found["recharge_ratio"],
        found["autonomy"], int(found["counted_sags"]), found["count_window"], found["lock_out"],
        found["current_limit"], reset_s, found.get("frequency_low", 0.0) - 1.0,
        found.get("frequency_high", 2.0) - 1.0,
    )  # fmt: skip
