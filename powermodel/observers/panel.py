# SPDX-License-Identifier: Apache-2.0
"""All instruments side by side on one power: what each would show, and what it hides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import numpy as np

from powermodel.indicators.inputs import FloatArray
from powermodel.observers.instruments import instrument_names, observe_with, title_of
from powermodel.observers.observation import Observation, ObserverError
from powermodel.observers.pmu import PmuClass, pmu
from powermodel.observers.waveform import point_on_wave

_PMU_RATES = {60.0: (30, 60), 50.0: (25, 50)}
_PMU_CLASSES: tuple[PmuClass, ...] = ("P", "M")
_WAVE_PER_CYCLE = 64
_WAVE_S = 2.0
_ANY_VOLTAGE_V = 1.0
"""A recorder's power does not depend on the voltage that carries it."""


class Reading(NamedTuple):
    """What one instrument makes of a power."""

    instrument: str
    title: str
    readings: int | None
    largest_w: float | None
    smallest_w: float | None
    range_w: float | None
    hidden_share: float | None
    """Share of the swing that it does not show; None where it cannot look at this record."""
    definition: str
    reason: str


def readings(
    power_w: FloatArray, dt_s: float, *, mains_hz: float | None, power_factor: float | None
) -> list[Reading]:
    """Look at a power with every instrument there is.

    Parameters
    ----------
    power_w : ndarray
        Power samples [W].
    dt_s : float
        Time between samples [s].
    mains_hz : float, optional
        50 or 60 Hz; phasors and waveforms need it.
    power_factor : float, optional
        Displacement power factor of the load; waveforms need it.
    """
    return list(_readings(power_w, dt_s, mains_hz, power_factor))


def _readings(
    power_w: FloatArray, dt_s: float, mains_hz: float | None, power_factor: float | None
) -> Iterator[Reading]:
    for name in instrument_names():
        yield _look(name, title_of(name), power_w, partial(observe_with, name, power_w, dt_s))
    for rate, kind in ((place, kind) for place in (0, 1) for kind in _PMU_CLASSES):
        yield _phasors(power_w, dt_s, mains_hz, kind, rate)
    yield _recorder(power_w, dt_s, mains_hz, power_factor)


def _phasors(
    power_w: FloatArray, dt_s: float, mains_hz: float | None, kind: PmuClass, place: int
) -> Reading:
    rates = _PMU_RATES.get(mains_hz or 0.0)
    if mains_hz is None or rates is None:
        name = f"pmu-{kind.lower()}-{'half' if place == 0 else 'full'}"
        title = f"PMU, class {kind}, a report every {'second cycle' if place == 0 else 'cycle'}"
        return _unable(name, title, "needs the mains frequency: --mains 60, or --mains 50")
    rate = rates[place]
    return _look(
        f"pmu-{kind.lower()}-{rate}",
        f"PMU, class {kind}, {rate} reports a second",
        power_w,
        lambda: pmu(power_w, dt_s, pmu_class=kind, reports_hz=rate, mains_hz=mains_hz),
    )


def _recorder(
    power_w: FloatArray, dt_s: float, mains_hz: float | None, power_factor: float | None
) -> Reading:
    """Look at the part around the largest sample: a recorder is triggered, it does not run on."""
    name, title = "point-on-wave", "Point-on-wave recorder, around the largest sample"
    if mains_hz is None or power_factor is None:
        return _unable(name, title, "needs --mains and --power-factor")
    count = min(round(_WAVE_S / dt_s) + 1, power_w.size)
    first = min(max(int(np.argmax(power_w)) - count // 2, 0), power_w.size - count)
    part = power_w[first : first + count]

    def recorded() -> Observation:
        rate_hz = _WAVE_PER_CYCLE * mains_hz
        wave = point_on_wave(
            part,
            dt_s,
            voltage_v=_ANY_VOLTAGE_V,
            mains_hz=mains_hz,
            power_factor=power_factor,
            rate_hz=rate_hz,
        )
        return Observation(
            name,
            first * dt_s + wave.time_s,
            wave.power_w(),
            f"instantaneous power of three voltages and currents, {rate_hz:g} samples a second,"
            f" {part.size * dt_s:g} s around the largest sample",
        )

    return _look(name, title, part, recorded)


def _look(name: str, title: str, power_w: FloatArray, look: Callable[[], Observation]) -> Reading:
    try:
        seen = look()
    except ObserverError as error:
        return _unable(name, title, error.message)
    if seen.power_w.size < 2:
        return _unable(name, title, "the record holds less than two readings")
    return Reading(
        name,
        title,
        int(seen.power_w.size),
        float(seen.power_w.max()),
        float(seen.power_w.min()),
        seen.range_w,
        seen.hidden_share(power_w),
        seen.definition,
        "",
    )


def _unable(name: str, title: str, reason: str) -> Reading:
    return Reading(name, title, None, None, None, None, None, "", reason)
