# SPDX-License-Identifier: Apache-2.0
"""Which stages of a run a GPU computes, and which jobs it refuses."""

from __future__ import annotations

from powermodel.errors import PlanError
from powermodel.scenario import Scenario
from powermodel_kernels.build import ticks
from powermodel_kernels.storage.checks import needs_cpu

ON_CPU = "use device 'cpu'"


def storage_needs_cpu(scenario: Scenario) -> str | None:
    """Return why no GPU runs the storage of a scenario; None if one does, or there is none."""
    storage = scenario.storage
    if storage is None:
        return None
    devices = [storage] if storage.fast is None else [storage, storage.fast]
    control = storage.kernel_control()
    inverters = min(ticks(device.latency.inverter_delay) for device in devices)
    return needs_cpu(control, control.communication_ticks + inverters)


def taken_by_gpu(scenario: Scenario) -> list[str]:
    """Return what of a run with a GPU the GPU computes, in words and in the order of the stages."""
    stored = scenario.storage is not None and not storage_needs_cpu(scenario)
    smoothed = any(job.smoothing is not None for job in scenario.jobs)
    stages = ["timeline", "accelerators", *["power smoothing"] * smoothed, "noise"]
    return [f"{', '.join(stages)} and racks of jobs with a program"] + ["storage"] * stored


def left_to_cpu(scenario: Scenario) -> list[str]:
    """Return what of a run with a GPU the CPU computes, in words and in the order of the stages."""
    slow = storage_needs_cpu(scenario)
    replayed = [job.name for job in scenario.jobs if job.program is None]
    parts = {
        f"jobs replayed from a trace ({', '.join(replayed)})": bool(replayed),
        "single accelerators": bool(scenario.output.probes),
        "the site beyond its racks": True,
        f"storage ({slow})": slow is not None,
        "supply": scenario.supply is not None or scenario.onsite is not None,
    }
    return [part for part, there in parts.items() if there]


def check_jobs(scenario: Scenario) -> None:
    """Refuse jobs that a GPU does not compute.

    Raises
    ------
    PlanError
        With what to do about it.
    """
    if all(job.program is None for job in scenario.jobs):
        raise PlanError(
            "no job here runs on a GPU: measured traces are replayed by the CPU",
            where="jobs",
            hint=ON_CPU,
        )
