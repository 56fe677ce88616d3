# SPDX-License-Identifier: Apache-2.0
"""What instruments would have shown of the power at the POI, on a page."""

from __future__ import annotations

import numpy as np

from powermodel.indicators.indicator import Summary, display
from powermodel.limits.rule_measures import Site
from powermodel.observers import Reading, readings
from powermodel.report.page.parts import Part, Table
from powermodel.report.page.series import PageSeries

MOST_SAMPLES = 3_600_000
"""Longest part that instruments look at: an hour at 1 ms."""
_HEAD = ("instrument", "readings", "smallest", "largest", "swing", "hidden", "how, or why not")


def seen_by_instruments(poi: PageSeries, found: Summary, site: Site) -> list[Reading]:
    """Look at the power at the POI with every instrument.

    Parameters
    ----------
    poi : PageSeries
        The power. Of a long run, the part around its peak is looked at.
    found : Summary
        Its indicators.
    site : Site
        For the mains frequency and the power factor.
    """
    grid = poi.grid
    count = min(grid.samples, MOST_SAMPLES)
    peak_s = found["peak"].at_s or grid.begin_s
    middle = round((peak_s - grid.begin_s) / grid.dt_s)
    first = min(max(middle - count // 2, 0), grid.samples - count)
    power_w = np.asarray(poi.part(first, count), dtype=np.float64)
    factor = None if site.grid is None else site.grid.power_factor
    return readings(power_w, grid.dt_s, mains_hz=site.mains_hz, power_factor=factor)


def instrument_part(seen: list[Reading]) -> Part:
    """Return what a page says of instruments."""
    words = (
        "What each would have shown of the power at the POI. Hidden is the part of the swing that"
        " its readings do not show; below zero, its filter overshoots. Of a run longer than"
        f" {MOST_SAMPLES:,} samples, the part around the peak.",
    )
    return Part("instruments", "Instruments", words, (), (Table(_HEAD, tuple(map(_row, seen))),))


def _row(item: Reading) -> tuple[str, ...]:
    if (
        item.readings is None
        or item.smallest_w is None
        or item.largest_w is None
        or item.range_w is None
        or item.hidden_share is None
    ):
        return (item.title, "not assessed", "", "", "", "", item.reason)
    values = (
        f"{item.readings:,}",
        display(item.smallest_w, "W"),
        display(item.largest_w, "W"),
        display(item.range_w, "W"),
        f"{round(100 * item.hidden_share, 1) + 0.0:g} %",
    )
    # A number stays with its unit.
    return (item.title, *(value.replace(" ", "\u00a0") for value in values), item.definition)
