# SPDX-License-Identifier: Apache-2.0
"""What a package is made of: page, series, files for tools, verdicts, checks, manifest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from powermodel.errors import PowermodelError
from powermodel.exporters import (
    CHECKS,
    Basis,
    Check,
    Exported,
    Exporter,
    ExportError,
    export,
    exporters,
    series_of_run,
)
from powermodel.exporters.columns import write_text
from powermodel.exporters.registry import chosen
from powermodel.handoff import sheets
from powermodel.handoff.errors import HandoffError
from powermodel.handoff.folder import MANIFEST, whole_folder
from powermodel.handoff.manifest import manifest_text
from powermodel.handoff.scenes import write_scenes
from powermodel.handoff.series import NAME, write_series
from powermodel.report.page.content import Asked, Content, content_of, one_run
from powermodel.report.page.page import html_of, need_extra
from powermodel.report.page.series import PageSeries
from powermodel.report.page.sizing import sizing_rows
from powermodel.response.table import response_table

if TYPE_CHECKING:
    import xarray as xr

    from powermodel.exporters import PlannerSeries

EXPORTS = "exports"
SCENARIO = "scenario.yaml"
PAGE = "report.html"


@dataclass(frozen=True, slots=True)
class Order:
    """What a package is to hold.

    Parameters
    ----------
    asked : Asked
        Limits and qualifications.
    basis : Basis
        What tools must be told beside the samples.
    formats : tuple of str
        Of the exports; empty for every one that the basis suffices for.
    name : str
        For files and objects in the tools.
    """

    asked: Asked = field(default_factory=Asked)
    basis: Basis = field(default_factory=Basis)
    formats: tuple[str, ...] = ()
    name: str = "campus"


@dataclass(frozen=True, slots=True)
class Package:
    """What was handed off.

    Parameters
    ----------
    folder : Path
        Where it is.
    files : tuple of str
        Paths in it.
    left_out : mapping of str to str
        Formats and tables that were not written, and why.
    complete : bool
        Whether the run was.
    """

    folder: Path
    files: tuple[str, ...]
    left_out: dict[str, str]
    complete: bool


def hand_off(
    tree: xr.DataTree,
    folder: Path,
    order: Order | None = None,
    *,
    overwrite: bool = False,
    run: int = 0,
) -> Package:
    """Write the folder that a planner gets. It appears whole, or not at all.

    Parameters
    ----------
    tree : DataTree
        A run, as `powermodel.store.open_run` gives it.
    folder : Path
        Must be empty or not there.
    order : Order, optional
        What it is to hold.
    overwrite : bool
        Replace an earlier package there.
    run : int
        Position of the run, where there are many.

    Raises
    ------
    HandoffError
        If the folder holds something else, or a file does not hold what it should.
    """
    need_extra()
    wanted = order or Order()
    with whole_folder(folder, overwrite=overwrite) as filled:
        one = one_run(tree, run)
        planner = series_of_run(one, wanted.basis, wanted.name)
        formats = _formats(wanted, planner)
        content = content_of(one, wanted.asked)
        reasons: dict[str, str] = {}
        checks = list(_tables(one, content, filled, reasons))
        checks.append(write_series(_all_series(content), filled / NAME))
        failed = [check for check in checks if not check.passed]
        if failed:
            raise HandoffError(f"a file does not hold the run: {failed[0]}")
        exported = _export(planner, filled / EXPORTS, formats, strict=bool(wanted.formats))
        write_text(filled / PAGE, html_of(content))
        write_text(filled / SCENARIO, str(content.attributes.get("scenario", "")))
        exported.left_out.update(reasons)
        _write_checks(filled, content, checks, exported)
        text = manifest_text(filled, content, exported.done, exported.left_out, planner.basis)
        write_text(filled / MANIFEST, text)
        files = tuple(sorted(_files(filled)))
    return Package(folder, files, exported.left_out, content.complete)


def _all_series(content: Content) -> list[PageSeries]:
    return [item for chart in content.charts for item in chart.series]


@dataclass(frozen=True, slots=True)
class _Exports:
    """What was exported, what was read back, and what could not be exported."""

    done: list[Exported]
    checks: list[str]
    left_out: dict[str, str]


def _formats(order: Order, planner: PlannerSeries) -> list[Exporter]:
    """Choose the formats. One that was asked for by name must be possible."""
    if not order.formats:
        return list(exporters().values())
    named = chosen(order.formats)
    for item in named:
        item.refuse(planner)
    return named


def _export(
    planner: PlannerSeries, folder: Path, formats: list[Exporter], *, strict: bool
) -> _Exports:
    """Write each format; unless `strict`, one that refuses is left out with its reason."""
    found = _Exports([], [], {})
    for item in formats:
        try:
            found.done.extend(export(planner, folder, [item.name]))
        except ExportError as error:
            if strict:
                raise
            reason = f"{error.message}; {error.hint}" if error.hint else error.message
            found.left_out[item.name] = reason
            continue
        checks = folder / CHECKS
        # The first lines name the series, which is the same for all.
        found.checks.append(checks.read_text(encoding="utf-8").partition("\n\n")[2].rstrip())
        checks.unlink()
    return found


def _tables(
    tree: xr.DataTree, content: Content, folder: Path, reasons: dict[str, str]
) -> Iterator[Check]:
    """Write the tables; what there is no table of goes to `reasons`."""
    yield sheets.write_compliance(content.verdicts, folder)
    yield sheets.write_indicators(content.indicators, folder)
    yield sheets.write_instruments(content.readings, folder)
    check, _ = sheets.write_spectrum(content.power.series, folder)
    yield check
    try:
        yield sheets.write_response(response_table(tree), folder)
    except PowermodelError as error:
        reasons[sheets.RESPONSE] = error.message
    if content.sizing is None:
        reasons[sheets.SIZING] = "no sizing was given: --sizing, after powermodel size --out"
    else:
        yield sheets.write_sizing(sizing_rows(content.sizing), folder)
    cuts, rows = write_scenes(content.power.series, content.scenario, folder)
    yield from cuts
    yield sheets.write_scenarios(rows, folder)


def _write_checks(folder: Path, content: Content, checks: list[Check], exported: _Exports) -> None:
    """Write what reading every file back gave, and which formats are not there."""
    lines = [] if content.complete else [_incomplete(content), ""]
    lines += [*(str(check) for check in checks), "", f"{EXPORTS}/", *exported.checks, ""]
    lines += [f"not written: {name}: {reason}" for name, reason in exported.left_out.items()]
    write_text(folder / CHECKS, "\n".join(lines).rstrip() + "\n")


def _incomplete(content: Content) -> str:
    return (
        f"INCOMPLETE RUN: {content.whole_s:g} s of {content.duration_s:g} s are whole, and only"
        " these are here"
    )


def _files(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.relative_to(folder).as_posix()
