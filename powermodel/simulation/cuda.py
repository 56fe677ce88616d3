# SPDX-License-Identifier: Apache-2.0
"""What of a run a GPU computes, and which runs it can take: told before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from powermodel.errors import DeviceError, PlanError
from powermodel.planning import Plan, whole_ticks
from powermodel.planning.gpu import ON_CPU, check_jobs, storage_needs_cpu
from powermodel.scenario import Scenario
from powermodel.simulation.fleets import noise_of, tables_of
from powermodel.simulation.racks import Racks
from powermodel.simulation.storage import SiteStorage
from powermodel_kernels.constants import TILE_TICKS
from powermodel_kernels.fleet.job import JobFleet
from powermodel_kernels.fleet.replay import ReplayFleet
from powermodel_kernels.storage.driver import Outputs, State
from powermodel_kernels.tables import I64

if TYPE_CHECKING:
    from powermodel_kernels.cuda.memory import Memory
    from powermodel_kernels.cuda.site import CudaStorage


def cuda_fleet(number: int) -> Callable[..., JobFleet]:
    """Return what makes a job's fleet on a GPU."""
    # Here, not above: the CUDA compiler is loaded for those alone who ask for a GPU.
    from powermodel_kernels.cuda.job import CudaJobFleet

    return partial(CudaJobFleet, device=number)


def racks_of(
    plan: Plan, fleets: list[JobFleet | ReplayFleet], workers: int, gpu: int | None
) -> Racks:
    """Return the racks of a run, on a GPU where one is given.

    Parameters
    ----------
    plan : Plan
        What to run.
    fleets : list
        The fleet of all that stands there.
    workers : int
        Threads; no result depends on it.
    gpu : int, optional
        Number of the GPU.
    """
    if gpu is None:
        return Racks(plan.scenario, fleets, plan.dt_s, workers)
    from powermodel.simulation.cuda_racks import CudaRacks

    until = plan.samples * whole_ticks(plan.dt_s)
    return CudaRacks(plan.scenario, fleets, plan.dt_s, workers, until)


class CudaSiteStorage(SiteStorage):
    """The storage of a site on a GPU, where its state stays until somebody asks for it.

    Parameters
    ----------
    scenario : Scenario
        With storage that a GPU runs.
    dt_s : float
        The step, s.
    number : int
        Of the GPU.
    """

    def __init__(self, scenario: Scenario, dt_s: float, number: int) -> None:
        super().__init__(scenario, dt_s)
        self._number = number
        self._fetched = True

    @cached_property
    def _memory(self) -> Memory:
        from powermodel_kernels.cuda import memory

        return memory.memory(self._number)

    @cached_property
    def _there(self) -> CudaStorage:
        # When it is first needed: this storage may come to be advanced together with others.
        from powermodel_kernels.cuda.site import CudaStorage

        return CudaStorage([self.stage], [self._state], self._memory)

    def _advance(self, load_q: I64, first: int) -> Outputs:
        # Beside the racks: of these, the next tile may be under way, and this one needs no more.
        with self._memory.beside():
            (found,) = self._there.advance(load_q[np.newaxis], first)
        self._fetched = False
        return found

    def _fetch(self) -> None:
        if not self._fetched:
            with self._memory.beside():
                self._there.fetch()
            self._fetched = True

    @property
    def now(self) -> State:
        """What the storage remembers, as the kernels keep it; not to be changed."""
        self._fetch()
        return super().now

    def account(self, out: Mapping[str, NDArray], place: int) -> None:
        """Put down what each device has done so far."""
        self._fetch()
        super().account(out, place)

    def state(self) -> dict[str, np.ndarray]:
        """Return what the storage remembers."""
        self._fetch()
        return super().state()

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Take what ``state`` returned."""
        super().restore(state)
        self.__dict__.pop("_there", None)
        self._fetched = True


def site_storage(scenario: Scenario, dt_s: float, gpu: int | None) -> SiteStorage:
    """Return the storage of a site, on a GPU where one is given and can run it."""
    if gpu is None or storage_needs_cpu(scenario):
        return SiteStorage(scenario, dt_s)
    return CudaSiteStorage(scenario, dt_s, gpu)


def check_cuda(plan: Plan, number: int) -> None:
    """Refuse what a GPU does not compute, or has no memory for.

    Parameters
    ----------
    plan : Plan
        What to run.
    number : int
        Number of the GPU.

    Raises
    ------
    PlanError, DeviceError
        With what to do about it.
    """
    check_jobs(plan.scenario)
    if plan.scenario.engine == "events":
        _check_racks(plan)
    _check_memory(plan, number)


def _check_racks(plan: Plan) -> None:
    from powermodel_kernels.cuda.room import threads_of

    scenario = plan.scenario
    for place in scenario.placements:
        job = scenario.jobs[place.job]
        if job.program is None or job.smoothing is not None:
            continue
        hall = scenario.site.halls[place.hall]
        try:
            threads_of(hall.rack_record.accelerators)
        except ValueError as error:
            raise PlanError(
                str(error),
                where=f"site.halls: {hall.name}",
                hint=f"{ON_CPU}, or describe the hall as more, smaller racks",
            ) from None


def loads_at_once(plan: Plan, number: int, most: int) -> int:
    """Return how many loads that differ in their seed a GPU computes together, at least one.

    Parameters
    ----------
    plan : Plan
        Of one of them.
    number : int
        Number of the GPU.
    most : int
        How many there are.

    Raises
    ------
    DeviceError
        If one alone needs more of the GPU's memory than is free.
    """
    free = _check_memory(plan, number)
    most = min(most, _loads_of_a_launch(plan))
    if free is None:
        return most
    one = bytes_needed(plan)
    # Every further one takes as much as the second, or less.
    return max(1, min(most, 1 + (free - one) // max(1, bytes_needed(plan, 2) - one)))


def _loads_of_a_launch(plan: Plan) -> int:
    """Return how many loads one launch computes of the largest placement, at least one.

    Further ones would take launches of their own, which fill the GPU by themselves.
    """
    from powermodel_kernels.cuda.room import racks_at_once
    from powermodel_kernels.cuda.smoother import bytes_of_rack

    scenario, samples = plan.scenario, _tile_samples(plan)
    found: list[int] = []
    for place in scenario.placements:
        job = scenario.jobs[scenario.standing[place.standing].number]
        if job.program is not None:
            knots = noise_of(job).knots(samples, whole_ticks(plan.dt_s))
            to_smooth = bytes_of_rack(scenario.engine, samples) if job.smoothing is not None else 0
            found.append(racks_at_once(samples, knots, to_smooth) // place.racks)
    return max(1, min(found, default=1))


def _tile_samples(plan: Plan) -> int:
    return min(TILE_TICKS // whole_ticks(plan.dt_s), plan.samples)


def _check_memory(plan: Plan, number: int) -> int | None:
    """Refuse a run that needs more memory than is free; return what is free, bytes."""
    from powermodel_kernels.cuda.memory import free_bytes

    free = free_bytes(number)
    if free is not None and (needed := bytes_needed(plan)) > free:
        raise DeviceError(
            f"the run needs about {needed / 2**20:,.1f} MiB of the GPU's memory, "
            f"{free / 2**20:,.1f} MiB are free",
            where=f"GPU {number}",
            hint=f"end what else uses the GPU, or {ON_CPU}",
        )
    return free


def bytes_needed(plan: Plan, runs: int = 1) -> int:
    """Return about how much of a GPU's memory the racks of runs take, bytes, rather too much.

    Parameters
    ----------
    plan : Plan
        Of one of them.
    runs : int
        That go together.
    """
    from powermodel_kernels.cuda.racks import sums_of
    from powermodel_kernels.cuda.room import device_bytes

    dt, scenario, samples = whole_ticks(plan.dt_s), plan.scenario, _tile_samples(plan)
    rows = sums_of(
        any(hall.rack_store is not None for hall in scenario.site.halls),
        any(hall.rack_backup is not None for hall in scenario.site.halls),
    )
    # What racks add up to, of two tiles: one is computed while the one before comes back.
    needed = runs * 2 * len(scenario.placements) * rows * 8 * samples
    for index, one in enumerate(scenario.standing):
        if scenario.jobs[one.number].program is not None:
            racks = max(place.racks for place in scenario.placements if place.standing == index)
            job = scenario.jobs[one.number]
            smoothed = scenario.engine if job.smoothing is not None else None
            needed += device_bytes(
                *tables_of(scenario, index), racks, samples, dt, noise_of(job), smoothed, runs
            )
    return needed
