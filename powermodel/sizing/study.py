# SPDX-License-Identifier: Apache-2.0
"""A question of size put together and answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from powermodel.limits import LimitSet
from powermodel.scenario import Scenario
from powermodel.sizing.axes import Axis
from powermodel.sizing.ensemble import Judged, SeedEnsemble
from powermodel.sizing.estimates import Estimate, estimates
from powermodel.sizing.front import Row, is_on_front, require_reached, search_front
from powermodel.sizing.latency import LatencySweep, allowed, sweep
from powermodel.sizing.measuring import Yardstick
from powermodel.sizing.model import (
    BARE,
    FarmModel,
    RunFarm,
    Series,
    least_latency_s,
    own_latency_s,
)
from powermodel.sizing.setting import Setting
from powermodel.sizing.uncertainty import Sensitivity, sensitivities, uncertain

LATENCY_STEP_S = 1e-3
"""Resolution of the latency that an answer allows."""

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    Parameters
    ----------
    scenario : Scenario
        With a storage.
    limits : LimitSet
        At the POI.
    seeds : tuple of int
        Every one must keep the limits.
    axes : tuple of Axis
        What is varied besides the number of units.
    most_units : int
        Largest number of units.
    latencies_s : tuple of float
        Pure delays of the sweep [s], rising; empty for no sweep.
    after_s : float
        What comes before is simulated but not held to the limits [s].
    uncertainty : bool
        Whether the search is repeated at the ends of what is not known well.
    """

    scenario: Scenario
    limits: LimitSet
    seeds: tuple[int, ...]
    axes: tuple[Axis, ...] = ()
    most_units: int = 400
    latencies_s: tuple[float, ...] = ()
    after_s: float = 0.0
    uncertainty: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found.

    Parameters
    ----------
    question : Question
        What was asked.
    unit_power_w, unit_energy_j : float
        Ratings of one unit.
    bare : Judged
        Load without any buffering.
    rows : tuple of Row
        One for each variant.
    on_front : tuple of bool
        Which of them are on the trade-off front.
    allowed_s : tuple of float or None
        Largest pure delay under which each row's units keep the limits.
    latency_s : float
        Pure delay of the scenario's farm.
    shown : int
        Place of the row that the latency sweep, the uncertainty and the picture are about: the
        fewest units of those rows that need a farm; where none does, one that needs none; where
        no row keeps the limits, the one that comes nearest.
    sweep : LatencySweep or None
        The shown row under rising delay.
    estimates : tuple of Estimate
        Closed forms beside the simulated answer.
    sensitivities : tuple of Sensitivity
        The shown row at the ends of what is not known well.
    series : Series
        The worst seed of the shown row.
    runs : int
        Runs of the farm that it took.
    """

    question: Question
    unit_power_w: float
    unit_energy_j: float
    bare: Judged
    rows: tuple[Row, ...]
    on_front: tuple[bool, ...]
    allowed_s: tuple[float | None, ...]
    latency_s: float
    shown: int
    sweep: LatencySweep | None
    estimates: tuple[Estimate, ...]
    sensitivities: tuple[Sensitivity, ...]
    series: Series
    runs: int

    @property
    def reached(self) -> bool:
        """Whether any row keeps the limits."""
        return any(row.units is not None for row in self.rows)

    def require_reached(self) -> None:
        """Refuse an answer in which no row keeps the limits.

        Raises
        ------
        UnreachableError
            That says which limit stops the best setting, and how far it stays off.
        """
        require_reached(self.rows, self.question.most_units)

    @property
    def shown_row(self) -> Row:
        """The row that the picture is about."""
        return self.rows[self.shown]


def answer(
    question: Question,
    run_farm: RunFarm,
    *,
    workers: int = 1,
    gpu: int | None = None,
    tell: Tell = lambda text: None,
) -> Answer:
    """Search the sizes that keep the limits.

    Parameters
    ----------
    question : Question
        What is asked.
    run_farm : callable
        The storage stage.
    workers : int
        Threads; no result depends on it.
    gpu : int, optional
        Number of the GPU that computes loads and farms, where it can; no result depends on it.
    tell : callable
        Told how far the search is.

    Raises
    ------
    LimitError
        If a record of this length and step cannot be held to a limit.
    """
    scenario = question.scenario
    yardstick = Yardstick(question.limits, scenario.time.dt, question.after_s)
    model = FarmModel(scenario, yardstick, run_farm, workers, gpu)
    bare = _bare(model, question, tell)
    ensemble = SeedEnsemble(model, question.seeds, workers, model.expect)
    rows = search_front(ensemble, question.axes, question.most_units, lambda row: tell(_said(row)))
    shown = _shown(rows)
    row = rows[shown]
    frequency_hz = model.frequency_hz(row.at.worst_seed, row.changes)
    assert scenario.storage is not None
    unit = scenario.storage.unit_record
    return Answer(
        question=question,
        unit_power_w=unit.power_w,
        unit_energy_j=unit.energy_j,
        bare=bare,
        rows=rows,
        on_front=tuple(is_on_front(item, rows, question.axes) for item in rows),
        allowed_s=tuple(_allowed_s(ensemble, scenario, item, question, tell) for item in rows),
        latency_s=own_latency_s(scenario),
        shown=shown,
        sweep=_swept(ensemble, row, question, frequency_hz, tell),
        estimates=estimates(model.loads.of(BARE, bare.worst_seed).power_w, yardstick),
        sensitivities=_sensitivities(ensemble, row, question, tell),
        series=model.series(row.at.setting, row.at.worst_seed),
        runs=ensemble.runs,
    )


def _bare(model: FarmModel, question: Question, tell: Tell) -> Judged:
    """Compute the loads, and refuse limits that they cannot be held to."""
    runs = []
    model.loads.expect(BARE, question.seeds)
    for seed in question.seeds:
        tell(f"load without buffering, seed {seed}")
        runs.append(model.bare(seed))
        question.limits.require_assessed(runs[-1].assessment)
    return Judged(Setting(0, BARE), question.seeds, tuple(runs))


def _shown(rows: tuple[Row, ...]) -> int:
    """Return the place of the row to show: fewest units above none, then none, then the nearest."""

    def order(place: int) -> tuple[bool, bool, int, float]:
        row = rows[place]
        return row.units is None, not row.units, row.units or 0, -row.at.margin

    return min(range(len(rows)), key=order)


def _said(row: Row) -> str:
    words = ", ".join(f"{path}={value}" for path, value in row.changes) or "as the scenario is"
    units = "no number of units does" if row.units is None else f"{row.units} units"
    return f"{words}: {units}"


def _allowed_s(
    ensemble: SeedEnsemble, scenario: Scenario, row: Row, question: Question, tell: Tell
) -> float | None:
    """Return the delay that a row bears; None where it has no farm or bears no delay known."""
    if not row.units or not question.latencies_s:
        return None
    tell(f"latency that {row.units} units allow")
    least_s = max(least_latency_s(scenario), 0.0)
    most_s = max(question.latencies_s[-1], least_s)
    step_s = max(LATENCY_STEP_S, scenario.time.dt)
    return allowed(ensemble, row.at.setting, least_s, most_s, step_s)[0]


def _swept(
    ensemble: SeedEnsemble, row: Row, question: Question, frequency_hz: float, tell: Tell
) -> LatencySweep | None:
    least_s = least_latency_s(question.scenario)
    delays = tuple(delay for delay in question.latencies_s if delay >= least_s)
    if not delays or not row.at.setting.units:
        return None
    tell(f"{len(delays)} latencies from {delays[0]:g} s to {delays[-1]:g} s")
    single = ensemble.only(row.at.worst_seed)
    assert question.scenario.storage is not None
    lag_s = question.scenario.storage.inverter_lag_s
    return sweep(single, row.at.setting, delays, frequency_hz, lag_s)


def _sensitivities(
    ensemble: SeedEnsemble, row: Row, question: Question, tell: Tell
) -> tuple[Sensitivity, ...]:
    if not question.uncertainty or row.units is None:
        return ()
    assert question.scenario.storage is not None
    known = uncertain(question.scenario.storage, question.scenario.time.dt)
    tell(f"{len(known)} values that are not known well")
    return sensitivities(ensemble, row, known, question.most_units)
