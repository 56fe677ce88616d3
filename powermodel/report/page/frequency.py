# SPDX-License-Identifier: Apache-2.0
"""The charts of a page that are not plain series: spectrum with its bands, rolling peak-to-peak."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from powermodel.indicators.filtered import BandPass
from powermodel.indicators.frequency_bands import GRID_BANDS_HZ
from powermodel.indicators.indicator import Summary
from powermodel.indicators.inputs import NotAssessedError
from powermodel.indicators.labelled import spectrum
from powermodel.indicators.series import TimeGrid
from powermodel.report.page.charts import Chart, label_of
from powermodel.report.page.encode import packed
from powermodel.report.page.parts import Table
from powermodel.report.page.rolling import rolling
from powermodel.report.panels import BLUE, GRAY, log_cells
from powermodel.response.marks import BAND, INTER_AREA, TORSIONAL, Mark, marks

if TYPE_CHECKING:
    from powermodel.limits.profiles import Verdict

_DEFAULT_WINDOW_S = 1.0
_COLORS = {"load/power": (GRAY, "#B4B4B4"), "poi/power": (BLUE, "#5AB4F0")}


def spectrum_data(power: Chart, found: Summary) -> dict[str, Any] | None:
    """Return the spectra of the load and of what the grid gets; None where nothing varies.

    Parameters
    ----------
    power : Chart
        With these series.
    found : Summary
        Indicators at the POI, for bands and lines.
    """
    traces = []
    parameters: dict[str, Any] = {}
    for item in power.series:
        found_spectrum = spectrum(item.samples)
        density = np.sqrt(found_spectrum["density"].values[1:]) / power.scale
        parameters = dict(found_spectrum.attrs)
        if not density.any():
            continue
        frequency_hz, rms, top = log_cells(found_spectrum["frequency"].values[1:], density)
        color, dark = _COLORS[item.path]
        traces.append(
            {
                "path": item.path,
                "label": label_of(item.path),
                "color": color,
                "dark": dark,
                "frequency": packed(frequency_hz),
                "rms": packed(rms),
                "top": packed(top),
            }
        )
    if not traces:
        return None
    return {
        "id": "spectrum",
        "unit": f"{power.unit}/√Hz",
        "traces": traces,
        "bands": [{"low": low, "high": high, "name": name} for low, high, name in _bands()],
        "modes": [
            {"frequency": mark.low_hz, "sort": mark.sort, "title": mark.title} for mark in _modes()
        ],
        "text": _spectrum_text(found, parameters),
    }


def _spectrum_text(found: Summary, parameters: dict[str, Any]) -> str:
    words = [
        f"Amplitude spectral density by Welch's method, {parameters['window']} window,"
        f" {parameters['segments']} segment(s), bins of {parameters['bin_width_hz']:.3g} Hz;"
        " cells of equal ratio show the root mean square of their bins."
    ]
    for low, high, name in _bands():
        band = f"{low:g}-{high:g} Hz" if low > 0 else f"below {high:g} Hz"
        item = found[f"energy_share[{band}]"]
        share = item.reason if item.value is None else f"{100 * item.value:.3g} % of the energy"
        words.append(f"{low:g} to {high:g} Hz ({name}): {share}.")
    line = found["line[1]"]
    if line.value is not None:
        words.append(f"Strongest line at the POI {line.note}, amplitude {line.display()}.")
    return " ".join((*words, *_mode_words()))


def _bands() -> Iterator[tuple[float, float, str]]:
    """Yield each band with what it is looked at for: the record of a mark with its edges."""
    concerns = {(mark.low_hz, mark.high_hz): mark.title for mark in marks(BAND)}
    for edges in GRID_BANDS_HZ:
        yield *edges, concerns.get(edges, "between")


def _modes() -> list[Mark]:
    return marks(INTER_AREA, TORSIONAL)


def _mode_words() -> Iterator[str]:
    """Say which modes of other systems are marked."""
    for sort, named in ((INTER_AREA, "Inter-area modes"), (TORSIONAL, "Torsional modes")):
        each = ", ".join(f"{mark.low_hz:.4g}" for mark in _modes() if mark.sort == sort)
        yield f"{named} of known systems are marked at {each} Hz."


def mode_table() -> Table:
    """Return which systems have the marked modes, and who says so."""
    by_title: dict[tuple[str, str], list[Mark]] = {}
    for mark in _modes():
        by_title.setdefault((mark.title, mark.sort), []).append(mark)
    rows = tuple(
        (
            title,
            sort,
            ", ".join(_mode(mark) for mark in found),
            f"{found[0].source}, confidence {found[0].confidence}",
        )
        for (title, sort), found in by_title.items()
    )
    return Table(("system", "modes", "at", "source"), rows)


def _mode(mark: Mark) -> str:
    damping = "" if mark.damping is None else f" ({100 * mark.damping:.3g} % damped)"
    return f"{mark.low_hz:.4g} Hz{damping}"


def rolling_data(
    power: Chart, grid: TimeGrid, verdicts: Sequence[Verdict]
) -> Iterator[dict[str, Any]]:
    """Yield a chart for every way the rules measure a rolling peak-to-peak, with their limits.

    Parameters
    ----------
    power : Chart
        Load and POI.
    grid : TimeGrid
        Of the run.
    verdicts : sequence of Verdict
        What rules make of the run. Without a rule of that kind: 1 s, no filter, no limit.
    """
    ways: dict[tuple[float, BandPass | None], list[Verdict]] = {}
    for row in verdicts:
        if row.rule.measure == "rolling-range" and row.limit is not None and row.unit == "W":
            ways.setdefault((row.rule.values["window"], _band(row)), []).append(row)
    if not ways:
        ways[_DEFAULT_WINDOW_S, None] = []
    for number, ((window_s, band), rows) in enumerate(ways.items()):
        try:
            yield _rolling_chart(number, power, grid, window_s, band, rows)
        except NotAssessedError:
            continue


def _band(row: Verdict) -> BandPass | None:
    values = row.rule.values
    if "filter_order" not in values:
        return None
    order = int(values["filter_order"])
    return BandPass(values["band_low"], values["band_high"], order, values["settle"])


def _rolling_chart(
    number: int,
    power: Chart,
    grid: TimeGrid,
    window_s: float,
    band: BandPass | None,
    rows: list[Verdict],
) -> dict[str, Any]:
    traces, words = [], []
    for item in power.series:
        found = rolling(item.samples, grid, window_s, band)
        values = found.values_w / power.scale
        color, dark = _COLORS[item.path]
        traces.append(
            {"path": item.path, "label": label_of(item.path), "color": color, "dark": dark,
             "begin": found.begin_s, "cell": found.cell_s, "values": packed(values)}
        )  # fmt: skip
        words.append(f"Largest, {label_of(item.path)}: {values.max():.5g} {power.unit}.")
    limits = [
        {"name": f"{row.rule.name} ({row.rule.status})", "value": (row.limit or 0.0) / power.scale}
        for row in rows
    ]
    words += [f"Limit of {item['name']}: {item['value']:.5g} {power.unit}." for item in limits]
    how = "the power itself" if band is None else f"the power behind a {band.describe()}"
    return {
        "id": f"rolling-{number}",
        "title": f"Rolling peak-to-peak within {window_s:g} s",
        "unit": power.unit,
        "traces": traces,
        "limits": limits,
        "text": f"Of {how}; each cell shows its largest window. " + " ".join(words),
    }
