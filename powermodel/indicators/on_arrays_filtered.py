# SPDX-License-Identifier: Apache-2.0
"""Band-limited power and flicker of a record that lies in an array of NumPy or CuPy.

The coefficients and definitions are those of the streaming forms. The record is looked at whole: a
filter that has seen a constant for ever answers to what differs from that constant as from rest,
so no memory of a filter is handed to a library, where NumPy and CuPy differ. Tested with a
stand-in for CuPy and on an H100.
"""

from __future__ import annotations

from typing import Any

from powermodel.indicators.array_library import beside, checked_array, on_host, signal_of
from powermodel.indicators.filtered import BandPass
from powermodel.indicators.flicker import Flicker, result_of, short_term
from powermodel.indicators.flicker_plan import Flickermeter, Plan, check_voltage, plan_of
from powermodel.indicators.inputs import NotAssessedError


def band_passed(power_w: Any, dt_s: float, band_pass: BandPass) -> Any:
    """Power behind a band-pass, without the time it settles, as an array of the same library.

    Its swing is `ramp_of` by ``"peak-to-peak"``, see `powermodel.indicators.on_arrays`; times
    count from the end of the settling, as those of `powermodel.indicators.filtered.filtered`.

    Parameters
    ----------
    power_w : array
        Power samples [W], of NumPy or CuPy.
    dt_s : float
        Time between samples [s].
    band_pass : BandPass
        The filter. It has seen the first sample for ever.

    Raises
    ------
    NotAssessedError
        If the step is too coarse for the band, or the record ends before the filter has settled.
    """
    xp, series = checked_array(power_w)
    signal = signal_of(series)
    sections = beside(xp, series, band_pass.sections(dt_s))
    settle = round(band_pass.settle_s / dt_s)
    if int(series.shape[0]) <= settle:
        raise NotAssessedError(
            f"the record of {series.shape[0] * dt_s:g} s ends before the filter has settled, after"
            f" {band_pass.settle_s:g} s",
            hint="run for longer",
        )
    return signal.sosfilt(sections, series - series[0])[settle:]


def flicker_of(voltage: Any, dt_s: float, meter: Flickermeter) -> Flicker:
    """Flicker of a voltage, as `powermodel.indicators.flicker.flicker`.

    The sensation of each interval, about 1000 values a second, is copied to the host for its
    percentiles.

    Parameters
    ----------
    voltage : array
        Samples of the voltage, or of its RMS envelope, of NumPy or CuPy, in any unit.
    dt_s : float
        Time between samples [s].
    meter : Flickermeter
        Mains, lamp, source and interval.

    Raises
    ------
    NotAssessedError
        If the record is shorter than one interval, or the step is too coarse.
    """
    xp, series = checked_array(voltage)
    plan = plan_of(meter, dt_s)
    pinst = _sensation(xp, series, plan)
    kept = pinst[:: plan.stride]
    intervals = int(kept.shape[0]) // plan.wanted
    pst = tuple(
        short_term(on_host(kept[plan.wanted * number : plan.wanted * (number + 1)]))
        for number in range(intervals)
    )
    top = int(xp.argmax(pinst))
    return result_of(plan, pst, int(series.shape[0]), float(pinst[top]), top)


def _sensation(xp: Any, voltage: Any, plan: Plan) -> Any:
    """Return Pinst at every sample: blocks 1 to 4."""
    signal, filters = signal_of(voltage), plan.filters
    square = voltage * voltage
    past = square[: plan.first]
    before = float(xp.mean(past))
    check_voltage(before, "in the first second")
    gain = [beside(xp, voltage, part) for part in filters.gain]
    level = signal.lfilter(*gain, square - before) + before
    check_voltage(float(xp.min(level)), "throughout")
    relative = square / level
    # The ripple of a waveform must be there before the record begins, see `flicker`.
    lead = int(past.shape[0]) if float(xp.min(voltage[: plan.first])) < 0 else 0
    relative = xp.concat((past[:lead] / before, relative)) - 1.0
    eye = signal.sosfilt(beside(xp, voltage, filters.weighting), relative)[lead:]
    memory = [beside(xp, voltage, part) for part in filters.memory]
    return signal.lfilter(*memory, eye * eye) * filters.scale
