# SPDX-License-Identifier: Apache-2.0
"""One block of a run: every job through its racks, the site and its storage to the POI."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from powermodel.planning import Plan, accelerator_places, kept_racks, whole_ticks
from powermodel.simulation.chain import SiteLoad, chain_parts
from powermodel.simulation.cuda import cuda_fleet, racks_of, site_storage
from powermodel.simulation.fleets import fleet_of
from powermodel.simulation.handed import HandedRacks, LoadSource, RackSource
from powermodel.simulation.onsite import OnsitePower
from powermodel.simulation.racks import RackTile
from powermodel.simulation.steady import steady_stop
from powermodel.simulation.storage import storage_parts
from powermodel.simulation.supply import Fed, supply_nodes, supply_parts, supply_stage
from powermodel.store import StoreLayout
from powermodel_kernels.constants import QUANTA_PER_W, TILE_TICKS
from powermodel_kernels.fleet.job import JobFleet

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
    load : LoadSource, optional
        The load before the storage; then neither jobs nor racks are computed.
    racks : RackSource, optional
        The racks; then jobs are not computed.
    """

    def __init__(
        self,
        plan: Plan,
        workers: int,
        gpu: int | None = None,
        load: LoadSource | None = None,
        racks: RackSource | None = None,
    ) -> None:
        scenario = plan.scenario
        self.plan = plan
        self.scenario = scenario
        kind = JobFleet if gpu is None else cuda_fleet(gpu)
        given = load is not None or racks is not None
        standing = range(0 if given else len(scenario.standing))
        self.load = load
        self.fleets = [fleet_of(scenario, one, workers, kind) for one in standing]
        if racks is None and load is None:
            racks = racks_of(plan, self.fleets, workers, gpu)
        # Of a load that is given nothing inside the site is known, nor remembered.
        self.racks: RackSource = racks or HandedRacks(plan.dt_s)
        self.beyond = None if load is not None else SiteLoad(scenario, plan.dt_s)
        self.storage = None if scenario.storage is None else site_storage(scenario, plan.dt_s, gpu)
        self.onsite = None if scenario.onsite is None else OnsitePower(scenario)
        self.supply = supply_stage(scenario, plan.dt_s)
        self._layout = layout_of(plan, stored_load=load is not None)
        self.column_of = {rack: column for column, rack in enumerate(self._layout.racks)}
        self.probes = accelerator_places(scenario) if self._layout.probes else {}
        self._dt = whole_ticks(scenario.time.dt)
        # Where all that comes after the jobs has no memory and does not change by itself.
        beyond = (gpu, self.storage, self.onsite, scenario.supply)
        alone = all(part is None for part in beyond) and not given
        self._repeats = alone and not self.remembers

    # What the stages remember between blocks.

    @property
    def remembers(self) -> bool:
        """Whether a block depends on the one before it."""
        # Island, cooling and chain settle at the first sample: until then they have no state.
        beyond = self.beyond is not None and self.beyond.remembers
        return beyond or self.supply.remembers or bool(self.state())

    def state(self) -> dict[str, np.ndarray]:
        """Return what the stages remember at the end of the last block; empty for nothing."""
        found = self.racks.state()
        for number, fleet in enumerate(self.fleets):
            if isinstance(fleet, JobFleet):
                found |= {f"fleet/{number}/{key}": v for key, v in fleet.state().items()}
        if self.beyond is not None:
            found |= self.beyond.state()
        if self.storage is not None:
            found |= self.storage.state()
        return found | self.supply.state()

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Take what ``state`` returned; the next block follows the one it was asked after."""
        self.racks.restore(state)
        for number, fleet in enumerate(self.fleets):
            if isinstance(fleet, JobFleet):
                start = f"fleet/{number}/"
                fleet.restore({k[len(start) :]: v for k, v in state.items() if k.startswith(start)})
        if self.beyond is not None:
            self.beyond.restore(state)
        if self.storage is not None:
            self.storage.restore(state)
        self.supply.restore(state)

    # One block after the other.

    def block(self, first: int, stop: int) -> Block:
        """Return samples first to stop (exclusive) of every kept variable, in its unit."""
        out: Block = {
            spec.path: np.empty((stop - first, *spec.shape[2:]), spec.variable.dtype)
            for spec in self._layout.sampled()
        }
        ends = self._layout.accounts(slice(first, stop))
        accounts: Block = {
            spec.path: np.empty(ends.stop - ends.start, spec.variable.dtype)
            for spec in self._layout.accounted()
        }
        per_tile = TILE_TICKS // self._dt
        steady = first
        for place, tile in enumerate(range(first, stop, per_tile)):
            until = min(tile + per_tile, stop)
            if until <= steady:
                continue
            part = {name: values[tile - first : until - first] for name, values in out.items()}
            self._tile(tile, until - tile, part)
            if self.storage is not None:
                self.storage.account(accounts, place)
            if self._repeats:
                steady = min(steady_stop(self.fleets, self._dt), stop)
                for values in out.values():
                    values[until - first : max(steady, until) - first] = values[until - first - 1]
        return out | accounts

    def _tile(self, first: int, samples: int, out: Block) -> None:
        """Fill one tile of the output, given as views."""
        if self.load is not None:
            load_w = self.load.tile(first, samples)
            reactive_var = self.load.reactive(first, samples)
        else:
            load_w = self._computed_load(first, samples, out)
            reactive_var = out.get("chain/reactive")
        if "load/power" in out:
            out["load/power"][:] = load_w
        net_w = load_w
        if self.onsite is not None:
            out["onsite/power"][:] = self.onsite.tile(first, samples)
            net_w = load_w - out["onsite/power"]
        poi_w = net_w if self.storage is None else self.storage.tile(first, net_w, out)
        out["poi/power"][:] = poi_w
        fed = Fed(load_w, load_w - poi_w, reactive_var)
        self.supply.tile(first * self._dt, fed, out)

    def _computed_load(self, first: int, samples: int, out: Block) -> NDArray[np.float64]:
        """Take every job through its racks; return the load of the site, W."""
        for fleet in self.fleets:
            fleet.open_tile(first * self._dt, self._dt, samples)
        kept = {rack: out["rack/power"][:, column] for rack, column in self.column_of.items()}
        racks = self.racks.tile(first * self._dt, samples, kept)
        if "hall/power" in out:
            out["hall/power"][:] = (racks.halls / QUANTA_PER_W).T
        self._layers(racks, out)
        for column, (job, lane) in enumerate(self.probes.values()):
            power = self.fleets[job].probe(lane)
            out["probe/power"][:, column] = power / QUANTA_PER_W
        assert self.beyond is not None
        return self.beyond.tile(racks, out)

    def _layers(self, racks: RackTile, out: Block) -> None:
        """Fill the series of the buffering layers before the storage."""
        if "rack_store/power" in out:
            out["rack_store/power"][:] = racks.store_w
            out["rack_store/loss"][:] = racks.store_loss_w
            out["rack_store/energy"][:] = racks.store_j
        if "rack_backup/power" in out:
            out["rack_backup/power"][:] = racks.backup_w
            out["rack_backup/loss"][:] = racks.backup_loss_w
            out["rack_backup/unserved"][:] = racks.unserved_w
            out["rack_backup/energy"][:] = racks.backup_j
        if "smoothing/burnt" in out:
            jobs = [fleet for fleet in self.fleets if isinstance(fleet, JobFleet)]
            out["smoothing/burnt"][:] = sum(fleet.burnt() for fleet in jobs) / QUANTA_PER_W
            out["smoothing/held_back"][:] = sum(f.held_back() for f in jobs) / QUANTA_PER_W


def layout_of(planned: Plan, *, stored_load: bool = False) -> StoreLayout:
    """Return what the store of a plan holds; of a stored load nothing inside the site is known."""
    scenario, inside = planned.scenario, not stored_load
    dt = whole_ticks(scenario.time.dt)
    parts = {
        "load": scenario.storage is not None or scenario.onsite is not None,
        "onsite": scenario.onsite is not None,
        **storage_parts(scenario),
        "rack_store": inside and any(hall.rack_store is not None for hall in scenario.site.halls),
        "rack_backup": inside and any(hall.rack_backup for hall in scenario.site.halls),
        "smoothing": inside and any(job.smoothing is not None for job in scenario.jobs),
        **supply_parts(scenario),
        **(chain_parts(scenario) if inside else {}),
    }
    halls = inside and scenario.output.halls
    return StoreLayout(
        dt_ticks=dt,
        n_samples=planned.samples,
        block_samples=whole_ticks(scenario.time.block) // dt,
        halls=tuple(h.name for h in scenario.site.halls) if halls else (),
        racks=kept_racks(scenario) if inside else (),
        probes=tuple(sorted(set(scenario.output.probes))) if inside else (),
        parts=tuple(part for part, there in parts.items() if there),
        nodes=supply_nodes(scenario),
    )
