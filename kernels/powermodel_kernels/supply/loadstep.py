# SPDX-License-Identifier: Apache-2.0
"""How an island took a load step, and which performance class of ISO 8528-5 that is.

The standard covers reciprocating sets; for turbines it is a yardstick. Limits come from records,
one a class, because they differ between editions.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Series = NDArray[Any]


class LoadStep(NamedTuple):
    """What is measured of a step; frequency per unit of nominal, time in s."""

    frequency_dip: float
    frequency_rise: float
    frequency_recovery_s: float
    """From leaving the steady band until back in it for good; infinite if never."""
    voltage_dip: float
    voltage_rise: float
    voltage_recovery_s: float
    rocof: float
    """Largest rate of change of frequency, per unit per s, of the samples."""


class ClassLimits(NamedTuple):
    """One performance class."""

    name: str
    steady_band: float
    """Whole width of the steady frequency band, per unit."""
    frequency_dip: float
    frequency_rise: float
    frequency_recovery_s: float
    steady_voltage: float
    """Deviation to each side, per unit."""
    voltage_dip: float
    voltage_rise: float
    voltage_recovery_s: float


def measure_step(
    speed: Series, voltage: Series, rate: Series, dt_s: float, at: int, limits: ClassLimits
) -> LoadStep:
    """Return what a step at sample ``at`` did.

    Parameters
    ----------
    speed, voltage, rate
        Deviation of speed, voltage and dω/dt, per unit, (samples,).
    dt_s
        Sample spacing, s.
    at
        Sample of the step; the one before is the state before.
    limits
        Whose bands the recovery is timed for.
    """
    after, volts = np.asarray(speed[at:], float), np.asarray(voltage[at:], float)
    before = float(speed[at - 1])
    settled = float(after[-1])
    return LoadStep(
        max(before - float(after.min()), 0.0),
        max(float(after.max()) - before, 0.0),
        _recovery(np.abs(after - settled) <= limits.steady_band / 2.0, dt_s),
        max(1.0 - float(volts.min()), 0.0),
        max(float(volts.max()) - 1.0, 0.0),
        _recovery(np.abs(volts - 1.0) <= limits.steady_voltage, dt_s),
        float(np.abs(rate[at:]).max()),
    )


def within(step: LoadStep, limits: ClassLimits) -> bool:
    """Return whether a step stays within a class."""
    return (
        step.frequency_dip <= limits.frequency_dip
        and step.frequency_rise <= limits.frequency_rise
        and step.frequency_recovery_s <= limits.frequency_recovery_s
        and step.voltage_dip <= limits.voltage_dip
        and step.voltage_rise <= limits.voltage_rise
        and step.voltage_recovery_s <= limits.voltage_recovery_s
    )


def load_step_class(steps: Mapping[str, LoadStep], classes: Sequence[ClassLimits]) -> str:
    """Return the strictest class that a step meets, or ``none``.

    Parameters
    ----------
    steps
        The step as measured with each class's bands, by the class's name.
    classes
        Strictest first.
    """
    for limits in classes:
        if within(steps[limits.name], limits):
            return limits.name
    return "none"


def _recovery(inside: NDArray[np.bool_], dt_s: float) -> float:
    """Return the time from first leaving a band until back in it for good."""
    outside = np.flatnonzero(~inside)
    if not outside.size:
        return 0.0
    if outside[-1] == inside.size - 1:
        return float("inf")
    return float(outside[-1] - outside[0] + 1) * dt_s
