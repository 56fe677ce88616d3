# SPDX-License-Identifier: Apache-2.0
"""The cooling of a site as a load: heat in, electrical power out, with a state that goes on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from powermodel_kernels.bind import cpu
from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.laws.cooling import cooling_power
from powermodel_kernels.laws.lag import lag_factor, lagged
from powermodel_kernels.tables import F32, I64

_HALF = np.float32(0.5)
_STAGES = 3


class CoolingState(NamedTuple):
    """Heat that has reached plate, distribution unit and plant, per unit of the IT rating."""

    heat: F32
    """(3,)"""
    rest: F32
    """(3,): what did not fit into ``heat``, see ``laws.lag``."""


@dataclass(frozen=True, slots=True)
class Cooling:
    """Cooling of ``rating_w`` of IT.

    Parameters
    ----------
    rating_w
        IT power that the ratios refer to, W.
    base_ratio
        Drawn without heat, per watt of rating.
    ratios
        Watts per watt of heat: fans (with the plate), pumps (distribution), plant.
    times_s
        Time constants of plate, distribution unit and plant, s.
    """

    rating_w: float
    base_ratio: float
    ratios: Sequence[float]
    times_s: Sequence[float]

    def __post_init__(self) -> None:
        if not self.rating_w > 0.0:
            raise ValueError(f"cooling needs an IT rating above 0 W, got {self.rating_w}")
        if len(self.ratios) != _STAGES or len(self.times_s) != _STAGES:
            raise ValueError("cooling has three stages: plate, distribution unit, plant")
        if min(*self.ratios, *self.times_s, self.base_ratio) < 0.0:
            raise ValueError("ratios and time constants of cooling must not be negative")

    def settled(self, it_w: float) -> CoolingState:
        """Return the state after IT has long drawn ``it_w`` (W)."""
        heat = np.full(_STAGES, it_w / self.rating_w, np.float32)
        return CoolingState(heat, np.zeros(_STAGES, np.float32))

    def advance(self, state: CoolingState, it: I64, dt_s: float) -> tuple[CoolingState, I64]:
        """Return the state after the last sample, and the power drawn, int64 quanta.

        Parameters
        ----------
        state
            Before the first sample; not changed.
        it
            Power that becomes heat, int64 quanta (samples,).
        dt_s
            Step, s.
        """
        after = CoolingState._make(part.copy() for part in state)
        out = np.empty(it.size, np.int64)
        factors = np.array([lag_factor(dt_s, t) for t in self.times_s], np.float32)
        rating = np.float32(self.rating_w * QUANTA_PER_W)
        cpu(cool)(
            it, after.heat, after.rest, factors, np.array(self.ratios, np.float32),
            np.float32(self.base_ratio), rating, np.float32(1.0) / rating, out,
        )  # fmt: skip
        return after, out


def cool(
    it: Any, heat: Any, rest: Any, factors: Any, ratios: Any, base: Any, rating: Any,
    per_rating: Any, out: Any,
) -> None:  # fmt: skip
    """Step the three lags through the samples; the state is left after the last one."""
    plate, distribution, plant = heat[0], heat[1], heat[2]
    plate_rest, distribution_rest, plant_rest = rest[0], rest[1], rest[2]
    for k in range(it.size):
        u = np.float32(it[k]) * per_rating
        # What enters a stage over this step is the mean of what left the one before.
        before = plate
        plate, plate_rest = lagged(plate, plate_rest, u, factors[0])
        middle = _HALF * (before + plate)
        before = distribution
        distribution, distribution_rest = lagged(
            distribution, distribution_rest, middle, factors[1]
        )
        middle = _HALF * (before + distribution)
        plant, plant_rest = lagged(plant, plant_rest, middle, factors[2])
        drawn = cooling_power(plate, distribution, plant, base, ratios)
        out[k] = np.int64(drawn * rating + _HALF)
    heat[0], heat[1], heat[2] = plate, distribution, plant
    rest[0], rest[1], rest[2] = plate_rest, distribution_rest, plant_rest
