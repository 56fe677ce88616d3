# SPDX-License-Identifier: Apache-2.0
"""Closed forms beside the simulated answer: what a farm would need if the load were that simple."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from powermodel.indicators.indicator import display
from powermodel.limits import Limit, PowerRecord
from powermodel.sizing.measuring import F64, Yardstick, strongest_line_hz
from powermodel_kernels.laws.sizing import (
    high_pass_energy_j,
    ramp_limit_energy_j,
    square_wave_energy_j,
    square_wave_power_w,
)

LEVELS_PERCENT = (5.0, 95.0)
"""The lower and upper level of a load, as percentiles of its samples."""
SIGMAS = 6.0
"""Store of a random load in standard deviations of its energy."""

_RAMPS = ("ramp", "ramp up", "ramp down", "rolling range")


@dataclass(frozen=True, slots=True)
class Shape:
    """A load as a square wave.

    Parameters
    ----------
    swing_w : float
        Upper minus lower level, see `LEVELS_PERCENT` [W].
    duty : float
        Share of the samples above the middle of the two.
    period_s : float
        One over the strongest line [s]; infinite where there is none.
    range_w : float
        Largest minus smallest sample [W].
    """

    swing_w: float
    duty: float
    period_s: float
    range_w: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one closed form says.

    Parameters
    ----------
    name : str
        Of the case.
    energy_j, power_w : float
        What a farm would need [J, W].
    basis : str
        The formula with its numbers.
    """

    name: str
    energy_j: float
    power_w: float
    basis: str

    def to_dict(self) -> dict[str, Any]:
        """Return it as what JSON can hold."""
        return asdict(self)


def shape_of(power_w: F64, dt_s: float) -> Shape:
    """Return the square wave that is most like a load.

    Parameters
    ----------
    power_w : ndarray
        Load [W].
    dt_s : float
        Time between samples [s].
    """
    low_w, high_w = (float(level) for level in np.percentile(power_w, LEVELS_PERCENT))
    frequency_hz = strongest_line_hz(power_w, dt_s)
    return Shape(
        swing_w=high_w - low_w,
        duty=float(np.mean(power_w > 0.5 * (low_w + high_w))),
        period_s=1.0 / frequency_hz if frequency_hz > 0.0 else math.inf,
        range_w=float(power_w.max() - power_w.min()),
    )


def estimates(power_w: F64, yardstick: Yardstick) -> tuple[Estimate, ...]:
    """Return the closed forms for a load and limits.

    Parameters
    ----------
    power_w : ndarray
        Load without buffering [W].
    yardstick : Yardstick
        Its limits, step, and what counts of it.
    """
    seen_w, dt_s = power_w[yardstick.first :], yardstick.dt_s
    shape = shape_of(seen_w, dt_s)
    found = []
    if math.isfinite(shape.period_s):
        found.append(_square(shape))
    for limit in yardstick.limits:
        found += _ramp(limit, seen_w, dt_s, shape)
    return tuple(found)


def _square(shape: Shape) -> Estimate:
    return Estimate(
        "square wave made flat",
        square_wave_energy_j(shape.swing_w, shape.duty, shape.period_s),
        square_wave_power_w(shape.swing_w, shape.duty),
        f"ΔP·d(1−d)·T and max(d, 1−d)·ΔP: ΔP {display(shape.swing_w, 'W')}, d {shape.duty:.3g},"
        f" T {shape.period_s:.4g} s",
    )


def _ramp(limit: Limit, power_w: F64, dt_s: float, shape: Shape) -> Iterator[Estimate]:
    """Yield what a step as large as the load's range takes under a limit on its ramp."""
    if limit.measure not in _RAMPS:
        return
    rate = limit.value / limit.arguments[0]
    step_w = shape.range_w
    said = f"ΔP {display(step_w, 'W')}, r {display(rate, 'W')}/s"
    yield Estimate(
        f"ramp limit on a step ({limit.subject})",
        ramp_limit_energy_j(step_w, rate),
        step_w,
        f"ΔP²/(2r) and ΔP: {said}",
    )
    tau_s = step_w / rate
    yield Estimate(
        f"high-pass on a step ({limit.subject})",
        high_pass_energy_j(step_w, tau_s),
        step_w,
        f"ΔP·τ and ΔP, τ = ΔP/r: {said}, τ {tau_s:.4g} s",
    )
    variance_j2, peak_w = high_pass_store(power_w, dt_s, tau_s)
    yield Estimate(
        f"high-pass by spectrum ({limit.subject})",
        SIGMAS * math.sqrt(variance_j2),
        peak_w,
        f"{SIGMAS:g}σ, σ² = ∫|H|²S/(2πf)² df, and the peak of the filtered load: τ {tau_s:.4g} s",
    )


def high_pass_store(power_w: F64, dt_s: float, tau_s: float) -> tuple[float, float]:
    """Return variance of the energy [J**2] and peak power [W] of a first-order high-pass's store.

    Parameters
    ----------
    power_w : ndarray
        Load [W].
    dt_s : float
        Time between samples [s].
    tau_s : float
        Time constant of the high-pass [s].
    """
    spectrum = PowerRecord(power_w, dt_s).plain_spectrum
    turn = 2.0 * math.pi * spectrum.frequency_hz[1:]
    through = (turn * tau_s) ** 2 / (1.0 + (turn * tau_s) ** 2)
    density = spectrum.density_w2_hz[1:] * through
    variance_j2 = float((density / turn**2).sum()) * spectrum.segments.df_hz
    return variance_j2, _high_pass_peak_w(power_w, dt_s, tau_s)


def _high_pass_peak_w(power_w: F64, dt_s: float, tau_s: float) -> float:
    """Return the largest magnitude of the load behind the high-pass, which begins settled."""
    from scipy.signal import lfilter

    keep = math.exp(-dt_s / tau_s)
    steps = np.diff(power_w, prepend=power_w[0])
    return float(np.abs(lfilter([1.0], [1.0, -keep], steps)).max())
