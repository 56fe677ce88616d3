# SPDX-License-Identifier: Apache-2.0
"""Run a scenario into a store, in memory or on disk, with progress and resume."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from powermodel import device as devices
from powermodel.planning import Plan, plan
from powermodel.provenance import run_attributes
from powermodel.scenario import Scenario
from powermodel.simulation.blocks import Block, Site, layout_of
from powermodel.simulation.cuda import check_cuda
from powermodel.simulation.interrupt import interrupts_wait
from powermodel.simulation.stored import StoredLoad
from powermodel.store import State, StoreLayout, StoreWriter, open_run
from powermodel_kernels import reused

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is."""

    done_s: float
    """Simulated time that is whole in the store, s."""
    total_s: float
    blocks_done: int
    blocks: int
    elapsed_s: float
    """Wall-clock time of this call, s."""
    restored_blocks: int
    """Blocks that were there when the run was resumed."""


def simulate(
    scenario: Scenario | str | os.PathLike[str],
    *,
    to: str | os.PathLike[str] | None = None,
    seed: int | None = None,
    engine: str | None = None,
    device: str = "auto",
    workers: int | None = None,
    load_from: str | os.PathLike[str] | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> xr.DataTree:
    """Simulate a scenario.

    Parameters
    ----------
    scenario : Scenario, path or name
        What to simulate; a file or the name of a shipped scenario is loaded.
    to : path-like, optional
        Store to write; without it the result is held in memory.
    seed, engine : optional
        Replace those of the scenario.
    device : str
        ``"cpu"``, ``"cuda"``, ``"cuda:0"`` or ``"auto"``; never another one than asked for.
    workers : int, optional
        Threads; default all that this process may use. No result depends on it.
    load_from : path-like, optional
        A run whose load stands in for jobs and racks: only storage and supply are computed.
    resume : bool
        Go on with the store at `to`.
    overwrite : bool
        Replace the store at `to`.
    progress : callable, optional
        Called at the start and after every block.

    Returns
    -------
    DataTree
        Groups ``/poi``, ``/hall``, ``/rack``, ``/probe`` and ``/overview``, power in W over time
        in s, read from the store as needed.

    Raises
    ------
    PowermodelError
        With what was expected, what came and what to do.
    """
    if not isinstance(scenario, Scenario):
        scenario = Scenario.load(scenario)
    if seed is not None:
        scenario = scenario.set("seed", seed)
    if engine is not None:
        scenario = scenario.set("engine", engine)
    if to is not None:
        write_run(
            scenario, to, device=device, workers=workers, load_from=load_from, resume=resume,
            overwrite=overwrite, progress=progress,
        )  # fmt: skip
        return open_run(to)
    folder = tempfile.mkdtemp(prefix="powermodel-")
    try:
        path = Path(folder) / "run.zarr"
        write_run(
            scenario, path, device=device, workers=workers, load_from=load_from, progress=progress
        )
        return open_run(path).load()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_run(
    scenario: Scenario,
    to: str | os.PathLike[str],
    *,
    device: str = "auto",
    workers: int | None = None,
    load_from: str | os.PathLike[str] | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> None:
    """Simulate a scenario into a store, without opening it; parameters as in `simulate`."""
    chosen = devices.resolve(device)
    planned = plan(scenario)
    if chosen.number is not None:
        check_cuda(planned, chosen.number)
    load = None if load_from is None else StoredLoad(load_from)
    if load is not None:
        load.check(planned)
    try:
        _write(planned, to, chosen, workers, load, resume, overwrite, progress)
    finally:
        reused.release()


def _write(
    planned: Plan,
    path: str | os.PathLike[str],
    device: devices.Device,
    workers: int | None,
    load: StoredLoad | None,
    resume: bool,
    overwrite: bool,
    progress: Callable[[Progress], None] | None,
) -> None:
    """Compute every block that the store does not have yet."""
    began = time.monotonic()
    layout = layout_of(planned, stored_load=load is not None)
    attributes = _attributes(planned, device.name, load)
    with interrupts_wait():
        if resume:
            writer = StoreWriter.resume(path, layout, attributes)
        else:
            writer = StoreWriter.create(path, layout, attributes, overwrite=overwrite)
    with writer:
        pending = writer.pending()
        restored = layout.n_blocks - len(pending)
        lengths = [_length(layout, block) for block in range(layout.n_blocks)]
        done_s = (sum(lengths) - sum(lengths[block] for block in pending)) * planned.dt_s

        def tell(blocks_done: int) -> None:
            if progress is not None:
                elapsed = time.monotonic() - began
                total_s = layout.duration_s
                progress(Progress(done_s, total_s, blocks_done, layout.n_blocks, elapsed, restored))

        tell(restored)
        if not pending:
            writer.finish()
            return
        walk = Walk(Site(planned, _threads(workers), device.number, load), layout, writer)
        for count, block in enumerate(pending, start=1):
            data = walk.block(block)
            with interrupts_wait():
                writer.write(block, data, state=walk.state())
            done_s += lengths[block] * planned.dt_s
            tell(restored + count)
        writer.finish()


class Walk:
    """Blocks in their order, each from what the stages remember of those before it."""

    def __init__(self, site: Site, layout: StoreLayout, writer: StoreWriter) -> None:
        self._site, self._layout, self._writer = site, layout, writer
        self._remembers = site.remembers
        self._next = 0

    def block(self, block: int) -> Block:
        """Compute a block; where blocks before it are not at hand, those first."""
        if self._remembers and block != self._next:
            after, state = self._writer.state_before(block)
            if state is not None and after > self._next:
                self._site.restore(state)
                self._next = after
            for before in range(self._next, block):
                self._compute(before)
        return self._compute(block)

    def state(self) -> State | None:
        """Return what the stages remember now, or None where a block needs nothing."""
        return self._site.state() if self._remembers else None

    def _compute(self, block: int) -> Block:
        part = self._layout.samples(block)
        self._next = block + 1
        return self._site.block(part.start, part.stop)


def _length(layout: StoreLayout, block: int) -> int:
    part = layout.samples(block)
    return int(part.stop - part.start)


def _attributes(planned: Plan, device: str, load: StoredLoad | None) -> dict[str, object]:
    scenario = planned.scenario
    found = run_attributes(
        scenario.to_yaml(),
        scenario.digest,
        seed=scenario.seed,
        engine=scenario.engine,
        device=device,
        dt_s=scenario.time.dt,
        duration_s=scenario.time.duration,
        title=f"Electrical load of {scenario.site.name}, scenario {scenario.name}",
    )
    return found if load is None else found | {"load_from": load.origin}


def _threads(workers: int | None) -> int:
    """Return the number of threads of the kernels: those that this process may use."""
    if workers is not None:
        return max(1, workers)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
