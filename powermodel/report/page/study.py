# SPDX-License-Identifier: Apache-2.0
"""The page of a study: percentiles over its seeds, what each axis does, the worst run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from powermodel.ensemble.reduction import PERCENTILES, percentiles, tornado, worst
from powermodel.errors import PowermodelError
from powermodel.indicators.indicator import display
from powermodel.report.errors import ReportError
from powermodel.report.page import tables
from powermodel.report.page.page import FORMATS, need_extra, render, write
from powermodel.report.page.parts import Curve, Part, Plain, Table
from powermodel.report.panels import BLUE, GREEN, ORANGE
from powermodel.report.picture import checked_target
from powermodel.report.study_plot import abscissa, roles_of, scale_of
from powermodel.scenario import Scenario

if TYPE_CHECKING:
    import xarray as xr

_FIRST = (
    "peak", "swing[1 s]", "ramp_down[1 s]", "line[1]", "frequency_low", "frequency_nadir",
)  # fmt: skip
"""Indicators that a page shows unless it is told which."""
_MOST = 6
_COLORS = (BLUE, ORANGE, GREEN)


def write_study_page(
    runs: xr.DataTree, path: str | os.PathLike[str], indicators: tuple[str, ...] = ()
) -> Path:
    """Write the page of a study: one HTML file with all its data and scripts inside.

    Parameters
    ----------
    runs : DataTree
        From `powermodel.ensemble.open_study`.
    path : path-like
        The file, which ends in ``.html``.
    indicators : tuple of str
        Which are shown; the most usual ones unless given.

    Returns
    -------
    Path
        Where the page is.

    Raises
    ------
    ReportError
        If the study has no such indicator, or the file cannot be written.
    """
    target = checked_target(Path(path), "page", FORMATS)
    need_extra()
    return write(target, render("study.html.j2", _words(runs, _chosen(runs, indicators))))


def _chosen(runs: xr.DataTree, asked: tuple[str, ...]) -> list[str]:
    known = [str(name) for name in runs.to_dataset().data_vars]
    unknown = [name for name in asked if name not in known]
    if unknown:
        raise ReportError(
            f"the study has no indicator {unknown[0]!r}", hint=f"there are: {', '.join(known)}"
        )
    return list(asked or [name for name in _FIRST if name in known] or known)[:_MOST]


def _words(runs: xr.DataTree, names: list[str]) -> dict[str, Any]:
    attributes = {str(name): value for name, value in runs.attrs.items()}
    parts = [_percentiles(runs, names), _effects(runs, names), _worst(runs, names)]
    scenario, unread = _scenario(attributes)
    return {
        "title": attributes["title"],
        "subtitle": (
            f"{attributes['runs_whole']:,} of {attributes['runs']:,} runs,"
            f" {runs.sizes['seed']} seeds"
        ),
        "generator": attributes.get("source", "powermodel"),
        "complete": attributes["runs_whole"] == attributes["runs"],
        "whole": f"{attributes['runs_whole']:,} of {attributes['runs']:,}",
        "parts": parts,
        "assumptions": tables.assumption_rows(scenario.assumptions() if scenario else ()),
        "unread": unread,
        "basis": "The results are simulations: the same study and version give the same numbers"
        " again. They are no measurement and no statement of a grid operator.",
        "provenance": tables.provenance_rows(attributes),
        "scenario": attributes.get("scenario", ""),
        "data": {
            "charts": [],
            "closeups": [],
            "rolling": [],
            "spectrum": None,
            "plain": [chart.data() for part in parts for chart in part.charts],
        },
    }


def _scenario(attributes: dict[str, Any]) -> tuple[Scenario | None, str]:
    base = Path(attributes.get("scenario_base", ""))
    try:
        return Scenario.from_yaml(attributes.get("scenario", ""), base=base), ""
    except PowermodelError as error:
        return None, f"the study's scenario cannot be read by this version: {error.message}"


def _percentiles(runs: xr.DataTree, names: list[str]) -> Part:
    found = percentiles(runs)
    low, middle, high = PERCENTILES
    words = (
        f"Percentiles over {runs.sizes['seed']} seeds, at every point of the axes: {low:g} %,"
        f" {middle:g} % (median) and {high:g} %, linear between the two nearest runs.",
    )
    charts = tuple(_chart(found[name], place) for place, name in enumerate(names))
    return Part("percentiles", "Percentiles", words, charts, (_table(found, names),))


def _chart(found: xr.DataArray, place: int) -> Plain:
    """Draw the percentiles along the longest axis, at the first value of all others."""
    along, _, _ = roles_of(found)
    others = [dim for dim in found.dims if dim not in (along, "percentile")]
    shown = found.isel(dict.fromkeys(others, 0))
    scale, unit = scale_of(found)
    x = abscissa(shown, along)
    curves = tuple(
        Curve(f"{q:g} %", color, x, np.atleast_1d(shown.sel(percentile=q).to_numpy()) / scale,
              marks=x.size == 1)
        for q, color in zip(PERCENTILES, _COLORS, strict=True)
    )  # fmt: skip
    at = ", ".join(f"{dim} {found[dim].to_numpy()[0]}" for dim in others)
    label, name = str(found.attrs.get("long_name", found.name)), str(found.name)
    title = f"{label} [{name}]" if label != name else name
    title = f"{title}, at {at}" if at else title
    text = f"{label}: " + "; ".join(_sentence(shown, along, PERCENTILES, scale, unit)) + "."
    y = f"{name} [{unit}]" if unit else name
    named = along or "the one setting"
    ticks = _ticks(shown, along)
    return Plain(f"percentiles-{place}", title, named, y, curves, text, ticks=ticks)


def _ticks(shown: xr.DataArray, along: str | None) -> tuple[str, ...]:
    """Return the settings of an axis that is no row of numbers: the curves lie at their places."""
    if along is None or shown[along].dtype.kind in "if":
        return ()
    return tuple(str(label) for label in shown[along].to_numpy())


def _sentence(
    shown: xr.DataArray, along: str | None, q: tuple[float, ...], scale: float, unit: str
) -> list[str]:
    values = np.atleast_2d(shown.transpose("percentile", ...).to_numpy()).reshape(len(q), -1)
    labels = shown[along].to_numpy() if along else [""]
    return [
        f"{along} {label}: ".removeprefix("None : ")
        + ", ".join(f"{value / scale:.5g}" for value in column)
        + (f" {unit}" if unit else "")
        for label, column in zip(labels, values.T, strict=True)
    ]


def _table(found: xr.Dataset, names: list[str]) -> Table:
    """Return every point of the axes with the percentiles of every shown indicator."""
    dims = [str(dim) for dim in found[names[0]].dims if dim != "percentile"]
    rows = []
    for place in np.ndindex(*(found.sizes[dim] for dim in dims)):
        at = dict(zip(dims, place, strict=True))
        setting = ", ".join(f"{dim} {found[dim].to_numpy()[at[dim]]}" for dim in dims)
        cells = []
        for name in names:
            unit = str(found[name].attrs["units"])
            values = found[name].isel(at).to_numpy()
            cells.append(" / ".join(_shown(value, unit) for value in values))
        rows.append((setting or "the one setting", *cells))
    each = " / ".join(f"{q:g} %" for q in PERCENTILES)
    return Table(("setting", *(f"{name}: {each}" for name in names)), tuple(rows))


def _effects(runs: xr.DataTree, names: list[str]) -> Part:
    rows = []
    for name in names:
        unit = str(runs[name].attrs["units"])
        rows += [
            (name, axis, _shown(low, unit), _shown(high, unit), _shown(high - low, unit))
            for axis, low, high in tornado(runs, name)
        ]
    head = ("indicator", "axis", "smallest mean", "largest mean", "span")
    words = "Mean of an indicator over all other axes and seeds, at each value of an axis."
    return Part("effects", "What each axis does", (words,), (), (Table(head, tuple(rows)),))


def _worst(runs: xr.DataTree, names: list[str]) -> Part:
    rows = []
    for name in names:
        try:
            found = worst(runs, name)
        except PowermodelError as error:
            rows.append((name, error.message, "", "", ""))
            continue
        place = ", ".join(f"{axis} {value}" for axis, value in found.labels.items())
        shown = _shown(found.value, found.unit)
        rows.append((name, shown, place, str(found.seed), found.command or ""))
    head = ("largest", "value", "at", "seed", "alone")
    words = "Each of these runs is simulated again alone, bit for bit, by its command."
    return Part("worst", "Worst runs", (words,), (), (Table(head, tuple(rows)),))


def _shown(value: float, unit: str) -> str:
    return display(float(value), unit) if np.isfinite(value) else "open"
