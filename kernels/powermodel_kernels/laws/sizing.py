# SPDX-License-Identifier: Apache-2.0
"""What storage a simple load needs, and what a delay leaves of it: closed forms for the host.

Each is an integral that is done in a line; they are estimates beside a simulation and oracles for
it. Powers of the load are above a mean or a level; energies are those between the fullest and the
emptiest instant of an ideal store.
"""

import cmath
import math


def square_wave_energy_j(swing_w: float, duty: float, period_s: float) -> float:
    """Return the store that makes a square wave flat: ΔP·d(1−d)·T.

    Parameters
    ----------
    swing_w
        Upper minus lower level, W.
    duty
        Share of the period at the upper level, 0 to 1.
    period_s
        Period, s.
    """
    return swing_w * duty * (1.0 - duty) * period_s


def square_wave_power_w(swing_w: float, duty: float) -> float:
    """Return the largest power of that store, W: max(d, 1−d)·ΔP, distance from the mean."""
    return max(duty, 1.0 - duty) * swing_w


def high_pass_energy_j(step_w: float, time_constant_s: float) -> float:
    """Return what a first-order high-pass of the load asks of a store after a step: ΔP·τ."""
    return step_w * time_constant_s


def high_pass_remaining_w(step_w: float, time_constant_s: float, time_s: float) -> float:
    """Return the power of that store some time after the step, W: ΔP·e^(−t/τ)."""
    return step_w * math.exp(-time_s / time_constant_s)


def ramp_limit_energy_j(step_w: float, ramp_w_per_s: float) -> float:
    """Return what a ramp limit asks of a store after a step: ΔP²/(2r), a triangle."""
    return step_w * step_w / (2.0 * ramp_w_per_s)


def delay_residual(frequency_hz: float, delay_s: float, lag_s: float = 0.0) -> float:
    """Return what is left of a sine when its negative comes late: |1 − e^(−jωL)/(1 + jωτ)|.

    Parameters
    ----------
    frequency_hz
        Of the sine.
    delay_s
        Pure delay L from the load to the power that answers it.
    lag_s
        Time constant τ of a first-order lag behind it.

    Returns
    -------
    float
        Share of the amplitude; above 1 storage makes the swing larger.
    """
    turn = 2j * math.pi * frequency_hz
    return abs(1.0 - cmath.exp(-turn * delay_s) / (1.0 + turn * lag_s))


def break_even_latency_s(frequency_hz: float) -> float:
    """Return the pure delay beyond which storage harms, s: 1/(6f), where the residual is 1."""
    return 1.0 / (6.0 * frequency_hz)
