# SPDX-License-Identifier: Apache-2.0
"""The panels of a picture: each draws one thing of a view on one pair of axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from powermodel.indicators.frequency_bands import GRID_BANDS_HZ
from powermodel.indicators.indicator import Indicator, Summary, span
from powermodel.report.envelope import Envelope, FloatArray
from powermodel.report.view import View

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito's palette: told apart with every kind of color vision, and in gray.
BLUE, SKY, ORANGE, INK, GRAY = "#0072B2", "#56B4E9", "#D55E00", "#222222", "#6F6F6F"
GREEN = "#009E73"
SMALL = 8.5
_POINTS_PER_DECADE = 150


def header(axes: Axes, view: View) -> None:
    """Write what the picture is of."""
    axes.axis("off")
    place = axes.transAxes
    axes.text(0.0, 0.7, view.title, transform=place, fontsize=14, fontweight="bold", color=INK)
    axes.text(0.0, 0.1, view.subtitle, transform=place, fontsize=9.5, color=GRAY)


def whole_run(axes: Axes, view: View) -> None:
    """Draw the whole run: envelope and mean of cells, and where the zoom is."""
    envelope = view.envelope
    highest = float(envelope.high.max())
    if view.buffering is not None:
        before = view.buffering.load
        _band(axes, before, GRAY, 0.35, "load without storage")
        highest = max(highest, float(before.high.max()))
    _band(axes, envelope, SKY, 0.55, f"minimum to maximum of {span(_cell(envelope.edge_s))}")
    _mean(axes, envelope, BLUE, f"mean of {span(_cell(envelope.mean_edge_s))}")
    axes.axvspan(
        float(view.zoom_s[0]),
        float(view.zoom_s[-1]),
        color=ORANGE,
        alpha=0.13,
        linewidth=0,
        label="part below",
    )
    if view.fed.allowed is not None:
        at_s, allowed = view.fed.allowed
        label = "grid connection"
        axes.step(
            at_s, allowed, where="post", color=INK, linestyle="--", linewidth=1.0, label=label
        )
        highest = max(highest, float(allowed.max()))
    axes.set_xlim(float(envelope.edge_s[0]), float(envelope.edge_s[-1]))
    axes.set_ylim(min(0.0, float(envelope.low.min())), highest * 1.08)
    axes.set_ylabel(f"power [{view.unit}]")
    _legend(axes)
    heading(axes, "Whole run")


def storage(axes: Axes, view: View) -> None:
    """Draw the power of the storage over the whole run, and its state of charge."""
    assert view.buffering is not None
    found = view.buffering
    _band(axes, found.storage, SKY, 0.55, "all storage, discharging positive")
    _mean(axes, found.storage, BLUE, f"its mean of {span(_cell(found.storage.mean_edge_s))}")
    if found.fast is not None:
        _band(axes, found.fast, GREEN, 0.45, "its fast part")
    axes.axhline(0.0, color=INK, linewidth=0.6)
    axes.set_xlim(float(found.storage.edge_s[0]), float(found.storage.edge_s[-1]))
    axes.set_ylabel(f"power [{view.unit}]")
    charge = axes.twinx()
    charge.spines[["top"]].set_visible(False)
    _mean(charge, found.soc, ORANGE, "state of charge (right)")
    charge.set_ylabel("state of charge [%]", color=ORANGE)
    middle = 0.5 * (float(found.soc.low.min()) + float(found.soc.high.max()))
    # A change of a tenth of a percent must not look like a full cycle.
    half = max(float(found.soc.high.max()) - middle, 1.0) * 1.15
    charge.set_ylim(middle - half, middle + half)
    charge.tick_params(labelsize=9, colors=ORANGE)
    axes.plot([], [], color=ORANGE, linewidth=1.1, label="state of charge (right)")
    _legend(axes)
    heading(axes, "Storage")


def zoom(axes: Axes, view: View) -> None:
    """Draw every sample around the largest ramp, and the ramp."""
    low, high = float(view.zoom.min()), float(view.zoom.max())
    if view.buffering is not None:
        before = view.buffering.zoom_load
        axes.plot(view.zoom_s, before, color=GRAY, linewidth=0.9, label="load without storage")
        low, high = min(low, float(before.min())), max(high, float(before.max()))
    axes.plot(view.zoom_s, view.zoom, color=BLUE, linewidth=1.0, label="at the POI")
    if view.buffering is not None:
        axes.legend(loc="upper right", fontsize=SMALL, frameon=False, ncols=2)
    margin = max(high - low, 0.02 * abs(high), 1e-9) * 0.12
    axes.set_xlim(float(view.zoom_s[0]), float(view.zoom_s[-1]))
    axes.set_ylim(low - margin, high + 2.0 * margin)
    axes.set_xlabel("time since the start of the run [s]")
    axes.set_ylabel(f"power [{view.unit}]")
    if view.ramp is None or view.ramp.at_s is None:
        heading(axes, "The first seconds", "every sample")
    else:
        begin_s = view.ramp.at_s
        window_s = float(view.ramp.parameters["window_s"])
        end_s = begin_s + window_s
        heading(axes, f"Around the largest ramp within {span(window_s)}", "every sample")
        ends = np.interp([begin_s, end_s], view.zoom_s, view.zoom)
        axes.axvspan(begin_s, end_s, color=ORANGE, alpha=0.13, linewidth=0)
        axes.plot([begin_s, end_s], ends, "o", color=ORANGE, markersize=5, zorder=5)
        change = (view.ramp.value or 0.0) / view.unit_w
        axes.annotate(
            _minus(f"{change:+.4g} {view.unit} in {span(window_s)}"),
            (0.5 * (begin_s + end_s), high + 0.7 * margin),
            ha="center",
            fontsize=9,
            color=INK,
            fontweight="bold",
        )


def spectrum(axes: Axes, view: View) -> None:
    """Draw the amplitude spectral density over frequency, bands shaded, lines marked."""
    if view.summary["standard_deviation"].value == 0.0:
        axes.axis("off")
        heading(axes, "Spectrum", "the power does not vary")
        return
    frequency_hz, rms, top = log_cells(view.frequency_hz, view.density)
    axes.loglog(frequency_hz, top, color=SKY, linewidth=0.8, label="largest of merged bins")
    axes.loglog(frequency_hz, rms, color=BLUE, linewidth=1.1, label="root mean square of them")
    axes.set_xlim(float(view.frequency_hz[0]), float(view.frequency_hz[-1]))
    highest = float(top.max())
    floor = max(float(np.percentile(rms, 2)) / 5.0, highest * 1e-9)
    axes.set_ylim(floor, highest * 8.0)
    axes.set_xlabel("frequency [Hz]")
    axes.set_ylabel(f"spectral density [{view.unit}/√Hz]")
    _shade_bands(axes, view)
    width = float(view.spectrum_parameters["bin_width_hz"])
    window = str(view.spectrum_parameters["window"]).capitalize()
    segments = int(view.spectrum_parameters["segments"])
    average = f"{segments} segments" if segments > 1 else "one segment"
    heading(axes, "Spectrum", f"Welch, {window}, {average}, bins of {width:.3g} Hz")
    axes.legend(loc="lower left", fontsize=SMALL, frameon=False)


def table(axes: Axes, view: View) -> None:
    """Write the indicators: levels, then ramps, lines and bands in columns of their own."""
    axes.axis("off")
    heading(axes, "Indicators")
    rows = _table_rows(view.summary)
    heights = np.array([1.0 if columns else 0.6 for columns, _ in rows])
    tops = 1.0 - (np.cumsum(heights) - 0.5 * heights) / heights.sum()
    for y, (columns, head) in zip(tops, rows, strict=True):
        color, places = (GRAY if head else INK), _PLACES[len(columns)]
        for place, text in zip(places, columns, strict=True):
            axes.text(
                place,
                float(y),
                text,
                transform=axes.transAxes,
                fontsize=SMALL,
                va="center",
                ha="left" if place == 0.0 else "right",
                color=color,
            )


_PLACES = {0: (), 1: (0.0,), 2: (0.0, 1.0), 3: (0.0, 0.6, 1.0), 4: (0.0, 0.48, 0.74, 1.0)}
"""Where columns start (the first) or end (the others), by their number."""

_LEVELS = ("peak", "mean", "minimum", "dynamic_range", "peak_to_mean", "energy")


def _table_rows(found: Summary) -> list[tuple[tuple[str, ...], bool]]:
    """Return the rows of the table: columns, and whether they head a group."""
    rows: list[tuple[tuple[str, ...], bool]] = []
    rows += [((found[name].label, _shown(found[name])), False) for name in _LEVELS]
    rows += [((), False), (("ramp within", "up", "down", "max − min"), True)]
    for window in _arguments(found, "swing"):
        kinds = (found[f"{kind}[{window}]"] for kind in ("ramp_up", "ramp_down", "swing"))
        rows.append(((window, *(_shown(item) for item in kinds)), False))
    rows += [((), False), (("band", "energy", "sum of amplitudes"), True)]
    for band in _arguments(found, "energy_share"):
        share = found[f"energy_share[{band}]"]
        shown = "–" if share.value is None else f"{100 * share.value:#.3g} %"
        rows.append(((band, shown, _shown(found[f"magnitude_sum[{band}]"])), False))
    rows += [((), False), (("line", "amplitude"), True)]
    for number in _arguments(found, "line"):
        line = found[f"line[{number}]"]
        name = "none" if line.value is None else line.note.removeprefix("at ")
        rows.append(((name, _shown(line)), False))
    if any(item.value is None for item in found):
        note = "– not assessed: too short, too coarse, or no variation"
        rows += [((), False), ((note,), True)]
    return rows


def _arguments(found: Summary, kind: str) -> list[str]:
    """Return what stands in the brackets of all indicators of a kind."""
    start = f"{kind}["
    return [item.name[len(start) : -1] for item in found if item.name.startswith(start)]


def _shown(item: Indicator) -> str:
    """Write a value; a dash where it is not assessed."""
    return "–" if item.value is None else _minus(item.display())


def _minus(text: str) -> str:
    return text.replace("-", "−")


def _band(axes: Axes, envelope: Envelope, color: str, alpha: float, label: str) -> None:
    """Fill from the minimum to the maximum of every cell."""
    axes.fill_between(
        envelope.edge_s,
        _closed(envelope.low),
        _closed(envelope.high),
        step="post",
        color=color,
        alpha=alpha,
        linewidth=0.6,
        label=label,
    )


def _mean(axes: Axes, envelope: Envelope, color: str, label: str) -> None:
    """Draw the mean of every cell."""
    axes.stairs(
        envelope.mean,
        envelope.mean_edge_s,
        baseline=None,
        color=color,
        linewidth=1.1,
        label=label,
    )


def _legend(axes: Axes) -> None:
    """Put the legend above the axes, to the right of the heading."""
    axes.legend(
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        borderaxespad=0.2,
        ncols=4,
        fontsize=SMALL,
        frameon=False,
    )


def heading(axes: Axes, text: str, detail: str = "") -> None:
    """Write what a panel shows, and a detail of it."""
    axes.set_title(text, loc="left", fontsize=10.5, fontweight="bold", color=INK)
    axes.set_title(detail, loc="right", fontsize=SMALL, color=GRAY)


def _shade_bands(axes: Axes, view: View) -> None:
    """Shade every other band and name each one that is wide enough on the axis."""
    first, last = axes.get_xlim()
    for number, (lo_hz, hi_hz) in enumerate(GRID_BANDS_HZ):
        left, right = max(lo_hz, first), min(hi_hz, last)
        if left >= right:
            continue
        if number % 2 == 0:
            axes.axvspan(left, right, color=GRAY, alpha=0.12, linewidth=0, zorder=0)
        if right / left > 1.9:
            name = f"< {hi_hz:g}" if lo_hz == 0 else f"{lo_hz:g}–{hi_hz:g}"
            axes.annotate(
                name,
                (float(np.sqrt(left * right)), 0.985),
                xycoords=("data", "axes fraction"),
                ha="center",
                va="top",
                fontsize=7.5,
                color=GRAY,
            )


def log_cells(
    frequency_hz: FloatArray, density: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Frequency, root mean square and maximum in cells of equal ratio."""
    cell = np.floor(np.log10(frequency_hz / frequency_hz[0]) * _POINTS_PER_DECADE)
    starts = np.flatnonzero(np.diff(cell, prepend=-1.0))
    counts = np.diff(np.append(starts, frequency_hz.size))
    mean_hz = np.add.reduceat(frequency_hz, starts) / counts
    rms = np.sqrt(np.add.reduceat(density**2, starts) / counts)
    return mean_hz, rms, np.maximum.reduceat(density, starts)


def _closed(values: FloatArray) -> FloatArray:
    """Repeat the last value, so that steps reach the end of the last cell."""
    return np.append(values, values[-1])


def _cell(edge_s: FloatArray) -> float:
    """Length of a cell [s]; the last one may be shorter."""
    return round(float(edge_s[1] - edge_s[0]), 9)
