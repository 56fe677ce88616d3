# SPDX-License-Identifier: Apache-2.0
"""Fluctuation of power about its level, correlated in time and between accelerators.

In time: second-order autoregressive, critically damped, autocorrelation (1 + t/τ)·e^(−t/τ): two
equal first-order filters in a row on white noise, hence smooth. It is made on knots of absolute
time, τ/8 apart, and drawn straight between them, so the path is the same at every dt.

Between accelerators: pairwise correlation ρ. The sum over N of them fluctuates by
σ·√(ρ + (1−ρ)/N) relative to its mean (variance of a mean of exchangeable variables, for example
A. W. van der Vaart, Asymptotic Statistics, 1998, chapter 12).
"""

import math
from typing import Any

from powermodel_kernels.primitives import fma

KNOTS_PER_TIME_CONSTANT = 8
"""Knots per τ: drawing straight between them lowers the variance by 0.26 % on average."""

WARM_UP_TIME_CONSTANTS = 16
"""The filters start this many τ before a tile, from rest: what is missing is below 3·10⁻⁶ σ."""


def aggregate_sigma(sigma: float, rho: float, n: int) -> float:
    """Return the relative standard deviation of the sum over n accelerators.

    Parameters
    ----------
    sigma
        Relative standard deviation of one accelerator.
    rho
        Pairwise correlation, 0 to 1.
    n
        Number of accelerators, at least 1.
    """
    return sigma * math.sqrt(rho + (1.0 - rho) / n)


def pole(knots_per_time_constant: int) -> float:
    """Return the pole a = e^(−h/τ) of each filter for knots h = τ/knots apart."""
    return math.exp(-1.0 / knots_per_time_constant)


def input_gain(a: float) -> float:
    """Return the gain on unit white noise that gives the filtered noise unit variance.

    The impulse response is (n+1)·aⁿ; the sum of its squares is (1 + a²)/(1 − a²)³.
    """
    return math.sqrt((1.0 - a * a) ** 3 / (1.0 + a * a))


def autocorrelation(lag_s: float, tau_s: float) -> float:
    """Return (1 + t/τ)·e^(−t/τ), the autocorrelation of the continuous process."""
    x = abs(lag_s) / tau_s
    return (1.0 + x) * math.exp(-x)


def filter_step(white: Any, first: Any, second: Any, a: Any) -> Any:
    """Return both filter states one knot later."""
    first = fma(a, first, white)
    return first, fma(a, second, first)
