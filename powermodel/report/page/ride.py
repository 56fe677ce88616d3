# SPDX-License-Identifier: Apache-2.0
"""Ride-through on a page: sags over the envelope in which a load must stay, and what they cost."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from powermodel.indicators.indicator import display
from powermodel.report.page.parts import Curve, Part, Plain, Table, thinned
from powermodel.report.panels import BLUE, GRAY, GREEN, ORANGE
from powermodel.scenario.hardware import record
from powermodel.simulation.ridethrough import Question, counting_share_of, ride, sags_of
from powermodel.units import format_s
from powermodel_datasets.supply_kinds import zones
from powermodel_kernels.constants import QUANTA_PER_W

if TYPE_CHECKING:
    from powermodel.scenario import Scenario
    from powermodel.simulation.ridethrough import Ride

_SHORTEST_S, _LONGEST_S = 0.01, 10.0


def ride_part(scenario: Scenario, event: str) -> Part:
    """Take a site through a published event and return what a page says of it.

    Parameters
    ----------
    scenario : Scenario
        Of the run.
    event : str
        Such as ``"n-virginia-2024-07-10"``.
    """
    found = ride(scenario, Question(sags_of(event), counting_share_of(event)))
    question = found.question
    words = (
        f"{event}: the site at {display(found.load_w, 'W')} through {len(question.sags)} sags,"
        f" {100 * question.counting_share:.3g} % of it behind UPS that count sags and lock out."
        f" The event lies {found.verdict} {question.envelope}: inside it a load has to stay.",
    )
    return Part("ride", "Ride-through", words, (_envelope(found), _power(found)), (_costs(found),))


def lower_edge(rows: list[tuple[float, float, float]]) -> tuple[np.ndarray, np.ndarray]:
    """Return the lowest voltage that a load must stay at, over the time since the sag began.

    Parameters
    ----------
    rows : list of tuple
        (low, high, stay time in s) of an envelope.

    Returns
    -------
    tuple of ndarray
        Times, and from each of them on the voltage; the last one is the longest that is drawn.
    """
    below = [row for row in rows if row[0] < 1.0]
    stays = sorted({stay for _, _, stay in below if stay < _LONGEST_S})
    times = np.array([_SHORTEST_S, *stays, _LONGEST_S])
    lowest = [min(low for low, _, stay in below if stay > after) for after in times[:-1]]
    return times, np.array([*lowest, lowest[-1]])


def _envelope(found: Ride) -> Plain:
    question = found.question
    times, lowest = lower_edge(zones(record("envelope", question.envelope)))
    durations = [sag.duration_s for sag in question.sags]
    levels = [sag.level for sag in question.sags]
    sags = ", ".join(
        f"{sag.level:.2f} for {format_s(round(sag.duration_s, 4))}" for sag in question.sags
    )
    edge = ", ".join(
        f"{low:.2f} until {until:g} s" for low, until in zip(lowest, times[1:], strict=False)
    )
    return Plain(
        "ride-envelope",
        f"Sags over {question.envelope}",
        "time since the sag began [s]",
        "voltage, per unit",
        (
            Curve("a load must stay above", ORANGE, times, lowest, dashed=True, steps=True),
            Curve("sags: level and duration", BLUE, durations, levels, marks=True),
        ),
        f"Sags, per unit: {sags}. A load must stay above {edge}.",
        log_x=True,
    )


def _power(found: Ride) -> Plain:
    series, question = found.series, found.question
    columns = np.stack((series.grid, series.store, series.unserved), axis=1) / QUANTA_PER_W / 1e6
    kept = thinned(columns)
    time_s = kept * question.duration_s / columns.shape[0]
    names = ("from the grid, refilling included", "carried by the stores", "gone without")
    curves = tuple(
        Curve(name, color, time_s, columns[kept, place])
        for place, (name, color) in enumerate(zip(names, (BLUE, GREEN, ORANGE), strict=True))
    )
    load_mw = found.load_w / 1e6
    asked = Curve("asked for", GRAY, time_s[[0, -1]], [load_mw, load_mw], dashed=True)
    largest = ", ".join(
        f"{name} at most {columns[:, place].max():.5g} MW" for place, name in enumerate(names)
    )
    return Plain(
        "ride-power",
        "Power through the sags",
        "time [s]",
        "MW",
        (*curves, asked),
        f"Asked for {load_mw:.5g} MW; {largest}.",
    )


def _costs(found: Ride) -> Table:
    back = format_s(round(found.recovery_s, 3)) if math.isfinite(found.recovery_s) else "never"
    return Table(
        ("what it costs", "value", "meaning"),
        (
            ("lost load", display(found.lost_w, "W"), "largest drop of the power from the grid"),
            ("away at the end", display(found.away_w[-1], "W"), "load that the grid lost"),
            ("recovery", back, "from the last sag until 90 % of the load is back"),
            ("reconnection surge", display(found.surge_w, "W"), "power above the load"),
            ("job time lost", format_s(round(found.job_s, 3)), "without power, and restarts"),
        ),
    )
