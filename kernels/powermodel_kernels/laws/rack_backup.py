# SPDX-License-Identifier: Apache-2.0
"""What carries a rack when the input of its supply shelf fails: hold-up energy, then a battery.

From the loss of the input the shelf's own capacitors hold the bus up. After its take-over time the
battery backup shelf carries it, within its power, energy and duration. When the input is back, the
battery goes on until the hand-back time is over; then both are recharged. An input that comes back
before the take-over finds the battery untouched.

Where its firmware allows, the battery also shaves: what the bus draws above a level comes from the
battery, down to a reserve that is kept for outages, and recharging stays below the level.

Every sample is the mean power of one step. Powers are int32 quanta and energies int64 quanta times
one step, so what is carried and what is taken from the energies agree exactly. A take-over or a
hand-back within a step is counted by its share of the step, in ticks.

Source: behaviour as in the Open Rack V3 HPR power shelf and BBU specifications, see the records
``rack-backup`` of ``powermodel_datasets``.
"""

from typing import Any

import numpy as np

from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.laws.response import to_quanta
from powermodel_kernels.primitives import fma, mul

_HALF = np.float32(0.5)
_NOTHING = np.float32(0.0)
_QUANTA = np.float32(QUANTA_PER_W)
_W_PER_QUANTUM = np.float32(1.0 / QUANTA_PER_W)
_ZERO = np.int64(0)
_MOST = np.int64(2**31 - 128)
"""The largest int64 that becomes an int32 by way of float32, quanta: above any recharging."""


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


def beside_input(load: Any, hold_up: Any, battery: Any, backup: Any) -> Any:
    """Return what hold-up and battery give in a step in which the input carries the bus.

    Parameters
    ----------
    load
        What the bus draws, quanta.
    hold_up, battery
        Energies, quanta times a step, int64.
    backup
        ``rack.backup.BackupLaw``.

    Returns
    -------
    hold_up, battery, loss : int64
        Quanta, negative for what recharging puts in; and what is lost on the way in.
    """
    above = load - backup.shave
    if above > _ZERO:
        spare = max(battery - backup.reserve, _ZERO)
        return _ZERO, min(min(above, backup.battery_quanta), spare), _ZERO
    # What goes in and what is lost on the way stay below the level together.
    room = np.int64(np.int32(mul(np.float32(min(-above, _MOST)), backup.kept)))
    into_hold_up, loss = recharge(
        hold_up, backup.hold_up_full, min(backup.hold_up_recharge, room), backup.loss_rate
    )
    into_battery, more = recharge(
        battery, backup.battery_full, min(backup.battery_recharge, room - into_hold_up),
        backup.loss_rate,
    )  # fmt: skip
    return -into_hold_up, -into_battery, loss + more


def backup_step(
    load: Any, available: Any, hold_up: Any, battery: Any, lost: Any, back: Any, backup: Any
) -> Any:
    """Take the backup of one rack through one step.

    Parameters
    ----------
    load
        What the bus draws of the shelf, W, float32.
    available, lost, back, backup
        See ``carry``.
    hold_up, battery
        Energies, quanta times a step, int64.

    Returns
    -------
    input : float32
        What the shelf takes from its input for the bus and to recharge, W.
    hold_up, battery, lost, back : int64
        After the step.
    given, loss, unserved : int64
        To the bus less what recharging takes; lost on the way in; carried by nothing; quanta.
    """
    wants = np.int64(to_quanta(mul(load, _QUANTA)))
    of_hold_up, of_battery, lost_after, back_after = carry(
        wants, lost, back, available, (hold_up, battery), backup
    )
    given = of_hold_up + of_battery
    unserved = _ZERO if available else wants - given
    loss = _ZERO
    if available and lost == _ZERO:
        of_hold_up, of_battery, loss = beside_input(wants, hold_up, battery, backup)
        given = of_hold_up + of_battery - loss
    drawn = fma(np.float32(given), -_W_PER_QUANTUM, load) if available else _NOTHING
    return (
        drawn, hold_up - of_hold_up, battery - of_battery, lost_after, back_after, given, loss,
        unserved,
    )  # fmt: skip
