# SPDX-License-Identifier: Apache-2.0
"""What a battery that helps to hold the frequency gives: droop and virtual inertia, within limits.

p = −(Δω/R + 2·Hv·dω/dt), per unit of the battery's base, of what was measured a latency ago, behind
the inverter's lag. Source of the form: S. D'Arco, J. A. Suul, "Virtual synchronous machines:
classification of implementations", IEEE PowerTech 2013, DOI 10.1109/PTC.2013.6652456.
"""

from typing import Any

from powermodel_kernels.laws.governor import clipped
from powermodel_kernels.primitives import fma, mul


def frequency_answer(speed: Any, rate: Any, per_droop: Any, inertia: Any, limit: Any) -> Any:
    """Return the power that a battery aims at, per unit of its base, discharging positive.

    Parameters
    ----------
    speed, rate
        Deviation of speed, per unit, and its rate of change, 1/s, as measured.
    per_droop
        1/R.
    inertia
        2·Hv, s.
    limit
        Largest power to each side, per unit of the base.
    """
    return clipped(-fma(per_droop, speed, mul(inertia, rate)), -limit, limit)
