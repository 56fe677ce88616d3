# SPDX-License-Identifier: Apache-2.0
"""A series written in chosen formats, each file read back before it is called done."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from powermodel.exporters.columns import write_text
from powermodel.exporters.errors import ExportError
from powermodel.exporters.exporter import Check, Exporter
from powermodel.exporters.registry import chosen
from powermodel.exporters.series import PlannerSeries

CHECKS = "checks.txt"


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written in one format, and what reading it back gave."""

    exporter: Exporter
    files: tuple[Path, ...]
    checks: tuple[Check, ...]


def export(series: PlannerSeries, folder: Path, formats: Iterable[str]) -> list[Exported]:
    """Write a series in formats.

    Nothing is left in `folder` unless every format could be written and read back.

    Parameters
    ----------
    series : PlannerSeries
        What to write.
    folder : Path
        Made if it is not there; files of the same names are replaced.
    formats : iterable of str
        Names of formats.

    Raises
    ------
    ExportError
        If a format refuses the series, or a file does not hold what it should.
    """
    items = chosen(formats)
    for item in items:
        item.refuse(series)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        waiting = Path(mkdtemp(prefix=".export-", dir=folder))
    except OSError as error:
        raise ExportError(f"cannot write there: {error.strerror}", where=str(folder)) from None
    try:
        done = [_one(item, series, waiting) for item in items]
        for entry in waiting.iterdir():
            target = folder / entry.name
            if target.is_dir():
                shutil.rmtree(target)
            entry.replace(target)
    except OSError as error:
        raise ExportError(f"cannot write there: {error.strerror}", where=str(folder)) from None
    finally:
        shutil.rmtree(waiting, ignore_errors=True)
    moved = [
        Exported(
            item.exporter,
            tuple(folder / path.relative_to(waiting) for path in item.files),
            item.checks,
        )
        for item in done
    ]
    write_text(folder / CHECKS, _report(series, moved))
    return moved


def _one(item: Exporter, series: PlannerSeries, folder: Path) -> Exported:
    paths = item.write(series, folder)
    checks = item.check(series, paths)
    failed = [check for check in checks if not check.passed]
    if failed:
        raise ExportError(f"{item.name} does not hold the series: {failed[0]}")
    return Exported(item, tuple(paths), tuple(checks))


def _report(series: PlannerSeries, done: list[Exported]) -> str:
    reactive = "" if series.reactive_var is not None else "; reactive power not modeled"
    lines = [
        f"{series.name}: {series.samples} samples of {series.dt_s:g} s, load positive{reactive}",
        "",
    ]
    for item in done:
        lines.append(f"{item.exporter.name}: {item.exporter.title}")
        if item.exporter.unverified:
            lines.append(f"     UNVERIFIED: {item.exporter.unverified}")
        lines += [f"     {check}" for check in item.checks]
    return "\n".join(lines) + "\n"
