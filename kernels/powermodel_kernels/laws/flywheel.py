# SPDX-License-Identifier: Apache-2.0
"""A rotor as an equivalent circuit: speed for voltage, torque for current, momentum for charge.

E = J·ω²/2 and P = ω·torque have the form of a capacitor, with J for its capacitance. Drag in
proportion to speed is a conductance across it, copper losses of the machine are a resistance. The
voltage at full speed is free: everything else is scaled by it. Source: bond-graph analogy, for
example D. C. Karnopp et al., System Dynamics, 5th ed., chapter 2.
"""

FULL_SPEED_V = 1000.0
"""Voltage that stands for full speed; results do not depend on it."""


def momentum_charge(energy_j: float) -> float:
    """Return the charge that stands for the momentum at full speed: E = Q·V/2."""
    return 2.0 * energy_j / FULL_SPEED_V


def drag_conductance(loss_w: float) -> float:
    """Return the conductance that loses ``loss_w`` at full speed, A/V; at half of it a quarter."""
    return loss_w / FULL_SPEED_V**2


def copper_resistance(rated_w: float, efficiency: float) -> float:
    """Return the resistance at which the machine has its efficiency at full speed, Ω."""
    return (1.0 - efficiency) * FULL_SPEED_V**2 / rated_w


def largest_torque_current(rated_w: float, min_speed: float) -> float:
    """Return the current that stands for the rated power at the lowest speed, A."""
    return rated_w / (min_speed * FULL_SPEED_V)
