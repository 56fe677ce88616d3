# SPDX-License-Identifier: Apache-2.0
"""``powermodel check``: is a scenario sound, what would a run take, what does it rest on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from powermodel.cli.options import AsJson, Changes, Flag, parse_changes, read_scenario
from powermodel.cli.terminal import print_json, print_legend, print_table

if TYPE_CHECKING:
    from powermodel.planning import Plan
    from powermodel.scenario import Assumption, Scenario

_PLANNED = (
    "accelerators",
    "racks",
    "halls",
    "samples",
    "blocks",
    "dt_s",
    "duration_s",
    "events",
    "accelerator_steps",
    "memory_bytes",
    "disk_bytes",
    "seconds",
    "nameplate_w",
)
_LEAST_CERTAIN_FIRST = "KLMH"


def check(
    scenario: str,
    /,
    *,
    set_: Changes = None,
    assumptions: Flag = False,
    as_json: AsJson = False,
) -> None:
    """Check a scenario, or a study, and print the plan of its run or runs.

    Parameters
    ----------
    scenario : str
        A file, or the name of a shipped scenario or study.
    set_ : list of str
        Replace a value, as in --set jobs.0.accelerators=1000. May be given several times.
    assumptions : bool
        List every dataset value that the scenario rests on, the least certain first.
    as_json : bool
        Print JSON, which always has the assumptions.
    """
    if not set_ and is_study(scenario):
        _check_study(scenario, as_json)
        return
    from powermodel.planning import plan

    checked = read_scenario(scenario, parse_changes(set_))
    planned = plan(checked)
    found = checked.assumptions()
    if as_json:
        print_json(_data(checked, planned, found))
        return
    print_table([*planned.rows(), ("with --device cuda", _with_cuda(planned))])
    if assumptions:
        _list(found)


def _with_cuda(planned: Plan) -> str:
    """Say which stage a GPU would compute, or why none can."""
    from powermodel.errors import PlanError
    from powermodel.planning.gpu import check_jobs, left_to_cpu, taken_by_gpu

    try:
        check_jobs(planned.scenario)
    except PlanError as error:
        return f"refused: {error.message}"
    scenario = planned.scenario
    return f"GPU: {', '.join(taken_by_gpu(scenario))}; CPU: {', '.join(left_to_cpu(scenario))}"


def is_study(source: str) -> bool:
    """Whether a file or a shipped name is that of a study."""
    from powermodel.ensemble.study import find, shipped_studies
    from powermodel.scenario import shipped

    if not source.endswith((".yaml", ".yml")):
        return source in shipped_studies() and source not in shipped()
    try:
        lines = find(source).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return False  # the reader of scenarios says what is wrong
    return any(line.startswith("study:") for line in lines)


def _check_study(source: str, as_json: bool) -> None:
    from dataclasses import asdict

    from powermodel.ensemble import Study
    from powermodel.ensemble.estimate import plan_study

    planned = plan_study(Study.load(source))
    if as_json:
        print_json({"study": planned.name, "plan": asdict(planned)})
    else:
        print_table(planned.rows())


def _data(scenario: Scenario, plan: Plan, assumptions: Sequence[Assumption]) -> dict[str, Any]:
    return {
        "scenario": scenario.name,
        "digest": scenario.digest,
        "plan": {name: getattr(plan, name) for name in _PLANNED},
        "warnings": list(plan.warnings),
        "assumptions": [assumption._asdict() for assumption in assumptions],
    }


def _list(assumptions: Sequence[Assumption]) -> None:
    ordered = sorted(assumptions, key=_certainty)
    sources = list(dict.fromkeys(item.source for item in ordered))
    print()
    print_table(
        [
            (item.path, _value(item), item.confidence, f"[{sources.index(item.source) + 1}]")
            for item in ordered
        ],
        header=("value of", "is", "confidence", "source"),
        right=(1,),
        whole=(1, 2, 3),
    )
    print_legend("sources", [(f"[{n}]", source) for n, source in enumerate(sources, start=1)])


def _certainty(item: Assumption) -> int:
    return _LEAST_CERTAIN_FIRST.index(item.confidence)


def _value(item: Assumption) -> str:
    if isinstance(item.value, str):
        return item.value
    return f"{item.value:g} {item.unit}".removesuffix(" 1")
