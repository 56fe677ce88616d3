# SPDX-License-Identifier: Apache-2.0
"""The strongest line of the power at the POI over time, on a page."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from powermodel.indicators.line_track import DEFINITION, LineTrack
from powermodel.report.page.charts import Chart
from powermodel.report.page.parts import Curve, Part, Plain
from powermodel.report.panels import BLUE, ORANGE


def line_part(track: LineTrack | None, power: Chart) -> Iterator[Part]:
    """Yield what a page says of the line over time, if there is one.

    Parameters
    ----------
    track : LineTrack or None
        Of the power at the POI.
    power : Chart
        Whose unit the amplitude is shown in.
    """
    if track is None or not np.isfinite(track.frequency_hz).any():
        return
    seen_hz = track.frequency_hz[np.isfinite(track.frequency_hz)]
    amplitude = track.amplitude_w / power.scale
    text_hz = (
        f"From {seen_hz.min():.4g} to {seen_hz.max():.4g} Hz, median {np.median(seen_hz):.4g} Hz,"
        f" in {seen_hz.size} segments."
    )
    text_w = (
        f"Amplitude (peak) from {np.nanmin(amplitude):.4g} to {np.nanmax(amplitude):.4g}"
        f" {power.unit}, median {np.nanmedian(amplitude):.4g} {power.unit}."
    )
    x = "middle of the segment [s]"
    curve_hz = Curve("at the POI", BLUE, track.middle_s, track.frequency_hz, marks=True)
    curve_w = Curve("at the POI", ORANGE, track.middle_s, amplitude, marks=True)
    yield Part(
        "line",
        "Strongest line over time",
        (
            f"{DEFINITION[0].upper()}{DEFINITION[1:]}. One that stays drives whatever mode lies at"
            " its frequency; one that wanders does not.",
        ),
        (
            Plain("line-frequency", "Its frequency", x, "Hz", (curve_hz,), text_hz),
            Plain("line-amplitude", "Its amplitude", x, power.unit, (curve_w,), text_w),
        ),
    )
