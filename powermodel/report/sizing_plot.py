# SPDX-License-Identifier: Apache-2.0
"""One picture of a sizing: the trade-off, the POI before and after, and what delay does."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from powermodel.indicators.indicator import display
from powermodel.report.panels import BLUE, GRAY, INK, ORANGE, SKY, SMALL
from powermodel.report.picture import picture
from powermodel.report.plot import dress

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from powermodel.sizing.study import Answer

_ZOOM_S = 12.0
_POINTS = 4000
_MARKS = "osD^vP*X"


def plot_sizing(answer: Answer, path: str | os.PathLike[str]) -> Path:
    """Draw an answer and write the picture.

    Parameters
    ----------
    answer : Answer
        From `powermodel.sizing.answer`.
    path : path-like
        The picture: .png, .svg or .pdf.

    Raises
    ------
    ReportError
        If the format is unknown or the picture cannot be written.
    """
    return picture(path, lambda figure: _draw(figure, answer), height_in=10.5)


def _draw(figure: Figure, answer: Answer) -> None:
    grid = figure.add_gridspec(4, 2, height_ratios=(0.35, 2.3, 2.3, 3.0))
    head = figure.add_subplot(grid[0, :])
    head.axis("off")
    _header(head, answer)
    panels = (
        (grid[1, :], _whole),
        (grid[2, :], _zoom),
        (grid[3, 0], _front),
        (grid[3, 1], _latency),
    )
    for slot, draw in panels:
        axes = figure.add_subplot(slot)
        dress(axes)
        draw(axes, answer)


def _header(axes: Axes, answer: Answer) -> None:
    row, question = answer.shown_row, answer.question
    limits = ", ".join(limit.text for limit in question.limits)
    number = row.at.setting.units
    keep = "keep" if answer.reached else "do not keep"
    rated = display(number * answer.unit_power_w, "W")
    place = axes.transAxes
    title = f"{question.scenario.name}: {number} units, {rated}, {keep} {limits}"
    axes.text(0.0, 0.7, title, transform=place, fontsize=14, fontweight="bold", color=INK)
    under = f"margin {100 * row.at.margin:.3g} % in the worst of {len(question.seeds)} seeds"
    words = f"{under}  ·  binding: {row.binding}"
    axes.text(0.0, 0.1, words, transform=place, fontsize=9.5, color=GRAY)


def _whole(axes: Axes, answer: Answer) -> None:
    series = answer.series
    _powers(axes, answer, slice(None), "Power at the POI, worst seed")
    axes.set_xlim(float(series.time_s[0]), float(series.time_s[-1]))
    soc = axes.twinx()
    shown = slice(None, None, max(1, series.soc.size // _POINTS))
    soc.plot(series.time_s[shown], 100 * series.soc[shown], color=GRAY, linewidth=0.9, ls="--")
    soc.set_ylabel("state of charge [%]", color=GRAY, fontsize=9)
    soc.spines[["top"]].set_visible(False)
    soc.tick_params(labelsize=9, colors=GRAY)


def _zoom(axes: Axes, answer: Answer) -> None:
    """Draw every sample around the place where the load moves fastest."""
    series, question = answer.series, answer.question
    dt_s = question.scenario.time.dt
    first = round(question.after_s / dt_s)
    steps = max(1, min(round(0.1 / dt_s), series.before_w.size - first - 1))
    seen = series.before_w[first:]
    at = first + int(np.argmax(np.abs(seen[steps:] - seen[:-steps])))
    half = round(0.5 * _ZOOM_S / dt_s)
    part = slice(max(0, at - half), at + half)
    _powers(axes, answer, part, "Around the fastest change of the load")
    axes.plot(
        series.time_s[part], series.storage_w[part] / 1e6, color=INK, lw=0.8, label="storage power"
    )
    axes.set_xlim(float(series.time_s[part][0]), float(series.time_s[part][-1]))
    _legend_above(axes)


def _powers(axes: Axes, answer: Answer, part: slice, title: str) -> None:
    series = answer.series
    same = np.array_equal(series.before_w, series.load_w)
    curves = [(series.before_w, SKY, "without buffering")]
    if not same:
        curves.append((series.load_w, BLUE, "with floor and rack store"))
    curves.append((series.poi_w, ORANGE, "at the POI with the farm"))
    for values, color, label in curves:
        axes.plot(series.time_s[part], values[part] / 1e6, color=color, linewidth=0.9, label=label)
    axes.set_ylabel("power [MW]")
    axes.set_xlabel("time since the start of the run [s]")
    _legend_above(axes)
    axes.set_title(title, loc="left", fontsize=10.5, fontweight="bold", color=INK)


def _legend_above(axes: Axes) -> None:
    """Put the legend where it hides no curve."""
    place: dict[str, Any] = {
        "loc": "lower right",
        "bbox_to_anchor": (1.0, 1.0),
        "borderaxespad": 0.2,
    }
    axes.legend(fontsize=SMALL, frameon=False, ncols=4, **place)


def _front(axes: Axes, answer: Answer) -> None:
    """Draw farm power over what accelerators burn, one line for all that else is the same."""
    axes.set_title("Trade-off", loc="left", fontsize=10.5, fontweight="bold", color=INK)
    most_w = max((row.units or 0) * answer.unit_power_w for row in answer.rows)
    top = 1.15 * max(most_w, answer.unit_power_w) / 1e6
    for number, (name, places) in enumerate(_groups(answer).items()):
        found = [place for place in places if answer.rows[place].units is not None]
        lost = [place for place in places if answer.rows[place].units is None]
        power = [(answer.rows[place].units or 0) * answer.unit_power_w / 1e6 for place in found]
        look: dict[str, Any] = {
            "marker": _MARKS[number % len(_MARKS)],
            "ms": 6,
            "color": f"C{number}",
        }
        axes.plot(_burnt(answer, found), power, lw=1.0, label=name, **look)
        if lost:
            axes.plot(_burnt(answer, lost), [top] * len(lost), ls="none", mfc="none", **look)
    axes.text(0.99, 0.985, "open marks: out of reach", transform=axes.transAxes, fontsize=SMALL,
              ha="right", va="top", color=GRAY)  # fmt: skip
    axes.set_xlim(-0.3, 1.1 * max(1.0, *_burnt(answer, range(len(answer.rows)))))
    axes.set_ylim(0.0, 1.1 * top)
    axes.set_xlabel("burnt to be smooth [% of the load's energy]")
    axes.set_ylabel("rated power of the farm [MW]")
    axes.legend(loc="center right", fontsize=SMALL, frameon=False)


def _groups(answer: Answer) -> dict[str, list[int]]:
    """Return the rows by everything that was varied but the floor."""
    groups: dict[str, list[int]] = {}
    for place, row in enumerate(answer.rows):
        words = [
            f"{axis.name.replace('_', ' ')} {value}"
            for axis, (_, value) in zip(answer.question.axes, row.changes, strict=True)
            if axis.name != "floor"
        ]
        groups.setdefault(", ".join(words) or "smallest farm", []).append(place)
    return groups


def _burnt(answer: Answer, places: Iterable[int]) -> list[float]:
    return [100.0 * answer.rows[place].worst.burnt_share for place in places]


def _latency(axes: Axes, answer: Answer) -> None:
    found = answer.sweep
    axes.set_title("What delay does", loc="left", fontsize=10.5, fontweight="bold", color=INK)
    if found is None:
        axes.axis("off")
        return
    delays = 1e3 * np.array(found.latencies_s)
    line = found.largest(lambda run: run.line_ratio)
    axes.plot(delays, line, color=BLUE, marker="o", ms=4, label="strongest line, POI over load")
    variation = found.largest(lambda run: run.variation)
    axes.plot(delays, variation, color=ORANGE, marker="s", ms=4, label="standard deviation")
    axes.axhline(1.0, color=GRAY, linewidth=0.9)
    axes.axvline(1e3 * answer.latency_s, color=INK, lw=0.9, ls=":", label="scenario")
    if found.analytic_s is not None and 1e3 * found.analytic_s <= delays[-1]:
        at_ms = 1e3 * found.analytic_s
        axes.axvline(at_ms, color=GRAY, lw=0.9, ls="--", label="1/(6f)")
    axes.set_xlabel("pure delay from the load to the inverters [ms]")
    axes.set_ylabel("what is left")
    axes.set_ylim(bottom=0.0)
    axes.legend(fontsize=SMALL, frameon=False)
