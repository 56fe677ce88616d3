# SPDX-License-Identifier: Apache-2.0
"""How the target of one accelerator follows its work when its power is smoothed.

The parameters are those of NVML's power smoothing profiles (NVIDIA, NVML API reference, "Power
Smoothing Information"). NVML names them and gives their units, but does not publish the control
law; this is our reading of it:

* *floor*: while the primary floor is active the target is at least the primary floor, otherwise at
  least the secondary floor;
* *activity*: the primary floor is active while the work's own power lies above the activation
  level, for at least the activation window from when that began, and for the target window after
  it ended;
* *ramps*: the target rises no faster than the ramp-up rate; once what is wanted falls below it, it
  stays for the hysteresis and then falls no faster than the ramp-down rate. A fall that has begun
  goes on without a new hold until the target has arrived. A rate of 0 is no limit: a jump.

So the smoothed target is piecewise linear, and everything here is integer arithmetic: exact, and
the same on every target.

A power cap is a first-order controller, not a clamp: of the excess over the cap it takes away
gain times as much, with a lag, so bursts that are shorter than the lag pass it. (Step response of
a first-order lag, K. Ogata, Modern Control Engineering, 5th ed., section 5-2; that limiters lag is
measured in the records of ``powermodel_datasets``.) What it takes away in the end is ``capped``
here; on the way there the difference decays as an exponential.

Powers are int64 in 2**-FINE_BITS quanta, times int64 ticks, rates int64 in 2**-FINE_BITS quanta a
tick.
"""

from typing import Any

import numpy as np

from powermodel_kernels.constants import NEVER

FINE_BITS = 32
"""A rack of MAX_RACK_QUANTA still fits an int64 in 2**-32 quanta; 1 W/s is 4398 of them a tick."""

GAIN_BITS = 16
"""A gain is counted in 2**-16."""

_ZERO = np.int64(0)
_ONE = np.int64(1)
_NEVER = np.int64(NEVER)


def wanted_power(raw: Any, active: Any, primary: Any, secondary: Any) -> Any:
    """Return what the target tends to: the work's own power, at least the floor in force.

    Parameters
    ----------
    raw, primary, secondary
        The work's power and the floors, int64 in one unit.
    active
        Whether the primary floor is active.
    """
    return max(raw, primary if active else secondary)


def active_until(
    was_until: Any, was_above: Any, is_above: Any, now: Any, act_window: Any, tar_window: Any
) -> Any:
    """Return the tick until which the primary floor stays active without further activity.

    Parameters
    ----------
    was_until
        The same before this change of the work.
    was_above, is_above
        Whether the work's power lay, and lies, above the activation level.
    now
        Tick of the change, int64.
    act_window, tar_window
        Activation and target window, int64 ticks.
    """
    until = was_until
    if is_above and not was_above and now >= was_until:
        until = now + act_window
    if was_above and not is_above:
        until = max(was_until, now + tar_window)
    return until


def course(
    smoothed: Any, wanted: Any, raw: Any, now: Any, hold_end: Any, hold: Any, up: Any, down: Any
) -> Any:
    """Return how the target goes on from ``now`` while nothing else changes.

    Parameters
    ----------
    smoothed, wanted, raw
        Target now, what it tends to (at least ``raw``), and the work's own power, int64 fine.
    now
        Absolute tick, int64.
    hold_end
        Tick at which a hold that has begun ends, or NEVER.
    hold
        Hysteresis before a fall, int64 ticks.
    up, down
        Rates of ramps, int64 fine a tick; 0 is no limit.

    Returns
    -------
    begin : int64
        The target just after ``now``; not ``smoothed`` where it jumps.
    aim : int64
        What it is at ``stop`` exactly; a ramp may miss it by less than one tick's worth.
    slope : int64
        Fine a tick.
    stop : int64
        Tick at which this course ends, or NEVER.
    hold_end : int64
        See above, after this.
    """
    if wanted > smoothed:
        if up == _ZERO:
            return wanted, wanted, _ZERO, _NEVER, _NEVER
        # A stop where the target meets the work's own power: from there on power is burnt.
        aim = raw if smoothed < raw else wanted
        return smoothed, aim, up, now + ramp_ticks(aim - smoothed, up), _NEVER
    if wanted < smoothed:
        end = now + hold if hold_end == _NEVER else hold_end
        if now < end:
            return smoothed, smoothed, _ZERO, end, end
        if down == _ZERO:
            return wanted, wanted, _ZERO, _NEVER, _NEVER
        return smoothed, wanted, -down, now + ramp_ticks(smoothed - wanted, down), end
    return smoothed, smoothed, _ZERO, _NEVER, _NEVER


def ramp_ticks(gap: Any, rate: Any) -> Any:
    """Return how many whole ticks a ramp takes to close a gap, int64, both positive."""
    return (gap + rate - _ONE) // rate


def reached(begin: Any, aim: Any, slope: Any, ticks: Any, arrives: Any) -> Any:
    """Return the target some ticks into a course, fine: on its line, or exactly its aim."""
    return aim if arrives else begin + slope * ticks


def capped(target: Any, cap: Any, gain: Any) -> Any:
    """Return by how much a power cap lowers a steady target, int64 fine.

    Parameters
    ----------
    target, cap
        int64 fine.
    gain
        Share of the excess that is taken away, int64 in 2**-GAIN_BITS.
    """
    return (max(target - cap, _ZERO) >> np.int64(GAIN_BITS)) * gain
