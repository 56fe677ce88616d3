# SPDX-License-Identifier: Apache-2.0
"""``powermodel show``: the indicators of a run, for people or for programs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from powermodel.cli.options import AsJson, Flag
from powermodel.cli.terminal import (
    command_line,
    print_json,
    print_legend,
    print_note,
    print_table,
)

if TYPE_CHECKING:
    from xarray import DataTree

    from powermodel.indicators.indicator import Indicator

_KEPT = ("seed", "engine", "device", "dt_s", "duration_s", "scenario_digest")
_VERSION = "_version"


def show(store: str, /, *, definitions: Flag = False, as_json: AsJson = False) -> None:
    """Print the indicators of a run.

    They are those of the load at the point of interconnection (POI).
    Of a run that is not complete, what is whole from its start on counts.

    Parameters
    ----------
    store : str
        The run, as powermodel run wrote it.
    definitions : bool
        Also print what each indicator is to the letter.
    as_json : bool
        Print JSON: each indicator with value, unit, definition, parameters and time.
    """
    from powermodel.indicators.buffering import buffering
    from powermodel.indicators.conversion import conversion
    from powermodel.indicators.labelled import summary
    from powermodel.store import open_run

    tree = open_run(store)
    found = summary(tree)
    parts = {"conversion": conversion(tree), "buffering": buffering(tree), **_fed(tree)}
    parts["jobs"] = _jobs(tree)
    attributes = {str(name): value for name, value in tree.attrs.items()}
    if as_json:
        more = {
            part: {item.name: item.to_dict() for item in items}
            for part, items in parts.items()
            if items or part == "buffering"
        }
        print_json(_origin(store, attributes) | found.to_dict() | more)
        return
    _print_head(found.series, attributes)
    _print({"indicator": list(found), **parts}, definitions)
    if not attributes["complete"]:
        _say_incomplete(store, attributes)


def _print(parts: Mapping[str, list[Indicator]], definitions: bool) -> None:
    """Print a table of each part, then why some have no value, and what each is."""
    marks: dict[str, str] = {}
    for title, items in parts.items():
        if not items:
            continue
        print()
        print_table(
            [(item.label, item.display(), item.at, _note(item, marks)) for item in items],
            header=(title, "value", "at", ""),
            right=(1, 2),
            whole=(0, 1, 2),
        )
    if marks:
        print_legend("not assessed", [(mark, reason) for reason, mark in marks.items()])
    if definitions:
        print_legend("definitions", _defined(item for items in parts.values() for item in items))


def _note(item: Indicator, marks: dict[str, str]) -> str:
    """Return what stands beside a value; many that have none share one reason and its mark."""
    if item.reason is None:
        return item.note
    return marks.setdefault(item.reason, f"[{len(marks) + 1}]")


def _defined(items: Iterable[Indicator]) -> list[tuple[str, str]]:
    """Return names and what they are; one line for those that differ by window or band alone."""
    labels: dict[str, dict[str, list[str]]] = {}
    for item in items:
        family = item.label.partition(", ")[0]
        labels.setdefault(item.definition, {}).setdefault(family, []).append(item.label)
    return [
        (", ".join(all_of[0] if len(all_of) == 1 else name for name, all_of in found.items()), text)
        for text, found in labels.items()
    ]


def _fed(tree: DataTree) -> dict[str, list[Indicator]]:
    """Return what fed the run, part by part; nothing where that is an unmoved grid."""
    from powermodel.indicators.supply import supply
    from powermodel.scenario import Scenario

    if not {"supply", "grid", "connection", "onsite"} & set(tree.children):
        return {}
    return supply(tree, Scenario.from_yaml(tree.attrs["scenario"]))


def _jobs(tree: DataTree) -> list[Indicator]:
    """Return what became of jobs that come at random; nothing where none do."""
    from powermodel.indicators.jobs import job_indicators
    from powermodel.scenario import Scenario

    text = tree.attrs["scenario"]
    return list(job_indicators(Scenario.from_yaml(text))) if "arrivals:" in text else []


def _origin(store: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return which run it is, how much of it is whole, and what made it."""
    import yaml

    scenario = yaml.safe_load(attributes["scenario"])
    return {
        "store": store,
        "scenario": scenario.get("name") if isinstance(scenario, dict) else None,
        **{name: attributes[name] for name in _KEPT},
        "complete": bool(attributes["complete"]),
        "whole_s": attributes["whole_s"],
        "versions": {
            name.removesuffix(_VERSION): value
            for name, value in attributes.items()
            if name.endswith(_VERSION)
        },
    }


def _print_head(series: Mapping[str, Any], attributes: Mapping[str, Any]) -> None:
    from powermodel.report.view import title_of

    print(f"{title_of(attributes)}  ·  {attributes['source']}")
    print(
        "load at the point of interconnection (POI)"
        f"  ·  {series['duration_s']:g} s at {series['dt_s'] * 1e3:g} ms"
    )


def _say_incomplete(store: str, attributes: Mapping[str, Any]) -> None:
    print_note(
        f"the run is not complete: {attributes['whole_s']:g} s of {attributes['duration_s']:g} s"
        " are whole and shown. Go on with it, with the scenario and options it was begun with:"
        f" {command_line('run')} SCENARIO {store} --resume",
        "warning:",
        "bold yellow",
    )
