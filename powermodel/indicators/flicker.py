# SPDX-License-Identifier: Apache-2.0
"""Flicker by IEC 61000-4-15 Ed. 2: Pinst, Pst and Plt of a voltage, sampled or as its envelope.

Verified against the table of rectangular changes of the standard in ``tests/indicators``. A series
of power has no flicker by itself: the voltage that it makes depends on the grid behind the point of
interconnection, see `powermodel.indicators.voltage`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from powermodel.indicators.flicker_filters import EDITION, Filters
from powermodel.indicators.flicker_plan import Flickermeter, Plan, check_voltage, plan_of
from powermodel.indicators.inputs import (
    FloatArray,
    IndicatorError,
    NotAssessedError,
    checked_record,
)
from powermodel.indicators.statistic import Statistic, not_merged

PLT_COUNT = 12
"""Consecutive Pst values of one Plt."""
DEFINITION = (
    f"{EDITION}: gain control from the first second on, square, 0.05 Hz high-pass, low-pass of"
    " 6th order, lamp and eye, square, 300 ms mean; percentiles of whole intervals, no samples"
    " left out at the start"
)

# (weight, percentages of the time for which the level is exceeded; their levels are averaged).
_PST_TERMS = (
    (0.0314, (0.1,)),
    (0.0525, (0.7, 1.0, 1.5)),
    (0.0657, (2.2, 3.0, 4.0)),
    (0.28, (6.0, 8.0, 10.0, 13.0, 17.0)),
    (0.08, (30.0, 50.0, 80.0)),
)


@dataclass(frozen=True, slots=True)
class Flicker:
    """Flicker of one record.

    Parameters
    ----------
    pst : tuple of float
        Short-term severity of each whole interval.
    plt : tuple of float
        Long-term severity of each 12 consecutive, not overlapping intervals.
    pinst_max : float
        Largest instantaneous flicker sensation.
    pinst_max_at_s : float
        When [s], from the first sample.
    parameters : dict
        Edition, lamp, mains frequency, source, interval.
    """

    pst: tuple[float, ...]
    plt: tuple[float, ...]
    pinst_max: float
    pinst_max_at_s: float
    parameters: dict[str, Any]


def flicker(voltage: npt.ArrayLike, dt_s: float, meter: Flickermeter) -> Flicker:
    """Flicker of a voltage.

    Parameters
    ----------
    voltage : array_like
        Samples of the voltage, or of its RMS envelope, in any unit: only its changes count.
    dt_s : float
        Time between samples [s].
    meter : Flickermeter
        Mains, lamp, source and interval.

    Raises
    ------
    NotAssessedError
        If the record is shorter than one interval, or the step is too coarse.
    """
    series = checked_record(voltage)
    statistic = flicker_statistic(dt_s, meter)
    return statistic.finish(statistic.of(series))


@dataclass(frozen=True, slots=True)
class FlickerState:
    """Memories of the filters, and the sensation of the interval that is not whole yet."""

    size: int = 0
    waiting: tuple[FloatArray, ...] = ()
    """Samples of the first second, which sets the gain."""
    memories: tuple[FloatArray, FloatArray, FloatArray] | None = None
    kept: tuple[FloatArray, ...] = ()
    kept_size: int = 0
    pst: tuple[float, ...] = ()
    pinst_max: float = -math.inf
    pinst_max_sample: int = -1


def flicker_statistic(dt_s: float, meter: Flickermeter) -> Statistic[FlickerState, Flicker]:
    """Return the streaming form of `flicker`: same bits for every partition of the series.

    Its ``merge`` refuses: a recursive filter needs what came before.
    """
    plan = plan_of(meter, dt_s)

    def update(state: FlickerState, block: FloatArray) -> FlickerState:
        if state.memories is None:
            if state.size + block.size < plan.first:
                waiting = (*state.waiting, block.copy())
                return replace(state, waiting=waiting, size=state.size + block.size)
            block = np.concatenate((*state.waiting, block))
            state = FlickerState(memories=_start(plan.filters, block[: plan.first]))
        return _take(state, block, plan)

    def finish(state: FlickerState) -> Flicker:
        return result_of(plan, state.pst, state.size, state.pinst_max, state.pinst_max_sample)

    return Statistic(
        init=lambda _start: FlickerState(), update=update, merge=not_merged, finish=finish
    )


def _start(filters: Filters, voltage: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Memories of filters that have seen the mean square of the first second for ever.

    A waveform is more than its mean square: its ripple at twice the mains frequency must be there
    before the record begins as well, so the last whole second of the past is a copy of the first.
    """
    from scipy import signal

    square = voltage * voltage
    mean_square = float(np.mean(square))
    check_voltage(mean_square, "in the first second")
    weighting = signal.sosfilt_zi(filters.weighting)
    if float(np.min(voltage)) < 0:
        _, weighting = signal.sosfilt(filters.weighting, square / mean_square, zi=weighting)
    return signal.lfilter_zi(*filters.gain) * mean_square, weighting, np.zeros(1)


def _take(state: FlickerState, voltage: FloatArray, plan: Plan) -> FlickerState:
    from scipy import signal

    filters, stride, wanted = plan.filters, plan.stride, plan.wanted
    if state.memories is None or voltage.size == 0:
        return state
    square = voltage * voltage
    level, gain = signal.lfilter(*filters.gain, square, zi=state.memories[0])
    check_voltage(float(level.min()), "throughout")
    eye, weighting = signal.sosfilt(filters.weighting, square / level, zi=state.memories[1])
    pinst, memory = signal.lfilter(*filters.memory, eye * eye, zi=state.memories[2])
    pinst *= filters.scale
    top = int(np.argmax(pinst))
    kept = pinst[-state.size % stride :: stride]
    grown = replace(state, size=state.size + voltage.size, memories=(gain, weighting, memory))
    if pinst[top] > state.pinst_max:
        grown = replace(grown, pinst_max=float(pinst[top]), pinst_max_sample=state.size + top)
    while grown.kept_size + kept.size >= wanted:
        missing = wanted - grown.kept_size
        whole = np.concatenate((*grown.kept, kept[:missing]))
        grown = replace(grown, kept=(), kept_size=0, pst=(*grown.pst, short_term(whole)))
        kept = kept[missing:]
    return replace(grown, kept=(*grown.kept, kept.copy()), kept_size=grown.kept_size + kept.size)


def result_of(
    plan: Plan, pst: tuple[float, ...], size: int, pinst_max: float, pinst_max_sample: int
) -> Flicker:
    """Flicker of a record from the Pst of its intervals and its largest sensation.

    Parameters
    ----------
    plan : Plan
        How it was measured.
    pst : tuple of float
        Of each whole interval.
    size : int
        Samples of the record.
    pinst_max : float
        Largest instantaneous flicker sensation.
    pinst_max_sample : int
        At which sample.
    """
    if not pst:
        raise NotAssessedError(
            f"Pst needs a whole interval of {plan.interval_s:g} s, got {size * plan.dt_s:g} s",
            hint="run for longer",
        )
    at_s = round(pinst_max_sample * plan.dt_s, 9)
    return Flicker(pst, long_term(pst), pinst_max, at_s, plan.parameters)


def short_term(pinst: npt.ArrayLike) -> float:
    """Pst of the instantaneous flicker sensation of one interval (clause 5.7.2).

    Parameters
    ----------
    pinst : array_like
        In units of the perception threshold.
    """
    exceeded = [share for _, shares in _PST_TERMS for share in shares]
    found = np.percentile(checked_record(pinst), [100 - share for share in exceeded])
    levels = dict(zip(exceeded, found.tolist(), strict=True))
    terms = (
        weight * sum(levels[share] for share in shares) / len(shares)
        for weight, shares in _PST_TERMS
    )
    return math.sqrt(sum(terms))


def long_term(pst: Iterable[float]) -> tuple[float, ...]:
    """Plt of each 12 consecutive Pst: the cube root of the mean of their cubes.

    Parameters
    ----------
    pst : iterable of float
        Consecutive values; an incomplete last group is left out.
    """
    values = list(pst)
    groups = [
        values[at : at + PLT_COUNT] for at in range(0, len(values) - PLT_COUNT + 1, PLT_COUNT)
    ]
    return tuple((sum(value**3 for value in group) / PLT_COUNT) ** (1 / 3) for group in groups)


def severity_percentile(values: Iterable[float], percent: float) -> float:
    """Percentile of Pst or Plt over a study, as IEEE 1453 compares it with a planning level.

    Parameters
    ----------
    values : iterable of float
        Pst or Plt.
    percent : float
        Such as 95 or 99.

    Raises
    ------
    NotAssessedError
        If there are too few values for one of them to lie above the percentile.
    """
    found = np.asarray(list(values), dtype=np.float64)
    if not 0 < percent < 100:
        raise IndicatorError(f"expected a percentile between 0 and 100, got {percent:g}")
    needed = math.ceil(round(100 / (100 - percent), 6))
    if found.size < needed:
        raise NotAssessedError(
            f"the {percent:g} % value needs at least {needed} values, got {found.size}",
            hint="run for longer: IEEE 1453 asks for at least a day, better a week",
        )
    return float(np.percentile(found, percent))
