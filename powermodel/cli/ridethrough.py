# SPDX-License-Identifier: Apache-2.0
"""``powermodel ridethrough``: a site through voltage sags."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from powermodel.cli.errors import CommandError
from powermodel.cli.options import AsJson, Changes, parse_changes, read_scenario
from powermodel.cli.terminal import print_json, print_table

if TYPE_CHECKING:
    from powermodel.simulation.ridethrough import Question, Ride
    from powermodel_kernels.supply.events import Sag

Sags = Annotated[
    list[str] | None, Parameter(name="--sag", negative="", metavar="START,DURATION,LEVEL")
]
_EVENT = "n-virginia-2024-07-10"


def ridethrough(
    scenario: str,
    /,
    *,
    event: str | None = None,
    sag: Sags = None,
    record: str | None = None,
    counting_share: float | None = None,
    patient: str = "ups",
    duration: str = "10 min",
    reset: str | None = None,
    envelope: str = "ercot-nogrr282-voltage",
    picture: str | None = None,
    set_: Changes = None,
    as_json: AsJson = False,
) -> None:
    """Take a site through voltage sags: load lost, job time lost, surge on the way back.

    The site stands at the power of its strongest phases, part of it behind UPS that count sags and
    lock out (record ups-sag-counter), the rest behind units that do not.

    Parameters
    ----------
    scenario : str
        A file, or the name of a shipped scenario.
    event : str
        A published event; n-virginia-2024-07-10 unless sags or a record are given.
    sag : list of str
        A sag of your own, such as --sag "2 s, 60 ms, 0.3"; any number of times.
    record : str
        A recorded event: a CSV or Parquet file with the columns time_s, voltage_pu and, if known,
        frequency_pu, per unit of nominal. After its end all is nominal.
    counting_share : float
        Share of the load behind UPS that count sags; that of the event, or 1.
    patient : str
        What the rest stands behind: a record that powermodel datasets ride-through lists, such as
        battery-backup-shelf.
    duration : str
        Time looked at.
    reset : str
        When someone resets what is locked out; never unless given.
    envelope : str
        A record of rows, of voltage or of frequency, in which a load must stay: powermodel
        datasets envelope.
    picture : str
        A file to draw it in: .png, .svg or .pdf.
    set_ : list of str
        Replace a value of the scenario.
    as_json : bool
        Print JSON, in W and s.
    """
    from powermodel.simulation.recorded import read_event
    from powermodel.simulation.ridethrough import STEP_S, Question, ride
    from powermodel.units import quantity

    given = [
        name for name, value in (("--event", event), ("--sag", sag), ("--record", record)) if value
    ]
    if len(given) > 1:
        raise CommandError(
            f"expected one of --event, --sag and --record, got {' and '.join(given)}",
            where=given[-1],
        )
    recorded = None
    if record is None:
        sags, share = _asked(event or _EVENT, sag)
    else:
        recorded = read_event(record, STEP_S, round(quantity(duration, "s") / STEP_S))
        sags, share = recorded.sags(STEP_S), 1.0
    question = Question(
        sags,
        share if counting_share is None else counting_share,
        patient=patient,
        duration_s=quantity(duration, "s"),
        reset_s=math.inf if reset is None else quantity(reset, "s"),
        envelope=envelope,
        recorded=recorded,
    )
    found = ride(read_scenario(scenario, parse_changes(set_)), question)
    if as_json:
        print_json(found.to_dict())
    else:
        _print(found)
    if picture is not None:
        from powermodel.report.ridethrough import plot_ride

        written = plot_ride(found, picture)
        if not as_json:
            print(f"\n{written}")


def _asked(event: str, texts: list[str] | None) -> tuple[tuple[Sag, ...], float]:
    """Return the sags, and the share of the load that counts them."""
    from powermodel.simulation.ridethrough import counting_share_of, sags_of

    if not texts:
        return sags_of(event), counting_share_of(event)
    return tuple(sorted(_own(texts))), 1.0


def _own(texts: list[str]) -> Iterator[Sag]:
    from powermodel.errors import UnitError
    from powermodel.units import plain_number, quantity
    from powermodel_kernels.supply.events import Sag

    for text in texts:
        parts = [part.strip() for part in text.split(",")]
        if len(parts) != 3:
            raise CommandError(
                f"expected start, duration and level, got {text!r}",
                where="--sag",
                hint='such as --sag "2 s, 60 ms, 0.3"',
            )
        try:
            level = plain_number(parts[2], "a voltage per unit")
            yield Sag(quantity(parts[0], "s"), quantity(parts[1], "s"), level)
        except UnitError as error:
            raise CommandError(
                error.message, where=f"--sag {text!r}", hint='such as --sag "2 s, 60 ms, 0.3"'
            ) from None


def _print(found: Ride) -> None:
    from powermodel.indicators.indicator import display
    from powermodel.units import format_s

    question = found.question
    print(f"{found.scenario}: {display(found.load_w, 'W')} through {len(question.sags)} sags,")
    print(f"{100 * question.counting_share:.3g} % of it behind UPS that count sags\n")
    rows = [
        (str(n), format_s(round(sag.start_s, 3)), format_s(round(sag.duration_s, 4)),
         f"{sag.level:.2f}", display(away_w, "W"))
        for n, (sag, away_w) in enumerate(zip(question.sags, found.away_w, strict=False), start=1)
    ]  # fmt: skip
    header = ("sag", "at", "for", "voltage", "still away at the next")
    print_table(rows, header=header, right=(0, 1, 2, 3, 4), whole=range(5))
    print()
    print_table([*_costs(found, question)], right=(1,), whole=(0, 1))


def _costs(found: Ride, question: Question) -> Iterator[tuple[str, str, str]]:
    from powermodel.indicators.indicator import display
    from powermodel.units import format_s

    back = format_s(found.recovery_s) if math.isfinite(found.recovery_s) else "never"
    yield "lost load", display(found.lost_w, "W"), "largest drop of the power from the grid"
    yield "away at the end", display(found.away_w[-1], "W"), f"of {format_s(question.duration_s)}"
    yield "recovery", back, "from the last sag until 90 % of the load is back"
    yield "reconnection surge", display(found.surge_w, "W"), "largest power above the load"
    lost = f"{display(found.down_s, 's')} without power, {display(found.restart_s, 's')} restart"
    yield "job time lost", display(found.job_s, "s"), lost
    yield "event", found.verdict, f"{question.envelope}: inside, a load had to stay"
