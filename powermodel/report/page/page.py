# SPDX-License-Identifier: Apache-2.0
"""The page of a run as one HTML file: what stands on it, put into the template."""

from __future__ import annotations

import os
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from powermodel import schema
from powermodel.indicators.indicator import span
from powermodel.report.errors import ReportError
from powermodel.report.page import tables
from powermodel.report.page.charts import chart_data, closeup_data, closeup_text
from powermodel.report.page.content import Asked, Content, content_of
from powermodel.report.page.encode import script_json
from powermodel.report.page.frequency import mode_table, rolling_data, spectrum_data
from powermodel.report.picture import checked_target

if TYPE_CHECKING:
    import xarray as xr

_NEEDS = ("jinja2",)
_KEY = (
    ("peak", "peak"),
    ("mean", "mean"),
    ("energy", "energy"),
    ("swing[1 s]", "largest swing within 1 s"),
    ("ramp_down[1 s]", "largest fall within 1 s"),
    ("line[1]", "strongest line"),
)
FORMATS = (".html", ".htm")


def write_page(
    tree: xr.DataTree,
    path: str | os.PathLike[str],
    asked: Asked | None = None,
    *,
    run: int = 0,
) -> Path:
    """Write the page of a run: one HTML file with all its data and scripts inside.

    Parameters
    ----------
    tree : DataTree
        A run, as `powermodel.store.open_run` gives it.
    path : path-like
        The file, which ends in ``.html``.
    asked : Asked, optional
        Limits and qualifications that it is held against.
    run : int
        Position of the run, where there are many.

    Returns
    -------
    Path
        Where the page is.

    Raises
    ------
    ReportError
        If the extra ``report`` is not installed, or the file cannot be written.
    """
    target = checked_target(Path(path), "page", FORMATS)
    need_extra()
    return write(target, html_of(content_of(tree, asked or Asked(), run)))


def write(target: Path, text: str) -> Path:
    """Write a page."""
    try:
        target.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise ReportError(
            f"the page cannot be written: {error.strerror}", where=str(target)
        ) from None
    return target


def need_extra() -> None:
    """Refuse to go on without the packages of the extra ``report``."""
    missing = [name for name in _NEEDS if find_spec(name) is None]
    if missing:
        raise ReportError(
            f"a page needs {' and '.join(missing)}, which is not installed",
            hint="install the extra: pip install 'powermodel[report]'",
        )


def html_of(content: Content) -> str:
    """Return the page of a run as text."""
    return render("page.html.j2", _words(content))


def render(template: str, words: dict[str, Any]) -> str:
    """Fill a template with words; what it calls ``data`` becomes the data of the script."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("powermodel.report.page")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    parts = resources.files("powermodel.report.page") / "templates"
    # The bundle with lines and bars alone: the whole one takes a browser 2 s to start.
    plotly = resources.files("powermodel.report.page") / "plotly" / "plotly-basic.min.js"
    return environment.get_template(template).render(
        css=(parts / "page.css").read_text(encoding="utf-8"),
        js=(parts / "page.js").read_text(encoding="utf-8"),
        plotly=plotly.read_text(encoding="utf-8"),
        **{**words, "data": script_json(words["data"])},
    )


def _words(content: Content) -> dict[str, Any]:
    """Return what the template names."""
    power, grid = content.power, content.poi.grid
    rolling = list(rolling_data(power, grid, content.verdicts))
    spectral = spectrum_data(power, content.summary)
    compliance = tables.compliance_rows(content.verdicts)
    scenario = content.scenario
    return {
        "title": content.title,
        "subtitle": _subtitle(content),
        "generator": content.attributes.get("source", "powermodel"),
        "complete": content.complete,
        "whole": f"{content.whole_s:g} s",
        "duration": f"{content.duration_s:g} s",
        "key": _key(content),
        "counted": tables.counted(compliance),
        "compliance": compliance,
        "qualifications": [
            (profile.name, profile.version, tables.evidence_rows(rows))
            for profile, rows in content.qualifications
        ],
        "sign": schema.SIGN_CONVENTION,
        "cells": _cells(content),
        "charts": [
            {"id": item.name, "title": item.title, "text": item.text} for item in content.charts
        ],
        "parts": [
            {
                "id": f"closeup-{number}",
                "title": part.title,
                "begin": part.begin_s,
                "end": part.end_s,
                "text": closeup_text(part, power, grid.dt_s),
            }
            for number, part in enumerate(content.parts)
        ],
        "rolling": rolling,
        "spectrum": spectral,
        "modes": mode_table(),
        "beside": content.beside,
        "indicators": tables.indicator_rows(content.summary),
        "shape": tables.indicator_rows(content.shape),
        "layers": tables.indicator_rows(content.layers),
        "assumptions": tables.assumption_rows(scenario.assumptions() if scenario else ()),
        "unread": content.unread,
        "basis": _basis(content),
        "provenance": tables.provenance_rows(content.attributes),
        "variables": [item.variable for chart in content.charts for item in chart.series],
        "scenario": content.attributes.get("scenario", ""),
        "data": {
            "begin": grid.begin_s,
            "end": round(grid.begin_s + grid.samples * grid.dt_s, 9),
            "dt": grid.dt_s,
            "charts": [chart_data(item) for item in content.charts],
            "closeups": closeup_data(content.parts, content.charts),
            "rolling": rolling,
            "spectrum": spectral,
            "plain": [chart.data() for part in content.beside for chart in part.charts],
        },
    }


def _subtitle(content: Content) -> str:
    grid = content.poi.grid
    return "  ·  ".join(
        (
            "load at the point of interconnection (POI)",
            f"{grid.samples * grid.dt_s:g} s at {span(grid.dt_s)}",
            str(content.attributes.get("source", "")),
        )
    )


def _key(content: Content) -> list[tuple[str, str]]:
    """Return the numbers that stand at the top of the page."""
    return [
        (label, f"{item.display()} {item.note}".strip())
        for item, label in ((content.summary[name], label) for name, label in _KEY)
        if item.value is not None
    ]


def _cells(content: Content) -> str:
    cells, dt_s = content.poi.cells, content.poi.grid.dt_s
    if cells.single:
        return f"The charts hold every sample, {span(dt_s)} apart."
    return (
        f"The charts hold minimum, mean and maximum of cells of {span(cells.cell_s)}, and every"
        f" sample, {span(dt_s)} apart, of the parts that the buttons show."
    )


def _basis(content: Content) -> str:
    words = "The result is a simulation"
    if "scenario_digest" in content.attributes:
        words += ": the same scenario, seed and version give the same numbers again"
    return words + ". It is no measurement and no statement of a grid operator."
