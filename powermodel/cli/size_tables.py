# SPDX-License-Identifier: Apache-2.0
"""What ``powermodel size`` prints: the load against the limits, estimates, front, latency."""

from __future__ import annotations

from typing import TYPE_CHECKING

from powermodel.cli.terminal import print_table
from powermodel.indicators.indicator import display
from powermodel.sizing.changes import FLOOR_PATH, RACK_JOULES_PATH
from powermodel.units import format_j, format_s

if TYPE_CHECKING:
    from powermodel.limits import Outcome
    from powermodel.sizing.ensemble import Judged
    from powermodel.sizing.front import Row
    from powermodel.sizing.study import Answer

_KWH_J = 3.6e6
_TITLES = {FLOOR_PATH: "floor", RACK_JOULES_PATH: "J/accelerator"}


def print_answer(answer: Answer) -> None:
    """Write the answer for people."""
    question = answer.question
    listed = ", ".join(limit.text for limit in question.limits)
    print(f"{question.scenario.name}: storage that keeps {listed} at the POI")
    time = question.scenario.time
    held = f", held to the limits after {format_s(question.after_s)}" if question.after_s else ""
    seeds = ", ".join(map(str, question.seeds))
    print(f"{format_s(time.duration)} at {format_s(time.dt)}{held}; the worst of seeds {seeds}\n")
    print("Load without buffering")
    _limits(answer.bare)
    print("\nClosed forms, for a load that simple")
    print_table(
        [[e.name, display(e.power_w, "W"), _energy(e.energy_j), e.basis] for e in
         answer.estimates],
        header=("case", "power", "energy", "from"),
        right=(1, 2),
        whole=(0, 1, 2),
    )  # fmt: skip
    print("\nTrade-off: the smallest farm of each variant (* on the front)")
    _front(answer)
    row = answer.shown_row
    print(f"\n{_headline(answer)}")
    _limits(row.at)
    for line in (*_ranges(answer), *_search(answer), *_latency(answer), *_uncertainty(answer)):
        print(line)


def _headline(answer: Answer) -> str:
    """Say which row the rest is about."""
    row = answer.shown_row
    words = ", ".join(
        f"{_TITLES.get(axis.path, axis.path)} {value}"
        for axis, (_, value) in zip(answer.question.axes, row.changes, strict=True)
    )
    variant = words or "the scenario as it is"
    if row.units is None:
        return f"No variant keeps the limits; nearest: {variant}, {row.at.setting.units} units"
    if row.units == 0:
        return f"No farm is needed with {variant}"
    return f"Fewest units of the variants that need a farm: {row.units}, with {variant}"


def _limits(judged: Judged) -> None:
    print_table(
        [_limit_row(outcome) for outcome in judged.worst.assessment],
        header=("limit", "measured", "factor", "verdict"),
        right=(1, 2),
        whole=(0, 1, 2, 3),
    )


def _limit_row(outcome: Outcome) -> list[str]:
    return [outcome.limit.text, outcome.display(), f"{outcome.factor:.4g}", outcome.verdict]


def _front(answer: Answer) -> None:
    axes = answer.question.axes
    header = (
        "",
        *(_TITLES.get(axis.path, axis.path) for axis in axes),
        "units",
        "power",
        "energy",
        "used",
        "used energy",
        "burnt",
        "loss",
        "SoC swing",
        "margin",
        "latency",
        "binding",
    )
    last = len(header) - 1
    rows = [_front_row(answer, place) for place in range(len(answer.rows))]
    print_table(rows, header=header, right=range(1, last), whole=range(last))


def _front_row(answer: Answer, place: int) -> list[str]:
    row = answer.rows[place]
    worst, delay = row.worst, answer.allowed_s[place]
    values = [str(value) for _, value in row.changes]
    mark = "*" if answer.on_front[place] else ""
    if row.units is None:
        sizes = [f">{answer.question.most_units}", "–", "–"]
    else:
        power_w, energy_j = row.units * answer.unit_power_w, row.units * answer.unit_energy_j
        sizes = [str(row.units), display(power_w, "W"), _energy(energy_j)]
    return [
        mark,
        *values,
        *sizes,
        display(worst.power_w, "W"),
        _energy(worst.energy_j),
        _percent(worst.burnt_share),
        _percent(worst.loss_share),
        _percent(worst.soc_swing),
        _margin(row),
        "–" if delay is None else format_s(delay),
        row.binding,
    ]


def _margin(row: Row) -> str:
    """Write what is left to the limit, or how many times the limit the best setting stays at."""
    if row.units is not None:
        return _percent(row.at.margin)
    return f"{row.worst.assessment.worst.factor:.3g} × limit"


def _energy(energy_j: float) -> str:
    """Write an energy: in Wh from a kilowatt-hour on, in J below."""
    return display(energy_j, "J") if abs(energy_j) >= _KWH_J else format_j(energy_j)


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _ranges(answer: Answer) -> list[str]:
    row = answer.shown_row
    if row.seeds_range is None:
        return []
    low, high = row.seeds_range
    return [f"single seeds need {low} to {high} units"]


def _search(answer: Answer) -> list[str]:
    """Say how sure "smallest" is."""
    row = answer.shown_row
    looked = f"{len(row.found.tried)} numbers of units looked at, {answer.runs} runs of the farm"
    if row.found.monotone:
        return [f"{looked}; none speaks against 'more is better'"]
    failed = ", ".join(map(str, row.found.reversals))
    return [f"{looked}; not monotone: {failed} units fail although fewer pass"]


def _latency(answer: Answer) -> list[str]:
    found = answer.sweep
    if found is None:
        return []
    last = format_s(found.latencies_s[-1])
    simulated = _time(found.line_break_even_s, f"not up to {last}")
    ideal, lagging = (_time(t, "never") for t in (found.analytic_s, found.analytic_with_lag_s))
    lines = [
        f"delay from which the farm makes the load's strongest line ({found.frequency_hz:.3g} Hz)"
        f" larger: {simulated} simulated; {ideal} by 1/(6f), {lagging} with the inverters' lag;"
        f" the scenario has {format_s(answer.latency_s)}"
    ]
    for name, even in found.limit_break_evens_s(answer.shown_row.before).items():
        lines.append(f"delay that makes {name!r} worse than no farm: {_time(even, f'> {last}')}")
    return lines


def _time(time_s: float | None, otherwise: str) -> str:
    return otherwise if time_s is None else format_s(round(time_s, 4))


def _uncertainty(answer: Answer) -> list[str]:
    return [
        f"{item.parameter.path} {item.parameter.low} to {item.parameter.high}"
        f" ({item.parameter.confidence}): units {item.at_low} to {item.at_high}"
        for item in answer.sensitivities
    ]
