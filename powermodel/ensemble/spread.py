# SPDX-License-Identifier: Apache-2.0
"""Tasks on workers: in this process, on processes of this machine, or on a running cluster."""

from __future__ import annotations

import importlib
import itertools
import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, TypeAlias

from powermodel.ensemble.errors import WorkerError
from powermodel.ensemble.grid import Place
from powermodel.ensemble.task import Task, perform
from powermodel.errors import PowermodelError

_RETRIES = 3
_DEATHS = 10
"""Workers that may end under a task before it is given up: a fault, not bad luck."""
_WAITING_PER_WORKER = 3
_CLOSE_S = 10
_LESS_MEMORY = (
    "powermodel check tells what a worker needs; start fewer workers, or a shorter time.block, "
    "then go on with --resume"
)


def perform_all(
    work: Iterable[Task],
    *,
    workers: int,
    scheduler: str | None,
    dashboard: bool = False,
    gpus: bool = False,
) -> Iterator[tuple[Place, ...]]:
    """Perform tasks and yield the runs of each as they are whole, in any order.

    Parameters
    ----------
    work : iterable of Task
        Consumed as workers get free.
    workers : int
        Processes on this machine; 1 is this process. Not used with a scheduler.
    scheduler : str, optional
        Address of a running Dask scheduler, such as ``"tcp://10.0.0.1:8786"``.
    dashboard : bool
        Serve Dask's dashboard on the loopback interface.
    gpus : bool
        Whether each of these processes gets a GPU of its own, through dask-cuda.

    Raises
    ------
    PowermodelError
        The first that a task raised, or a worker that keeps ending.
    """
    if scheduler is None and workers <= 1 and not dashboard:
        for task in work:
            outcome = attempt(task)
            if isinstance(outcome, PowermodelError):
                raise outcome
            yield outcome
        return
    with _client(workers, scheduler, dashboard, gpus) as client:
        yield from _on_cluster(client, work)


@contextmanager
def _client(workers: int, scheduler: str | None, dashboard: bool, gpus: bool) -> Iterator[Any]:
    import dask

    distributed: Any = importlib.import_module("distributed")  # it has no types

    settings = {
        "distributed.scheduler.allowed-failures": _DEATHS,
        # A worker that loses its scheduler ends: nothing is left behind.
        "distributed.comm.retry.count": 0,
        "distributed.admin.log-length": 100,
    }
    with ExitStack() as stack:
        stack.enter_context(dask.config.set(settings))
        address: Any = scheduler
        if scheduler is None:
            kind = distributed.LocalCluster
            if gpus:
                kind = importlib.import_module("dask_cuda").LocalCUDACluster
            address = stack.enter_context(
                kind(
                    n_workers=workers,
                    threads_per_worker=1,
                    host="127.0.0.1",
                    # It serves the scheduler's own pages too: a free port, never a public one.
                    dashboard_address="127.0.0.1:0",
                    scheduler_kwargs={"dashboard": dashboard},
                    silence_logs=logging.ERROR,
                )
            )
        try:
            client = stack.enter_context(
                distributed.Client(address, timeout=_CLOSE_S, set_as_default=False)
            )
        except (OSError, TimeoutError, ValueError) as error:
            raise WorkerError(
                f"cannot reach the scheduler: {error}",
                where=scheduler,
                hint="start one with 'dask scheduler', and workers with 'dask worker ADDRESS'",
            ) from None
        if scheduler is not None and not client.scheduler_info(n_workers=-1)["workers"]:
            raise WorkerError(
                "the scheduler has no workers", where=scheduler, hint="dask worker ADDRESS"
            )
        yield client


Outcome: TypeAlias = tuple[Place, ...] | PowermodelError


def attempt(task: Task, before: tuple[Outcome, ...] = ()) -> Outcome:
    """Perform a task on a worker; what a user must see is returned, so that it is not retried.

    Parameters
    ----------
    task : Task
        What to do.
    before : tuple
        What became of the tasks that this one needs.
    """
    failed = [one for one in before if isinstance(one, PowermodelError)]
    if failed:
        return failed[0]
    try:
        return perform(task)
    except PowermodelError as error:
        return error
    except MemoryError:
        return WorkerError("a worker ran out of memory", hint=_LESS_MEMORY)


def _on_cluster(client: Any, work: Iterable[Task]) -> Iterator[tuple[Place, ...]]:
    """Keep a few tasks waiting for every worker: a study of any length needs the same memory."""
    from distributed.client import FutureCancelledError as CancelledError
    from distributed.scheduler import KilledWorker

    distributed: Any = importlib.import_module("distributed")

    queue = iter(work)
    slots = sum(client.nthreads().values()) or 1
    futures = distributed.as_completed(loop=client.loop)
    alive: set[Any] = set()
    windows: dict[Place, list[Any]] = {}

    def submit(count: int) -> None:
        for task in itertools.islice(queue, count):
            if task.load not in windows:
                windows.clear()  # tasks come load after load
            needed = () if task.window is not None else tuple(windows.get(task.load, ()))
            future = client.submit(attempt, task, needed, pure=False, retries=_RETRIES)
            if task.window is not None:
                windows.setdefault(task.load, []).append(future)
            alive.add(future)
            futures.add(future)

    submit(_WAITING_PER_WORKER * slots)
    try:
        for future in futures:
            try:
                found = future.result()
            except KilledWorker as error:
                raise WorkerError(
                    f"{_DEATHS} workers ended while they computed one task: {error.last_worker}",
                    hint=f"out of memory? {_LESS_MEMORY}",
                ) from None
            except (CancelledError, OSError) as error:
                raise WorkerError(
                    f"the scheduler is gone: {type(error).__name__}",
                    hint="what is written stays valid: start a scheduler and workers, then go on "
                    "with --resume",
                ) from None
            alive.discard(future)
            if isinstance(found, PowermodelError):
                raise found
            yield found
            submit(1)
    finally:
        for future in alive:
            future.cancel()


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
