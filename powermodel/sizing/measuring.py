# SPDX-License-Identifier: Apache-2.0
"""From the series of one run to what a search asks of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from powermodel.indicators import lines
from powermodel.limits import LimitSet
from powermodel.sizing.setting import Measured

F64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Load:
    """What the farm is given, and what the layers before it cost.

    Parameters
    ----------
    power_w : ndarray
        Load of the site over time [W].
    energy_j : float
        Its energy [J].
    burnt_j : float
        Energy that accelerators drew only to be smooth [J].
    store_loss_j : float
        Losses of the rack stores [J].
    """

    power_w: F64
    energy_j: float
    burnt_j: float
    store_loss_j: float


@dataclass(frozen=True, slots=True)
class FarmRun:
    """What a farm did to a load.

    Parameters
    ----------
    power_w : ndarray
        Power of the farm at its AC terminals, discharging positive [W].
    soc : ndarray
        State of charge, mean of the units.
    loss_j : float
        Losses of the farm [J].
    limited : mapping of str to ndarray of bool
        Samples in which each limit held the farm's power back.
    """

    power_w: F64
    soc: F64
    loss_j: float
    limited: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What the runs are measured with.

    Parameters
    ----------
    limits : LimitSet
        At the POI.
    dt_s : float
        Time between samples [s].
    after_s : float
        What comes before is simulated but not held to the limits [s].
    """

    limits: LimitSet
    dt_s: float
    after_s: float = 0.0

    @property
    def first(self) -> int:
        """First sample that counts."""
        return round(self.after_s / self.dt_s)

    def measure(self, load: Load, farm: FarmRun | None) -> Measured:
        """Hold one run to the limits and sum up what it cost."""
        seen_w = load.power_w[self.first :]
        burnt = load.burnt_j / load.energy_j
        if farm is None:
            return Measured(
                self.limits.assess(seen_w, self.dt_s, begin_s=self.after_s),
                loss_share=load.store_loss_j / load.energy_j,
                burnt_share=burnt,
            )
        poi_w = seen_w - farm.power_w[self.first :]
        given_j = np.cumsum(farm.power_w) * self.dt_s
        return Measured(
            self.limits.assess(poi_w, self.dt_s, begin_s=self.after_s),
            power_w=float(np.abs(farm.power_w).max()),
            energy_j=float(max(given_j.max(), 0.0) - min(given_j.min(), 0.0)),
            soc_swing=float(farm.soc.max() - farm.soc.min()),
            soc_drift=float(farm.soc[-1] - farm.soc[0]),
            loss_share=(farm.loss_j + load.store_loss_j) / load.energy_j,
            burnt_share=burnt,
            limited={k: float(held[self.first :].mean()) for k, held in farm.limited.items()},
            variation=_ratio(float(poi_w.std()), float(seen_w.std())),
            line_ratio=line_ratio(seen_w, poi_w, self.dt_s),
        )


def strongest_line_hz(power_w: F64, dt_s: float) -> float:
    """Return the frequency of the strongest line of a power [Hz]; 0 where it has none."""
    found = lines(power_w, dt_s, 1)
    return found[0].frequency_hz if found else 0.0


def line_ratio(load_w: F64, poi_w: F64, dt_s: float) -> float:
    """Return the amplitude at the load's strongest line, POI over load; 1 where it has none.

    Both are projected on one complex sine under a Hann window, so leakage and bins cancel.
    """
    frequency_hz = strongest_line_hz(load_w, dt_s)
    if frequency_hz == 0.0:
        return 1.0
    n = load_w.size
    turns = np.exp(-2j * math.pi * frequency_hz * dt_s * np.arange(n)) * np.hanning(n)
    at_load, at_poi = ((power - power.mean()) @ turns for power in (load_w, poi_w))
    return _ratio(abs(complex(at_poi)), abs(complex(at_load)))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0.0 else 1.0
