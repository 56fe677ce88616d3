# SPDX-License-Identifier: Apache-2.0
"""Blocks 2 to 4 of the IEC flickermeter as digital filters: lamp, eye and brain.

IEC 61000-4-15 Ed. 2 (2010), clause 5; IEEE 1453 adopts it. The lamp and eye coefficients are those
of its Table of the weighting filter, in Hz there and in rad/s here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from powermodel.indicators.inputs import FloatArray, IndicatorError, NotAssessedError

EDITION = "IEC 61000-4-15 Ed. 2 (2010)"


@dataclass(frozen=True, slots=True)
class Lamp:
    """Weighting filter of an incandescent lamp, eye and brain; `decay` and corners in Hz."""

    gain: float
    decay_hz: float
    center_hz: float
    zero_hz: float
    pole_hz: tuple[float, float]
    reference_modulation: float
    """Relative voltage change dV/V of the sine at `REFERENCE_HZ` that gives a peak Pinst of 1."""


LAMPS = {
    "230 V": Lamp(1.74802, 4.05981, 9.15494, 2.27979, (1.22535, 21.9), 0.0025),
    "120 V": Lamp(1.6357, 4.167375, 9.077169, 2.939902, (1.394468, 17.31512), 0.00321),
}
LAMP_OF_MAINS = {50.0: "230 V", 60.0: "120 V"}
"""The lamp of the low voltage that goes with a mains frequency."""
_NAMED = {
    name.replace(" ", ""): (lamp, mains_hz)
    for mains_hz, usual in LAMP_OF_MAINS.items()
    for lamp in LAMPS
    for name in (f"{lamp}/{mains_hz:g} Hz", *([lamp] if lamp == usual else []))
}
"""Lamp and mains frequency by what they are called, without spaces."""
REFERENCE_HZ = 8.8
HIGH_PASS_HZ = 0.05
LOW_PASS_HZ = {50.0: 35.0, 60.0: 42.0}
LOW_PASS_ORDER = 6
MEMORY_S = 0.3
"""Time constant of the sliding mean of block 4."""
GAIN_TIME_S = 60.0 / math.log(9.0)
"""Time constant of the gain control of block 1: 10 to 90 % within a minute."""
SLOWEST_RATE_HZ = {"envelope": 400.0, "waveform": 2000.0}
"""Below these rates the filters, or the demodulated carrier, do not fit under half the rate."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Digital filters of one lamp, mains frequency and step."""

    gain: tuple[FloatArray, FloatArray]
    weighting: FloatArray
    memory: tuple[FloatArray, FloatArray]
    scale: float
    """Turns the output of block 4 into units of the perception threshold."""


def lamp_of(mains_hz: float, asked: str | None = None) -> str:
    """Return the lamp for mains, or refuse one that belongs to other mains.

    Edition 2 tabulates each lamp at 50 and at 60 Hz. The two pairs that are not usual are taken
    only where they are named in full, lamp and frequency.

    Parameters
    ----------
    mains_hz : float
        50 or 60 Hz.
    asked : str, optional
        ``"230 V"`` or ``"120 V"``, or a pair such as ``"230 V/60 Hz"``; left out, the lamp of the
        mains.

    Returns
    -------
    str
        A key of `LAMPS`.
    """
    if mains_hz not in LOW_PASS_HZ:
        raise IndicatorError(
            f"expected a mains frequency of 50 or 60 Hz, got {mains_hz:g} Hz",
            where="mains",
            hint="grids run at these two, and the flickermeter is defined for them alone",
        )
    usual = LAMP_OF_MAINS[mains_hz]
    if asked is None:
        return usual
    known = _NAMED.get("".join(asked.split()))
    if known is None:
        raise IndicatorError(
            f"unknown lamp {asked!r} of the flickermeter",
            where="lamp",
            hint=f"one of: {', '.join(repr(lamp) for lamp in LAMPS)}",
        )
    lamp, own_hz = known
    if own_hz != mains_hz:
        raise IndicatorError(
            f"the lamp {asked!r} is for mains of {own_hz:g} Hz, got mains of {mains_hz:g} Hz",
            where="lamp",
            hint=f"leave the lamp out for the usual one, {usual!r}; where the low voltage really"
            f" is {lamp} at {mains_hz:g} Hz, say so: '{lamp}/{mains_hz:g} Hz'",
        )
    return lamp


@lru_cache(maxsize=16)
def filters_of(lamp: str, mains_hz: float, dt_s: float, source: str) -> Filters:
    """Design the filters for a step.

    Parameters
    ----------
    lamp : str
        ``"230 V"`` or ``"120 V"``.
    mains_hz : float
        50 or 60 Hz.
    dt_s : float
        Time between samples [s].
    source : {"envelope", "waveform"}
        What the samples are.
    """
    from scipy import signal

    chosen = LAMPS[lamp]
    rate_hz = 1.0 / dt_s
    if rate_hz < SLOWEST_RATE_HZ[source] * (1 - 1e-9):
        raise NotAssessedError(
            f"the flickermeter needs at least {SLOWEST_RATE_HZ[source]:g} samples a second of"
            f" the {source}, got {rate_hz:g}",
            hint=f"run with a dt of at most {1e3 / SLOWEST_RATE_HZ[source]:g} ms",
        )
    weighting = np.concatenate(
        (
            signal.butter(1, HIGH_PASS_HZ, "highpass", fs=rate_hz, output="sos"),
            signal.butter(LOW_PASS_ORDER, LOW_PASS_HZ[mains_hz], fs=rate_hz, output="sos"),
            signal.zpk2sos(*signal.bilinear_zpk(*_weighting(chosen), fs=rate_hz)),
        )
    )
    return Filters(
        gain=signal.butter(1, 1 / (2 * math.pi * GAIN_TIME_S), fs=rate_hz),
        weighting=weighting,
        memory=signal.butter(1, 1 / (2 * math.pi * MEMORY_S), fs=rate_hz),
        scale=_scale(chosen, mains_hz),
    )


def _weighting(lamp: Lamp) -> tuple[list[complex], list[complex], float]:
    """Zeros, poles and gain of F(s) of clause 5.6.4, in rad/s."""
    turn = 2 * math.pi
    decay, center, zero = turn * lamp.decay_hz, turn * lamp.center_hz, turn * lamp.zero_hz
    first, second = (turn * pole for pole in lamp.pole_hz)
    ring = complex(0.0, math.sqrt(center**2 - decay**2))
    poles = [-decay + ring, -decay - ring, complex(-first), complex(-second)]
    return [0j, complex(-zero)], poles, lamp.gain * center * first * second / zero


def _scale(lamp: Lamp, mains_hz: float) -> float:
    """Reciprocal of the peak that the reference sine leaves at the output of block 4."""
    from scipy import signal

    at = 2 * math.pi * REFERENCE_HZ
    parts = (
        signal.butter(1, 2 * math.pi * HIGH_PASS_HZ, "highpass", analog=True, output="zpk"),
        signal.butter(
            LOW_PASS_ORDER, 2 * math.pi * LOW_PASS_HZ[mains_hz], analog=True, output="zpk"
        ),
        _weighting(lamp),
    )
    amplitude = lamp.reference_modulation
    for zeros, poles, gain in parts:
        amplitude *= abs(complex(signal.freqs_zpk(zeros, poles, gain, worN=[at])[1][0]))
    # The square of a sine is its mean and a ripple of twice the frequency, which the memory damps.
    ripple = 1 / math.hypot(1.0, 2 * at * MEMORY_S)
    return 1.0 / (amplitude**2 / 2 * (1 + ripple))
