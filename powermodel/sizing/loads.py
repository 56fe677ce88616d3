# SPDX-License-Identifier: Apache-2.0
"""The load before the farm: computed once for a variant and a seed, then kept in memory."""

from __future__ import annotations

import threading

import numpy as np

from powermodel.planning import Plan, plan, whole_ticks
from powermodel.scenario import Scenario
from powermodel.simulation.blocks import Block, Site
from powermodel.simulation.cuda import check_cuda
from powermodel.sizing.changes import changed, load_alone
from powermodel.sizing.measuring import Load
from powermodel.sizing.setting import Changes

FARM = "storage"
"""Changes below this key of a scenario leave the load as it is."""


def load_changes(changes: Changes) -> Changes:
    """Return those changes that the load depends on."""
    return tuple(c for c in changes if c[0] != FARM and not c[0].startswith(f"{FARM}."))


class Loads:
    """Loads of the variants of a scenario, each computed once.

    Parameters
    ----------
    scenario : Scenario
        The one that the search starts from.
    workers : int
        Threads of one computation; no result depends on it.
    gpu : int, optional
        Number of the GPU that computes racks; no result depends on it.
    """

    def __init__(self, scenario: Scenario, workers: int = 1, gpu: int | None = None) -> None:
        output = {"halls": False, "racks": "none", "probes": []}
        self._scenario = load_alone(scenario).with_(output=output)
        self._workers, self._gpu = workers, gpu
        self._known: dict[tuple[Changes, int], Load] = {}
        self._lock = threading.Lock()

    @property
    def computed(self) -> int:
        """Loads that were computed so far."""
        return len(self._known)

    def plan(self, changes: Changes = (), seed: int | None = None) -> Plan:
        """Return what one load asks for."""
        scenario = changed(self._scenario, load_changes(changes))
        return plan(scenario if seed is None else scenario.with_(seed=seed))

    def of(self, changes: Changes, seed: int) -> Load:
        """Return the load of a variant with a seed."""
        key = (load_changes(changes), seed)
        # One at a time: the computation itself uses all threads.
        with self._lock:
            if key not in self._known:
                self._known[key] = _computed(self.plan(changes, seed), self._workers, self._gpu)
            return self._known[key]


def _computed(planned: Plan, workers: int, gpu: int | None) -> Load:
    if gpu is not None:
        check_cuda(planned, gpu)
    site = Site(planned, workers, gpu)
    step = whole_ticks(planned.scenario.time.block) // whole_ticks(planned.dt_s)
    parts: list[Block] = []
    for first in range(0, planned.samples, step):
        block = site.block(first, min(first + step, planned.samples))
        parts.append({name: values for name, values in block.items() if values.ndim == 1})
    power_w = np.concatenate([part["poi/power"] for part in parts])
    return Load(
        power_w=power_w.astype(np.float64, copy=False),
        energy_j=float(power_w.sum() * planned.dt_s),
        burnt_j=_energy_j(parts, "smoothing/burnt", planned.dt_s),
        store_loss_j=_energy_j(parts, "rack_store/loss", planned.dt_s),
    )


def _energy_j(parts: list[Block], name: str, dt_s: float) -> float:
    """Return the energy of a series [J]; 0 where the run has no such series."""
    return sum(float(part[name].astype(np.float64).sum()) for part in parts if name in part) * dt_s
