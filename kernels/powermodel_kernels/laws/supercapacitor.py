# SPDX-License-Identifier: Apache-2.0
"""A capacitor as an equivalent circuit: its voltage is proportional to its charge.

E = C·V²/2, so the nominal energy C·V²/2 is the charge C·V at half the rated voltage. State of
charge is the share of the charge, hence of the voltage; the share of the energy is its square.
"""

import math


def charge(capacitance_f: float, rated_v: float) -> float:
    """Return the charge at the rated voltage, C."""
    return capacitance_f * rated_v


def energy(capacitance_f: float, volts: float) -> float:
    """Return the energy at a voltage, J."""
    return capacitance_f * volts * volts / 2.0


def soc_of_energy(share: float) -> float:
    """Return the state of charge at which a share of the full energy is stored."""
    return math.sqrt(share)
