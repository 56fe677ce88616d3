# SPDX-License-Identifier: Apache-2.0
"""``powermodel export``: a run in the files that planners' tools read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from powermodel.cli.errors import CommandError
from powermodel.cli.limits import say_incomplete
from powermodel.cli.options import AsJson, Flag
from powermodel.cli.terminal import print_json, print_note, print_table

if TYPE_CHECKING:
    from datetime import datetime

    from powermodel.exporters import Exported

Formats = Annotated[list[str] | None, Parameter(name="--format", negative="")]


def export(
    store: str | None = None,
    folder: str | None = None,
    /,
    *,
    formats: Formats = None,
    name: str = "campus",
    mains: float | None = None,
    case: float | None = None,
    voltage: str | None = None,
    base: str | None = None,
    power_factor: float | None = None,
    start: str | None = None,
    accelerators: int | None = None,
    tolerance: str | None = None,
    opendss_mode: str = "duty",
    repeat: Flag = False,
    as_json: AsJson = False,
) -> None:
    """Write a run in the files that planners' tools read; without a run, list the formats.

    Every file is read back and compared with the run before the command succeeds; checks.txt in
    the folder says what was compared. Load is positive.

    Parameters
    ----------
    store : str
        The run, as powermodel run wrote it.
    folder : str
        Where the files go.
    formats : list of str
        Such as comtrade,pscad,opendss; any number of times.
    name : str
        For the files and the objects in the tools.
    mains : float
        Nominal frequency: 50 or 60.
    case : float
        Frequency of the case that the files are for, if known: refused unless it is the same.
    voltage : str
        Nominal voltage at the POI: 345kV.
    base : str
        System base of the case: 100MVA.
    power_factor : float
        Displacement power factor; without it no reactive power is written.
    start : str
        Time of the first sample, ISO with time zone: 2026-01-01T00:00:00+00:00.
    accelerators : int
        Accelerators behind the POI, for traces of one of them.
    tolerance : str
        How much 16-bit COMTRADE may round: 20kW.
    opendss_mode : str
        Solution mode of OpenDSS; only duty plays the shape.
    repeat : bool
        Repeat the record to fill the 8,760 hours of a year.
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

    from powermodel.exporters import Basis, series_of_run
    from powermodel.exporters import export as write
    from powermodel.store import open_run
    from powermodel.units import quantity

    def optional(text: str | None, unit: str) -> float | None:
        return None if text is None else quantity(text, unit)

    basis = Basis(
        mains_hz=mains,
        case_hz=case,
        voltage_v=optional(voltage, "V"),
        base_va=optional(base, "VA"),
        power_factor=power_factor,
        start=parse_time(start),
        accelerators=accelerators,
        tolerance_w=optional(tolerance, "W"),
        opendss_mode=opendss_mode,
        repeat=repeat,
    )
    run = open_run(store)
    done = write(series_of_run(run, basis, name), Path(folder), formats)
    _print(done, as_json)
    say_incomplete(run)


def parse_time(text: str | None) -> datetime | None:
    """Read what stands after ``--start``."""
    from datetime import datetime

    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(
            f"cannot read the time {text!r}",
            where="--start",
            hint="such as 2026-01-01T00:00:00+00:00",
        ) from None


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
