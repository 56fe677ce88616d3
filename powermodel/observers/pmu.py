# SPDX-License-Identifier: Apache-2.0
"""What a phasor measurement unit reports of a power, P and M class.

The reference signal processing model of IEC/IEEE 60255-118-1 (2018), annex D: a low-pass filter on
the demodulated phasor. At constant voltage the phasor of the current follows the power, so the same
filter acts on the power itself. Filters fix the nominal frequency; no frequency tracking.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from powermodel.indicators.inputs import FloatArray, checked_dt, checked_record
from powermodel.observers.observation import Observation, ObserverError

PmuClass: TypeAlias = Literal["P", "M"]

_SAMPLES_PER_CYCLE = 16
# (reference frequency [Hz], order at 16 samples a cycle) by reports a second: Table D.1.
_M_CLASS: dict[float, dict[int, tuple[float, int]]] = {
    50.0: {10: (1.779, 806), 25: (4.355, 338), 50: (7.75, 142), 100: (14.1, 66)},
    60.0: {
        10: (1.78, 968),
        12: (2.125, 816),
        15: (2.64, 662),
        20: (3.5, 502),
        30: (5.02, 306),
        60: (8.19, 164),
        120: (16.25, 70),
    },
}
_FEWEST_TAPS = 9


def _taps(pmu_class: str, reports_hz: int, mains_hz: float, dt_s: float) -> FloatArray:
    """Sample the filter at the record's own step; the sum is 1."""
    if mains_hz not in _M_CLASS:
        raise ObserverError(f"expected a mains frequency of 50 or 60 Hz, got {mains_hz:g} Hz")
    known = _M_CLASS[mains_hz]
    if reports_hz not in known:
        raise ObserverError(
            f"no reporting rate of {reports_hz:g} a second at {mains_hz:g} Hz",
            hint=f"one of: {', '.join(map(str, known))}",
        )
    if pmu_class == "P":
        half_s = 1 / mains_hz
        count = int(np.ceil(half_s / dt_s - 1e-9)) - 1
        weights = 1 - np.abs(np.arange(-count, count + 1)) * dt_s / half_s
    elif pmu_class == "M":
        reference_hz, order = known[reports_hz]
        half_s = order / 2 / (_SAMPLES_PER_CYCLE * mains_hz)
        count = int(half_s / dt_s + 1e-9)
        place_s = np.arange(-count, count + 1) * dt_s
        hamming = 0.54 + 0.46 * np.cos(np.pi * place_s / half_s)
        weights = np.sinc(4 * reference_hz * place_s) * hamming
    else:
        raise ObserverError(f"unknown class of PMU {pmu_class!r}", hint="one of: 'P', 'M'")
    if weights.size < _FEWEST_TAPS:
        raise ObserverError(
            f"a PMU filter of class {pmu_class} needs a step of at most"
            f" {2 * half_s / (_FEWEST_TAPS + 1):.3g} s, got {dt_s:g} s",
            hint="run with a smaller dt",
        )
    taps: FloatArray = weights / weights.sum()
    return taps


def pmu(
    power_w: npt.ArrayLike,
    dt_s: float,
    *,
    pmu_class: PmuClass,
    reports_hz: int,
    mains_hz: float,
) -> Observation:
    """Report what a PMU would.

    Parameters
    ----------
    power_w : array_like
        Power samples [W].
    dt_s : float
        Time between samples [s].
    pmu_class : {"P", "M"}
        Protection (fast, two cycles) or measurement (sharp).
    reports_hz : int
        Reports a second.
    mains_hz : float
        50 or 60 Hz.

    Returns
    -------
    Observation
        Stamped at the middle of the filter, at the sample nearest to each reporting time; reports
        whose filter would reach beyond the record are left out.
    """
    from scipy.signal import oaconvolve

    series = checked_record(power_w)
    step_s = checked_dt(dt_s)
    taps = _taps(pmu_class, reports_hz, mains_hz, step_s)
    if series.size < taps.size:
        raise ObserverError(
            f"the record of {series.size * step_s:g} s is shorter than the filter of"
            f" {taps.size * step_s:g} s",
            hint="run for longer",
        )
    half = taps.size // 2
    base_w = series.mean()
    smooth = base_w + oaconvolve(series - base_w, taps, mode="valid")
    first = int(np.ceil(half * step_s * reports_hz - 1e-9))
    last = int((series.size - 1 - half) * step_s * reports_hz + 1e-9)
    wanted = np.rint(np.arange(first, last + 1) / reports_hz / step_s).astype(np.int64)
    places = wanted[(wanted >= half) & (wanted < series.size - half)]
    return Observation(
        f"PMU {pmu_class}, {reports_hz} a second",
        np.round(places * step_s, 9),
        smooth[places - half],
        f"IEC/IEEE 60255-118-1 annex D, class {pmu_class} filter on the power at constant voltage",
        {
            "class": pmu_class,
            "reports_hz": reports_hz,
            "mains_hz": mains_hz,
            "filter_s": taps.size * step_s,
            "dt_s": step_s,
        },
    )


def pmu_response(
    frequency_hz: npt.ArrayLike,
    *,
    pmu_class: PmuClass,
    reports_hz: int,
    mains_hz: float,
    dt_s: float,
) -> FloatArray:
    """Gain of a swing of some frequency in the reports.

    Parameters
    ----------
    frequency_hz : array_like
        Of the swing [Hz].
    pmu_class, reports_hz, mains_hz
        See `pmu`.
    dt_s : float
        Time between samples of the record [s].
    """
    taps = _taps(pmu_class, reports_hz, mains_hz, checked_dt(dt_s))
    half = taps.size // 2
    place_s = np.arange(-half, half + 1) * dt_s
    asked = np.atleast_1d(np.asarray(frequency_hz, dtype=np.float64))
    gain: FloatArray = np.cos(2 * np.pi * asked[:, None] * place_s) @ taps
    return gain
