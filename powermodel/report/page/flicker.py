# SPDX-License-Identifier: Apache-2.0
"""Flicker on a page: Pst of every interval behind the grid that the reader named, and Plt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from powermodel.indicators.filtered import mapped
from powermodel.indicators.flicker import (
    DEFINITION,
    Flicker,
    flicker_statistic,
    severity_percentile,
)
from powermodel.indicators.flicker_plan import INTERVAL_S
from powermodel.indicators.inputs import NotAssessedError
from powermodel.indicators.series import blocks_of
from powermodel.indicators.statistic import stream
from powermodel.indicators.voltage import poi_voltage
from powermodel.report.page.parts import Curve, Part, Plain, Table
from powermodel.report.page.series import PageSeries
from powermodel.report.panels import BLUE, GRAY, ORANGE
from powermodel.scenario.hardware import record

if TYPE_CHECKING:
    from powermodel.limits.rule_measures import Site

_LEVELS = {"Pst": "iec-hv-pst", "Plt": "iec-hv-plt"}
_PERCENTS = (95.0, 99.0)
"""What IEEE 1453 compares with planning levels."""
_COLORS = {"load/power": GRAY, "poi/power": BLUE}


def flicker_part(powers: tuple[PageSeries, ...], site: Site) -> Part:
    """Return what a page says of flicker.

    Parameters
    ----------
    powers : tuple of PageSeries
        Load and POI.
    site : Site
        With grid and mains frequency; without them flicker is not assessed.
    """
    title = "Flicker"
    if site.grid is None or site.flickermeter is None:
        why = (
            "Not assessed: the voltage depends on the grid behind the POI. Name it with"
            " --short-circuit, --x-over-r, --power-factor and --mains."
        )
        return Part("flicker", title, (why,))
    try:
        found = {item.path: _measured(item, site) for item in powers}
    except NotAssessedError as error:
        return Part("flicker", title, (f"Not assessed: {error.message}.",))
    return Part("flicker", title, (_words(site),), (_chart(found),), (_table(found),))


def _measured(item: PageSeries, site: Site) -> Flicker:
    assert site.grid is not None
    assert site.flickermeter is not None
    meter = flicker_statistic(item.grid.dt_s, site.flickermeter)
    behind = site.grid
    statistic = mapped(meter, lambda power_w: poi_voltage(power_w, behind))
    blocks = blocks_of(item.samples, item.grid)
    return statistic.finish(stream({"flicker": statistic}, blocks)["flicker"])


def _words(site: Site) -> str:
    assert site.grid is not None
    assert site.flickermeter is not None
    grid = site.grid
    return (
        f"Of the RMS envelope behind {grid.short_circuit_va / 1e9:g} GVA, X/R {grid.x_over_r:g},"
        f" power factor {grid.power_factor:g}; {site.flickermeter.describe()}. {DEFINITION}."
    )


def _chart(found: dict[str, Flicker]) -> Plain:
    curves, words = [], []
    for path, item in found.items():
        starts = [INTERVAL_S * place / 60 for place in range(len(item.pst) + 1)]
        label = "load before storage" if path == "load/power" else "at the POI"
        curves.append(Curve(label, _COLORS[path], starts, [*item.pst, item.pst[-1]], steps=True))
        words.append(f"Largest Pst {label}: {max(item.pst):.4g}.")
    level = _level("Pst")
    ends = [0.0, max(INTERVAL_S * len(item.pst) / 60 for item in found.values())]
    curves.append(Curve("planning level, HV", ORANGE, ends, [level, level], dashed=True))
    words.append(f"Indicative planning level of IEC TR 61000-3-7 for HV and EHV: {level:g}.")
    text = " ".join(words)
    return Plain("flicker-pst", "Pst of each 10 min", "time [min]", "Pst", tuple(curves), text)


def _table(found: dict[str, Flicker]) -> Table:
    rows = []
    for path, item in found.items():
        name = "load" if path == "load/power" else "POI"
        plt = f"{max(item.plt):.4g}" if item.plt else "needs 2 h"
        rows.append(
            (name, f"{max(item.pst):.4g}", str(len(item.pst)),
             *(_percentile(item, percent) for percent in _PERCENTS), plt,
             f"{item.pinst_max:.4g}", f"{item.pinst_max_at_s:.6g} s")
        )  # fmt: skip
    pst, plt = f"{_level('Pst'):g}", f"{_level('Plt'):g}"
    rows.append(("planning level, HV", pst, "", *(pst for _ in _PERCENTS), plt, "", ""))
    shares = (f"{percent:g} % of Pst" for percent in _PERCENTS)
    head = ("of", "largest Pst", "intervals", *shares, "largest Plt", "largest Pinst", "at")
    return Table(head, tuple(rows))


def _percentile(found: Flicker, percent: float) -> str:
    try:
        return f"{severity_percentile(found.pst, percent):.4g}"
    except NotAssessedError as error:
        return error.message.partition("value ")[2]


def _level(name: str) -> float:
    return float(record("limit-rule", _LEVELS[name])["limit_level"].value)
