# SPDX-License-Identifier: Apache-2.0
"""Which runs a GPU can take, told before anything is written."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from powermodel.errors import DeviceError, PlanError
from powermodel.planning import RACKS_AT_ONCE, Plan, whole_ticks
from powermodel.simulation.fleets import tables_of
from powermodel_kernels.constants import TILE_TICKS
from powermodel_kernels.fleet.job import JobFleet

_ON_CPU = "use device 'cpu'"


def cuda_fleet(number: int) -> Callable[..., JobFleet]:
    """Return what makes a job's fleet on a GPU."""
    # Here, not above: the CUDA compiler is loaded for those alone who ask for a GPU.
    from powermodel_kernels.cuda.job import CudaJobFleet

    return partial(CudaJobFleet, device=number)


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
    scenario = plan.scenario
    if scenario.engine != "events":
        raise PlanError(
            f"the {scenario.engine} engine runs on the CPU alone",
            where="engine",
            hint=f"{_ON_CPU}, or engine 'events'",
        )
    if all(job.program is None for job in scenario.jobs):
        raise PlanError(
            "no job here runs on a GPU: measured traces are replayed by the CPU",
            where="jobs",
            hint=_ON_CPU,
        )
    smoothed = [job.name for job in scenario.jobs if job.smoothing is not None]
    if smoothed:
        raise PlanError(
            f"power smoothing runs on the CPU alone, and job {smoothed[0]!r} has it",
            where="jobs",
            hint=_ON_CPU,
        )
    _check_racks(plan)
    _check_memory(plan, number)


def _check_racks(plan: Plan) -> None:
    from powermodel_kernels.cuda.job import threads_of

    scenario = plan.scenario
    for place in scenario.placements:
        if scenario.jobs[place.job].program is None:
            continue
        hall = scenario.site.halls[place.hall]
        try:
            threads_of(hall.rack_record.accelerators)
        except ValueError as error:
            raise PlanError(
                str(error),
                where=f"site.halls: {hall.name}",
                hint=f"{_ON_CPU}, or describe the hall as more, smaller racks",
            ) from None


def _check_memory(plan: Plan, number: int) -> None:
    from powermodel_kernels.cuda.job import device_bytes
    from powermodel_kernels.cuda.memory import free_bytes

    free, dt = free_bytes(number), whole_ticks(plan.dt_s)
    if free is None:
        return
    samples = min(TILE_TICKS // dt, plan.samples)
    needed = sum(
        device_bytes(*tables_of(plan.scenario, index), min(plan.racks, RACKS_AT_ONCE), samples, dt)
        for index, job in enumerate(plan.scenario.jobs)
        if job.program is not None
    )
    if needed > free:
        raise DeviceError(
            f"the run needs about {needed / 2**20:,.1f} MiB of the GPU's memory, "
            f"{free / 2**20:,.1f} MiB are free",
            where=f"GPU {number}",
            hint=f"end what else uses the GPU, or {_ON_CPU}",
        )
