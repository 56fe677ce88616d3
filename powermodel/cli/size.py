# SPDX-License-Identifier: Apache-2.0
"""``powermodel size``: how many units keep declared limits, and what it takes besides."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from powermodel.cli.errors import CommandError
from powermodel.cli.options import AsJson, Change, Changes, Flag, parse_changes, read_scenario
from powermodel.cli.terminal import print_json, print_note

if TYPE_CHECKING:
    from powermodel.sizing.axes import Axis
    from powermodel.sizing.study import Answer, Question

Limits = Annotated[list[str] | None, Parameter(name="--limit", negative="", metavar="LIMIT")]
Varied = Annotated[list[str] | None, Parameter(name="--vary", negative="", metavar="PATH=A,B")]

# What is compared where the command line names nothing: the published store of GB300, and floors up
# to the largest that devices allow.
_FLOORS, _JOULES = "0,0.8,0.9", "0,65 J"


def size(
    scenario: str,
    /,
    *,
    limit: Limits = None,
    seeds: int = 4,
    duration: str | None = None,
    dt: str | None = None,
    after: str | None = None,
    max_units: int = 400,
    floor: str | None = None,
    rack_joules: str | None = None,
    vary: Varied = None,
    latency: str | None = "0..200 ms",
    uncertainty: Flag = False,
    device: str = "cpu",
    out: str | None = None,
    set_: Changes = None,
    quiet: Flag = False,
    as_json: AsJson = False,
) -> None:
    """Find the smallest storage that keeps limits at the POI.

    For every variant the number of units is searched; the worst seed decides.
    The exit status is 5 when no setting keeps the limits.

    Parameters
    ----------
    scenario : str
        A file, or the name of a shipped scenario. It has a storage.
    limit : list of str
        Such as --limit "ramp 1s <= 20 MW". May be given several times.
    seeds : int
        How many seeds must keep the limits, from that of the scenario on.
    duration : str
        How long, such as 120s.
    dt : str
        Time between two samples, such as 1ms.
    after : str
        What comes before this time is simulated, but not held to the limits: the start of the
        jobs, and what controllers remember of it. Half of the run unless given.
    max_units : int
        Largest number of units.
    floor : str
        Floors of the accelerators' power smoothing to compare, such as 0,0.5,0.8; 0 is off.
        With nothing given to compare: 0,0.8,0.9, without and with a rack store of 65 J.
    rack_joules : str
        Energies of the rack store per accelerator to compare, such as "0,65,130 J"; 0 is none.
    vary : list of str
        Anything else to compare, as in --vary storage.control.window=5s,20s.
    latency : str
        Delays from the load to the inverters to sweep, such as "0..200 ms"; none for no sweep.
    uncertainty : bool
        Search again at the ends of what is not known well.
    device : str
        cpu, cuda or cuda:N. A GPU computes loads, and farms of many runs in one launch.
    out : str
        Folder for sizing.png, sizing.json and sizing.zarr.
    set_ : list of str
        Replace a value, as in --set storage.control.kind=ramp-limit. May be given several times.
    quiet : bool
        Say nothing but the answer.
    as_json : bool
        Print JSON.
    """
    from powermodel.device import resolve
    from powermodel.sizing.farm_stage import run_farm
    from powermodel.sizing.labelled import to_dict
    from powermodel.sizing.study import answer

    options = {"time.duration": duration, "time.dt": dt}
    changes = [
        Change(f"--{path.removeprefix('time.')} {value}", path, value)
        for path, value in options.items()
        if value is not None
    ]
    question = _question(
        scenario, [*parse_changes(set_), *changes], limit, seeds, after, max_units, latency,
        _axes(floor, rack_joules, vary), uncertainty,
    )  # fmt: skip
    gpu = resolve(device).number
    target = _folder(out)
    tell = (lambda text: None) if quiet else print_note
    found = answer(question, run_farm, workers=_threads(), gpu=gpu, tell=tell)
    if target is not None:
        _write(found, target)
    if as_json:
        print_json(to_dict(found))
    else:
        from powermodel.cli.size_tables import print_answer

        print_answer(found)
    if target is not None and not quiet:
        print_note(f"{target / 'sizing.png'}, sizing.json and sizing.zarr beside it", "written:")
    found.require_reached()


def _question(
    source: str,
    changes: list[Change],
    limits: list[str] | None,
    seeds: int,
    after: str | None,
    max_units: int,
    latency: str | None,
    axes: tuple[Axis, ...],
    uncertainty: bool,
) -> Question:
    from powermodel.limits import LimitSet
    from powermodel.sizing.ranges import quantities
    from powermodel.sizing.study import Question

    if not limits:
        raise CommandError(
            "expected at least one limit",
            where="--limit",
            hint="such as --limit 'ramp 1s <= 20 MW'; it may be given several times",
        )
    if seeds < 1:
        raise CommandError(f"expected at least one seed, got {seeds}", where="--seeds")
    if max_units < 1:
        raise CommandError(f"expected at least one unit, got {max_units}", where="--max-units")
    parsed = LimitSet.parse(limits, source="command line")
    checked = read_scenario(source, changes)
    delays: tuple[float, ...] = ()
    if latency not in (None, "none"):
        delays = quantities(str(latency), "s", "--latency", checked.time.dt)
    time = checked.time
    after_s = round(time.duration / time.dt / 2) * time.dt
    if after is not None:
        after_s = quantities(after, "s", "--after")[0]
    if after_s >= checked.time.duration:
        raise CommandError(
            f"expected less than the duration of {checked.time.duration:g} s, got {after!r}",
            where="--after",
        )
    return Question(
        scenario=checked,
        limits=parsed,
        seeds=tuple(range(checked.seed, checked.seed + seeds)),
        axes=axes,
        most_units=max_units,
        latencies_s=delays,
        after_s=after_s,
        uncertainty=uncertainty,
    )


def _axes(floor: str | None, joules: str | None, vary: list[str] | None) -> tuple[Axis, ...]:
    from powermodel.sizing.axes import Axis
    from powermodel.sizing.changes import FLOOR_PATH, RACK_JOULES_PATH
    from powermodel.sizing.ranges import fractions, quantities
    from powermodel.units import canonical

    if floor is None and joules is None and not vary:
        floor, joules = _FLOORS, _JOULES
    found = []
    if joules is not None:
        values = quantities(joules, "J", "--rack-joules")
        texts = tuple(canonical(value, "J") for value in values)
        found.append(Axis("rack_store_energy", RACK_JOULES_PATH, texts, costs=True))
    if floor is not None:
        percents = tuple(f"{100 * share:.6g} %" for share in fractions(floor, "--floor"))
        found.append(Axis("floor", FLOOR_PATH, percents, costs=True))
    for change in parse_changes(vary):
        values_ = tuple(value.strip() for value in change.value.split(","))
        found.append(Axis(change.path.replace("*", "each"), change.path, values_))
    return tuple(found)


def _folder(out: str | None) -> Path | None:
    if out is None:
        return None
    folder = Path(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"cannot be made: {error.strerror or error}", where=out) from None
    return folder


def _write(found: Answer, folder: Path) -> None:
    import json

    from powermodel.report.sizing_plot import plot_sizing
    from powermodel.sizing.labelled import to_dict, to_tree

    plot_sizing(found, folder / "sizing.png")
    text = json.dumps(to_dict(found), indent=2, ensure_ascii=False, allow_nan=False)
    (folder / "sizing.json").write_text(text + "\n", encoding="utf-8")
    to_tree(found).to_zarr(folder / "sizing.zarr", mode="w", consolidated=False)


def _threads() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
