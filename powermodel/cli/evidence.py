# SPDX-License-Identifier: Apache-2.0
"""``powermodel evidence``: a run held against the qualification tests of a battery plant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from powermodel.cli.options import AsJson
from powermodel.cli.planner_options import say_incomplete
from powermodel.cli.terminal import print_json, print_note, print_table

if TYPE_CHECKING:
    from powermodel.evidence import Row

_DEFAULT = "nvidia-bess-1.0"


def evidence(
    store: str,
    /,
    *,
    profile: str = _DEFAULT,
    it_load: str | None = None,
    as_json: AsJson = False,
) -> None:
    """Hold a run with storage against the qualification tests of a battery plant.

    A test that a model, or this run, cannot show is not assessed, and says why.

    Parameters
    ----------
    store : str
        The run, as powermodel run wrote it.
    profile : str
        Name of a profile, or a YAML file of the same form.
    it_load : str
        What ramps are a share of: "800 MW". The scenario's strongest phase at the POI unless given.
    as_json : bool
        Print JSON: each row with its definition, limit and source.
    """
    from powermodel.evidence import EvidenceRun, Profile, assess
    from powermodel.scenario import Scenario
    from powermodel.store import open_run
    from powermodel.units import format_w, quantity

    criteria = Profile.load(profile)
    tree = open_run(store)
    if it_load is None:
        base_w = Scenario.from_yaml(tree.attrs["scenario"]).nameplate_w()
        base = f"{format_w(base_w)}, the strongest phase at the POI"
    else:
        base_w = quantity(it_load, "W")
        base = f"{format_w(base_w)}, as given"
    rows = assess(criteria, EvidenceRun.of_results(tree, base_w))
    if as_json:
        print_json(
            {
                "store": store,
                "profile": criteria.name,
                "version": criteria.version,
                "it_load_w": base_w,
                "rows": [row.to_dict() for row in rows],
            }
        )
        return
    print(f"{criteria.name}, {criteria.version}")
    print_note(f"ramps are a share of {base}", "note:")
    _print(rows)
    say_incomplete(tree)


def _print(rows: Sequence[Row]) -> None:
    print_table(
        [
            (
                row.test,
                row.criterion,
                row.verdict,
                _number(row.measured, row.unit),
                _number(row.limit, row.unit),
                row.confidence,
                row.reason or row.definition,
            )
            for row in rows
        ],
        header=("test", "criterion", "verdict", "measured", "limit", "conf.", ""),
        right=(3, 4),
        whole=(0, 2, 3, 4),
    )


def _number(value: float | None, unit: str) -> str:
    return "–" if value is None else f"{value:.4g} {unit if unit != '1' else ''}".rstrip()
