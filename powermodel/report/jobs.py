# SPDX-License-Identifier: Apache-2.0
"""The strip of a picture that says which jobs run when: bars by name, or a count where many do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from powermodel.report.envelope import FloatArray
from powermodel.report.jobs_view import JobsView
from powermodel.report.panels import BLUE, GREEN, INK, ORANGE, SKY, SMALL, heading
from powermodel.report.view import View

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_COLORS = 6
"""Kinds of job at most that a count tells apart."""
_CELLS = 800
_LONGEST_NAME = 16
_COLORS = (BLUE, ORANGE, GREEN, SKY, "#CC79A7", "#B58900")


def jobs(axes: Axes, view: View) -> None:
    """Draw which jobs run when, over the whole run."""
    assert view.jobs is not None
    found = view.jobs
    if found.counted:
        _count(axes, found, float(view.envelope.edge_s[0]), float(view.envelope.edge_s[-1]))
    else:
        _bars(axes, found)
    axes.set_xlim(float(view.envelope.edge_s[0]), float(view.envelope.edge_s[-1]))
    places = f"{len(found.lanes):,} places, " if found.arrive else ""
    heading(axes, "Jobs", "" if found.counted else f"{places}{found.jobs:,} jobs")


def _bars(axes: Axes, found: JobsView) -> None:
    """Draw a row of bars for each job or place; what follows at the same place is paler."""
    for row, lane in enumerate(found.lanes):
        color = _COLORS[lane.kind % len(_COLORS)]
        for number, (begin_s, end_s) in enumerate(lane.spans):
            axes.barh(
                row, end_s - begin_s, left=begin_s, height=0.74, color=color,
                alpha=(0.9, 0.6)[number % 2], linewidth=0,
            )  # fmt: skip
    # Points of a letter: 72 to the inch, and as much room again around it.
    size = min(SMALL, 72.0 * found.row_in * 0.78)
    axes.set_yticks(range(len(found.lanes)), [_short(lane.name) for lane in found.lanes])
    axes.tick_params(axis="y", labelsize=size, length=0)
    axes.set_ylim(len(found.lanes) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def _count(axes: Axes, found: JobsView, begin_s: float, end_s: float) -> None:
    """Draw how many jobs run, by kind where they can be told apart; and how many can."""
    edge_s = np.linspace(begin_s, end_s, _CELLS + 1)
    kinds = range(len(found.kinds))
    apart = len(found.kinds) <= _MOST_COLORS
    groups = [(found.kinds[kind], (kind,)) for kind in kinds] if apart else [("jobs", (*kinds,))]
    below = np.zeros(_CELLS)
    for number, (name, members) in enumerate(groups):
        spans = [s for lane in found.lanes if lane.kind in members for s in lane.spans]
        above = below + running(spans, edge_s)
        axes.fill_between(
            edge_s, np.append(below, below[-1]), np.append(above, above[-1]), step="post",
            color=_COLORS[number], alpha=0.8, linewidth=0, label=_short(name),
        )  # fmt: skip
        below = above
    places = len(found.lanes)
    axes.axhline(places, color=INK, linestyle="--", linewidth=1.0, label=f"{places:,} at most")
    axes.set_ylim(0.0, places * 1.1)
    axes.set_ylabel("jobs that run")
    axes.legend(
        loc="lower right", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.2, ncols=_MOST_COLORS + 1,
        fontsize=SMALL, frameon=False,
    )  # fmt: skip


def running(spans: list[tuple[float, float]], edge_s: FloatArray) -> FloatArray:
    """Return how many jobs run, mean over each cell.

    Parameters
    ----------
    spans : list of (float, float)
        Begin and end of each job, s.
    edge_s : ndarray
        Edges of the cells, s.
    """
    begins, ends = (np.sort([span[end] for span in spans]) for end in (0, 1))
    return np.diff(_job_seconds(begins, edge_s) - _job_seconds(ends, edge_s)) / np.diff(edge_s)


def _job_seconds(since_s: FloatArray, at_s: FloatArray) -> FloatArray:
    """Return the sum of the times since all instants that have passed, s."""
    passed = np.searchsorted(since_s, at_s, side="right")
    total_s = np.concatenate([[0.0], np.cumsum(since_s)])
    found: FloatArray = passed * at_s - total_s[passed]
    return found
