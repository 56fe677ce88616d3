# SPDX-License-Identifier: Apache-2.0
"""What carries a rack when the input of its supply shelf fails: hold-up energy, then a battery.

From the loss of the input the shelf's own capacitors hold the bus up. After its take-over time the
battery backup shelf carries it, within its power, energy and duration. When the input is back, the
battery goes on until the hand-back time is over; then both are recharged. An input that comes back
before the take-over finds the battery untouched.

Every sample is the mean power of one step. Powers are int32 quanta and energies int64 quanta times
one step, so what is carried and what is taken from the energies agree exactly. A take-over or a
hand-back within a step is counted by its share of the step, in ticks.

Source: behaviour as in the Open Rack V3 HPR power shelf and BBU specifications, see the records
``rack-backup`` of ``powermodel_datasets``.
"""

from typing import Any

import numpy as np

from powermodel_kernels.primitives import fma

_HALF = np.float32(0.5)
_ZERO = np.int64(0)


def part_of(power: Any, ticks: Any, dt: Any) -> Any:
    """Return the mean over a step of what is drawn for ``ticks`` of it, quanta, rounded down."""
    return np.int64(power) * ticks // dt


def overlap(begin: Any, end: Any, first: Any, last: Any) -> Any:
    """Return for how long two spans of time overlap, ticks."""
    return max(min(end, last) - max(begin, first), _ZERO)


def carry(load: Any, lost: Any, back: Any, available: Any, energies: Any, backup: Any) -> Any:
    """Return what hold-up and battery give in one step, quanta, and the two clocks after it.

    Parameters
    ----------
    load
        What the bus draws, quanta.
    lost, back
        Ticks since the input was lost (0: not lost, or handed back), and since it came back.
    available
        Whether the input is there in this step.
    energies
        (hold_up, battery), quanta times a step.
    backup
        ``rack.backup.BackupLaw``.

    Returns
    -------
    hold_up, battery, lost, back : int64
    """
    hold_up, battery = energies
    dt, after = backup.dt, lost + backup.dt
    waits = available and lost >= backup.take_over and back < backup.hand_back
    # How long in this step something must carry the bus, and how long the battery can.
    needed = (min(dt, backup.hand_back - back) if waits else _ZERO) if available else dt
    ready = overlap(lost, lost + needed, backup.take_over, backup.take_over + backup.duration)
    wanted = part_of(load, needed, dt)
    from_battery = min(part_of(min(np.int64(load), backup.battery_quanta), ready, dt), battery)
    # The input is there while a hand-back is waited for: it takes what the battery does not.
    from_hold_up = _ZERO if available else min(wanted - from_battery, hold_up)
    waited = back + dt if waits else _ZERO
    handed_back = available and not (waits and waited < backup.hand_back)
    return (
        from_hold_up, from_battery, _ZERO if handed_back else after,
        _ZERO if handed_back or not available else waited,
    )  # fmt: skip


def recharge(energy: Any, full: Any, most: Any, loss_rate: Any) -> Any:
    """Return what goes into a store in one step and what is lost on the way, quanta.

    Parameters
    ----------
    energy, full
        Quanta times a step, int64.
    most
        Largest power that goes in, quanta.
    loss_rate
        Lost per unit that goes in, float32.
    """
    given = min(full - energy, most)
    return given, np.int64(np.int32(fma(np.float32(given), loss_rate, _HALF)))
