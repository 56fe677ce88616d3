# SPDX-License-Identifier: Apache-2.0
"""Closed forms of two masses that swing against each other over a tie.

Two machines, each 2·H·S·dω/dt = Pm − Pe, tied by Pe = K·δ + Kd·(ω1 − ω2), dδ/dt = ω0·(ω1 − ω2) (P.
Kundur, Power System Stability and Control (1994), sections 3.9 and 12.2). Without governors and
load damping their difference is one oscillator and their common speed one integrator; what the
closed forms give is that. Speeds are deviations, per unit of nominal.
"""

import math
from typing import NamedTuple


class Tie(NamedTuple):
    """What couples two areas, per unit of power."""

    stiffness: float
    """K, per electrical radian between them."""
    damping: float
    """Kd, per unit of speed between them; negative where the rest damps more than is wanted."""


def reduced_inertia(inertia_1: float, inertia_2: float) -> float:
    """Return M1·M2/(M1 + M2), which two masses have against each other, s.

    Parameters
    ----------
    inertia_1, inertia_2
        M = 2·H·S/S_base of each, s.
    """
    return inertia_1 * inertia_2 / (inertia_1 + inertia_2)


def mode_root(mode_hz: float, damping: float) -> complex:
    """Return the eigenvalue of a mode, 1/s, from its damped frequency (Hz) and damping ratio."""
    turning = 2.0 * math.pi * mode_hz
    return complex(-damping * turning / math.sqrt(1.0 - damping * damping), turning)


def tie_of_mode(root: complex, own_1: complex, own_2: complex, nominal_hz: float) -> Tie:
    """Return the tie with which two areas have a mode at ``root``.

    With Z1 and Z2 what each area answers to its own speed, the mode is where Z1·Z2 + T·(Z1 + Z2) =
    0, T = K·ω0/s + Kd. Of one complex equation both real numbers follow.

    Parameters
    ----------
    root
        Eigenvalue wanted, 1/s, above the real axis.
    own_1, own_2
        Z = M·s + D − G(s) of each area at ``root``, per unit of power per unit of speed.
    nominal_hz
        f0, Hz.
    """
    wanted = -own_1 * own_2 / (own_1 + own_2)
    turning = (1.0 / root).imag
    spring = wanted.imag / turning
    return Tie(spring / (2.0 * math.pi * nominal_hz), wanted.real - spring * (1.0 / root).real)


def common_speed(s: complex, inertia: float) -> complex:
    """Return speed of the center of inertia per unit of load, without governors: −1/(M·s).

    Parameters
    ----------
    s
        Laplace variable, 1/s.
    inertia
        M1 + M2, s.
    """
    return -1.0 / (inertia * s)


def swing_speed(
    s: complex, inertia: float, reduced: float, stiffness: float, damping: float, nominal_hz: float
) -> complex:
    """Return ω1 − ω2 per unit of load in area 1: −(s/M1)/(s² + Kd/M·s + K·ω0/M).

    Parameters
    ----------
    s
        Laplace variable, 1/s.
    inertia
        M1, s.
    reduced
        See ``reduced_inertia``, s.
    stiffness, damping
        K and Kd of the tie.
    nominal_hz
        f0, Hz.
    """
    omega_0 = 2.0 * math.pi * nominal_hz
    return -(s / inertia) / (s * s + damping / reduced * s + stiffness * omega_0 / reduced)


def steam_governor(
    s: complex, droop: float, valve_s: float, lead_s: float, lag_s: float
) -> complex:
    """Return what a TGOV1 gives per unit of speed: −1/R/(1 + T1·s)·(1 + T2·s)/(1 + T3·s).

    IEEE PES-TR1 (2013), section 2.2.

    Parameters
    ----------
    s
        Laplace variable, 1/s.
    droop
        R, per unit.
    valve_s, lead_s, lag_s
        T1, T2 and T3, s.
    """
    return -(1.0 + lead_s * s) / (droop * (1.0 + valve_s * s) * (1.0 + lag_s * s))
