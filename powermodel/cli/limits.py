# SPDX-License-Identifier: Apache-2.0
"""``powermodel limits``: a run held to the rules of a grid operator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from powermodel.cli.errors import CommandError
from powermodel.cli.options import AsJson, Flag
from powermodel.cli.terminal import print_json, print_legend, print_note, print_table

if TYPE_CHECKING:
    import xarray as xr

    from powermodel.indicators.voltage import Grid
    from powermodel.limits.profiles import Verdict
    from powermodel.limits.rule_measures import Site

Profiles = Annotated[list[str], Parameter(negative="")]


def limits(
    store: str,
    /,
    *,
    profile: Profiles,
    rated: str | None = None,
    short_circuit: str | None = None,
    x_over_r: float | None = None,
    power_factor: float | None = None,
    mains: float | None = None,
    strict: Flag = False,
    as_json: AsJson = False,
) -> int:
    """Hold a run to the rules of a grid operator: measured, limit, margin, worst time, verdict.

    A rule that the run cannot answer is not assessed, and says why. A draft or a proposal is
    shown as what it is.

    Parameters
    ----------
    store : str
        The run, as powermodel run wrote it.
    profile : list of str
        Name of a profile such as ercot, or a YAML file of your own; any number of times.
    rated : str
        Rated or contracted power, the base of limits in percent: "1 GW".
    short_circuit : str
        Short-circuit power of the grid at the POI, for voltage and flicker: "10 GVA".
    x_over_r : float
        X/R of that grid.
    power_factor : float
        Displacement power factor of the load.
    mains : float
        Mains frequency for flicker: 50 or 60.
    strict : bool
        End with exit status 1 unless every rule passes.
    as_json : bool
        Print JSON: each row with its definition, parameters and source.
    """
    from powermodel.limits.profiles import assess, rules_of
    from powermodel.store import open_run

    rules = [rule for name in profile for rule in rules_of(name)]
    site = site_of(rated, short_circuit, x_over_r, power_factor, mains)
    run = open_run(store)
    found = assess(run, rules, site)
    if as_json:
        print_json({"store": store, "rules": [row.to_dict() for row in found]})
    else:
        _print(found)
    say_incomplete(run)
    return int(strict and any(row.verdict != "pass" for row in found))


def say_incomplete(run: xr.DataTree) -> None:
    """Warn of a run of which only a part is there to be looked at."""
    if not run.attrs["complete"]:
        print_note(
            f"the run is not complete: {run.attrs['whole_s']:g} s of"
            f" {run.attrs['duration_s']:g} s are whole, and only these were used",
            "warning:",
            "bold yellow",
        )


def site_of(
    rated: str | None,
    short_circuit: str | None,
    x_over_r: float | None,
    power_factor: float | None,
    mains: float | None,
) -> Site:
    """Return what rules must know beside the record, as it was typed."""
    from powermodel.limits.rule_measures import Site
    from powermodel.units import quantity

    return Site(
        rated_w=None if rated is None else quantity(rated, "W"),
        grid=_grid(short_circuit, x_over_r, power_factor),
        mains_hz=mains,
    )


def _grid(
    short_circuit: str | None, x_over_r: float | None, power_factor: float | None
) -> Grid | None:
    from powermodel.indicators.voltage import Grid
    from powermodel.units import quantity

    given = {
        "--short-circuit": short_circuit,
        "--x-over-r": x_over_r,
        "--power-factor": power_factor,
    }
    if all(value is None for value in given.values()):
        return None
    if short_circuit is None or x_over_r is None or power_factor is None:
        raise CommandError(
            "a grid needs its short-circuit power, its X/R and the power factor of the load",
            where=next(name for name, value in given.items() if value is None),
            hint="such as --short-circuit '10 GVA' --x-over-r 15 --power-factor 0.98",
        )
    return Grid(quantity(short_circuit, "VA"), x_over_r, power_factor)


def _print(found: Sequence[Verdict]) -> None:
    rows = [
        (
            row.rule.name,
            row.words,
            row.shown(row.measured),
            row.shown(row.limit),
            row.shown(row.margin),
            "" if row.at_s is None else f"{row.at_s:.10g} s",
            row.rule.confidence,
        )
        for row in found
    ]
    header = ("rule", "verdict", "measured", "limit", "margin", "worst at", "")
    print_table(rows, header=header, right=(2, 3, 4, 5), whole=range(7))
    print_legend("rules", [(row.rule.name, _about(row)) for row in found])
    why = [(row.rule.name, row.reason) for row in found if row.verdict == "not assessed"]
    if why:
        print_legend("not assessed", why)
    if any(not row.rule.binds for row in found):
        print_note("rules that are not law or approved are marked with their status")


def _about(row: Verdict) -> str:
    rule = row.rule
    return f"{rule.title}; {rule.status}, version {rule.version}, {rule.date}"
