# SPDX-License-Identifier: Apache-2.0
"""Runs of a job that differ in what a seed draws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from powermodel_kernels.schedule import Epoch
from powermodel_kernels.tables import Lanes
from tests.kernels.factory import MS, Job


def seeded(made: Job, runs: int) -> list[Job]:
    """Return runs of a job: other seeds, lanes and, now and then, a crash."""
    found = [made]
    for run in range(1, runs):
        fleet = made.fleet._replace(
            seed_low=made.fleet.seed_low ^ (run * 0x9E3779B9 & 0xFFFFFFFF),
            seed_high=made.fleet.seed_high ^ run,
        )
        lanes = Lanes(*(np.roll(column, run) for column in made.lanes))
        order, crash = made.schedule, Epoch(made.schedule.epochs[-1].begin + run * 7 * MS, (), True)
        if run % 2:
            order = replace(order, epochs=(*order.epochs, crash))
        found.append(replace(made, fleet=fleet, lanes=lanes, schedule=order))
    return found
