# SPDX-License-Identifier: Apache-2.0
"""Studies on GPUs: which one this process uses, or one worker for each through dask-cuda."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass

from powermodel.device import resolve
from powermodel.device.driver import find_driver
from powermodel.ensemble.errors import WorkerError

_PACKAGE = "dask_cuda"


@dataclass(frozen=True, slots=True)
class Placement:
    """On what a study runs."""

    workers: int
    gpu: int | None
    """Number of the GPU as a worker sees it; None for CPUs."""


def placement(device: str, workers: int | None, scheduler: str | None, cores: int) -> Placement:
    """Say on what a study runs, before anything is written.

    Parameters
    ----------
    device : str
        ``"cpu"``, or ``"cuda"`` for one worker on each GPU, ``"cuda:N"`` for one worker on one.
    workers : int, optional
        Default all cores, or all GPUs.
    scheduler : str, optional
        Address of a running scheduler, of which every worker then has to see a GPU of its own.
    cores : int
        Of this machine.

    Raises
    ------
    PowermodelError
        If there is no GPU, or more workers are asked for than it takes, or the package is missing.
    """
    if device in ("cpu", "auto"):
        return Placement(workers or cores, None)
    if scheduler is not None and device == "cuda":
        return Placement(workers or cores, 0)
    found = resolve(device)
    gpus = max(1, find_driver().devices)
    count = workers or (gpus if device == "cuda" else 1)
    if count > 1 and device != "cuda":
        raise WorkerError(
            f"{device} is one GPU, and {count} workers are asked for",
            hint="--device cuda starts a worker on each GPU",
        )
    if count > gpus:
        raise WorkerError(
            f"expected at most {gpus} workers, one for each GPU, got {count}",
            hint=f"--workers {gpus}",
        )
    if count > 1 and importlib.util.find_spec(_PACKAGE) is None:
        raise WorkerError(
            "one worker for each GPU needs a package that is not installed: dask-cuda",
            hint="pip install dask-cuda, or --workers 1 for the first GPU alone",
        )
    return Placement(count, found.number)
