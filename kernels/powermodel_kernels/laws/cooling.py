# SPDX-License-Identifier: Apache-2.0
"""What cooling draws: pumps and fans at once, the plant long after the heat.

Heat passes cold plate, coolant distribution unit and plant, each a first-order lag of a well-mixed
volume (F. P. Incropera et al., Fundamentals of Heat and Mass Transfer, 6th ed., section 5.1,
lumped capacitance). Each draws in proportion to the heat that has reached it; the plant's share
depends on the outdoor wet-bulb temperature, as a table. PUE is a result.
"""

import bisect
from collections.abc import Sequence
from typing import Any

from powermodel_kernels.primitives import fma


def cooling_power(plate: Any, distribution: Any, plant: Any, base: Any, ratios: Any) -> Any:
    """Return the power that cooling draws, per unit of the IT rating.

    Parameters
    ----------
    plate, distribution, plant
        Heat that has reached each, per unit of the IT rating.
    base
        Drawn without any heat.
    ratios
        Watts per watt of heat: fans at the plate's heat, pumps, plant.
    """
    return fma(ratios[2], plant, fma(ratios[1], distribution, fma(ratios[0], plate, base)))


def plant_ratio(temperatures_c: Sequence[float], ratios: Sequence[float], at_c: float) -> float:
    """Return the plant's watts per watt of heat at a wet-bulb temperature, by straight lines.

    Parameters
    ----------
    temperatures_c, ratios
        The table; temperatures rise.
    at_c
        °C.

    Raises
    ------
    ValueError
        Outside the table: what a plant does beyond it is not known, and a clipped value would
        hide the hottest day.
    """
    if not temperatures_c[0] <= at_c <= temperatures_c[-1]:
        raise ValueError(
            f"wet-bulb temperature {at_c:g} °C is outside the plant's table, "
            f"{temperatures_c[0]:g} to {temperatures_c[-1]:g} °C"
        )
    i = min(bisect.bisect_right(temperatures_c, at_c), len(temperatures_c) - 1)
    low, high = temperatures_c[i - 1], temperatures_c[i]
    share = (at_c - low) / (high - low)
    return ratios[i - 1] + share * (ratios[i] - ratios[i - 1])
