# SPDX-License-Identifier: Apache-2.0
"""``powermodel show``: the indicators of a run, for people or for programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from powermodel.cli.options import AsJson
from powermodel.cli.terminal import command_line, print_json, print_note, print_table

if TYPE_CHECKING:
    from xarray import DataTree

    from powermodel.indicators.indicator import Indicator

_KEPT = ("seed", "engine", "device", "dt_s", "duration_s", "scenario_digest")
_VERSION = "_version"


def show(store: str, /, *, as_json: AsJson = False) -> None:
    """Print the indicators of a run.

    They are those of the load at the point of interconnection (POI).
    Of a run that is not complete, what is whole from its start on counts.

    Parameters
    ----------
    store : str
        The run, as powermodel run wrote it.
    as_json : bool
        Print JSON: each indicator with value, unit, definition, parameters and time.
    """
    from powermodel.indicators.buffering import buffering
    from powermodel.indicators.conversion import conversion
    from powermodel.indicators.labelled import summary
    from powermodel.report.view import title_of
    from powermodel.store import open_run

    tree = open_run(store)
    found, layers, fed = summary(tree), buffering(tree), _fed(tree)
    beyond = conversion(tree)
    attributes = {str(name): value for name, value in tree.attrs.items()}
    if as_json:
        more = {item.name: item.to_dict() for item in layers}
        parts: dict[str, Any] = {"buffering": more}
        if beyond:
            parts["conversion"] = {item.name: item.to_dict() for item in beyond}
        for part, items in fed.items():
            parts[part] = {item.name: item.to_dict() for item in items}
        print_json(_origin(store, attributes) | found.to_dict() | parts)
        return
    print(title_of(attributes))
    print(f"{_subtitle(found.series, attributes)}\n")
    print_table(
        [list(row.values()) for row in found.to_rows()],
        header=("indicator", "value", "at", ""),
        right=(1, 2),
        whole=(0, 1, 2),
    )
    for title, items in (("conversion", beyond), ("buffering", layers), *fed.items()):
        if items:
            print()
            print_table(
                [(item.label, item.display(), item.note, item.definition) for item in items],
                header=(title, "value", "", ""),
                right=(1,),
                whole=(0, 1, 2),
            )
    if not attributes["complete"]:
        _say_incomplete(store, attributes)


def _fed(tree: DataTree) -> dict[str, list[Indicator]]:
    """Return what fed the run, part by part; nothing where that is an unmoved grid."""
    from powermodel.indicators.supply import supply
    from powermodel.scenario import Scenario

    if not {"supply", "grid", "connection", "onsite"} & set(tree.children):
        return {}
    return supply(tree, Scenario.from_yaml(tree.attrs["scenario"]))


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


def _subtitle(series: Mapping[str, Any], attributes: Mapping[str, Any]) -> str:
    return "  ·  ".join(
        (
            "load at the point of interconnection (POI)",
            f"{series['duration_s']:g} s at {series['dt_s'] * 1e3:g} ms",
            str(attributes["source"]),
        )
    )


def _say_incomplete(store: str, attributes: Mapping[str, Any]) -> None:
    print_note(
        f"the run is not complete: {attributes['whole_s']:g} s of {attributes['duration_s']:g} s"
        " are whole and shown. Go on with it, with the scenario and options it was begun with:"
        f" {command_line('run')} SCENARIO {store} --resume",
        "warning:",
        "bold yellow",
    )
