# SPDX-License-Identifier: Apache-2.0
"""The ``steps`` engine: every accelerator is walked through every step.

Obvious and slow: it is the oracle of ``events`` and serves whatever is not linear per accelerator.
It reads the same event table and knows nothing of bins, horizons or ages.
"""

from typing import Any

import numpy as np

from powermodel_kernels.fleet.noise import add_noise
from powermodel_kernels.fleet.walk import walk_lanes
from powermodel_kernels.laws.response import falling, left, rising, to_quanta
from powermodel_kernels.parallel import share
from powermodel_kernels.primitives import mul

_ZERO = np.float32(0.0)


def lane_power(
    when: Any, level: Any, end: Any, scale: Any, fleet: Any, grid: Any, decays: Any, out: Any
) -> None:
    """Add one accelerator's power to ``out`` (samples,) int32, quanta.

    Parameters
    ----------
    when, level, end
        The lane's events, see ``fleet.walk``; int64, int32, int64, shape (events,).
    scale
        The lane's factor on power.
    decays
        What a rise, a fall and an overshoot keep over one sample, float32 (3,).
    """
    begin, dt, samples = np.int64(grid.begin), np.int64(grid.dt), np.int64(out.size)
    target = np.int32(np.float32(fleet.idle) * scale)
    rise, fall, over = _ZERO, _ZERO, _ZERO
    now = when[0]
    e, k = 0, np.int64(0)
    while k < samples:
        sample = begin + k * dt
        # What a crash cut off stands in the table, later than what follows it, and does not happen.
        while e < when.size and (when[e] <= sample or when[e] >= end[e]):
            if when[e] < end[e]:
                rise, fall, over = faded(rise, fall, over, when[e] - now, fleet)
                now = when[e]
                new = np.int32(np.float32(level[e]) * scale)
                gap = np.float32(new - target) - (rise + fall + over)
                rise, over = rising(gap, fleet.overshoot)
                fall = falling(gap)
                target = new
            e += 1
        rise, fall, over = faded(rise, fall, over, sample - now, fleet)
        # From here to the first sample that sees the next event, step by step.
        stop = samples
        if e < when.size:
            stop = min(samples, (when[e] - begin + dt - 1) // dt)
        out[k] += target + to_quanta(rise + fall + over)
        for j in range(k + 1, stop):
            rise, fall, over = mul(rise, decays[0]), mul(fall, decays[1]), mul(over, decays[2])
            out[j] += target + to_quanta(rise + fall + over)
        now = begin + (stop - 1) * dt
        k = stop


def faded(rise: Any, fall: Any, over: Any, ticks: Any, fleet: Any) -> Any:
    """Return the three transients some ticks later."""
    # Ages are counted as in ``events``; an age that an int32 cannot hold leaves nothing anyway.
    age = np.int32(min(max(ticks, np.int64(0)) >> np.int64(fleet.age_shift), np.int64(2**31 - 1)))
    return (
        left(rise, age, fleet.rise_rate),
        left(fall, age, fleet.fall_rate),
        left(over, age, fleet.overshoot_rate),
    )


def rack_power(
    part: Any, parts: Any, programs: Any, fleet: Any, lanes: Any, slots: Any, grid: Any,
    noise: Any, decays: Any, max_events: Any, racks_at_once: Any, place: Any, out: Any,
) -> None:  # fmt: skip
    """Compute the power of the racks of one place over one tile, or one part of them.

    Same parameters and result as ``events.rack_power`` (``racks_at_once`` is not used).
    """
    per_rack = place.lanes_per_rack
    first, stop = share(out.shape[0], part, parts)
    when = np.empty((max_events, per_rack), np.int64)
    level = np.empty(max_events, np.int32)
    end = np.empty(max_events, np.int64)
    own = np.empty(max_events, np.int64)
    for r in range(first, stop):
        lane = place.first_lane + r * per_rack
        n = min(per_rack, place.stop_lane - lane)
        count = walk_lanes(programs, fleet, lanes, slots, lane, when[:, :n], level, end)
        out[r, :] = np.int32(0)
        for i in range(n):
            for e in range(count):
                own[e] = when[e, i]
            lane_power(
                own[:count], level[:count], end[:count], lanes.scale[lane + i], fleet, grid,
                decays, out[r],
            )  # fmt: skip
        add_noise(noise, fleet, place.first_rack + r, n, grid, out[r])


def probe_power(
    programs: Any, fleet: Any, lanes: Any, slots: Any, grid: Any, decays: Any, max_events: Any,
    lane: Any, out: Any,
) -> None:  # fmt: skip
    """Fill ``out`` (samples,) int32 with the power of one chosen accelerator, quanta."""
    when = np.empty((max_events, 1), np.int64)
    level = np.empty(max_events, np.int32)
    end = np.empty(max_events, np.int64)
    count = walk_lanes(programs, fleet, lanes, slots, lane, when, level, end)
    out[:] = np.int32(0)
    lane_power(
        when[:count, 0].copy(), level[:count], end[:count], lanes.scale[lane], fleet, grid,
        decays, out,
    )  # fmt: skip
