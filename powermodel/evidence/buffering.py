# SPDX-License-Identifier: Apache-2.0
"""What the buffering of a load's swings is held to: ramp, tracking, frequency, oscillation."""

from __future__ import annotations

import numpy as np

from powermodel.evidence.profile import Profile
from powermodel.evidence.row import Row, at_most, not_assessed
from powermodel.evidence.run import EvidenceRun, Series
from powermodel.indicators import IndicatorError, ramp, welch
from powermodel.indicators.indicator import display

_RAMP_WINDOW_S = 1.0
_SEGMENT_S = 10.0


def ramping(profile: Profile, run: EvidenceRun) -> Row:
    """Largest ramp at the POI as a share of the IT load per second (T4)."""
    limit, asked = profile.get("t4_ramp"), "ramp at the POI"
    definition = (
        "largest magnitude of P(t + 1 s) - P(t), rolling by one sample, over the IT load of "
        f"{display(run.it_load_w, 'W')}"
    )
    if limit is None:
        return not_assessed("T4", asked, "the profile has no criterion")
    try:
        found = ramp(run.poi_w, run.dt_s, _RAMP_WINDOW_S)
    except IndicatorError as error:
        return not_assessed("T4", asked, error.message, limit, definition)
    share = found.largest_w / _RAMP_WINDOW_S / run.it_load_w
    return at_most("T4", asked, share, limit, definition)


def tracking(profile: Profile, run: EvidenceRun) -> Row:
    """Error of the storage against its command (T4)."""
    limit, asked = profile.get("t4_tracking"), "tracking"
    definition = "root mean square of power less command, over that of the command"
    if limit is None:
        return not_assessed("T4", asked, "the profile has no criterion")
    if run.storage_w is None or run.command_w is None:
        return not_assessed("T4", asked, "the run does not hold the command", limit, definition)
    command = _rms(run.command_w)
    if command == 0.0:
        return not_assessed("T4", asked, "storage was asked for nothing", limit, definition)
    error = _rms(run.storage_w - run.command_w) / command
    return at_most("T4", asked, error, limit, definition)


def frequency(profile: Profile, run: EvidenceRun) -> Row:
    """Deviation of the frequency while the load swings (T4)."""
    limit, asked = profile.get("t4_frequency"), "frequency"
    definition = (
        f"largest deviation from {run.nominal_hz:g} Hz; the criterion may mean a modulation"
    )
    if limit is None:
        return not_assessed("T4", asked, "the profile has no criterion")
    if run.frequency_hz is None:
        reason = "nothing simulates the frequency in this run: it has no supply"
        return not_assessed("T4", asked, reason, limit, definition)
    deviation = float(np.abs(run.frequency_hz - run.nominal_hz).max())
    return at_most("T4", asked, deviation, limit, definition)


def oscillation(profile: Profile, run: EvidenceRun) -> Row:
    """Whether storage adds to what the load holds in a band (T9)."""
    asked = "oscillation"
    needed = ("t9_band_low", "t9_band_high", "t9_gain", "t9_part", "t9_floor")
    if not profile.has(*needed):
        return not_assessed("T9", asked, f"the profile lacks one of {', '.join(needed)}")
    limit = profile.record["t9_gain"]
    low, high, part, floor = (profile.value(name) for name in (*needed[:2], *needed[3:]))
    definition = (
        f"largest ratio of POI to load, rms, in parts of {part:g} Hz from {low:g} to {high:g} Hz "
        f"where the POI holds more than {floor:g} of the IT load (the load: at least as much)"
    )
    if 0.5 / run.dt_s < high:
        reason = f"steps of {run.dt_s:g} s do not resolve {high:g} Hz"
        return not_assessed("T9", asked, reason, limit, definition)
    if run.duration_s < _SEGMENT_S:
        reason = f"a record of {run.duration_s:g} s, expected at least {_SEGMENT_S:g} s"
        return not_assessed("T9", asked, reason, limit, definition)
    edges = np.arange(low, high + part / 2, part)
    poi, load = (_band_rms(series, run.dt_s, edges) for series in (run.poi_w, run.load_w))
    least_w = floor * run.it_load_w
    counted = poi > least_w
    ratio = (poi[counted] / np.maximum(load[counted], least_w)).max(initial=0.0)
    return at_most("T9", asked, float(ratio), limit, definition)


def _rms(series: Series) -> float:
    return float(np.sqrt(np.mean(np.square(series, dtype=np.float64))))


def _band_rms(series: Series, dt_s: float, edges: Series) -> Series:
    """Return the rms in each band between successive edges."""
    spectrum = welch(series, dt_s, segment_s=_SEGMENT_S)
    df_hz = spectrum.segments.df_hz
    # Mean squares up to each edge; bins lie at multiples of df.
    total = np.concatenate(([0.0], np.cumsum(spectrum.density_w2_hz) * df_hz))
    at = np.rint(edges / df_hz).astype(np.int64).clip(0, total.size - 1)
    rms: Series = np.sqrt(np.diff(total[at]))
    return rms
