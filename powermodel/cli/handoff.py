# SPDX-License-Identifier: Apache-2.0
"""``powermodel handoff``: the folder that a grid planner gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from powermodel.cli.options import AsJson, Flag
from powermodel.cli.planner_options import POI, TOOLS, Named, Poi, Tools, say_incomplete
from powermodel.cli.terminal import bytes_words, print_json, print_note, print_table

if TYPE_CHECKING:
    from powermodel.handoff import Package

Formats = Annotated[list[str] | None, Parameter(name="--formats", negative="")]


def handoff(
    store: str,
    folder: str,
    /,
    *,
    profile: Named = None,
    evidence: Named = None,
    formats: Formats = None,
    sizing: str | None = None,
    ridethrough: str | None = None,
    poi: Poi = POI,
    tools: Tools = TOOLS,
    overwrite: Flag = False,
    run: int = 0,
    as_json: AsJson = False,
) -> None:
    """Write the folder that a grid planner gets: page, series, files for tools, verdicts, checks.

    Every file is read back before the command succeeds; manifest.json holds hashes, definitions
    and versions. The folder appears whole, or not at all.

    Parameters
    ----------
    store : str
        The run, as powermodel run wrote it.
    folder : str
        Where the package goes: not there yet, or empty.
    profile : list of str
        Name of a profile of limits such as ercot, or a YAML file; any number of times.
    evidence : list of str
        Name of a qualification of storage such as nvidia-bess-1.0, or a YAML file.
    formats : list of str
        Such as comtrade,pscad; by default every format that the options suffice for.
    sizing : str
        What powermodel size --out wrote: its folder, or the sizing.json in it.
    ridethrough : str
        A published event of sags for the page, such as n-virginia-2024-07-10.
    overwrite : bool
        Replace an earlier package in the folder.
    run : int
        Which run of a store with many.
    as_json : bool
        Print JSON: files and what was left out.
    """
    from pathlib import Path

    from powermodel.handoff import Order, hand_off
    from powermodel.report.page.content import Asked
    from powermodel.store import open_run

    asked = Asked(
        tuple(profile or ()),
        poi.site(for_files=True),
        tuple(evidence or ()),
        sizing or "",
        ridethrough or "",
    )
    order = Order(asked, tools.basis(poi), tuple(formats or ()), tools.name)
    tree = open_run(store)
    done = hand_off(tree, Path(folder), order, overwrite=overwrite, run=run)
    _print(done, as_json)
    say_incomplete(tree)


def _print(done: Package, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "folder": str(done.folder),
                "complete": done.complete,
                "files": list(done.files),
                "formats_left_out": done.left_out,
            }
        )
        return
    rows = [(name, bytes_words((done.folder / name).stat().st_size)) for name in done.files]
    print_table(rows, header=(str(done.folder), "size"), right=(1,), whole=(0, 1))
    for name, reason in done.left_out.items():
        print_note(f"{name} is not written: {reason}", "note:")
