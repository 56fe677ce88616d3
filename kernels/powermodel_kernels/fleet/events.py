# SPDX-License-Identifier: Apache-2.0
"""The ``events`` engine: each accelerator adds only its events, at their exact times.

A step of the target adds to the bin of the first sample that sees it; the transient that it starts
adds its exact value there and takes out what an earlier transient would still have had. One pass
over time turns the bins of eight racks into power (``bins.scan_racks``). Bins are int32 quanta, so
the order in which lanes add does not matter.
"""

from typing import Any

import numpy as np

from powermodel_kernels.fleet.bins import begin_rack, empty_bins, scan_racks, scatter, total, touch
from powermodel_kernels.fleet.changes import (
    begin_idle,
    change_targets,
    lane_state,
    settle,
    work_space,
)
from powermodel_kernels.fleet.noise import paths_of_eight
from powermodel_kernels.fleet.placing import note_levels, place_events
from powermodel_kernels.fleet.walk import walk_until
from powermodel_kernels.octets import WIDTH
from powermodel_kernels.parallel import each


def bin_racks(
    programs: Any, fleet: Any, lanes: Any, slots: Any, grid: Any, lane: Any, per_rack: Any,
    events: Any, scratch: Any, state: Any, work: Any, bins: Any, rack: Any,
) -> None:  # fmt: skip
    """Add all events of a few neighbouring racks to their bins.

    Parameters
    ----------
    events, scratch
        See ``walk_until``.
    rack
        Which of the eight the first of these is.
    """
    when, span, level, end = events
    n = when.shape[1]
    scale = lanes.scale[lane : lane + n]
    stop = np.int64(grid.begin) + np.int64(grid.dt) * np.int64(grid.samples)
    count = walk_until(stop, programs, fleet, lanes, slots, lane, events, scratch)
    begin_idle(fleet.idle, scale, state)
    first = settle(when[:count], span, level[:count], end, fleet, grid, scale, state)
    for a in range(0, n, per_rack):
        begin_rack(bins, rack + a // per_rack, total(state.target[a : min(a + per_rack, n)]))
    added = work.added
    # The level that all lanes have, unless an event happened to some of them only.
    held, mixed = level[first - 1] if first > 0 else np.int32(fleet.idle), False
    for e in range(first, count):
        # A level that is there already is no change, whatever is still decaying.
        if level[e] == held and not mixed:
            continue
        spread = place_events(events, e, mixed, fleet, grid, state, work)
        if spread.any:
            change_targets(level[e], fleet, scale, spread, state, work)
            touch(bins, spread.first, spread.last)
            scatter(added, n, per_rack, spread.together, bins, rack)
            if not spread.all:
                note_levels(when[e], end[e], level[e], held, mixed, state)
            held, mixed = level[e], not spread.all


def rack_power(
    _thread: Any, taken: Any, programs: Any, fleet: Any, lanes: Any, slots: Any, grid: Any,
    noise: Any, decays: Any, max_events: Any, racks_at_once: Any, place: Any, out: Any,
) -> None:  # fmt: skip
    """Compute the power of the racks of one place over one tile, or of some of them.

    Parameters
    ----------
    _thread, taken
        Number of the thread, and what is taken of the racks, see ``parallel.each``.
    programs, fleet, lanes, slots, grid, noise
        See ``tables`` and ``fleet.noise``.
    decays
        float32 (3,), see ``scan_racks``.
    max_events
        Upper bound on the events of one lane in these slots.
    racks_at_once
        Racks whose lanes are gone through together; the result does not depend on it.
    place
        Which racks, and the lanes in them.
    out
        Sum of the accelerators' power, int32 (racks, samples), quanta.
    """
    per_rack = place.lanes_per_rack
    width = min(racks_at_once, WIDTH) * per_rack
    ticks = np.empty(max_events * width, np.int64)
    span = np.empty((max_events, 2), np.int64)
    level = np.empty(max_events, np.int32)
    end = np.empty(max_events, np.int64)
    scratch = np.empty(4 * width, np.int32), np.empty(width, np.float32)
    bins = empty_bins(grid.samples)
    few = np.empty((WIDTH, grid.samples), np.int32)
    path = np.zeros(noise.common.size * WIDTH, np.float32)
    state, work = lane_state(width), work_space(width)
    for begin in each(taken, WIDTH, out.shape[0]):
        racks = min(WIDTH, out.shape[0] - begin)
        for rack in range(0, racks, racks_at_once):
            lane = place.first_lane + (begin + rack) * per_rack
            n = min(min(racks_at_once, racks - rack) * per_rack, place.stop_lane - lane)
            when = ticks[: max_events * n].reshape((max_events, n))
            bin_racks(
                programs, fleet, lanes, slots, grid, lane, per_rack, (when, span, level, end),
                scratch, state, work, bins, rack,
            )  # fmt: skip
        if noise.knot_ticks != 0:
            held = (per_rack, place.stop_lane - place.first_lane - begin * per_rack)
            paths_of_eight(noise, fleet, (place.first_rack + begin, racks), held, grid, path)
        if racks == WIDTH:
            scan_racks(bins, decays, noise, path, out[begin : begin + WIDTH])
        else:
            scan_racks(bins, decays, noise, path, few)
            out[begin : begin + racks] = few[:racks]
