# SPDX-License-Identifier: Apache-2.0
"""Farms of many runs on a GPU in one launch: that which is asked for, and those that may be next.

A search asks for one run after the other, and the storage of one fills one of the GPU's
multiprocessors: others run beside it in the same time. What the search then does not ask for is
lost, and no result depends on it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from powermodel.errors import PowermodelError
from powermodel.planning.gpu import storage_needs_cpu
from powermodel.scenario import Scenario
from powermodel.simulation.storage import storage_stage
from powermodel.sizing.farm_stage import as_run, in_quanta
from powermodel.sizing.measuring import FarmRun, Load
from powermodel.sizing.setting import Setting
from powermodel_kernels.storage.driver import Outputs
from powermodel_kernels.storage.site import StorageSite
from powermodel_kernels.tables import I64

AT_ONCE = 64
"""Runs of a launch at most."""
_AHEAD_BYTES = 2**29
"""Room for farms that nobody has asked for yet, B."""
_STRETCH = 10_000
"""Samples of a launch: its outputs are held on the GPU until it ends."""
_SAMPLE_BYTES = 24
"""Of a `FarmRun`, with its load in quanta, B for each sample."""

SettingRun = tuple[Setting, int]
"""A setting and a seed."""


@dataclass(frozen=True, slots=True)
class Farm:
    """A farm that is about to run."""

    scenario: Scenario
    load: Load
    stage: StorageSite


class FarmsTogether:
    """Farms that a GPU has run, until they are asked for.

    Parameters
    ----------
    number : int
        Of the GPU.
    made : callable
        Returns scenario and load of a run.
    """

    def __init__(self, number: int, made: Callable[[Setting, int], tuple[Scenario, Load]]) -> None:
        self._number = number
        self._made = made
        self._ready: dict[SettingRun, FarmRun] = {}
        self._lock = threading.Lock()

    def take(self, run: SettingRun) -> FarmRun | None:
        """Return a farm, once: that which has run ahead, or run now.

        None of one that a GPU does not run, or that does not hold together.
        """
        ready = self._ready.pop(run, None)
        if ready is not None:
            return ready
        with self._lock:
            farms = [farm for _, farm in self._fitting([run])]
            return run_farms(farms, self._number)[0] if farms else None

    def make(self, runs: Iterable[SettingRun]) -> None:
        """Run the first of several farms, unless it has run, and with it those that fit.

        Parameters
        ----------
        runs : iterable of (Setting, int)
            The likeliest to be asked for first.
        """
        waiting = deque(runs)
        if not waiting or waiting[0] in self._ready:
            return
        batch: dict[SettingRun, Farm] = {}
        for run, farm in self._fitting(waiting):
            most = _AHEAD_BYTES // (_SAMPLE_BYTES * farm.load.power_w.size)
            batch[run] = farm
            if len(batch) >= min(AT_ONCE, most):
                break
        if not batch:
            return
        with self._lock:
            # Of an earlier launch, what was not asked for since is not likely to be.
            self._ready = dict(zip(batch, run_farms([*batch.values()], self._number), strict=True))

    def _fitting(self, runs: Iterable[SettingRun]) -> Iterator[tuple[SettingRun, Farm]]:
        """Yield the first run, and those that can advance with it; nothing if it cannot run."""
        # Here, not above: the CUDA compiler is loaded for those alone who ask for a GPU.
        from powermodel_kernels.cuda.site import difference

        first: StorageSite | None = None
        for run in runs:
            try:
                scenario, load = self._made(*run)
                assert scenario.storage is not None
                stage = storage_stage(scenario.storage, scenario.time.dt, run[1])
            except PowermodelError:
                fits = False
            else:
                fits = storage_needs_cpu(scenario) is None
                fits = fits and (first is None or difference(first, stage) is None)
            if fits:
                first = first or stage
                yield run, Farm(scenario, load, stage)
            elif first is None:
                return


def run_farms(farms: list[Farm], number: int) -> list[FarmRun]:
    """Run farms that advance together, each on its own load.

    Parameters
    ----------
    farms : list of Farm
        At their beginning, loads of one length.
    number : int
        Of the GPU.
    """
    loads_q = np.stack([in_quanta(farm.load) for farm in farms])
    found = []
    for farm, out in zip(farms, _outputs(farms, loads_q, number), strict=True):
        storage = farm.scenario.storage
        assert storage is not None
        found.append(as_run(out, farm.scenario.time.dt, storage.power_w, storage.soc_window))
    return found


def _outputs(farms: list[Farm], loads_q: I64, number: int) -> list[Outputs]:
    from powermodel_kernels.cuda.memory import memory
    from powermodel_kernels.cuda.site import CudaStorage

    on = memory(number)
    parts: list[list[Outputs]] = []
    with on.beside():
        there = CudaStorage([f.stage for f in farms], [f.stage.initial() for f in farms], on)
        for first in range(0, loads_q.shape[1], _STRETCH):
            stretch = np.ascontiguousarray(loads_q[:, first : first + _STRETCH])
            parts.append(there.advance(stretch, first))
    return [
        Outputs(*(np.concatenate(column) for column in zip(*of_run, strict=True)))
        for of_run in zip(*parts, strict=True)
    ]
