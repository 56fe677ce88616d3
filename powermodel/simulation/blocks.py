# SPDX-License-Identifier: Apache-2.0
"""One block of a run: every job through its racks and the chain to the POI."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from powermodel.planning import (
    RACKS_AT_ONCE,
    Plan,
    accelerator_places,
    kept_racks,
    whole_ticks,
)
from powermodel.scenario.hardware import RackSpec
from powermodel.scenario.placement import Placement
from powermodel.simulation.cuda import cuda_fleet
from powermodel.simulation.fleets import fleet_of
from powermodel_kernels.chain import RackSupply, add_to, watts
from powermodel_kernels.constants import QUANTA_PER_W, TILE_TICKS
from powermodel_kernels.fleet.job import JobFleet
from powermodel_kernels.tables import Place

Block = dict[str, NDArray[np.floating]]


class Site:
    """The stages of a site, ready to compute blocks in the order of time.

    Parameters
    ----------
    plan : Plan
        What to run.
    workers : int
        Threads; no result depends on it.
    gpu : int, optional
        Number of the GPU that computes the racks of jobs with a program.
    """

    def __init__(self, plan: Plan, workers: int, gpu: int | None = None) -> None:
        scenario = plan.scenario
        self.plan = plan
        self.scenario = scenario
        kind = JobFleet if gpu is None else cuda_fleet(gpu)
        self.fleets = [fleet_of(scenario, job, workers, kind) for job in range(len(scenario.jobs))]
        self.workers = workers
        self.supplies = [supply_of(hall.rack_record, workers) for hall in scenario.site.halls]
        self.column_of = {rack: column for column, rack in enumerate(kept_racks(scenario))}
        self.probes = accelerator_places(scenario)
        self._dt = whole_ticks(scenario.time.dt)

    def block(self, first: int, stop: int) -> Block:
        """Return the power of samples first to stop (exclusive) of every kept variable, in W."""
        samples = stop - first
        halls = len(self.scenario.site.halls)
        out: Block = {"poi/power": np.empty(samples), "hall/power": np.empty((samples, halls))}
        if self.column_of:
            out["rack/power"] = np.empty((samples, len(self.column_of)), np.float32)
        if self.probes:
            out["probe/power"] = np.empty((samples, len(self.probes)), np.float32)
        per_tile = TILE_TICKS // self._dt
        for tile in range(first, stop, per_tile):
            until = min(tile + per_tile, stop)
            part = {name: values[tile - first : until - first] for name, values in out.items()}
            self._tile(tile, until - tile, part)
        if not self.scenario.output.halls:
            del out["hall/power"]
        return out

    def _tile(self, first: int, samples: int, out: Block) -> None:
        """Fill one tile of the output, given as views."""
        for fleet in self.fleets:
            fleet.open_tile(first * self._dt, self._dt, samples)
        totals = np.zeros((len(self.supplies), samples), np.int64)
        for placement in self.scenario.placements:
            self._placement(placement, totals[placement.hall], out)
        hall_w = totals / QUANTA_PER_W
        out["hall/power"][:] = hall_w.T
        overhead = self.scenario.site.overhead
        it_w = totals.sum(axis=0) / QUANTA_PER_W
        out["poi/power"][:] = it_w * (1.0 + overhead.proportional) + overhead.constant
        for column, (job, lane) in enumerate(self.probes.values()):
            power = self.fleets[job].probe(lane)
            out["probe/power"][:, column] = power / QUANTA_PER_W

    def _placement(self, placement: Placement, total: NDArray[np.int64], out: Block) -> None:
        """Take one job's racks in one hall through the rack supply, a batch at a time."""
        per_rack = self.scenario.site.halls[placement.hall].rack_record.accelerators
        stop = placement.first_accelerator + placement.accelerators
        for done in range(0, placement.racks, RACKS_AT_ONCE):
            lane = placement.first_accelerator + done * per_rack
            until = min(lane + RACKS_AT_ONCE * per_rack, stop)
            first_rack = placement.first_rack + done
            place = Place(lane, until, per_rack, first_rack)
            power_w = watts(self.fleets[placement.job].rack_power(place), self.workers)
            held = np.full(power_w.shape[0], per_rack, np.int32)
            held[-1] = until - lane - (held.size - 1) * per_rack
            self.supplies[placement.hall].advance(held, power_w, self.plan.dt_s)
            add_to(total, power_w, self.workers)
            for r in range(held.size):
                column = self.column_of.get(first_rack + r)
                if column is not None:
                    out["rack/power"][:, column] = power_w[r]


def supply_of(rack: RackSpec, workers: int) -> RackSupply:
    """Return the supply stage of a type of rack."""
    return RackSupply(
        base_w=rack.base_power_w,
        dynamic_ratio=rack.dynamic_power_ratio,
        idle_w=rack.accelerator.idle_w,
        rating_w=rack.supply_rating_w,
        peak_efficiency=rack.supply_peak_efficiency,
        peak_load=rack.supply_peak_load,
        workers=workers,
    )
