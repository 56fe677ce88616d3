# SPDX-License-Identifier: Apache-2.0
"""Tasks on workers: in this process, on processes of this machine, or on a running cluster."""

from __future__ import annotations

import importlib
import logging
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

from powermodel.ensemble.errors import WorkerError
from powermodel.ensemble.grid import Place
from powermodel.ensemble.queue import Queue
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
            done = attempt(task)
            if done.error is not None:
                raise done.error
            yield done.places
        return
    with _client(workers, scheduler, dashboard, gpus) as client:
        yield from _on_cluster(client, work)


@contextmanager
def local_cluster(workers: int, dashboard: bool = False, gpus: bool = False) -> Iterator[Any]:
    """Start workers on this machine, each a process of one thread, and end them.

    Parameters
    ----------
    workers : int
        How many.
    dashboard : bool
        Serve Dask's dashboard on the loopback interface.
    gpus : bool
        Whether each gets a GPU of its own, through dask-cuda.
    """
    import dask

    distributed: Any = importlib.import_module("distributed")  # it has no types
    kind = distributed.LocalCluster
    if gpus:
        kind = importlib.import_module("dask_cuda").LocalCUDACluster
    settings = {
        "distributed.scheduler.allowed-failures": _DEATHS,
        # Dask has the C library hand memory back to the system at every chance. Each block of a run
        # takes it again, page by page: a third of a worker's time, which a process alone never had.
        "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None,
        # Looking after itself every 20 ms, and for the pages of the dashboard, took Dask 7 % of a
        # core.
        "distributed.admin.tick.interval": "1s",
        "distributed.worker.memory.monitor-interval": "500ms",
        "distributed.admin.system-monitor.interval": "500ms" if dashboard else "10s",
        "distributed.worker.profile.enabled": dashboard,
    }
    with (
        dask.config.set(settings),
        kind(
            n_workers=workers,
            threads_per_worker=1,
            host="127.0.0.1",
            # It serves the scheduler's own pages too: a free port, never a public one.
            dashboard_address="127.0.0.1:0",
            scheduler_kwargs={"dashboard": dashboard},
            silence_logs=logging.ERROR,
        ) as cluster,
    ):
        yield cluster


@contextmanager
def _client(workers: int, scheduler: str | None, dashboard: bool, gpus: bool) -> Iterator[Any]:
    import dask

    distributed: Any = importlib.import_module("distributed")

    settings = {
        # A worker that loses its scheduler ends: nothing is left behind.
        "distributed.comm.retry.count": 0,
        "distributed.admin.log-length": 100,
    }
    with ExitStack() as stack:
        stack.enter_context(dask.config.set(settings))
        address: Any = scheduler
        if scheduler is None:
            address = stack.enter_context(local_cluster(workers, dashboard, gpus))
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


class Attempt(NamedTuple):
    """What became of a task on a worker."""

    places: tuple[Place, ...]
    error: PowermodelError | None
    """What a user must see: it is returned, so that it is not retried."""
    seconds: float


def attempt(task: Task, before: tuple[Attempt, ...] = ()) -> Attempt:
    """Perform a task on a worker.

    Parameters
    ----------
    task : Task
        What to do.
    before : tuple of Attempt
        What became of the tasks that this one needs.
    """
    began = time.perf_counter()
    places: tuple[Place, ...] = ()
    error = next((one.error for one in before if one.error is not None), None)
    if error is None:
        try:
            places = perform(task)
        except PowermodelError as found:
            error = found
        except MemoryError:
            error = WorkerError("a worker ran out of memory", hint=_LESS_MEMORY)
    return Attempt(places, error, time.perf_counter() - began)


def _on_cluster(client: Any, work: Iterable[Task]) -> Iterator[tuple[Place, ...]]:
    """Keep a few tasks waiting for every worker: a study of any length needs the same memory."""
    from distributed.client import FutureCancelledError as CancelledError
    from distributed.scheduler import KilledWorker

    distributed: Any = importlib.import_module("distributed")

    slots = sum(client.nthreads().values()) or 1
    queue = Queue(work, slots)
    futures = distributed.as_completed(loop=client.loop)
    alive: dict[Any, int] = {}
    windows: dict[Place, list[Any]] = {}

    def submit() -> None:
        taken = queue.take()
        if taken is None:
            return
        task, count = taken
        if task.load not in windows:
            windows.clear()  # tasks come load after load
        needed = () if task.window is not None else tuple(windows.get(task.load, ()))
        future = client.submit(attempt, task, needed, pure=False, retries=_RETRIES)
        if task.window is not None:
            windows.setdefault(task.load, []).append(future)
        alive[future] = count
        futures.add(future)

    for _ in range(_WAITING_PER_WORKER * slots):
        submit()
    try:
        for future in futures:
            try:
                found: Attempt = future.result()
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
            if found.error is not None:
                raise found.error
            if found.places:
                queue.learn(found.seconds / alive[future])
            del alive[future]
            yield found.places
            submit()
    finally:
        for future in alive:
            future.cancel()


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
