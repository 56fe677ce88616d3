# SPDX-License-Identifier: Apache-2.0
"""``powermodel export``: a run in the files that planners' tools read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from powermodel.cli.errors import CommandError
from powermodel.cli.options import AsJson
from powermodel.cli.planner_options import MAINS, TOOLS, Mains, Tools, say_incomplete
from powermodel.cli.terminal import print_json, print_note, print_table

if TYPE_CHECKING:
    from powermodel.exporters import Exported

Formats = Annotated[list[str] | None, Parameter(name="--format", negative="")]


def export(
    store: str | None = None,
    folder: str | None = None,
    /,
    *,
    formats: Formats = None,
    mains: Mains = MAINS,
    tools: Tools = TOOLS,
    as_json: AsJson = False,
) -> None:
    """Write a run in the files that planners' tools read; without a run, list the formats.

    Every file is read back and compared with the run before the command succeeds; checks.txt in
    the folder says what was compared. Load is positive.

    Parameters
    ----------
    store : str
        The run, as powermodel run wrote it; or a study of one run, whose overview is taken.
    folder : str
        Where the files go.
    formats : list of str
        Such as comtrade,pscad,opendss; any number of times.
    as_json : bool
        Print JSON: formats, files and checks.
    """
    if store is None:
        _list(as_json)
        return
    if folder is None or not formats:
        raise CommandError(
            "a run needs a folder and formats", hint="powermodel export OUT.zarr DIR --format pscad"
        )
    from pathlib import Path

    from powermodel.exporters import export as write
    from powermodel.exporters import series_of_horizon, series_of_run
    from powermodel.response.study import is_study
    from powermodel.store import open_run

    basis = tools.basis(mains)
    if is_study(store):
        from powermodel.ensemble import open_study

        series = series_of_horizon(open_study(store), basis, tools.name)
        _print(write(series, Path(folder), formats), as_json)
        return
    run = open_run(store)
    done = write(series_of_run(run, basis, tools.name), Path(folder), formats)
    _print(done, as_json)
    say_incomplete(run)


def _list(as_json: bool) -> None:
    from powermodel.exporters import exporters

    known = exporters().values()
    if as_json:
        found: dict[str, Any] = {
            item.name: {
                "title": item.title,
                "needs": list(item.needs),
                "unverified": item.unverified or None,
            }
            for item in known
        }
        print_json(found)
        return
    rows = [(item.name, item.title, "UNVERIFIED" if item.unverified else "") for item in known]
    print_table(rows, header=("format", "", ""))


def _print(done: list[Exported], as_json: bool) -> None:
    if as_json:
        print_json(
            {
                item.exporter.name: {
                    "files": [str(path) for path in item.files],
                    "unverified": item.exporter.unverified or None,
                    "checks": [str(check) for check in item.checks],
                }
                for item in done
            }
        )
        return
    rows = [
        (item.exporter.name, str(path), f"{path.stat().st_size:,} B", "read back")
        for item in done
        for path in item.files
    ]
    print_table(rows, header=("format", "file", "size", ""), right=(2,), whole=(0, 1, 2, 3))
    for item in done:
        if item.exporter.unverified:
            print_note(f"{item.exporter.name} is unverified: {item.exporter.unverified}", "note:")
