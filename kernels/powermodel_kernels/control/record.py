# SPDX-License-Identifier: Apache-2.0
"""The record of a control law: its name, its parameters, and how they are made ready for it."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from powermodel_kernels.control.signal import Control, Law


class Plant(NamedTuple):
    """What a control law is prepared for."""

    period_s: float
    """Time between two ticks of the controller."""
    latency_s: float
    """End to end: from the load to the power that answers it."""
    power_w: float
    """Rating of the main device."""
    energy_j: float
    """Between empty and full."""
    fast_power_w: float = 0.0
    """0 where there is no fast device."""
    fast_energy_j: float = 0.0
    fast_latency_s: float = 0.0
    """End to end, of the fast device."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a control law, in SI units."""

    name: str
    text: str
    unit: str
    low: float
    high: float
    """Inclusive bounds of what makes sense: a net for slipped units."""
    default: float | None = None
    """None: it must be given."""
    confidence: str = "K"
    """Of the default: H primary, M secondary, L estimate, K unchecked engineering knowledge."""
    source: str = "engineering knowledge"
    window: bool = False
    """A time over which the law averages or looks ahead: at least one period of the controller."""


class Prepared(NamedTuple):
    """What a law is given, and how much memory it needs."""

    parameters: tuple[float, ...]
    """Its own, which follow those that all laws share."""
    floats: int = 0
    integers: int = 0
    ring: int = 1


@dataclass(frozen=True, slots=True)
class ControlLaw:
    """A control law as users choose it.

    Attributes
    ----------
    name, title, source : str
        What it is called in a scenario, what it does, where it was published.
    law : callable
        The plain function, see ``signal``.
    parameters : tuple of Parameter
        Its own; those in ``shared.SHARED`` come on top.
    prepare : callable
        Makes the law's own numbers from the values of its parameters and the plant.
    """

    name: str
    title: str
    source: str
    law: Law
    parameters: tuple[Parameter, ...]
    prepare: Callable[[Mapping[str, float], Plant], Prepared]


def share_per_period(plant: Plant, time_constant_s: float) -> float:
    """Return 1 − e^(−period/τ), the share of its distance that a first-order filter covers."""
    return -math.expm1(-plant.period_s / time_constant_s)


def periods(plant: Plant, time_s: float) -> int:
    """Return a time in whole periods of the controller, at least one."""
    return max(1, round(time_s / plant.period_s))


def head_start(plant: Plant) -> int:
    """Return how much sooner the fast device answers than the main one, periods.

    A law that looks ahead by the latency of the main device must hold the fast one back by it.
    """
    if plant.fast_power_w <= 0.0:
        return 0
    return max(0, round((plant.latency_s - plant.fast_latency_s) / plant.period_s))


def control(
    law: ControlLaw,
    values: Mapping[str, float],
    plant: Plant,
    *,
    shared: tuple[float, ...],
    shared_integers: int,
    ticks: tuple[int, int, int],
) -> Control:
    """Put a law, its numbers and the memory it needs together.

    Parameters
    ----------
    shared
        Numbers of what all laws share, in their order.
    shared_integers
        Integers of the memory that all laws share.
    ticks
        Period, measurement and communication delay.
    """
    own = law.prepare(values, plant)
    # No array is empty: one element costs nothing, and not every target has empty arrays.
    sizes = (max(1, own.floats), shared_integers + own.integers, max(1, own.ring))
    numbers = np.array([*shared, *own.parameters], np.float32)
    return Control(law.law, numbers, sizes, *ticks)
