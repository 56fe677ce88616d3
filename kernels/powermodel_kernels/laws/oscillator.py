# SPDX-License-Identifier: Apache-2.0
"""A damped second-order mode, stepped exactly: a shaft's torsion, or a resonance of supplies.

x″ + 2ζω·x′ + ω²·(x − u) = 0 with u constant over a step. The step is the matrix exponential, so it
is stable at every dt and its frequency is exact (K. Ogata, Modern Control Engineering, 5th ed.,
section 9-4). The velocity is carried divided by ω: both states then have the unit of x.
"""

import math
from typing import Any

from powermodel_kernels.primitives import fma, mul


def oscillator_matrix(
    omega: float, damping: float, dt_s: float
) -> tuple[float, float, float, float]:
    """Return the exact step of (x − u, x′/ω), row by row.

    Parameters
    ----------
    omega
        Undamped angular frequency, rad/s, positive.
    damping
        ζ, at least 0 and below 1.
    dt_s
        Step, s.

    Raises
    ------
    ValueError
        If the mode is not an oscillation.
    """
    if not (omega > 0.0 and 0.0 <= damping < 1.0):
        raise ValueError(
            f"a mode needs a frequency above 0 and a damping ratio from 0 to below 1, "
            f"got {omega:g} rad/s and {damping:g}"
        )
    root = math.sqrt(1.0 - damping * damping)
    angle, decay = omega * root * dt_s, math.exp(-damping * omega * dt_s)
    c, s = decay * math.cos(angle), decay * math.sin(angle) / root
    return c + damping * s, s, -s, c - damping * s


def oscillator_step(x: Any, velocity: Any, goal: Any, matrix: Any) -> Any:
    """Return (x, velocity) one step later.

    Parameters
    ----------
    x
        Displacement, any unit.
    velocity
        x′/ω, the same unit.
    goal
        u, where x would come to rest.
    matrix
        Four float32, see ``oscillator_matrix``.
    """
    gap = x - goal
    return (
        goal + fma(matrix[0], gap, mul(matrix[1], velocity)),
        fma(matrix[2], gap, mul(matrix[3], velocity)),
    )
