# SPDX-License-Identifier: Apache-2.0
"""``powermodel limits``: a run held to the rules of a grid operator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from powermodel.cli.options import AsJson, Flag
from powermodel.cli.planner_options import POI, Poi, say_incomplete
from powermodel.cli.terminal import print_json, print_legend, print_note, print_table

if TYPE_CHECKING:
    from powermodel.limits.profiles import Verdict

Profiles = Annotated[list[str], Parameter(negative="")]


def limits(
    store: str,
    /,
    *,
    profile: Profiles,
    poi: Poi = POI,
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
    strict : bool
        End with exit status 1 unless every rule passes.
    as_json : bool
        Print JSON: each row with its definition, parameters and source.
    """
    from powermodel.limits.profiles import assess, rules_of
    from powermodel.store import open_run

    rules = [rule for name in profile for rule in rules_of(name)]
    site = poi.site()
    run = open_run(store)
    found = assess(run, rules, site)
    if as_json:
        print_json({"store": store, "rules": [row.to_dict() for row in found]})
    else:
        _print(found)
    say_incomplete(run)
    return int(strict and any(row.verdict != "pass" for row in found))


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
