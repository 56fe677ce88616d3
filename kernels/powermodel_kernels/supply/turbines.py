# SPDX-License-Identifier: Apache-2.0
"""All turbines and governors of an island, one step: loops over machines around their laws.

Each loop touches few rows, so that the compiler can prove them apart and take several machines at
once. Rows of the constants are filled in ``arrays``.
"""

from typing import Any

import numpy as np

from powermodel_kernels.laws.governor import (
    actuated,
    clipped,
    gast_step,
    ggov1_error,
    ggov1_load_fuel,
    ggov1_speed_fuel,
    integrated,
)
from powermodel_kernels.laws.lag import lagged
from powermodel_kernels.primitives import fma, mul

_HALF = np.float32(0.5)
_HIGHEST = np.float32(99.0)


def gast_machines(island: Any, state: Any, speed: Any) -> None:
    """Step every machine under GAST, given the speed at mid-step."""
    c, x, restore = island.gast, state.gast, state.speed[2]
    for m in range(c.shape[1]):
        constants = (
            c[0, m], c[1, m], c[2, m], c[3, m], c[4, m], c[5, m], c[6, m], c[7, m], c[8, m],
        )  # fmt: skip
        valve, turbine, exhaust = gast_step(
            speed, state.reference[m] + restore,
            (x[0, 0, m], x[0, 1, m]), (x[1, 0, m], x[1, 1, m]), (x[2, 0, m], x[2, 1, m]),
            constants,
        )  # fmt: skip
        x[0, 0, m], x[0, 1, m] = valve
        x[1, 0, m], x[1, 1, m] = turbine
        x[2, 0, m], x[2, 1, m] = exhaust
        state.power[m] = fma(-island.damping[m], speed, turbine[0])


def ggov1_governors(island: Any, state: Any, speed: Any, rate: Any) -> None:
    """Ask the speed governor of every machine under GGOV1 for its fuel."""
    c, x, restore, work = island.ggov1, state.ggov1, state.speed[2], state.work
    first = island.gast.shape[1]
    for m in range(c.shape[1]):
        # What a machine gives to the island is its turbine less what accelerates its own mass.
        electrical = fma(-c[26, m], rate, state.power[first + m])
        measured = lagged(x[0, 0, m], x[0, 1, m], electrical, c[25, m])
        error = ggov1_error(
            speed, mul(c[0, m], state.reference[first + m] + restore), measured[0],
            (c[0, m], c[1, m], c[2, m]),
        )  # fmt: skip
        work[0, m], work[1, m], derivative = ggov1_speed_fuel(
            error, (x[1, 0, m], x[1, 1, m]), (x[2, 0, m], x[2, 1, m]),
            (c[3, m], c[4, m], c[5, m], c[6, m]),
        )  # fmt: skip
        x[0, 0, m], x[0, 1, m] = measured
        x[2, 0, m], x[2, 1, m] = derivative


def ggov1_limiters(island: Any, state: Any) -> None:
    """Ask the load limiter of every machine under GGOV1 for its fuel."""
    c, x, work = island.ggov1, state.ggov1, state.work
    for m in range(c.shape[1]):
        work[2, m], work[3, m], lead, exhaust = ggov1_load_fuel(
            x[3, 0, m],
            (x[5, 0, m], x[5, 1, m]), (x[6, 0, m], x[6, 1, m]), (x[7, 0, m], x[7, 1, m]),
            (c[7, m], c[8, m], c[9, m], c[10, m], c[11, m], c[12, m]),
        )  # fmt: skip
        x[5, 0, m], x[5, 1, m] = lead
        x[6, 0, m], x[6, 1, m] = exhaust


def ggov1_choices(island: Any, state: Any, rate: Any) -> None:
    """Take the lowest fuel of every machine under GGOV1: by speed, load or acceleration."""
    c, x, work = island.ggov1, state.ggov1, state.work
    for m in range(c.shape[1]):
        accelerating = lagged(x[8, 0, m], x[8, 1, m], rate, c[15, m])
        by_rate = fma(c[14, m], c[13, m] - accelerating[0], state.fuel[m])
        fuel = min(work[0, m], min(work[2, m], by_rate))
        state.fuel[m] = clipped(fuel, c[16, m], c[17, m])
        x[8, 0, m], x[8, 1, m] = accelerating


def ggov1_integrals(island: Any, state: Any) -> None:
    """Move the integrals of every machine under GGOV1 that took part in the choice of fuel."""
    c, x, work, fuel = island.ggov1, state.ggov1, state.work, state.fuel
    for m in range(c.shape[1]):
        x[1, 0, m], x[1, 1, m] = integrated(
            (x[1, 0, m], x[1, 1, m]), work[1, m], work[0, m], fuel[m], -_HIGHEST, _HIGHEST
        )
        x[7, 0, m], x[7, 1, m] = integrated(
            (x[7, 0, m], x[7, 1, m]), work[3, m], work[2, m], fuel[m], -_HIGHEST, c[17, m]
        )


def ggov1_turbines(island: Any, state: Any) -> None:
    """Step actuator and turbine of every machine under GGOV1, given the fuel."""
    c, x, fuel, first = island.ggov1, state.ggov1, state.fuel, island.gast.shape[1]
    for m in range(c.shape[1]):
        before = x[3, 0, m]
        valve = actuated((before, x[3, 1, m]), fuel[m], c[18, m], c[19, m], c[20, m])
        drive = mul(c[21, m], _HALF * (before + valve[0]) - c[22, m])
        turbine = lagged(x[4, 0, m], x[4, 1, m], drive, c[23, m])
        now = mul(c[21, m], valve[0] - c[22, m])
        x[3, 0, m], x[3, 1, m] = valve
        x[4, 0, m], x[4, 1, m] = turbine
        state.power[first + m] = fma(c[24, m], now - turbine[0], turbine[0])
