# SPDX-License-Identifier: Apache-2.0
"""A part of a page beside the run itself: words, charts of one thing over another, a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from powermodel.report.page.charts import dark_of
from powermodel.report.page.encode import packed


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One thing over another.

    Parameters
    ----------
    label : str
        In the legend.
    color : str
        On the light page.
    x, y : array_like
        Its points, in the units of the chart.
    marks : bool
        Whether points stand alone, without a line.
    dashed : bool
        For limits.
    steps : bool
        Whether a value holds until the next point.
    """

    label: str
    color: str
    x: npt.ArrayLike
    y: npt.ArrayLike
    marks: bool = False
    dashed: bool = False
    steps: bool = False

    def data(self) -> dict[str, Any]:
        """Return the curve as the page's script reads it."""
        return {
            "label": self.label,
            "color": self.color,
            "dark": dark_of(self.color),
            "x": packed(self.x),
            "y": packed(self.y),
            "marks": self.marks,
            "dash": "dash" if self.dashed else "solid",
            "shape": "hv" if self.steps else "linear",
        }


@dataclass(frozen=True, slots=True, eq=False)
class Plain:
    """A chart of curves.

    Parameters
    ----------
    name : str
        Identifier in the page.
    title : str
        For people.
    x, y : str
        What stands at the axes, with units.
    curves : tuple of Curve
        What is drawn.
    text : str
        The same in words and numbers.
    log_x : bool
        Whether the abscissa is logarithmic.
    ticks : tuple of str
        What stands at 0, 1, 2, ... where the abscissa counts settings; numbers if empty.
    """

    name: str
    title: str
    x: str
    y: str
    curves: tuple[Curve, ...]
    text: str
    log_x: bool = False
    ticks: tuple[str, ...] = ()

    def data(self) -> dict[str, Any]:
        """Return the chart as the page's script reads it."""
        return {
            "id": self.name,
            "x": self.x,
            "y": self.y,
            "log": self.log_x,
            "ticks": self.ticks,
            "curves": [curve.data() for curve in self.curves],
        }


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of words; the first cell of a row names it."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A section of a page.

    Parameters
    ----------
    name, title : str
        Identifier and heading.
    words : tuple of str
        Paragraphs below the heading.
    charts : tuple of Plain
        Then these.
    tables : tuple of Table
        And these.
    """

    name: str
    title: str
    words: tuple[str, ...] = ()
    charts: tuple[Plain, ...] = ()
    tables: tuple[Table, ...] = ()


def thinned(values: npt.NDArray[Any], most: int = 4000) -> npt.NDArray[np.intp]:
    """Return samples to draw: every one beside a change, and some of all others.

    Parameters
    ----------
    values : ndarray
        Columns of series of one length.
    most : int
        About how many samples of those that do not change.
    """
    moves = np.zeros(values.shape[0], bool)
    changed = np.flatnonzero(np.abs(np.diff(values, axis=0)).any(axis=1)) + 1
    moves[changed[:: max(1, changed.size // most)]] = True
    jumps = np.abs(np.diff(values, axis=0)).max(axis=1)
    large = np.flatnonzero(jumps > 0.01 * max(float(np.abs(values).max()), 1e-30)) + 1
    moves[large] = True
    moves[large - 1] = True
    moves[:: max(1, moves.size // most)] = True
    moves[-1] = True
    return np.flatnonzero(moves)
