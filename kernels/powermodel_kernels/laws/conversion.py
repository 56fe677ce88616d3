# SPDX-License-Identifier: Apache-2.0
"""Losses of a power conversion stage against its load.

p_in = p + p0 + k·p², all per unit of the stage's rating: constant losses (control, magnetising)
and losses that rise with the square of the current. Source of the form: SimSES, as used for
inverters by Notton et al., Renewable Energy 35 (2010), DOI 10.1016/j.renene.2009.11.022.
"""

from typing import Any

from powermodel_kernels.primitives import fma


def loss_coefficients(peak_efficiency: float, peak_load: float) -> tuple[float, float]:
    """Return (p0, k) so that the efficiency is highest, ``peak_efficiency``, at ``peak_load``.

    Parameters
    ----------
    peak_efficiency
        0 to 1, exclusive of 0.
    peak_load
        Per unit of the rating, positive.
    """
    # d/dp of p/(p + p0 + k p²) is zero where p0 = k p²; there 1/η − 1 = 2 k p.
    k = (1.0 / peak_efficiency - 1.0) / (2.0 * peak_load)
    return k * peak_load * peak_load, k


def input_power(power: Any, constant: Any, quadratic: Any) -> Any:
    """Return the power drawn by a stage that delivers ``power``.

    Parameters
    ----------
    power
        Delivered power, W, not negative.
    constant
        Losses at no load, W (p0·rating).
    quadratic
        k/rating, 1/W.
    """
    return fma(quadratic * power, power, power + constant)


def loss(power: Any, constant: Any, quadratic: Any) -> Any:
    """Return what a stage loses that delivers ``power``, W; see ``input_power``."""
    return fma(quadratic * power, power, constant)
