# SPDX-License-Identifier: Apache-2.0
"""Ramps and spectra of a record in an array of CuPy or any library with the Python array API.

The samples stay where they are; what comes back is small and on the host. A record is looked at
whole, without streaming. Filters with memory are not part of the array API: see
`powermodel.indicators.on_arrays_filtered`. Runs on CuPy arrays: tested on an H100.
"""

from __future__ import annotations

from typing import Any, get_args

import numpy as np

from powermodel.indicators.array_library import beside, checked_array, on_host
from powermodel.indicators.inputs import FloatArray, IndicatorError, NotAssessedError, steps_in
from powermodel.indicators.power_levels import at_s
from powermodel.indicators.power_ramps import Definition, Ramp
from powermodel.indicators.segments import Detrend, Segments, cut, taps_of
from powermodel.indicators.spectrum import Spectrum


def ramp_of(
    power_w: Any, dt_s: float, window_s: float, definition: Definition = "endpoint"
) -> Ramp:
    """Largest change of power within a window, as `powermodel.indicators.power_ramps.ramp`.

    Parameters
    ----------
    power_w : array
        Power samples [W], of CuPy or any library with the array API.
    dt_s : float
        Time between samples [s].
    window_s : float
        Length of the window [s]: a whole number of steps, at least two.
    definition : {"endpoint", "peak-to-peak", "block-mean"}
        What a change within a window is.

    Raises
    ------
    NotAssessedError
        If the record is shorter than what the definition needs, or the step is too coarse.
    """
    xp, series = checked_array(power_w)
    steps = steps_in(window_s, dt_s)
    if definition not in get_args(Definition):
        raise IndicatorError(
            f"unknown definition of a ramp {definition!r}",
            hint=f"one of: {', '.join(get_args(Definition))}",
        )
    size = int(series.shape[0])
    if size < (2 * steps if definition == "block-mean" else steps + 1):
        windows = "two windows" if definition == "block-mean" else "one window"
        raise NotAssessedError(
            f"the record of {size * dt_s:g} s does not hold {windows} of {window_s:g} s",
            hint="run for longer, or ask for a shorter window",
        )
    up, down, stride = _changes(xp, series, steps, definition)
    top, bottom = int(xp.argmax(up)), int(xp.argmin(down))
    return Ramp(
        up_w=float(up[top]),
        up_at_s=at_s(top * stride, dt_s),
        down_w=float(down[bottom]),
        down_at_s=at_s(bottom * stride, dt_s),
        window_s=window_s,
        definition=definition,
    )


def spectrum_of(
    power_w: Any,
    dt_s: float,
    *,
    segment_s: float | None = None,
    window: str = "hann",
    overlap: float = 0.5,
    detrend: Detrend = "constant",
) -> Spectrum:
    """Spectrum of a record by Welch's method, as `powermodel.indicators.spectrum.welch`.

    Bands and lines of it are found by `band_of` and `lines_of`.

    Parameters
    ----------
    power_w : array
        Power samples [W], of CuPy or any library with the array API.
    dt_s : float
        Time between samples [s].
    segment_s, window, overlap, detrend
        See `powermodel.indicators.segments.cut`.
    """
    xp, series = checked_array(power_w)
    segments = cut(
        int(series.shape[0]), dt_s,
        segment_s=segment_s, window=window, overlap=overlap, detrend=detrend,
    )  # fmt: skip
    host_taps = taps_of(window, segments.length)
    taps = beside(xp, series, host_taps)
    ramp = beside(xp, series, np.linspace(-1.0, 1.0, segments.length))
    total = None
    for number in range(segments.count):
        first = number * segments.hop
        part = _detrended(xp, series[first : first + segments.length], ramp, detrend)
        lines = xp.fft.rfft(part * taps)
        energy = xp.real(lines) ** 2 + xp.imag(lines) ** 2
        total = energy if total is None else total + energy
    return _spectrum(on_host(total), float(xp.max(xp.abs(series))), host_taps, segments)


def _changes(xp: Any, series: Any, steps: int, definition: Definition) -> tuple[Any, Any, int]:
    """Return the changes upwards and downwards, and how many samples they are apart."""
    if definition == "endpoint":
        change = series[steps:] - series[:-steps]
        return change, change, 1
    if definition == "peak-to-peak":
        high = _running(xp.maximum, series, steps + 1)
        swing = high - _running(xp.minimum, series, steps + 1)
        return swing, -swing, 1
    whole = int(series.shape[0]) // steps
    means = xp.mean(xp.reshape(series[: whole * steps], (whole, steps)), axis=1)
    change = means[1:] - means[:-1]
    return change, change, steps


def _running(extreme: Any, series: Any, width: int) -> Any:
    """Return the extreme of every `width` neighbors, by windows that double: log2 passes."""
    found, reach = series, 1
    while 2 * reach <= width:
        found = extreme(found[:-reach], found[reach:])
        reach *= 2
    rest = width - reach
    return extreme(found[:-rest], found[rest:]) if rest else found


def _detrended(xp: Any, part: Any, ramp: Any, detrend: Detrend) -> Any:
    if detrend == "none":
        return part
    flat = part - xp.mean(part)
    if detrend == "constant":
        return flat
    return flat - ramp * (xp.sum(flat * ramp) / xp.sum(ramp * ramp))


def _spectrum(
    energy: FloatArray, largest_w: float, taps: FloatArray, segments: Segments
) -> Spectrum:
    """Scale summed energies to a one-sided density."""
    density = energy * (segments.dt_s / float(np.square(taps).sum()) / segments.count)
    # Every line but 0 Hz and Nyquist stands for its mirror image as well.
    density[1 : -1 if segments.length % 2 == 0 else None] *= 2.0
    gain = float(np.square(taps).sum()) / float(taps.sum()) ** 2
    return Spectrum(
        frequency_hz=segments.frequency_hz(),
        density_w2_hz=density,
        enbw_hz=gain / segments.dt_s,
        largest_w=largest_w,
        segments=segments,
    )
