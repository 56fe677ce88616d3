# SPDX-License-Identifier: Apache-2.0
"""``powermodel handoff``: the folder that a grid planner gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from powermodel.cli.export import parse_time
from powermodel.cli.limits import say_incomplete, site_of
from powermodel.cli.options import AsJson, Flag
from powermodel.cli.report import Named
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
    name: str = "campus",
    rated: str | None = None,
    short_circuit: str | None = None,
    x_over_r: float | None = None,
    power_factor: float | None = None,
    mains: float | None = None,
    voltage: str | None = None,
    base: str | None = None,
    start: str | None = None,
    accelerators: int | None = None,
    tolerance: str | None = None,
    repeat: Flag = False,
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
    name : str
        For the files and the objects in the tools.
    rated : str
        Rated or contracted power, the base of limits in percent: "1 GW".
    short_circuit : str
        Short-circuit power of the grid at the POI, for voltage and flicker: "10 GVA".
    x_over_r : float
        X/R of that grid.
    power_factor : float
        Displacement power factor; without it no reactive power is written.
    mains : float
        Mains frequency: 50 or 60.
    voltage : str
        Nominal voltage at the POI: 345kV.
    base : str
        System base of the case: 100MVA.
    start : str
        Time of the first sample, ISO with time zone: 2026-01-01T00:00:00+00:00.
    accelerators : int
        Accelerators behind the POI, for traces of one of them.
    tolerance : str
        Largest rounding that formats of few digits may do: 20kW.
    repeat : bool
        Repeat the record to fill the 8,760 hours of a year.
    overwrite : bool
        Replace an earlier package in the folder.
    run : int
        Which run of a store with many.
    as_json : bool
        Print JSON: files and what was left out.
    """
    from pathlib import Path

    from powermodel.exporters import Basis
    from powermodel.handoff import Order, hand_off
    from powermodel.report.page.content import Asked
    from powermodel.store import open_run

    # A power factor alone is for the exports; with a grid it also makes voltage and flicker.
    behind = power_factor if short_circuit is not None or x_over_r is not None else None
    site = site_of(rated, short_circuit, x_over_r, behind, mains)
    basis = Basis(
        mains_hz=mains,
        voltage_v=_optional(voltage, "V"),
        base_va=_optional(base, "VA"),
        power_factor=power_factor,
        start=parse_time(start),
        accelerators=accelerators,
        tolerance_w=_optional(tolerance, "W"),
        repeat=repeat,
    )
    asked = Asked(tuple(profile or ()), site, tuple(evidence or ()))
    order = Order(asked, basis, tuple(formats or ()), name)
    tree = open_run(store)
    done = hand_off(tree, Path(folder), order, overwrite=overwrite, run=run)
    _print(done, as_json)
    say_incomplete(tree)


def _optional(text: str | None, unit: str) -> float | None:
    from powermodel.units import quantity

    return None if text is None else quantity(text, unit)


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
