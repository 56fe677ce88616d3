# SPDX-License-Identifier: Apache-2.0
"""Stretches in which nothing changes: their tiles are computed once."""

from __future__ import annotations

from collections.abc import Sequence

from powermodel_kernels.constants import TILE_TICKS
from powermodel_kernels.fleet.job import JobFleet
from powermodel_kernels.fleet.replay import ReplayFleet


def steady_stop(fleets: Sequence[JobFleet | ReplayFleet], dt: int) -> int:
    """Return the first sample of the tile in which something changes again.

    Up to there every sample has the bits of any sample of the tile that the fleets have opened; if
    something changes in that one, it is the tile itself.

    Parameters
    ----------
    fleets : sequence
        Of all jobs, at the same tile.
    dt : int
        The step, ticks.
    """
    jobs = [fleet for fleet in fleets if isinstance(fleet, JobFleet)]
    if len(jobs) < len(fleets):
        return 0
    until = min((job.steady_until() for job in jobs), default=0)
    return until // TILE_TICKS * (TILE_TICKS // dt)
